"""A tunnel as text for a terminal of 80 to 120 columns."""

from __future__ import annotations

import shutil
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from vpnaudit.cli.wrapped_text import wrapped_lines
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vpnaudit.asking.prediction import Line
    from vpnaudit.asking.tunnel import Tunnel
    from vpnaudit.ipsec.outcome import Outcome

NARROW, WIDE = 80, 120
_STATES = {"equal": "equal", "different": "DIFFERENT", "unknown": "unknown", "own": ""}
_WHO = {
    "router": "The CloudStack side can change it",
    "peer": "The far side can change it",
    "either": "Either side can change it",
    "network": "The network between them decides it",
}
_COVERAGE = {"carried": "carried", "part": "carried in part, the rest is LOST", "lost": "LOST"}
_FIELD, _STATE, _WHEN = 17, 10, 29


def lines(tunnel: Tunnel, mends: Iterable[dict[str, Any]]) -> Iterator[str]:
    """All that is known of a tunnel; `mends` are those of `tunnel.mends` with their commands."""
    width = min(max(shutil.get_terminal_size((NARROW, 24)).columns, NARROW), WIDE)
    yield from wrapped_lines(f"{tunnel.label}  ({one_line(tunnel.ends.source)}, {one_line(tunnel.ends.id)})", "", width)
    yield from wrapped_lines(f"Far side: {tunnel.far_side}", "", width)
    for name, value in tunnel.changes.items():
        yield from wrapped_lines(f"What if:  {one_line(name)} = {one_line(value)}", "", width)
    yield from _sides(tunnel, width)
    if not tunnel.starts:
        yield from _unknown(tunnel, width)
        return
    if tunnel.before:
        yield from _difference(tunnel, width)
    for title, outcome in tunnel.groups:
        yield from _start(tunnel, title, outcome, width)
    yield from _reasons(tunnel.lines, width)
    yield from _mends(mends, width)
    for limit in tunnel.limits:
        yield from ("", *wrapped_lines(f"Limit: {limit}.", "", width))


def _sides(tunnel: Tunnel, width: int) -> Iterator[str]:
    room = (width - _FIELD - _STATE - 3) // 2
    yield ""
    yield f"{'':{_FIELD}} {'CloudStack side':{room}} Far side"
    for one in tunnel.settings:
        cells = [[one.name], _cut(one.ours, room), _cut(one.theirs, room), [_STATES[one.state]]]
        for name, ours, theirs, state in zip_longest(*cells, fillvalue=""):
            yield f"{name:{_FIELD}} {ours:{room}} {theirs:{room}} {state}".rstrip()


def _cut(text: str, room: int) -> list[str]:
    """A value over as many lines as it needs: lists break after a comma."""
    return textwrap.wrap(one_line(text).replace(",", ", "), room, break_long_words=True, break_on_hyphens=False) or [""]


def _unknown(tunnel: Tunnel, width: int) -> Iterator[str]:
    yield ""
    sentence = f"No prediction is possible: {one_line(tunnel.ends.why or '')}."
    advice = (
        " Give the far device's configuration, or a peer book with what you know of it, with --peers: see"
        " docs/peers.md."
    )
    yield from wrapped_lines(sentence + (advice if tunnel.ends.router else ""), "", width)


def _start(tunnel: Tunnel, title: str, outcome: Outcome, width: int) -> Iterator[str]:
    from vpnaudit.asking.negotiated_suites import CONFIGURED
    from vpnaudit.asking.prediction import VERDICTS, when

    yield ""
    version = f", IKEv{outcome.ike_version}" if outcome.ike_version else ""
    head = (
        f"{title[:1].upper()}{title[1:]}: {VERDICTS[outcome.verdict]} ({outcome.verdict}{version}). CloudStack shows"
        f" {outcome.api_state}."
    )
    yield from wrapped_lines(head, "", width)
    for event in outcome.timeline:
        mark = {True: "ok", False: "FAILS", None: "?"}[event.ok]
        name = f"{when(event)}" if event.what == "now" else f"{when(event)}:"
        text = event.says if event.what == "now" else f"{event.what}: {event.says}"
        yield from wrapped_lines(text, f"  {name:{_WHEN}} {mark:5} ", width)
    for one in tunnel.used(outcome):
        yield from wrapped_lines(
            f"{one.suite}, {CONFIGURED[one.configured]}", f"  {f'{one.what} really uses':{_WHEN}} ", width
        )
    for pair in outcome.pairs:
        yield from wrapped_lines(
            f"{pair.local} > {pair.remote}: {_COVERAGE[pair.coverage]}", f"  {'subnets':{_WHEN}} ", width
        )
    yield from wrapped_lines(outcome.confidence, f"  {'confidence':{_WHEN}} ", width)
    if outcome.assumed:
        yield from wrapped_lines(", ".join(outcome.assumed), f"  {'not known, taken as equal':{_WHEN}} ", width)


def _reasons(reasons: list[Line], width: int) -> Iterator[str]:
    yield ""
    if not reasons:
        yield "Reasons: the two ends differ in nothing."
        return
    yield "Reasons, causes first"
    for line in reasons:
        one = line.reason
        kind = "CAUSE" if line.starts else one.state if one.state == "unknown" else "no cause"
        theirs = f"; far side {one_line(one.theirs)}" if one.theirs else ""
        yield from wrapped_lines(
            f"CloudStack side {one_line(one.ours)}{theirs}. {_WHO[one.who]}.",
            f"  {kind:9} {one.field:{_FIELD}} ",
            width,
        )


def _mends(mends: Iterable[dict[str, Any]], width: int) -> Iterator[str]:
    from vpnaudit.asking.prediction import VERDICTS

    mend = None
    for mend in mends:
        yield ""
        then = dict.fromkeys(mend["verdicts"].values())
        yield from wrapped_lines(
            f"To mend it on the {mend['side']}: then it {' or '.join(VERDICTS[verdict] for verdict in then)}", "", width
        )
        for name, value in mend["by_hand"].items():
            yield f"  set {one_line(name.removeprefix('peer.'))}={one_line(value)}" + (
                " on the far side" if name.startswith("peer.") else ""
            )
        for one in mend["commands"]:
            yield from wrapped_lines(one_line(one["what"]) + " " + one["interrupts"], "  ", width)
            yield from (f"    {one_line(line)}" for line in one["command"].splitlines())
    if mend is not None:
        yield ""
        yield from wrapped_lines(
            "These values make the ends agree, and are within the limits of the policy.", "", width
        )


def _difference(tunnel: Tunnel, width: int) -> Iterator[str]:
    from vpnaudit.estate.tables import records

    yield ""
    rows = records(tunnel.difference)
    yield "What the change does" if rows else "The change changes nothing of the prediction."
    for row in rows:
        yield f"  {row['what']}"
        yield from wrapped_lines(row["was"] or "nothing", f"    {'was':9} ", width)
        yield from wrapped_lines(row["would_be"] or "nothing", f"    {'would be':9} ", width)
