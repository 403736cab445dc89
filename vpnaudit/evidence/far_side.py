"""The far side as the router's own log shows it: what the peer sent, and what was agreed. Nothing is assumed; what was
not seen stays out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vpnaudit.evidence.suites import proposal_keywords
from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.selectors import networks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.evidence.events import Event

DIALECT: Final = "router-log"
_ANY_ID: Final = "%any"
_WORDS: Final = {"pre-shared key": "psk", "XAuth": "xauth"}
_KEYS: Final = frozenset({"mac_mismatch", "hash_mismatch", "decryption_failed", "no_shared_key", "no_shared_key_v1"})
_REFUSED: Final = frozenset({"notify_error", "notify_error_v1", "notify_fatal", "no_child_built"})
_OURS: Final = frozenset({"no_peer_config", "identity_mismatch_v1", "no_ike_config"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of the far side: its value, and the event that showed it."""

    value: str | bool | int
    event: Event


@dataclass(slots=True)
class FarSide:
    """What one connection's log shows of its peer: columns of the table `peers`, and why nothing can be predicted of it
    where something that decides was not shown.
    """

    name: str
    fields: dict[str, Shown] = field(default_factory=dict)
    undecided: str | None = None


def far_sides(events: Iterable[Event], sites: frozenset[str]) -> list[FarSide]:
    """The far side of each connection whose log shows any; `sites` are the connections that are a site's."""
    readings: dict[str, _Reading] = {}
    for event in events:
        if event.connection in sites:
            readings.setdefault(event.connection, _Reading(FarSide(event.connection))).take(event)
    sides = [reading.done() for reading in readings.values()]
    return [side for side in sides if side.fields]


class _Reading:
    """Takes the events of one connection in order: a method named after a line of the knowledge table takes it."""

    def __init__(self, side: FarSide) -> None:
        self._side = side
        self._peer_starts = False
        self._version = "ikev2"
        self._children_of_sa = 0
        self._child_is_ours = False
        self._nat = False
        self._networks: dict[str, list[str]] = {"local_subnets": [], "remote_subnets": []}
        self._offer: dict[str, bool] = {}
        self._established = self._child = False
        self._refusal: Event | None = None
        self._key = self._near_nat = False
        self._first_offer: tuple[list[str], Event] | None = None
        self._suites: dict[str, set[str]] = {"ike": set(), "esp": set()}

    def take(self, event: Event) -> None:
        """Take the next event."""
        if event.id in _KEYS:
            self._key = True
        if event.id in _REFUSED or event.id in _OURS:
            self._refusal = event
        step = getattr(self, f"_{event.id}", None)
        if step is not None:
            step(event, event.fields)

    def done(self) -> FarSide:
        """The far side, once all events were taken."""
        if self._near_nat:
            self._side.fields.pop("peer_address", None)  # the address before the NAT is none that the peer knows
        if self._first_offer and not self._child:
            # None came of it, so what the group is does not matter.
            self._children_of_sa = 1
            self._proposals("esp", *self._first_offer, offered=True)
        for protocol, suites in self._suites.items():
            if len(suites) > 1 and not self._offer.get(protocol, False):
                for column in (f"{protocol}_proposals", f"{protocol}_strict"):  # it takes more than one shows
                    self._side.fields.pop(column, None)
        for column, values in self._networks.items():
            if values and column in self._side.fields:
                self._set(column, ",".join(values), self._side.fields[column].event)
        self._side.undecided = self._undecided()
        return self._side

    def _undecided(self) -> str | None:
        fields = self._side.fields
        if self._key and not self._established:
            return "the keys differ, and no log shows a key"
        if not self._established:
            offered = self._offer.get("ike", False)
            if self._refusal is not None and self._refusal.id in _REFUSED and not offered:
                return "the peer refused phase 1, and the router's log does not show what it would take"
            return None if offered or self._refusal is not None else "the router's log shows no answer of it"
        if not self._child and not self._offer.get("esp", False) and "local_subnets" not in fields:
            return "the peer refused phase 2, or the router's kernel did, and the log does not show what it would take"
        return None

    def _set(self, column: str, value: str | bool | int, event: Event) -> None:
        self._side.fields[column] = Shown(value, event)

    def _initiating(self, event: Event, fields: dict[str, str]) -> None:
        self._start(event, fields, by_peer=False)

    def _peer_initiating(self, event: Event, fields: dict[str, str]) -> None:
        self._start(event, fields, by_peer=True)
        self._set("initiates_with", self._version, event)
        if fields.get("mode") == "Aggressive":
            self._set("aggressive", value=True, event=event)

    def _start(self, event: Event, fields: dict[str, str], *, by_peer: bool) -> None:
        self._peer_starts, self._children_of_sa, self._nat = by_peer, 0, False
        self._version = "ikev1" if fields.get("mode") else "ikev2"
        if event.address:
            self._place(event, event.address)

    def _place(self, event: Event, address: str) -> None:
        """Behind a NAT the address is that of the NAT, and its own is not known."""
        self._side.fields.pop("address" if self._nat else "public_address", None)
        self._set("public_address" if self._nat else "address", address, event)

    def _nat_theirs(self, event: Event, _: dict[str, str]) -> None:
        self._nat = True
        if event.address:
            self._place(event, event.address)

    def _nat_ours(self, _: Event, __: dict[str, str]) -> None:
        self._near_nat = True

    def _looking_for_peer(self, event: Event, fields: dict[str, str]) -> None:
        self._set("id", fields["their_id"], event)
        if fields["our_id"] != _ANY_ID:
            self._set("peer_id", fields["our_id"], event)
        self._set("peer_address", fields["ours"], event)

    def _authenticated(self, event: Event, fields: dict[str, str]) -> None:
        if fields["method"] in _WORDS:
            self._set("auth", _WORDS[fields["method"]], event)

    def _ike_established(self, event: Event, fields: dict[str, str]) -> None:
        self._established = True
        self._set("id", fields["their_id"], event)
        seen_before = self._side.fields.get("ike_versions")
        versions = {self._version, *(str(seen_before.value).split(",") if seen_before else ())}
        self._set("ike_versions", ",".join(sorted(versions)), event)

    def _vendor_id(self, event: Event, fields: dict[str, str]) -> None:
        if fields["vendor"] == "strongSwan":
            self._set("implementation", "strongswan", event)

    def _peer_mobike(self, event: Event, _: dict[str, str]) -> None:
        self._set("mobike", value=True, event=event)

    def _message_parsed(self, event: Event, fields: dict[str, str]) -> None:
        asks = fields["exchange"] == "INFORMATIONAL" and not fields["payloads"]
        if fields["direction"] == "request" and (asks or "N(DPD)" in fields["payloads"]):
            self._set("dpd", value=True, event=event)

    def _child_attempt(self, _: Event, __: dict[str, str]) -> None:
        self._child_is_ours = True

    def _proposals_received(self, event: Event, fields: dict[str, str]) -> None:
        """What the peer offers; where the router asks, it is what the peer chose."""
        proposals = [proposal_keywords(text.strip()) for text in fields["proposals"].split(",")]
        if not all(proposals):
            return
        protocols = {one[0] for one in proposals if one}
        by_peer = self._peer_starts and not (protocols == {"esp"} and self._child_is_ours)
        if len(protocols) == 1 and by_peer:
            self._proposals(protocols.pop(), [one[1] for one in proposals if one], event, offered=True)

    def _proposal_selected(self, event: Event, fields: dict[str, str]) -> None:
        suite = proposal_keywords(fields["suite"])
        if suite is not None:
            parsed = parse_proposal(suite[1], suite[0])
            self._suites[suite[0]].add(str(parsed and (parsed.without_group() if suite[0] == "esp" else parsed)))
        if suite is not None and not self._offer.get(suite[0], False):
            self._proposals(suite[0], [suite[1]], event, offered=False)
        self._child_is_ours = self._child_is_ours and fields["protocol"] != "ESP"

    def _proposals(self, protocol: str, keywords: list[str], event: Event, *, offered: bool) -> None:
        """Under IKEv2 the first CHILD_SA of an IKE_SA shows no group: the list of ESP is not whole then."""
        self._offer[protocol] = self._offer.get(protocol, False) or offered
        if protocol == "esp" and self._version == "ikev2" and not self._children_of_sa:
            self._first_offer = (keywords, event) if offered else self._first_offer
            return
        self._set(f"{protocol}_proposals", ",".join(dict.fromkeys(keywords)), event)
        self._set(f"{protocol}_strict", value=True, event=event)

    def _child_established(self, event: Event, fields: dict[str, str]) -> None:
        self._child = True
        self._child_is_ours = False
        if fields.get("part") != "outbound ":
            self._children_of_sa += 1
        self._selectors(event, fields["ts_theirs"], fields["ts_ours"])

    def _selectors_unacceptable(self, event: Event, fields: dict[str, str]) -> None:
        self._selectors(event, fields["ts_theirs"], fields["ts_ours"])

    _selectors_unknown = _selectors_unacceptable

    def _selectors(self, event: Event, theirs: str, ours: str) -> None:
        """The networks; that of a single packet, which goes before them, is left out with its protocol."""
        for column, text in (("local_subnets", theirs), ("remote_subnets", ours)):
            plain = [str(net) for net in networks(part for part in text.split() if "[" not in part)]
            new = [net for net in plain if net not in self._networks[column]]
            self._networks[column] += new
            if new:
                self._set(column, ",".join(self._networks[column]), event)

    def _lifetime_quick(self, event: Event, fields: dict[str, str]) -> None:
        self._set("esp_lifetime_s", int(fields["seconds"]), event)

    def _lifetime_main(self, event: Event, fields: dict[str, str]) -> None:
        self._set("ike_lifetime_s", int(fields["seconds"]), event)

    def _lifetime_auth(self, event: Event, fields: dict[str, str]) -> None:
        self._set("ike_rekey_s", int(fields["seconds"]), event)
