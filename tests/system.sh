#!/bin/sh
# Installs Debian packages that are missing: system.sh PACKAGE:PROGRAM … A package is missing where its program is not on the PATH.
set -eu
missing=""
for pair in "$@"; do
  command -v "${pair#*:}" >/dev/null 2>&1 || PATH="$PATH:/usr/sbin:/sbin" command -v "${pair#*:}" >/dev/null 2>&1 || missing="$missing ${pair%%:*}"
done
[ -n "$missing" ] || exit 0
wanted="apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need:$missing. This is no Debian or Ubuntu: install them by hand, then run make again." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then as=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as="sudo -n"
else
  echo "The tests need:$missing. Run this as root, then run make again: apt-get update && $wanted" >&2
  exit 1
fi
$as env DEBIAN_FRONTEND=noninteractive apt-get -qq update
# shellcheck disable=SC2086 # words are meant to split
$as env DEBIAN_FRONTEND=noninteractive $wanted >/dev/null || { echo "Failed; run this by hand to see why: $wanted" >&2; exit 1; }
