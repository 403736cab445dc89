"""strongSwan's `ipsec.conf` with its `ipsec.secrets`: each `conn` that can come up becomes a tunnel.

What a section means is `ipsecconf_conn`'s.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vpnaudit.peers.interface import Dialect, PeerTunnel, TunnelFile
from vpnaudit.peers.ipsec_secrets import SecretsFile, read_secrets
from vpnaudit.peers.ipsecconf_conn import Conn
from vpnaudit.peers.ipsecconf_syntax import DEFAULTS, Parsed, merged_settings, parse, plain_settings
from vpnaudit.peers.notes import Note
from vpnaudit.peers.strongswan_keys import Keyring, with_key
from vpnaudit.peers.strongswan_settings import refused_setup
from vpnaudit.peers.strongswan_words import with_children_joined

if TYPE_CHECKING:
    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

NAME: Final = "strongswan-ipsecconf"
_LOOKS = re.compile(r"^(?:conn[\t ]+\S|config[\t ]+setup\b)", re.MULTILINE)


def read(source: Source, fingerprinter: Fingerprinter, routers: frozenset[str]) -> TunnelFile:
    """Read an `ipsec.conf` and what it includes; keys come from the `ipsec.secrets` beside it.

    Which of `left` and `right` is the device's own: the one that is `%defaultroute`; else the other one than the router
    of the estate, by address or identity; else left, as strongSwan assumes where neither address is its own.
    """
    parsed = parse(source)
    notes, conns = parsed.notes, parsed.conns
    beside = source.beside(source.name.removesuffix(".conf") + ".secrets")
    secrets = read_secrets(beside, fingerprinter) if beside else SecretsFile(whole=False)
    ring = Keyring(tuple(secrets.secrets), whole=secrets.whole)
    templates = {name for section in conns.values() for name, _ in section.also}
    inherited = {name: merged_settings(section, conns) for name, section in conns.items()}
    refused = _refused_file(parsed, broken=any(lacking for _, lacking in inherited.values()))
    if refused:
        notes.append(Note(source.label, None, f"{refused}: strongSwan refuses the whole file"))
    tunnels: list[PeerTunnel] = []
    for section in conns.values():
        settings, broken = inherited[section.name]
        if section.name == DEFAULTS or (settings.get("auto", "ignore") == "ignore" and section.name in templates):
            continue
        conn = Conn(section, settings, routers, notes)
        tunnel = conn.tunnel(complete=not broken, refused=refused)
        notes += broken
        if tunnel is not None:
            keyed, doubt = with_key(tunnel, ring, routers, loose=conn.loose)
            tunnels.append(keyed)
            notes += [doubt] if doubt else []
    peer_tunnels, unlike = with_children_joined(tunnels)
    return TunnelFile(
        tuple(peer_tunnels),
        tuple(dict.fromkeys((*notes, *secrets.notes, *unlike))),
        frozenset(parsed.files | secrets.files),
    )


def _refused_file(parsed: Parsed, *, broken: bool) -> str | None:
    """Why starter stops at the whole file; None: nothing says that it does. A section that is not there counts only
    where every include was given.
    """
    if parsed.unindented:
        return "a setting is not indented"
    if broken and parsed.whole:
        return "also= names a section that is not there"
    return refused_setup(plain_settings(parsed.setup)) if parsed.setup else None


def recognises(source: Source) -> bool:
    """By name, or by a section at the beginning of a line."""
    return source.name == DIALECT.file_name or _LOOKS.search(source.text) is not None


class _IpsecConf:
    name = NAME
    title = "strongSwan ipsec.conf"
    file_name = "ipsec.conf"
    read = staticmethod(read)
    recognises = staticmethod(recognises)


DIALECT: Dialect = _IpsecConf()
