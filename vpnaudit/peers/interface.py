"""What a dialect is, and what it gives: the contract that every reader of a device configuration keeps.

A dialect is one module of this folder with a constant `DIALECT`; there is no list to keep. Its `read` turns one file,
and what that file includes, into tunnels and notes. What the file does not say stays None: the device's defaults are
applied by `estate.peer_sides`, never here, so that a table tells what was said from what was assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vpnaudit.peers.notes import Note
    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter, KeyFacts


@dataclass(frozen=True, slots=True)
class PeerTunnel:
    """One tunnel as its file states it; the fields are columns of the table `peers`, and None means that the file does
    not say.

    Lists are tuples, IKE versions are `ikev1` and `ikev2`. `key` is all that is known of the
    pre-shared key with which it answers, `key_roles` say in which roles it has one. `complete`
    is False where the file refers to something that was not there.
    """

    name: str
    file: str
    line: int | None
    dialect: str
    implementation: str | None = None
    complete: bool = True
    connection_id: str | None = None
    address: str | None = None
    public_address: str | None = None
    id: str | None = None
    peer_address: str | None = None
    peer_id: str | None = None
    auth: tuple[str, ...] | None = None
    peer_auth: tuple[str, ...] | None = None
    ike_versions: tuple[str, ...] | None = None
    initiates_with: str | None = None
    ike_proposals: tuple[str, ...] | None = None
    ike_strict: bool | None = None
    esp_proposals: tuple[str, ...] | None = None
    esp_strict: bool | None = None
    local_subnets: tuple[str, ...] | None = None
    remote_subnets: tuple[str, ...] | None = None
    one_sa_per_pair: bool | None = None
    exact_selectors: bool | None = None
    ike_lifetime_s: int | None = None
    esp_lifetime_s: int | None = None
    ike_rekey_s: int | None = None
    esp_rekey_s: int | None = None
    dpd: bool | None = None
    force_encap: bool | None = None
    auto: str | None = None
    aggressive: bool | None = None
    mobike: bool | None = None
    childless: str | None = None
    virtual_ip: str | None = None
    mode: str | None = None
    refused: str | None = None
    undecided: str | None = None
    unread: tuple[str, ...] | None = None
    key_roles: tuple[str, ...] | None = None
    start_fingerprint: str | None = None
    key: KeyFacts | None = None

    def row(self, book: str) -> dict[str, Any]:
        """The tunnel as a row of the table `peers`."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "key"}
        row = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in values.items()}
        facts = {f"psk_{part.name}": getattr(self.key, part.name) for part in fields(self.key)} if self.key else {}
        return {"book": book, **row, **facts, "pfs_groups": pfs_groups(self.esp_proposals)}


@dataclass(frozen=True, slots=True)
class TunnelFile:
    """The tunnels and notes of one file with its includes; `files` are all that were read for it."""

    tunnels: tuple[PeerTunnel, ...]
    notes: tuple[Note, ...]
    files: frozenset[Path]


class Dialect(Protocol):
    """A reader of one configuration language. `name` stands in the table, `title` in messages."""

    @property
    def name(self) -> str:
        """The name in the column `dialect`."""

    @property
    def title(self) -> str:
        """The language as a person calls it, with the usual file name."""

    @property
    def file_name(self) -> str:
        """The usual file name: in a folder, such a file is read before others, since it includes them."""

    @property
    def read(self) -> Callable[[Source, Fingerprinter, frozenset[str]], TunnelFile]:
        """Read a file: the file, the maker of key facts, and the addresses of the estate's own routers, which tell the
        sides apart.

        Raises `ConfigError` with file and line for text that the device itself would refuse; no message quotes the
        text.
        """

    @property
    def recognises(self) -> Callable[[Source], bool]:
        """Whether the file looks like this language; never raises."""


@cache
def dialects() -> tuple[Dialect, ...]:
    """Every dialect of this folder, in the order of the modules' names."""
    package = __name__.rpartition(".")[0]
    modules = sorted(module.name for module in iter_modules(import_module(package).__path__))
    candidates = (getattr(import_module(f"{package}.{name}"), "DIALECT", None) for name in modules)
    return tuple(dialect for dialect in candidates if dialect is not None)


def pfs_groups(esp_proposals: tuple[str, ...] | None) -> str | None:
    """The groups that ESP proposals name, as a comma list in order; None: no proposals are known."""
    if esp_proposals is None:
        return None
    from vpnaudit.ipsec.proposals import parse_proposal  # noqa: PLC0415 - a book without proposals does not need it

    proposals = [parse_proposal(text, "esp") for text in esp_proposals]
    return ",".join(dict.fromkeys(group for proposal in proposals if proposal for group in proposal.group))
