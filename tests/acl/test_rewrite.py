"""The rewrite, run through the same model, does exactly what the old list says, or says which packets it cannot
mend.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.acl.order import View, ordered
from vpnaudit.acl.rewrite import rewrite
from vpnaudit.acl.rules import DIRECTIONS, AclList, AclRule
from vpnaudit.acl.semantics import Semantics, read
from vpnaudit.acl.table import allowed_packets

from .small_space import lists

NEW, OLD, UNKNOWN = Semantics.V4_23, Semantics.V4_11, Semantics.UNKNOWN


def sets(acl, semantics, view):
    return [
        allowed_packets(ordered(acl, d, semantics, view), tuple(rule.allow for rule in acl.rules)) for d in DIRECTIONS
    ]


@settings(max_examples=70, deadline=None)
@given(lists(max_size=8), st.sampled_from([NEW, OLD]))
def test_the_rewrite_run_is_the_list_as_written(acl, semantics):
    new = rewrite(acl, semantics)
    written, run = sets(acl, semantics, View.WRITTEN), sets(new.acl, semantics, View.RUN)
    for direction, one, two in zip(DIRECTIONS, written, run, strict=True):
        assert (two - one, one - two) == (new.remaining[direction].opened, new.remaining[direction].closed)
    assert new.exact == (written == run)
    # Only a rule that no text of this version can express leaves something unmended.
    assert new.exact or new.dropped


@settings(max_examples=70, deadline=None)
@given(lists(max_size=8, odd=False))
def test_a_list_of_plain_words_is_always_mended(acl):
    new = rewrite(acl, NEW)
    assert new.exact
    assert not new.dropped
    assert sets(acl, NEW, View.WRITTEN) == sets(new.acl, NEW, View.RUN)


@settings(max_examples=60, deadline=None)
@given(lists(max_size=8), st.sampled_from([NEW, OLD]))
def test_the_new_list_is_one_that_the_server_takes(acl, semantics):
    new = rewrite(acl, semantics)
    numbers = [line.rule.number for line in new.lines]
    assert numbers == sorted(set(numbers))
    for line in new.lines:
        reading = read(line.rule, semantics)
        assert len(reading.addresses) <= 1
        assert reading.dead == reading.misread == ""
        assert reading.state in ("runs", "left-out")
        assert line.rule.id == ""
        assert line.rule.number >= line.origin.number
        assert {acl.rules.index(line.origin) for line in new.lines} <= set(range(len(acl.rules)))


@settings(max_examples=60, deadline=None)
@given(lists(max_size=6))
def test_a_rewrite_of_a_rewrite_changes_nothing(acl):
    once = rewrite(acl, NEW).acl
    again = rewrite(once, NEW)
    assert again.acl.content == once.content
    assert not any(line.changed for line in again.lines)


def rule(number, protocol="all", *cidrs, allow=True, direction="ingress", **options):
    return AclRule(number, protocol, direction, allow, cidrs or None, id=f"id-{number}", **options)


def texts(acl, semantics=NEW):
    return [str(line.rule) for line in rewrite(acl, semantics).lines]


def test_cidrs_get_a_rule_each_and_numbers_give_way():
    acl = AclList(
        (
            rule(1, "all", "10.0.0.0/25", "10.0.0.128/25", "2001:db8::/32", allow=False),
            rule(2, "udp", start_port=53, end_port=53),
        )
    )
    assert texts(acl) == [
        "1 deny ingress all from 10.0.0.0/25, 2001:db8::/32",
        "2 deny ingress all from 10.0.0.128/25",
        "3 allow ingress udp 53 from anywhere",
    ]
    assert [line.changed for line in rewrite(acl, NEW).lines] == [True, True, False]


def test_cidrs_inside_others_and_doubles_go():
    acl = AclList((rule(5, "all", "10.0.0.7/25", "10.0.0.0/24", "10.0.0.9/24"), rule(6)))
    assert texts(acl) == ["5 allow ingress all from 10.0.0.0/24", "6 allow ingress all from anywhere"]


def test_words_that_the_router_misreads_are_replaced():
    acl = AclList(
        (
            rule(1, "tcp"),
            rule(2, "ICMP", icmp_type=8),
            rule(3, "icmp", icmp_type=-1, icmp_code=0),
            rule(4, "17", start_port=53, end_port=53),
            rule(5, "ICMP", icmp_type=3, icmp_code=4),
            rule(6, "47"),
            rule(7, "tcp", "2001:db8::/32"),
        )
    )
    assert texts(acl) == [
        "1 allow ingress tcp 0-65535 from anywhere",
        "2 allow ingress icmp type 8 code -1 from anywhere",
        "3 allow ingress icmp type -1 code -1 from anywhere",
        "4 allow ingress udp 53 from anywhere",
        "5 allow ingress icmp type 3 code 4 from anywhere",
        "6 allow ingress 47 from anywhere",
        "7 allow ingress tcp from 2001:db8::/32",
    ]
    assert rewrite(acl, NEW).restart


def test_what_no_text_expresses_is_dropped_and_said():
    acl = AclList((rule(1, "icmp", icmp_type=255), rule(2, "0"), rule(3, "cp")))
    new = rewrite(acl, NEW)
    assert [r.number for r in new.dropped] == [1, 2, 3]
    assert not new.exact
    assert str(new.remaining["ingress"].closed) == "protocol 0; icmp type 255 from anywhere"
    old = rewrite(AclList((rule(1, "47"), rule(2, "6", start_port=22, end_port=22))), OLD)
    assert ([r.number for r in old.dropped], [str(line.rule) for line in old.lines]) == (
        [1],
        ["2 allow ingress tcp 22 from anywhere"],
    )


def test_a_list_that_cannot_be_read_is_not_rewritten():
    assert rewrite(AclList((rule(1, "47"),)), UNKNOWN) is None
