"""One connection as a notebook shows it: its head, both ends, what happens when, the reasons with what mends them, and
what if.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpnaudit.asking.negotiated_suites import CONFIGURED
from vpnaudit.asking.prediction import VERDICTS, when
from vpnaudit.asking.what_if import PEER
from vpnaudit.estate.tables import records
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.tunnel_mends import commands
from vpnaudit.report.page import Html, fragment

if TYPE_CHECKING:
    from vpnaudit.asking.prediction import Mend
    from vpnaudit.asking.tunnel import Tunnel
    from vpnaudit.explore import Exploration
    from vpnaudit.ipsec.outcome import Event, Outcome

_MARKS = {True: ("✓", "works"), False: ("✗", "fails"), None: ("?", "is not known")}
_ENDS_IT = ("now", "child expiry", "ike reauthentication")
_WHO = {"router": Side.NEAR, "peer": Side.FAR, "either": Side.EITHER, "network": Side.NETWORK}


@dataclass(frozen=True)
class Step:
    """One point of the drawing; `carries`: whether there is traffic from here to the next one."""

    when: str
    what: str
    mark: str
    works: str
    says: str
    carries: bool


@dataclass(frozen=True)
class Strip:
    """The life of the tunnel for those who start alike."""

    title: str
    outcome: Outcome
    verdict: str
    steps: list[Step]
    used: list[tuple[str, str, str, bool]]


def head(exploration: Exploration, tunnel: Tunnel, connection: str) -> Html:
    """Which connection, why it, where its far side is from, and what is predicted, in one look. `connection` is what
    somebody asked for, or empty.
    """
    predictions = [(title, outcome.verdict, VERDICTS[outcome.verdict]) for title, outcome in tunnel.groups]
    return fragment(
        "tunnel_head",
        tunnel=tunnel,
        ends=tunnel.ends,
        picked_by_prediction=not connection,
        predictions=predictions,
        notes=exploration.notes,
        at=exploration.estate.collected_at,
    )


def sides(tunnel: Tunnel) -> Html:
    """Both ends in two columns, each setting equal, different or not known."""
    return fragment("tunnel_sides", settings=tunnel.settings, why=tunnel.ends.why)


def timeline(tunnel: Tunnel) -> Html:
    """What happens when, for each who may start; the suites that are really used; which subnets have traffic."""
    strips = [_strip(tunnel, title, outcome) for title, outcome in tunnel.groups]
    pairs: dict[tuple[str, str], list[str]] = {}
    for strip in strips:
        for pair in strip.outcome.pairs:
            pairs.setdefault((str(pair.local), str(pair.remote)), []).append(pair.coverage)
    return fragment("tunnel_timeline", strips=strips, pairs=pairs, why=tunnel.ends.why, limits=tunnel.limits)


def reasons(exploration: Exploration, tunnel: Tunnel) -> Html:
    """Every reason, causes first, and what to set on each side, with the commands where CloudStack's own can."""
    index = EstateIndex(exploration.estate)
    mends = []
    for mend in tunnel.mends:
        scripts = commands(index, tunnel.ends, mend.changes)
        far_device = tunnel.ends.far_router is None
        by_hand = {k: v for k, v in mend.changes.items() if not scripts or (k.startswith(PEER) and far_device)}
        mends.append((mend, scripts, _then(mend), by_hand))
    return fragment("tunnel_reasons", lines=tunnel.lines, mends=mends, who=_WHO, why=tunnel.ends.why)


def what_if(exploration: Exploration, tunnel: Tunnel, changes: str) -> Html:
    """What changes would do: `FIELD=VALUE`, with blanks between. Raises `ConfigError` for one that cannot be read."""
    wanted = changes.split()
    if not wanted or tunnel.ends.case is None:
        return fragment("tunnel_what_if", rows=[], changes=wanted, why=tunnel.ends.why or "no change was given")
    then = exploration.tunnel(tunnel.ends.id, wanted)
    rows = records(then.difference)
    return fragment("tunnel_what_if", rows=rows, changes=wanted, why="")


def _then(mend: Mend) -> str:
    return " or ".join(dict.fromkeys(VERDICTS[verdict] for verdict in mend.verdicts.values()))


def _strip(tunnel: Tunnel, title: str, outcome: Outcome) -> Strip:
    used = [(one.what, one.suite, CONFIGURED[one.configured], one.configured == "both") for one in tunnel.used(outcome)]
    steps: list[Step] = []
    carries = True
    for event in outcome.timeline:
        carries = carries and (event.ok is not False or event.what not in _ENDS_IT)
        steps.append(_step(event, carries=carries))
    return Strip(title[:1].upper() + title[1:], outcome, VERDICTS[outcome.verdict], steps, used)


def _step(event: Event, *, carries: bool) -> Step:
    mark, works = _MARKS[event.ok]
    works = "" if event.what == "child expiry" else works
    return Step(
        when(event), event.what.replace("ike", "IKE").replace("child", "CHILD_SA"), mark, works, event.says, carries
    )
