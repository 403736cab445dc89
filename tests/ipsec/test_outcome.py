"""What a prediction says of itself: its suites once each, its causes, what it loses."""

from dataclasses import replace

from tests.ipsec.pairs import ROUTER, meet

SEVERAL = replace(ROUTER, cidrlist="10.2.0.0/24,10.3.0.0/24", splitconnections=True)


def test_a_suite_of_several_children_is_named_once():
    outcome = meet(SEVERAL)
    assert len(outcome.children) == 2
    assert outcome.esp_suites == tuple(dict.fromkeys(str(child.suite) for child in outcome.children))
    assert len(outcome.esp_suites) <= 2


def test_causes_are_the_reasons_that_must_change_and_no_others():
    outcome = meet(esp_proposals=("aes256-sha256-modp3072",), dpd=True)
    assert {reason.field for reason in outcome.reasons} == {"esp_group", "dpd"}
    assert [reason.field for reason in outcome.causes] == ["esp_group"]
    assert outcome.renewal_fails


def test_what_is_carried_in_part_is_lost_too_and_says_so():
    outcome = meet(replace(ROUTER, cidrlist="10.2.0.0/16"), subnets=("10.2.0.0/24",))
    assert [(pair.text, pair.coverage) for pair in outcome.lost] == [("10.1.0.0/16 > 10.2.0.0/16 in part", "part")]
    assert meet().lost == ()
