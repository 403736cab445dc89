"""Rules are taken as the API shows them, and a value that cannot be read is an error with advice."""

import gc
from weakref import ref

import pytest

from vpnaudit.acl.rules import AclList, AclRule, Content, once_a_content
from vpnaudit.errors import EstateError

LISTED = {
    "id": "44983840",
    "protocol": "tcp",
    "startport": "80",
    "endport": "90",
    "traffictype": "Ingress",
    "state": "Active",
    "cidrlist": "192.168.10.0/24, 10.0.0.0/8",
    "number": 200,
    "action": "Allow",
}


def test_a_row_of_the_api_becomes_a_rule():
    rule = AclRule.from_listing(LISTED)
    assert rule == AclRule(200, "tcp", "ingress", True, ("192.168.10.0/24", "10.0.0.0/8"), 80, 90, id="44983840")
    assert str(rule) == "200 allow ingress tcp 80-90 from 192.168.10.0/24, 10.0.0.0/8"


def test_what_the_api_leaves_out_means_what_the_server_does():
    rule = AclRule.from_listing({"number": "7", "protocol": "icmp", "icmptype": -1, "icmpcode": -1, "cidrlist": ""})
    assert rule == AclRule(7, "icmp", "ingress", True, None, icmp_type=-1, icmp_code=-1)
    assert str(rule) == "7 allow ingress icmp type -1 code -1 from anywhere"
    assert str(AclRule(1, "icmp", "egress", False, icmp_type=8)) == "1 deny egress icmp type 8 to anywhere"
    assert str(AclRule(1, "tcp", "egress", False, start_port=8, end_port=8)) == "1 deny egress tcp 8 to anywhere"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": None}, "has no number"),
        ({"number": "ten"}, "no whole number"),
        ({"startport": "http"}, "no whole number"),
        ({"action": "maybe"}, "known are allow, deny"),
        ({"traffictype": "sideways"}, "known are egress, ingress"),
        ({"id": None, "number": None}, r"\(no id\)"),
    ],
)
def test_a_row_that_cannot_be_read_is_an_error_with_advice(change, words):
    with pytest.raises(EstateError, match=words):
        AclRule.from_listing({**LISTED, **change})


def test_a_request_is_stored_as_the_server_stores_it():
    asked = {"number": 1, "protocol": "1", "icmptype": 8, "cidrlist": None, "traffictype": "egress", "action": "deny"}
    assert AclRule.from_request(asked) == AclRule(1, "icmp", "egress", False, icmp_type=8)
    assert AclRule.from_request({"number": 1, "protocol": "udp", "startport": 53}) == AclRule(
        1, "udp", "ingress", True, None, 53, 53
    )
    assert AclRule.from_request({"number": 1, "protocol": "all", "action": "permit"}).allow


def test_a_list_is_sorted_by_number_and_forgets_revoked_rules():
    rows = [
        {**LISTED, "number": n, "id": str(n), "state": state}
        for n, state in ((30, "Active"), (4, "Add"), (5, "Revoke"))
    ]
    acl = AclList.from_listing(rows)
    assert [rule.number for rule in acl.rules] == [4, 30]
    assert acl.of("ingress") == ((0, acl.rules[0]), (1, acl.rules[1]))
    assert acl.of("egress") == ()


def test_equal_lists_have_equal_content_whatever_their_ids():
    one, two = (AclList.from_listing([{**LISTED, "id": name}]) for name in ("a", "b"))
    assert one != two
    assert one.content is two.content is Content.of(one.content.rules)


def test_what_is_worked_out_about_a_content_is_remembered_as_long_as_a_list_has_it():
    asked = []

    @once_a_content
    def size(content, factor):
        asked.append(factor)
        return len(content.rules) * factor

    lists = [AclList((AclRule(1, "tcp", "ingress", allow=True, id=name),)) for name in "ab"]
    assert [size(acl.content, 2) for acl in lists] + [size(lists[0].content, 3)] == [2, 2, 3]
    assert asked == [2, 3]
    gone = ref(lists[0].content)
    del lists
    gc.collect()
    assert gone() is None
