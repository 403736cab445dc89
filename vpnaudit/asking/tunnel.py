"""One connection with both its ends, and what is predicted of it: what `vpnaudit tunnel` prints and `.tunnel(…)`
shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.asking import tunnel_frames
from vpnaudit.asking.mends import far_changes, near_changes, stronger_changes
from vpnaudit.asking.negotiated_suites import used_suites
from vpnaudit.asking.prediction import Line, Mend, Start, reader_key
from vpnaudit.asking.side_by_side import settings_side_by_side
from vpnaudit.asking.what_if import with_changes
from vpnaudit.estate.ends import all_ends
from vpnaudit.estate.outcomes import INITIATORS, outcome_of, outcome_of_case
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.negotiate import RANK
from vpnaudit.ipsec.router import DECIMAL_HOURS, era
from vpnaudit.ipsec.sides import Side
from vpnaudit.policy import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.asking.negotiated_suites import Used
    from vpnaudit.asking.side_by_side import Setting
    from vpnaudit.estate.ends import Ends
    from vpnaudit.estate.tables import Tables
    from vpnaudit.ipsec.outcome import Outcome, Reason
    from vpnaudit.policy import Policy


@dataclass(frozen=True)
class Tunnel:
    """One connection. `changes` were made before the prediction (`asking.what_if`); `before` is the same without
    them. What is proposed to mend it is within `policy`.
    """

    ends: Ends
    changes: Mapping[str, str] = field(default_factory=dict)
    before: Tunnel | None = None
    policy: Policy = field(default_factory=load, repr=False)

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
        starts = [Start(who, None, outcome_of_case(case, who)) for who in (INITIATORS[:1] if both else INITIATORS)]
        cases = {version: case.with_peer(initiates_with=version) for version in (2, 1)} if both else {}
        return starts + [Start("peer", version, outcome_of_case(one, "peer")) for version, one in cases.items()]

    @cached_property
    def groups(self) -> list[tuple[str, Outcome]]:
        """The predictions, those that say the same put together, each with the words for who starts."""
        alike: dict[tuple[Any, ...], list[Start]] = {}
        for start in self.starts:
            alike.setdefault(reader_key(start.outcome), []).append(start)
        whole = len(alike) == 1
        named = [(" or ".join(start.title for start in starts), starts[0].outcome) for starts in alike.values()]
        return [("whoever starts" if whole else title, outcome) for title, outcome in named]

    @cached_property
    def lines(self) -> list[Line]:
        """Every reason once, causes first."""
        titles_by_reason: dict[tuple[str, ...], tuple[Reason, list[str]]] = {}
        for start in self.starts:
            for one in start.outcome.reasons:
                _, titles = titles_by_reason.setdefault((one.field, one.ours, one.theirs, one.state), (one, []))
                titles += [start.title] if one.cause else []
        return sorted(
            (Line(one, tuple(titles)) for one, titles in titles_by_reason.values()), key=lambda line: not line.starts
        )

    @cached_property
    def mends(self) -> list[Mend]:
        """What mends it: each side alone that can, else both together; only what is predicted to work, and is within
        the limits of `policy`. Empty where no setting that is known mends it.
        """
        causes = [line.reason.field for line in self.lines if line.starts]
        near = near_changes(self.ends, causes, self.policy)
        far = far_changes(self.ends, causes, self.policy)
        if near and near == far:
            alone = [self._mend(Side.BOTH, near)]
        else:
            alone = [self._mend(side, changes) for side, changes in ((Side.NEAR, near), (Side.FAR, far)) if changes]
        working = [mend for mend in alone if mend.works]
        together = (near | far, near | far | stronger_changes(self.ends, causes, self.policy))
        both = (self._mend(Side.BOTH, changes) for changes in together if changes)
        return working or [mend for mend in both if mend.works][:1]

    def _mend(self, side: str, changes: Mapping[str, str]) -> Mend:
        then = Tunnel(with_changes(self.ends, changes), policy=self.policy)
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
        return tunnel_frames.sides(self.settings)

    @property
    def timeline(self) -> pd.DataFrame:
        """What happens when, by who starts: starts, when, what, ok, says."""
        return tunnel_frames.timeline(self.starts)

    @property
    def reasons(self) -> pd.DataFrame:
        """Every reason, causes first: field, ours, theirs, state, who (can change it), cause_when (who starts; empty:
        no cause).
        """
        return tunnel_frames.reasons(self.lines)

    @property
    def pairs(self) -> pd.DataFrame:
        """Every pair of subnets that either side configures, by who starts: starts, local, remote, coverage."""
        return tunnel_frames.pairs(self.starts)

    @property
    def suites(self) -> pd.DataFrame:
        """What is really negotiated, by who starts: starts, used_for, suite, configured (a key of `CONFIGURED`)."""
        return tunnel_frames.suites([(start.title, self.used(start.outcome)) for start in self.starts])

    @property
    def difference(self) -> pd.DataFrame:
        """What the changes do: what, was, would_be; empty without changes, and where they do nothing."""
        if self.before is None:
            return tunnel_frames.difference({}, {})
        both = (self.before, self)
        whole = all(len(one.groups) == 1 for one in both)
        was, now = (
            tunnel_frames.changeable(one.groups if whole else [(s.title, s.outcome) for s in one.starts], one.lines)
            for one in both
        )
        return tunnel_frames.difference(was, now)

    def _repr_html_(self) -> str:
        """Plain tables; `report.tunnel_view` draws the same for a reader."""
        head = pd.DataFrame({"connection": [self.label], "far side": [self.far_side]})
        frames = {"Both ends": self.sides, "What happens": self.timeline, "Reasons": self.reasons}
        frames |= {"Subnets": self.pairs}
        return tunnel_frames.html(head, frames | ({"What the changes do": self.difference} if self.before else {}))


def tunnel_of(ends: Ends, changes: Mapping[str, str] | None = None, policy: Policy | None = None) -> Tunnel:
    """The tunnel with these ends; with `changes`, the same after them. Raises `ConfigError` for a change that cannot be
    read.
    """
    limits = policy or load()
    now = Tunnel(ends, policy=limits)
    return Tunnel(with_changes(ends, changes), dict(changes), now, limits) if changes else now


def worst_connection(tables: Tables) -> Ends | None:
    """The first connection with the worst prediction, where any far side is known; else the first connection; None:
    there is none.
    """
    return min(all_ends(tables), key=_rank, default=None)


def _rank(ends: Ends) -> int:
    return min((RANK[outcome.verdict] for who in INITIATORS if (outcome := outcome_of(ends, who))), default=len(RANK))
