"""The peer book that a person writes: `peers.toml`, or a sheet as CSV or XLSX, one row a tunnel.

A key may stand in the book as `psk`, or in a file of its own named by `psk_file`; both become facts before anything is
checked, so that no error, table or message can hold one.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from vpnaudit.errors import ConfigError
from vpnaudit.peers.book_row import BookRow
from vpnaudit.peers.interface import PeerTunnel, TunnelFile
from vpnaudit.peers.notes import place, quoted_name
from vpnaudit.peers.source import decode, read_bytes
from vpnaudit.peers.workbook import sheet_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vpnaudit.psk import Fingerprinter, KeyFacts

NAME: Final = "book"
SUFFIXES: Final = frozenset({".toml", ".csv", ".xlsx"})
_LARGEST_ERRORS: Final = 20
_LARGEST_KEY: Final = 64 * 2**10
_COLUMNS: Final = frozenset({*BookRow.model_fields, "psk", "psk_file"})


@dataclass(frozen=True, slots=True)
class _Row:
    """One row before it is checked: `where` as a message says it; the values, which may hold a key and so are no part
    of `repr`.
    """

    where: str
    line: int | None
    values: dict[str, Any]

    def __repr__(self) -> str:
        return f"_Row({self.where})"


def read_book(path: Path, label: str, fingerprinter: Fingerprinter) -> TunnelFile:
    """Read a peer book.

    Raises:
        ConfigError: with the line for broken TOML; else with every wrong value at once, each by its key path
            (`peer[2].ike_proposals`) or by row and column of the sheet. No message holds a key.
    """
    rows = list(_rows(path, label))
    if not rows:
        raise ConfigError(
            f"{place(label)}: no peer stands in it. Write one [[peer]] (TOML) or one row (CSV, XLSX) a tunnel."
        )
    problems: list[str] = []
    tunnels = [tunnel for row in rows if (tunnel := _tunnel(row, path, label, fingerprinter, problems))]
    counts = Counter(tunnel.name for tunnel in tunnels)
    problems += [
        f"{row.where}name: stands in several rows; give each tunnel its own"
        for row in rows
        if counts[str(row.values.get("name"))] > 1
    ]
    if problems:
        lines = [f"  {problem}" for problem in problems[:_LARGEST_ERRORS]]
        remainder = f"\n  and {len(problems) - _LARGEST_ERRORS} more" if len(problems) > _LARGEST_ERRORS else ""
        values = "a value" if len(problems) == 1 else f"{len(problems)} values"
        raise ConfigError(
            f"Peer book {place(label)} has {values} that cannot be used:\n" + "\n".join(lines) + remainder
        )
    return TunnelFile(tuple(tunnels), (), frozenset({path}))


def _tunnel(row: _Row, path: Path, label: str, fingerprinter: Fingerprinter, problems: list[str]) -> PeerTunnel | None:
    values = dict(row.values)
    facts, wrong = _key(values, path, fingerprinter)
    problems += [f"{row.where}{wrong}"] if wrong else []
    try:
        book_row = BookRow.model_validate(values)
    except ValidationError as error:
        problems += [
            f"{row.where}{_problem(details)}"
            for details in error.errors(include_input=False, include_context=False, include_url=False)
        ]
        return None
    return PeerTunnel(
        name=book_row.name,
        file=label,
        line=row.line,
        dialect=NAME,
        implementation=book_row.implementation,
        connection_id=book_row.connection_id,
        address=book_row.address,
        public_address=book_row.public_address,
        id=book_row.id,
        peer_address=book_row.peer_address,
        peer_id=book_row.peer_id,
        auth=("psk",) if facts else None,
        ike_versions=book_row.ike_versions,
        initiates_with=book_row.initiates_with,
        ike_proposals=book_row.ike_proposals,
        ike_strict=book_row.strict,
        esp_proposals=book_row.esp_with_groups,
        esp_strict=book_row.strict,
        local_subnets=book_row.local_subnets,
        remote_subnets=book_row.remote_subnets,
        one_sa_per_pair=book_row.one_sa_per_pair,
        exact_selectors=book_row.exact_selectors,
        ike_lifetime_s=book_row.ike_lifetime,
        esp_lifetime_s=book_row.esp_lifetime,
        dpd=book_row.dpd,
        force_encap=book_row.force_encap,
        auto=book_row.auto,
        aggressive=book_row.aggressive,
        mobike=book_row.mobike,
        key=facts,
    )


def _problem(error: Any) -> str:
    """One error of pydantic in the book's words: the key, and what is wrong, without the value."""
    key = ".".join(str(part) for part in error["loc"] if isinstance(part, (str, int)))
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return f"{_known_shape(key)}: there is no such key. There are: {', '.join(sorted(_COLUMNS))}"
    return f"{key}: {text}" if key else text


def _known_shape(name: str) -> str:
    """A name for a message, where it looks like the name of a setting; anything else may be a key at a wrong place."""
    return quoted_name(name) if re.fullmatch(r"[a-z]{2,12}(?:_[a-z]{2,12}){0,3}", name) else "a name"


def _key(values: dict[str, Any], path: Path, fingerprinter: Fingerprinter) -> tuple[KeyFacts | None, str | None]:
    """Take the key out of the values: its facts, or what is wrong with it."""
    psk, file = values.pop("psk", None), values.pop("psk_file", None)
    if psk is not None and file is not None:
        return None, "psk: psk_file is there too; keep one"
    if file is not None:
        return _key_file(file, path, fingerprinter)
    if psk is None or (isinstance(psk, str) and psk):
        return (fingerprinter.facts(psk) if psk else None), None
    return None, "psk: is not text. In a sheet, format the cell as text: a number loses leading zeros"


def _key_file(name: Any, path: Path, fingerprinter: Fingerprinter) -> tuple[KeyFacts | None, str | None]:
    """The key that a file holds, without the line end behind it."""
    file = path.parent / str(name)
    try:
        if not file.resolve().is_relative_to(path.parent.resolve()):
            return None, "psk_file: lies outside the book's folder; put it beside the book, or in a folder below"
        key = read_bytes(file, "psk_file", _LARGEST_KEY).decode("utf-8").removesuffix("\n")
    except (ConfigError, ValueError):
        return None, "psk_file: no such file can be read as UTF-8; the name counts from the book's folder"
    return (fingerprinter.facts(key), None) if key else (None, "psk_file: the file is empty")


def _rows(path: Path, label: str) -> Iterator[_Row]:
    data = read_bytes(path, label)
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return _toml(decode(data, label), label)
    return _sheet(_cells(decode(data, label), label) if suffix == ".csv" else sheet_cells(data, label), label)


def _toml(text: str, label: str) -> Iterator[_Row]:
    try:
        book = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        raise ConfigError(
            f"{place(label)}: is not TOML: broken at {position[1] if position else 'an unknown line'}."
        ) from None
    except RecursionError:
        raise ConfigError(f"{place(label)}: is nested deeper than any peer book.") from None
    peers = book.pop("peer", [])
    if book:
        raise ConfigError(
            f"{place(label)}: {_known_shape(next(iter(book)))} does not belong in a peer book. Every tunnel is one"
            " [[peer]]."
        )
    if not isinstance(peers, list) or not all(isinstance(peer, dict) for peer in peers):
        raise ConfigError(f"{place(label)}: peer is not a list of tables. Write [[peer]] with two brackets.")
    lines = [
        number for number, line in enumerate(text.split("\n"), start=1) if re.match(r"\s*\[\[\s*peer\s*\]\]", line)
    ]
    for number, peer in enumerate(peers, start=1):
        line = lines[number - 1] if len(lines) == len(peers) else None
        yield _Row(f"peer[{number}].", line, {key: value for key, value in peer.items() if value is not None})


def _cells(text: str, label: str) -> list[list[Any]]:
    """CSV with the separator that shows the most known columns: comma, semicolon or tab."""
    head = text.split("\n", 1)[0]
    split = {mark: sum(name.strip().strip('"').lower() in _COLUMNS for name in head.split(mark)) for mark in ",;\t"}
    try:
        return [
            list(row) for row in csv.reader(text.split("\n"), delimiter=max(split, key=split.__getitem__), strict=True)
        ]
    except csv.Error:
        raise ConfigError(f"{place(label)}: is not CSV: a quote is not closed, or text follows one.") from None


def _sheet(cells: list[list[Any]], label: str) -> Iterator[_Row]:
    head = [str(cell).strip().lower() for cell in cells[0]] if cells else []
    doubled = [number for number, name in enumerate(head, start=1) if name and name in head[: number - 1]]
    if doubled:
        raise ConfigError(f"{place(label)}: column {doubled[0]} has a name that stands in row 1 before it.")
    if "name" not in head:
        raise ConfigError(
            f"{place(label)}: row 1 names no column 'name'. It names the columns: {', '.join(sorted(_COLUMNS))}."
        )
    for number, row in enumerate(cells[1:], start=2):
        if len(row) > len(head) and any(cell not in ("", None) for cell in row[len(head) :]):
            raise ConfigError(
                f"{place(label)}: row {number} has more cells than row 1 names columns. Put a list with commas in"
                " quotes."
            )
        values = {name: cell for name, cell in zip(head, row, strict=False) if cell not in ("", None)}
        if values:
            yield _Row(f"row {number}, column ", number, {name: _cell(name, value) for name, value in values.items()})


def _cell(name: str, value: Any) -> Any:
    """Text without surrounding space, but for a key, where it counts."""
    return value.strip() if isinstance(value, str) and name != "psk" else value
