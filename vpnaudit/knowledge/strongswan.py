"""What strongSwan does by default, and how large ESP is: data files `strongswan_*.toml` and `esp_*.toml` of this room.

Each file names its source and the day on which it was read. The functions return what the files say; `vpnaudit.ipsec`
gives it meaning.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(files("vpnaudit.knowledge").joinpath(name).read_text(encoding="utf-8"))


def releases() -> tuple[str, ...]:
    """The strongSwan versions whose default proposals are known."""
    return tuple(release["version"] for release in _file("strongswan_defaults.toml")["release"])


def default_proposals(version: str, protocol: str) -> list[dict[str, list[str]]]:
    """The default proposals of one release, in its own order.

    Args:
        version: one of `releases()`; any other raises KeyError.
        protocol: `ike` or `esp`.

    Returns:
        One mapping a proposal: `encryption`, `integrity`, `prf`, `group`, each a list of strongSwan keywords; an empty
        list means that the proposal names none (ESP has no group: no PFS; AEAD has no integrity).
    """
    for release in _file("strongswan_defaults.toml")["release"]:
        if release["version"] == version:
            proposals: list[dict[str, list[str]]] = release[protocol]
            return proposals
    raise KeyError(version)


def keywords(kind: str) -> dict[str, dict[str, Any]]:
    """The known keywords of one kind: `encryption`, `integrity` or `group`, each with its properties."""
    table: dict[str, dict[str, Any]] = _file("strongswan_keywords.toml")[kind]
    return table


def aliases() -> dict[str, str]:
    """Other spellings of a keyword, to the one used everywhere here."""
    table: dict[str, str] = _file("strongswan_keywords.toml")["alias"]
    return table


def settings() -> dict[str, dict[str, Any]]:
    """What each setting of `ipsec.conf` and `swanctl.conf` is: tables `ipsecconf`, `swanctl`, and the words of `later`
    releases and of `libreswan`.
    """
    return _file("strongswan_settings.toml")


def esp_overhead() -> dict[str, dict[str, Any]]:
    """Bytes that ESP adds: tables `fixed`, `encryption` (iv, block, icv of an AEAD) and `integrity` (icv), keyed by
    keyword.
    """
    return _file("esp_overhead.toml")
