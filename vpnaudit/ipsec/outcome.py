"""What a prediction says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vpnaudit.ipsec.renewal import Renewals, Verdict, broken

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from vpnaudit.ipsec.difference import Who
    from vpnaudit.ipsec.establish import Stage
    from vpnaudit.ipsec.exchange import Child
    from vpnaudit.ipsec.selectors import Coverage
    from vpnaudit.ipsec.sides import Initiator

Confidence = Literal["measured here", "follows from the standard", "depends on the peer's implementation"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of an explanation.

    `field` is named as in the API where the router has one; `ours` and `theirs` are both values as text. `state`:
    `different`, `unknown` (one value is not known and was taken as equal), or `own` (the router's configuration alone
    does it, whatever the peer holds). `cause`: without it the tunnel would come up, stay up and carry what it should,
    or at least come further. `who` can change it.
    """

    field: str
    ours: str
    theirs: str
    state: Literal["different", "unknown", "own"]
    cause: bool
    who: Who


@dataclass(frozen=True, slots=True)
class Carried:
    """One pair of subnets that either side configures, and whether it has traffic; 0.0.0.0/0 is no pair of its own."""

    local: IPv4Network
    remote: IPv4Network
    coverage: Coverage

    @property
    def text(self) -> str:
        """As `network > network`, with `in part` where a part has traffic."""
        return f"{self.local} > {self.remote}{' in part' * (self.coverage == 'part')}"


@dataclass(frozen=True, slots=True)
class Event:
    """One point of the timeline, in seconds after establishment (None: not known, or never)."""

    what: Literal["now", "child rekey", "child expiry", "ike reauthentication"]
    earliest_s: int | None
    latest_s: int | None
    ok: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The prediction for one initiator.

    `verdict`: `no_ike`; `ike_only` (an IKE_SA, no CHILD_SA); `partial` (some configured traffic has no SA);
    `latent_rekey_failure` (works until a renewal); `interrupted_later` (the router's own lifetimes end it); `ok`.
    `ike_suites` and `children` are what the first SAs are really built on, selectors seen from the router. `api_state`
    is what CloudStack shows once its poll has run; `Error` means that the router refused the connection. `stopped_at`
    and `error` say where it failed and what the log shows. `assumed` are the fields that are not known and were taken
    as equal.
    """

    initiator: Initiator
    verdict: Verdict
    ike_version: int | None
    ike_suites: tuple[str, ...]
    children: tuple[Child, ...]
    pairs: tuple[Carried, ...]
    api_state: Literal["Connected", "Disconnected", "Error"]
    stopped_at: Stage | None
    error: str | None
    reasons: tuple[Reason, ...]
    renewals: Renewals
    timeline: tuple[Event, ...]
    confidence: Confidence
    assumed: tuple[str, ...]

    @property
    def esp_suites(self) -> tuple[str, ...]:
        """The suites of the first CHILD_SAs, each once."""
        return tuple(dict.fromkeys(str(child.suite) for child in self.children))

    @property
    def renewal_fails(self) -> bool:
        """Whether a rekey by either end, or the router's reauthentication, fails."""
        return broken(self.renewals)

    @property
    def causes(self) -> tuple[Reason, ...]:
        """The reasons that must change."""
        return tuple(reason for reason in self.reasons if reason.cause)

    @property
    def lost(self) -> tuple[Carried, ...]:
        """The configured pairs without traffic, or with traffic for a part only."""
        return tuple(pair for pair in self.pairs if pair.coverage != "carried")
