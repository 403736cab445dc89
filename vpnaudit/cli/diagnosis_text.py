"""A diagnosis in words for a terminal: one connection whole, or a line for each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.asking.diagnosis import CANNOT_TELL, NO_EVIDENCE, NOT_ASKED, reasons_of
from vpnaudit.cli.wrapped_text import wrapped_lines
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    Row = dict[str, Any]

NARROW: Final = 80
WIDE: Final = 140
_LABEL: Final = 16
_AGREES: Final = {True: "; the router shows that", False: "; THE ROUTER SHOWS ANOTHER THING", None: ""}


def one_connection(rows: list[Row]) -> Iterator[str]:
    """All that routers show of one connection; `rows` are its rows of `diagnoses_beside_state`."""
    width = min(max(shutil.get_terminal_size((NARROW, 24)).columns, NARROW), WIDE)
    first = rows[0]
    ids = f"  ({one_line(first['source'])}, {one_line(first['connection_id'])})" if first["connection_id"] else ""
    yield from wrapped_lines(f"{one_line(first['label'])}{ids}", "", width)
    yield from _field("API's state", first["state"] or "not said", width)
    for row in rows:
        yield ""
        yield from _verdict(row, width)


def _verdict(row: Row, width: int) -> Iterator[str]:
    if row["router"] is not None:
        yield from _field("router", f"{row['router'] or 'without a name'}, {row['name']}", width)
    verdict = f"{row['verdict']}: {row['meaning']}" if row["verdict"] else f"{verdict_word(row)}: {row['unknown']}"
    yield from _field("verdict", verdict, width)
    for name, value in (
        ("since", _time(row)),
        ("may also be", (row["may_be"] or "").replace(",", ", ")),
        (
            "suites",
            ", ".join(f"{one} {row[f'{one.lower()}_suite']}" for one in ("IKE", "ESP") if row[f"{one.lower()}_suite"]),
        ),
        ("first action", row["action"]),
        ("who acts", row["acts"]),
        ("settings lead to", row["predicted"] and f"{row['predicted']}{_AGREES[row['agrees']]}"),
    ):
        if value:
            yield from _field(name, value, width)
    for title, speaks in (("It rests on", "for"), ("Against it", "against")):
        grounds = [one for one in reasons_of(row) if one["speaks"] == speaks]
        if grounds:
            yield f"  {title}"
        for ground in grounds:
            yield from wrapped_lines(one_line(ground["says"]), "    ", width)
            if ground["place"]:
                yield f"      {one_line(ground['place'])}"


def table(rows: list[Row]) -> Iterator[str]:
    """A line for each tunnel, in the order of `rows`."""
    if not rows:
        yield "No connection and no evidence."
        return
    cells = [
        (
            verdict_word(row),
            _time(row) or "",
            one_line(row["state"] or ""),
            {True: "as predicted", False: "NOT AS PREDICTED", None: ""}[row["agrees"]],
            row["acts"] or "",
            one_line(f"{row['label']} {row['name']}" if _is_split(row) else row["label"]),
        )
        for row in rows
    ]
    head = ("Verdict", "Since", "API", "Settings", "Who acts", "Connection")
    widths = [max(len(line[column]) for line in (head, *cells)) for column in range(len(head))]
    for line in (head, *cells):
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()


def verdict_word(row: Row) -> str:
    """The verdict, or why there is none."""
    return row["verdict"] or (NO_EVIDENCE if row["unknown"] == NOT_ASKED else CANNOT_TELL)


def _is_split(row: Row) -> bool:
    """Whether this is one of several CHILD_SAs of a connection, which the label does not tell apart."""
    return bool(row["connection_id"] and row["name"] and row["name"] != f"vpn-{row['gateway']}")


def _time(row: Row) -> str | None:
    since = row["since_utc"]
    return None if since is None else str(since.strftime("%Y-%m-%d %H:%M:%S UTC"))


def _field(name: str, value: str, width: int) -> list[str]:
    return wrapped_lines(one_line(value), f"  {name:{_LABEL}} ", width)
