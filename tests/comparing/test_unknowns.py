"""What an end leaves open is neither equal nor different, and is named with its side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.estates import BOOK, FAR, NEAR, PAIR, estate
from vpnaudit.comparing.unknowns import FIELD_WORDS, far_value, unknown_fields, unknown_proposals
from vpnaudit.rules import authentication_mismatch, identity_mismatch, lifetime_mismatch, predicted_dead

if TYPE_CHECKING:
    from vpnaudit.estate import Estate


RULES = (authentication_mismatch, identity_mismatch, lifetime_mismatch, predicted_dead)


def to_file(**cells: object) -> Estate:
    """One connection to a device of whose file only these cells are known."""
    return estate(
        {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR], "peers": [{**BOOK, **cells}]}
    )


def test_what_an_end_leaves_open_is_named_with_its_side() -> None:
    whole = estate({**PAIR, "sources": [{"source": "s1", "cloudstack_version": "4.18.0.0"}]})
    rows = whole["predictions_by_connection"]
    unknown = unknown_fields(rows, whole["differences"], ["esplifetime"])
    assert set(unknown["reason"]) == {"not-modelled"}
    assert unknown["why"].iloc[0] == "how routers of this version read the ESP lifetime was never measured"
    assert not unknown_fields(rows, whole["differences"], ["dpd"])["open"].any()


def test_every_field_that_an_end_can_leave_open_or_a_rule_asks_for_has_words() -> None:
    whole = to_file(peer_address="?")
    named = estate({**NEAR, "connections": [{**FAR, "gateway": "gw.example.org"}], "peers": [{**BOOK, "address": "?"}]})
    tables = [one["differences"] for one in (whole, named)]
    fields = {field for table in tables for field in table.loc[table["state"] == "unknown", "field"]}
    asked = {field for rule in RULES for field in getattr(rule, "_FIELDS", getattr(rule, "_DECIDING", ()))}
    assert set(FIELD_WORDS) == fields | asked
    unknown = unknown_fields(whole["predictions_by_connection"], whole["differences"], ["dpd"])
    assert unknown.iloc[0].tolist() == [True, "no-peer-side", "not known of the far side: dead peer detection"]


def test_proposals_come_before_the_version_and_an_unknown_version_leaves_a_fault_one() -> None:
    neither, version = (
        unknown_proposals(whole["predictions_by_connection"], whole["differences"], "esp").iloc[0]
        for whole in (to_file(), to_file(esp_proposals="aes256-sha256", ike_proposals="aes256-sha256-modp2048"))
    )
    assert (neither["open"], neither["why"]) == (True, "not known of the far side: ESP proposals")
    assert (version["open"], version["passes"]) == (False, False)
    assert version["why"] == "not known of the far side: IKE version"


def test_the_far_value_is_the_near_one_unless_it_differs_or_is_not_known() -> None:
    def value(**cells: object) -> object:
        whole = to_file(**cells)
        rows = whole["predictions_by_connection"]
        (only,) = far_value(rows, whole["differences"], "dpd", rows["dpd"].map({True: "yes"})).fillna("?")
        return only

    assert (value(dpd=True), value(dpd=False), value()) == ("yes", "no", "?")
