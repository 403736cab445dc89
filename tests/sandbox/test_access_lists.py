"""A rule is written in one line, and becomes the fields that the server shows."""

import pytest

from vpnaudit.sandbox.access_lists import add_list, add_rule, default_lists

SHOWN = ("number", "traffictype", "action", "protocol", "cidrlist", "startport", "endport", "icmptype", "icmpcode")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("1 ingress allow tcp:443 10.0.0.0/8", ["443", "443", None, None]),
        ("2 egress deny udp:500-4500 0.0.0.0/0", ["500", "4500", None, None]),
        ("3 ingress allow icmp:8/0 10.0.0.0/8,10.1.0.0/16", [None, None, 8, 0]),
        ("4 ingress allow all 0.0.0.0/0", [None, None, None, None]),
    ],
)
def test_a_rule_has_ports_or_a_type_or_neither(builder, vpc, text, fields):
    acl = add_list(builder, vpc, "sites")
    row = add_rule(builder, acl, vpc.owner, text)
    number, direction, action, detail, cidrs = text.split()
    head = [int(number), direction.capitalize(), action.capitalize(), detail.split(":")[0], cidrs]
    assert [row.get(name) for name in SHOWN] == head + fields
    assert (row["aclid"], row["aclname"]) == (acl["id"], "sites")


@pytest.mark.parametrize(
    "text", ["", "ingress allow tcp 10.0.0.0/8", "1 inbound allow tcp 10.0.0.0/8", "1 ingress allow"]
)
def test_a_line_that_is_no_rule_is_a_mistake_of_the_plan(builder, vpc, text):
    with pytest.raises(ValueError, match="no rule"):
        add_rule(builder, add_list(builder, vpc, "sites"), vpc.owner, text)


def test_the_default_lists_belong_to_nobody_and_do_what_their_names_say(builder):
    default_lists(builder)
    assert {item.owner for table in ("networkacllist", "networkacl") for item in builder.cloud.tables[table]} == {None}
    rules = {(row["aclname"], row["traffictype"]): row["action"] for row in builder.cloud.rows("networkacl")}
    assert rules == {
        (f"default_{word}", direction): word.capitalize()
        for word in ("deny", "allow")
        for direction in ("Ingress", "Egress")
    }
