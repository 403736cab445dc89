#!/bin/sh
# Installs Debian packages that are missing: system.sh PACKAGE:PROGRAM … A package is missing where its program is not on the PATH,
# or its file is not there. A strongSwan that this installs is never started: the tests run daemons of their own in namespaces.
set -eu
missing=""
for pair in "$@"; do
  [ -e "${pair#*:}" ] || command -v "${pair#*:}" >/dev/null 2>&1 || PATH="$PATH:/usr/sbin:/sbin" command -v "${pair#*:}" >/dev/null 2>&1 || missing="$missing ${pair%%:*}"
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
case "$missing" in
*strongswan-starter*)
  $as mkdir -p /etc/systemd/system
  $as ln -sf /dev/null /etc/systemd/system/strongswan-starter.service # what `systemctl mask` makes; works without systemd too
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | $as tee /usr/sbin/policy-rc.d >/dev/null
    $as chmod 755 /usr/sbin/policy-rc.d
    trap '$as rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  ;;
esac
$as env DEBIAN_FRONTEND=noninteractive apt-get -qq update
# shellcheck disable=SC2086 # words are meant to split
$as env DEBIAN_FRONTEND=noninteractive $wanted >/dev/null || { echo "Failed; run this by hand to see why: $wanted" >&2; exit 1; }
