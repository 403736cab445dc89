"""strongSwan's `swanctl.conf`: each child of each connection becomes a tunnel, with the key of its `secrets` section.

What a connection means is `swanctl_connection`'s.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vpnaudit.peers.interface import Dialect, PeerTunnel, TunnelFile
from vpnaudit.peers.notes import Note, quoted_name
from vpnaudit.peers.strongswan_keys import Keyring, Secret, with_key
from vpnaudit.peers.strongswan_words import with_children_joined
from vpnaudit.peers.swanctl_connection import Connection, subsections
from vpnaudit.peers.swanctl_inheritance import lacking, resolved
from vpnaudit.peers.swanctl_syntax import SECRET, Section, parse
from vpnaudit.psk import KeyFacts

if TYPE_CHECKING:
    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

NAME: Final = "strongswan-swanctl"
_LOOKS = re.compile(r"[\t ]*(?:connections|secrets)[\t ]*(?::[^={]*)?\{?[\t ]*(?:#.*)?|[\t ]*connections[\t ]*\{.*")
_SECRETS = ("eap", "xauth", "ntlm", "ppk", "private", "rsa", "ecdsa", "bliss", "pkcs8", "pkcs12", "token")
_LONGEST_HEAD = 500
_NOT_GIVEN = "no such file was given"


def read(source: Source, fingerprinter: Fingerprinter, routers: frozenset[str]) -> TunnelFile:
    """Read a `swanctl.conf` and what it includes. `local` and `remote` tell the sides apart, so `routers` only chooses
    among addresses.
    """
    tree, notes, files = parse(source, fingerprinter)
    dangling_include = any(_NOT_GIVEN in note.text for note in notes)
    root, dangling = resolved(tree)
    notes += [reference.note for reference in dangling]
    ring = _keyring(root, notes, whole=not dangling_include)
    tunnels: list[PeerTunnel] = []
    for section in subsections(root, "connections").values():
        complete = not any(lacking(dangling, f"connections.{section.name}"))
        conn = Connection(section, routers, notes, complete=complete)
        keyed = [with_key(tunnel, ring, routers, loose=tunnel.peer_id is None) for tunnel in conn.tunnels()]
        peer_tunnels, unlike = with_children_joined([tunnel for tunnel, _ in keyed])
        tunnels += [replace(peer_tunnels[0], name=section.name)] if len(peer_tunnels) == 1 else peer_tunnels
        notes += [note for _, note in keyed if note] + unlike
    return TunnelFile(tuple(tunnels), tuple(dict.fromkeys(notes)), frozenset(files))


def recognises(source: Source) -> bool:
    """By name, or by the head of a section `connections` or `secrets`."""
    return source.name == DIALECT.file_name or any(
        _LOOKS.fullmatch(line) for line in source.text.split("\n") if len(line) < _LONGEST_HEAD
    )


def _keyring(root: Section, notes: list[Note], *, whole: bool) -> Keyring:
    """The keys of `ike…` sections in order; their identities are the settings `id…`. A file without such a section is
    not whole: its keys may be loaded from another one.
    """
    secrets, known = [], whole
    sections = subsections(root, "secrets")
    for name, section in sections.items():
        facts = section.settings.get(SECRET)
        ids = tuple(value for key, value in section.settings.items() if key.startswith("id") and isinstance(value, str))
        if name.startswith("ike") and isinstance(facts, KeyFacts):
            secrets.append(Secret(ids, facts))
        elif name.startswith("ike"):
            known = False
        elif not name.startswith(_SECRETS):
            text = f"secrets section {quoted_name(name)} is of no kind that swanctl loads (ike…, eap… and so on)"
            notes.append(Note(section.file, section.line, text))
    return Keyring(tuple(secrets), whole=known and bool(sections))


class _Swanctl:
    name = NAME
    title = "strongSwan swanctl.conf"
    file_name = "swanctl.conf"
    read = staticmethod(read)
    recognises = staticmethod(recognises)


DIALECT: Dialect = _Swanctl()
