"""One connection with both its ends, and what is predicted of it: what `vpnaudit tunnel` prints and `.tunnel(…)`
shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.asking.mends import far_changes, near_changes
from vpnaudit.asking.negotiated_suites import used_suites
from vpnaudit.asking.side_by_side import settings_side_by_side
from vpnaudit.asking.what_if import with_changes
from vpnaudit.estate.ends import all_ends
from vpnaudit.estate.outcomes import INITIATORS, outcome_of, outcome_of_case
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.negotiate import RANK
from vpnaudit.ipsec.router import DECIMAL_HOURS, era
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vpnaudit.asking.negotiated_suites import Used
    from vpnaudit.asking.side_by_side import Setting
    from vpnaudit.estate.ends import Ends
    from vpnaudit.estate.tables import Tables
    from vpnaudit.ipsec.outcome import Event, Outcome, Reason
    from vpnaudit.ipsec.sides import Initiator

VERDICTS: Final = {
    "no_ike": "does not come up",
    "ike_only": "comes up and carries nothing",
    "partial": "carries a part of what it should",
    "latent_rekey_failure": "works until a renewal, which fails",
    "interrupted_later": "works until the router's own lifetimes end it",
    "ok": "works",
}
"""The verdicts of `ipsec.outcome`, worst first, in words."""

_TWO_HOURS_S: Final = 7200
_TWO_MINUTES_S: Final = 120


@dataclass(frozen=True, slots=True)
class Start:
    """The prediction for one initiator; `version` is the IKE version it is taken to start with, where that is not
    known.
    """

    initiator: Initiator
    version: int | None
    outcome: Outcome

    @property
    def title(self) -> str:
        """Who starts, in words."""
        return f"the {self.initiator} starts" + (f" with IKEv{self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Line:
    """A reason over all starts; `starts` are the titles of those in which it is a cause."""

    reason: Reason
    starts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mend:
    """What to set on one side (`CloudStack side`, `far side`), or on `both ends`, and how each start then ends."""

    side: str
    changes: Mapping[str, str]
    verdicts: Mapping[str, str]

    @property
    def works(self) -> bool:
        """Whether nothing fails then, whoever starts."""
        return set(self.verdicts.values()) == {"ok"}


@dataclass(frozen=True)
class Tunnel:
    """One connection. `changes` were made before the prediction (`asking.what_if`); `before` is the same without
    them.
    """

    ends: Ends
    changes: Mapping[str, str] = field(default_factory=dict)
    before: Tunnel | None = None

    @property
    def label(self) -> str:
        """Its name on one line."""
        return one_line(self.ends.label)

    @property
    def far_side(self) -> str:
        """Where the far side is from, or what is missing."""
        missing = f"not known: {self.ends.why}" if self.ends.why else ""
        return one_line("; ".join(part for part in (self.ends.told_by, missing) if part))

    @property
    def settings(self) -> list[Setting]:
        """Both ends, setting by setting."""
        return settings_side_by_side(self.ends)

    @cached_property
    def starts(self) -> list[Start]:
        """The prediction by who starts, and by IKE version where the far side takes both and its own start is not
        known.
        """
        case = self.ends.case
        if case is None:
            return []
        peer = case.peer
        both = peer.initiates_with is None and len(set(peer.ike_versions or ())) > 1
        found = [Start(who, None, outcome_of_case(case, who)) for who in (INITIATORS[:1] if both else INITIATORS)]
        cases = {version: case.with_peer(initiates_with=version) for version in (2, 1)} if both else {}
        return found + [Start("peer", version, outcome_of_case(one, "peer")) for version, one in cases.items()]

    @cached_property
    def groups(self) -> list[tuple[str, Outcome]]:
        """The predictions, those that say the same put together, each with the words for who starts."""
        found: dict[tuple[Any, ...], list[Start]] = {}
        for start in self.starts:
            found.setdefault(_said(start.outcome), []).append(start)
        whole = len(found) == 1
        named = [(" or ".join(start.title for start in starts), starts[0].outcome) for starts in found.values()]
        return [("whoever starts" if whole else title, outcome) for title, outcome in named]

    @cached_property
    def lines(self) -> list[Line]:
        """Every reason once, causes first."""
        found: dict[tuple[str, ...], tuple[Reason, list[str]]] = {}
        for start in self.starts:
            for one in start.outcome.reasons:
                _, titles = found.setdefault((one.field, one.ours, one.theirs, one.state), (one, []))
                titles += [start.title] if one.cause else []
        return sorted((Line(one, tuple(titles)) for one, titles in found.values()), key=lambda line: not line.starts)

    @cached_property
    def mends(self) -> list[Mend]:
        """What mends it: each side alone, and both together where neither does; a side that can do nothing is left
        out.
        """
        causes = [line.reason.field for line in self.lines if line.starts]
        near, far = near_changes(self.ends, causes), far_changes(self.ends, causes)
        alone = [self._mend(side, changes) for side, changes in ((Side.NEAR, near), (Side.FAR, far)) if changes]
        if near and far and near != far and not any(mend.works for mend in alone):
            return [*alone, self._mend(Side.BOTH, near | far)]
        return [self._mend(Side.BOTH, near)] if near and near == far else alone

    def _mend(self, side: str, changes: Mapping[str, str]) -> Mend:
        then = Tunnel(with_changes(self.ends, changes))
        return Mend(side, changes, {start.title: start.outcome.verdict for start in then.starts})

    @property
    def limits(self) -> list[str]:
        """What the prediction does not take into account and is known to be otherwise."""
        router = self.ends.router
        return [DECIMAL_HOURS] if router and era(router.cloudstackversion).lifetime_unit == "decimal" else []

    def used(self, outcome: Outcome) -> list[Used]:
        """The suites that this outcome really ends on, and where each is written."""
        return used_suites(self.ends.case, outcome) if self.ends.case else []

    @property
    def sides(self) -> pd.DataFrame:
        """Both ends as a frame: setting, ours, theirs, state."""
        return _frame(
            ("setting", "ours", "theirs", "state"),
            ((one.name, one.ours, one.theirs, one.state) for one in self.settings),
        )

    @property
    def timeline(self) -> pd.DataFrame:
        """What happens when, by who starts: starts, when, what, ok, says."""
        rows = (
            (start.title, when(one), one.what, one.ok, one.says)
            for start in self.starts
            for one in start.outcome.timeline
        )
        return _frame(("starts", "when", "what", "ok", "says"), rows)

    @property
    def reasons(self) -> pd.DataFrame:
        """Every reason, causes first: field, ours, theirs, state, who (can change it), cause_when (who starts; empty:
        no cause).
        """
        said = ((line.reason, ", ".join(line.starts)) for line in self.lines)
        rows = ((one.field, one.ours, one.theirs, one.state, one.who, starts) for one, starts in said)
        return _frame(("field", "ours", "theirs", "state", "who", "cause_when"), rows)

    @property
    def pairs(self) -> pd.DataFrame:
        """Every pair of subnets that either side configures, by who starts: starts, local, remote, coverage."""
        rows = (
            (start.title, str(one.local), str(one.remote), one.coverage)
            for start in self.starts
            for one in start.outcome.pairs
        )
        return _frame(("starts", "local", "remote", "coverage"), rows)

    @property
    def suites(self) -> pd.DataFrame:
        """What is really negotiated, by who starts: starts, used_for, suite, configured (a key of `CONFIGURED`)."""
        rows = (
            (start.title, one.what, one.suite, one.configured)
            for start in self.starts
            for one in self.used(start.outcome)
        )
        return _frame(("starts", "used_for", "suite", "configured"), rows)

    @property
    def difference(self) -> pd.DataFrame:
        """What the changes do: what, was, would_be; empty without changes, and where they do nothing."""
        if self.before is None:
            return _frame(("what", "was", "would_be"), ())
        both = (self.before, self)
        whole = all(len(one.groups) == 1 for one in both)
        was, now = (
            _told(one, one.groups if whole else [(start.title, start.outcome) for start in one.starts]) for one in both
        )
        changed_lines = [what for what in {**now, **was} if was.get(what) != now.get(what)]
        rows = (
            (what, was.get(what, ""), now.get(what, ""))
            for what in sorted(changed_lines, key=lambda what: what.startswith("reason "))
        )
        return _frame(("what", "was", "would_be"), rows)

    def _repr_html_(self) -> str:
        """Plain tables; `report.tunnel_view` draws the same for a reader."""
        shown = {"Both ends": self.sides, "What happens": self.timeline, "Reasons": self.reasons, "Subnets": self.pairs}
        shown |= {"What the changes do": self.difference} if self.before else {}
        head = pd.DataFrame({"connection": [self.label], "far side": [self.far_side]})
        tables = [frame.to_html(index=False, border=0, escape=True, na_rep="") for frame in (head, *shown.values())]
        titles = ["", *(f"<h4>{title}</h4>" for title in shown)]
        return "".join(title + table for title, table in zip(titles, tables, strict=True))


def tunnel_of(ends: Ends, changes: Mapping[str, str] | None = None) -> Tunnel:
    """The tunnel with these ends; with `changes`, the same after them. Raises `ConfigError` for a change that cannot be
    read.
    """
    now = Tunnel(ends)
    return Tunnel(with_changes(ends, changes), dict(changes), now) if changes else now


def worst_connection(tables: Tables) -> Ends | None:
    """The first connection with the worst prediction, where any far side is known; else the first connection; None:
    there is none.
    """
    return min(all_ends(tables), key=_rank, default=None)


def when(event: Event) -> str:
    """When something happens, after establishment, in words."""
    earliest, latest = event.earliest_s, event.latest_s
    if earliest is None or latest is None:
        return "at no known time"
    if latest == 0:
        return "now"
    divisor, unit, digits = (
        (3600, "h", 2) if latest >= _TWO_HOURS_S else (60, "min", 0) if latest >= _TWO_MINUTES_S else (1, "s", 0)
    )
    first, last = (f"{round(value / divisor, digits):g}" for value in (earliest, latest))
    return (
        f"within {last} {unit}"
        if earliest == 0
        else f"after {last} {unit}"
        if first == last
        else f"after {first} to {last} {unit}"
    )


def _rank(ends: Ends) -> int:
    return min((RANK[said.verdict] for who in INITIATORS if (said := outcome_of(ends, who))), default=len(RANK))


def _said(outcome: Outcome) -> tuple[Any, ...]:
    """What a reader is told of an outcome: two with the same are one."""
    children = [(child.suite, child.selectors) for child in outcome.children]
    sas = (outcome.ike_version, outcome.ike_suites, tuple(children))
    return (outcome.verdict, *sas, outcome.timeline, outcome.confidence, outcome.assumed)


def _told(tunnel: Tunnel, starts: Iterable[tuple[str, Outcome]]) -> dict[str, str]:
    """All that a change can change, in words."""
    told: dict[str, str] = {}
    for title, outcome in starts:
        told |= {
            f"{title}: verdict": VERDICTS[outcome.verdict],
            f"{title}: the API shows": outcome.api_state,
            f"{title}: IKE suite": ", ".join(outcome.ike_suites) or "none",
            f"{title}: ESP suite": ", ".join(outcome.esp_suites) or "none",
            f"{title}: lost subnets": ", ".join(one.text for one in outcome.lost) or "none",
        }
        told |= {f"{title}: {one.what}": f"{when(one)}: {one.says}" for one in outcome.timeline}
    for line in tunnel.lines:
        shown = f"{line.reason.ours}, far side {line.reason.theirs}" if line.reason.theirs else line.reason.ours
        told[f"reason {line.reason.field}"] = f"{'cause' if line.starts else 'no cause'}: {shown}"
    return {what: one_line(text) for what, text in told.items()}


def _frame(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.astype({name: "boolean" if name == "ok" else "string" for name in columns})
