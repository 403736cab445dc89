"""Access lists as the router runs them: what is missing of one is said, and never taken for an empty list."""

from __future__ import annotations

import pytest

from tests.estates import estate
from vpnaudit.acl.semantics import Semantics
from vpnaudit.estate.access_lists import TABLES, AccessLists, Listing, access_lists, rules_of_lists

PLACE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "connections": [{"id": "c1", "cidr_list": "192.168.10.0/24"}],
    "acl_lists": [{"id": "l1"}],
    "tiers": [{"id": "t1"}],
}


def listing(case: dict, acl_id: str | None = "l1") -> Listing:
    return AccessLists(estate(PLACE | case)).of("s1", acl_id)


def test_a_list_that_was_not_collected_or_a_tier_without_one() -> None:
    lists = AccessLists(estate(PLACE))
    assert lists.of("s1", "l9") is lists.of("s1", "l9")
    assert lists.of("s1", "l9").reason == "not-collected"
    assert lists.of("s1", None) == Listing(lists.of("s1", "l1").content, lists.of("s1", "l1").semantics)
    assert list(lists) == [("s1", "l1")]


def test_a_list_without_rules_and_no_list_are_both_empty_and_known() -> None:
    assert listing({}).acl is not None
    assert listing({}).acl.rules == ()
    assert listing({}, None).reason == ""


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"acl_id": "?"}, "a rule does not say which list it stands in"),
        ({"number": "?"}, "a rule of the list does not say its number"),
        ({"action": "?"}, "a rule of the list does not say its action"),
        ({"action": "Perhaps"}, "perhaps"),
    ],
)
def test_a_rule_that_was_not_sent_whole_leaves_the_list_unknown(rule: dict, why: str) -> None:
    doubtful = listing({"acl_rules": [{"id": "r1", **rule}]})
    assert (doubtful.acl, doubtful.reason) == (None, "unknown-value")
    assert why in doubtful.why.lower()


def test_a_gap_among_the_rules_leaves_every_list_of_its_source_unknown() -> None:
    """A rule that was not seen can stand in any list. A column that was not seen takes no rule away."""
    gap = {"table": "acl_rules", "text": "HTTP 530"}
    assert listing({"gaps": [gap]}).why == "the rules of access lists are not whole: HTTP 530"
    assert listing({"gaps": [gap | {"source": "s2"}]}).acl is not None
    assert listing({"gaps": [gap | {"column_names": "reason"}]}).acl is not None


def test_a_gap_in_one_list_leaves_that_one_unknown() -> None:
    gap = {"table": "acl_rules", "text": "HTTP 530", "rows_where": "acl_id=l1"}
    assert listing({"gaps": [gap]}).why == "the rules of access lists are not whole: HTTP 530"
    assert listing({"gaps": [gap | {"rows_where": "acl_id=l2"}]}).acl is not None
    assert listing({"gaps": [gap | {"rows_where": "acl_id=l2"}, gap | {"rows_where": "?"}]}).acl is None


def test_rules_on_their_way_out_count_no_more() -> None:
    assert listing({"acl_rules": [{"id": "r1", "state": "Revoke", "number": "?"}]}).acl is not None


def test_the_version_says_how_a_list_is_read() -> None:
    old = [{"source": "s1", "cloudstack_version": "4.11.3.0"}]
    assert listing({"sources": old}).semantics is Semantics.V4_11
    assert AccessLists(estate(PLACE)).of("s9", None).semantics is Semantics.UNKNOWN


def test_an_estate_has_its_lists_once_and_other_rules_are_other_lists() -> None:
    whole = estate(PLACE)
    assert access_lists(whole) is access_lists(whole.only(TABLES))
    assert access_lists(estate(PLACE)) is not access_lists(whole)


def test_a_question_about_one_list_needs_no_rule_of_another() -> None:
    rules = [{"id": "r1"}, {"id": "r2", "acl_id": "l2"}, {"id": "r3", "acl_id": "?"}]
    narrow = rules_of_lists(estate(PLACE | {"acl_rules": rules}), ["l1", None])
    assert list(narrow["acl_rules"]["id"]) == ["r1", "r3"]
    assert set(narrow) == set(TABLES)


class TestOnATier:
    def on(self, case: dict) -> Listing:
        whole = estate(PLACE | case)
        (tier,) = whole["tiers"].astype("object").where(whole["tiers"].notna(), None).to_dict("records")
        return AccessLists(whole).on(tier)

    def test_a_list_that_has_a_name_and_no_id_is_not_guessed(self) -> None:
        unnamed = self.on({"tiers": [{"id": "t1", "acl_id": "?", "acl": "web"}]})
        assert (unnamed.acl, unnamed.reason) == (None, "unknown-value")

    def test_a_tier_whose_vpc_was_not_collected_has_no_known_mode(self) -> None:
        assert self.on({"vpcs": []}).why == "the VPC was not collected, so its network mode is not known"

    @pytest.mark.parametrize(("mode", "routed"), [("Static", True), ("?", False)])
    def test_the_mode_is_that_of_the_vpc(self, mode: str, routed: bool) -> None:
        assert self.on({"vpcs": [{"id": "p1", "ip4_routing": mode}]}).routed is routed
