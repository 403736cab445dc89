"""The order of the router, line by line as iptables-save printed it on real routers' rules."""

import re
from pathlib import Path

import pytest

from vpnaudit.acl import services
from vpnaudit.acl.blind import lists_of, read_lines
from vpnaudit.acl.decision import addresses_of
from vpnaudit.acl.order import View, ordered
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics

CASES = Path(__file__).parents[1] / "data/acl_truth/cases.jsonl.gz"
CHAINS = {"ingress": "ACL_INBOUND_eth{}", "egress": "ACL_OUTBOUND_eth{}"}
NUMBERS = {"ipv6": 41, "gre": 47, "esp": 50, "ah": 51, "sctp": 132, "hopopt": 0, "ospf": 89}


def printed(line):
    """A line of iptables-save as (addresses, service, accept)."""
    match = re.search(r" -[sd] (\S+)", line)
    where = addresses_of(match[1] if match else "0.0.0.0/0")
    match = re.search(r" -p (\S+)", line)
    word = match[1] if match else None
    accept = line.endswith("-j ACCEPT")
    if word is None:
        return where, services.EVERY, accept
    protocol = NUMBERS[word] if word in NUMBERS else services.protocol_number(word)
    ports = re.search(r"--dport (\d+)(?::(\d+))?", line)
    kind = re.search(r"--icmp-type (\d+)(?:/(\d+))?", line)
    if ports:
        return where, services.span(protocol, int(ports[1]), int(ports[2] or ports[1])), accept
    if kind and kind[1] != "255":
        code = int(kind[2]) if kind[2] else None
        low = int(kind[1]) * 256 + (code or 0)
        return where, services.span(protocol, low, low + (255 if code is None else 0)), accept
    return where, services.span(protocol), accept


@pytest.mark.parametrize(("semantics", "suffix"), [(Semantics.V4_23, ""), (Semantics.V4_11, "_411")])
def test_every_measured_chain_is_predicted_line_by_line(semantics, suffix):
    compared = 0
    for case in read_lines(CASES):
        chains = case.get("chains" + suffix, case["chains"])
        if suffix and case.get("not_run_411"):
            continue
        for index, acl in enumerate(lists_of(case).values()):
            for direction, name in CHAINS.items():
                lines = [line for line in chains[name.format(index + 2)] if "-d 22" not in line]
                drop = len(lines)
                order = ordered(acl, direction, semantics)
                if direction == "ingress":
                    ends = [at for at, line in enumerate(lines) if line == f"-A {name.format(index + 2)} -j DROP"]
                    # A rule that denies everything prints like the final DROP; the final one is where the model puts
                    # it.
                    drop = len(order.lines)
                    assert drop in ends, case["name"]
                expected = [(line.addresses, line.service, acl.rules[line.position].allow) for line in order.lines]
                assert [printed(line) for line in lines[:drop]] == expected, (case["name"], direction)
                # What is left after the DROP are the rules that the model says are behind it.
                behind = len(order.behind_drop) if direction == "ingress" else 0
                assert bool(lines[drop + 1 :]) == bool(behind), case["name"]
                compared += 1
    assert compared > 900


@pytest.mark.parametrize("suffix", ["", "_411"])
def test_a_list_that_closes_when_reapplied_does_so_on_a_real_router(suffix):
    semantics = Semantics.V4_11 if suffix else Semantics.V4_23
    seen = 0
    for case in read_lines(CASES):
        again = case.get("chains_reapplied" + suffix)
        if again is None:
            continue
        for index, acl in enumerate(lists_of(case).values()):
            if ordered(acl, "ingress", semantics).closes_when_reapplied:
                rules = [line for line in again[CHAINS["ingress"].format(index + 2)] if "-d 22" not in line]
                assert rules[0].endswith(" -j DROP")
                assert " -s " not in rules[0]
                seen += 1
    assert seen >= 1


def rule(number, *cidrs, protocol="all", allow=True, direction="ingress", **options):
    return AclRule(number, protocol, direction, allow, cidrs or None, **options)


def numbers(acl, direction, view, semantics=Semantics.V4_23):
    return [acl.rules[line.position].number for line in ordered(acl, direction, semantics, view).lines]


def test_later_rules_land_between_the_cidrs_of_an_earlier_one():
    acl = AclList((rule(3, "10.3.0.0/16"), rule(1, "10.1.0.0/16", "10.2.0.0/16", allow=False), rule(2)))
    assert numbers(acl, "ingress", View.WRITTEN) == [1, 1, 2, 3]
    assert numbers(acl, "ingress", View.RUN) == [1, 2, 3, 1]
    last_stays_in_front = ordered(acl, "ingress", Semantics.V4_23).lines[0]
    assert last_stays_in_front.addresses == addresses_of("10.2.0.0/16")


def test_a_refused_rule_sends_the_rules_after_it_behind_the_drop():
    refused = rule(2, protocol="icmp", icmp_type=-1, icmp_code=0)
    acl = AclList((rule(1, "10.1.0.0/16"), refused, rule(3), rule(4)))
    order = ordered(acl, "ingress", Semantics.V4_23)
    assert (order.refused, order.behind_drop, len(order.lines)) == ((1,), (2, 3), 1)
    assert order.closes_when_reapplied
    assert numbers(acl, "ingress", View.INSERTED) == [1, 2, 3, 4]


def test_behind_the_drop_there_is_an_end_too():
    refused = [rule(n, protocol="icmp", icmp_type=-1, icmp_code=0) for n in (1, 2)]
    order = ordered(AclList((*refused, rule(3))), "ingress", Semantics.V4_23)
    assert (order.refused, order.behind_drop) == ((0, 1, 2), ())
    out = [rule(n, protocol="icmp", icmp_type=-1, icmp_code=0, direction="egress") for n in (1, 2)]
    order = ordered(AclList((*out, rule(3, allow=False, direction="egress"))), "egress", Semantics.V4_23)
    assert (order.refused, order.lines, order.default_allow) == ((0, 1, 2), (), True)


def test_what_never_reaches_iptables_is_not_counted():
    acl = AclList((rule(1, "2001:db8::/32"), rule(2, protocol="cp"), rule(3), rule(4, protocol="quic")))
    order = ordered(acl, "ingress", Semantics.V4_23)
    assert (order.left_out, order.unknown, [line.position for line in order.lines]) == ((0, 1), (3,), [2])
