"""Every other repair, run by a real shell; hostile names; objects that were not collected."""

from __future__ import annotations

import pytest

from tests.plan.conftest import CIPHER, DPD, PAIR, SINGLE, on_connection, run, the, uuid, verbs, with_
from vpnaudit.findings import ACTIONS
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan.remedies import BY_ACTION, _Plan
from vpnaudit.plan.remedy import Remedy


def test_where_no_command_does_it_the_rule_says_what_to_do(plan):
    by_rule = plan(
        SINGLE,
        {"rule": "version-unsupported", "subject_kind": "source", "subject_id": "s1", "action": "upgrade"},
        DPD | {"action": "", "reasons": [{"field": "dpd", "who": "far side"}]},
        DPD | {"rule": "unknown-rule", "action": "", "reasons": [{"who": "far side"}, {"who": "CloudStack side"}]},
    )
    assert all(remedy["command"] == remedy["plan"] == "" for remedy in by_rule.values())
    assert by_rule["dpd-off"]["side"] == "far side"
    assert by_rule["dpd-off"]["what"].startswith("Set dpd=true")
    assert by_rule["unknown-rule"]["side"] == "both ends"


def test_every_action_has_its_remedy_and_every_remedy_an_action():
    assert set(BY_ACTION) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_gives_whole_advice_even_for_objects_that_were_not_collected(plan, action):
    kinds = ("connection", "customer gateway", "VPN gateway", "tier", "source", "ACL list", "ACL rule")
    by_rule = plan(
        {}, *({"rule": kind, "subject_kind": kind, "subject_id": uuid(9), "action": action} for kind in kinds)
    )
    assert all(remedy[column] for remedy in by_rule.values() for column in ("side", "what", "interrupts", "rollback"))


def test_a_connection_whose_customer_gateway_was_not_collected_can_be_reset(plan):
    lone = SINGLE | {"customer_gateways": [], "connections": [SINGLE["connections"][0] | {"state": "Error"}]}
    reset, version = (
        on_connection("connection-stuck", "reset-connection"),
        on_connection("multi-cidr-ikev1", "update-customer-gateway", {"ikeversion": "ikev2"}),
    )
    by_rule = plan(lone, reset, version)
    assert verbs(by_rule["connection-stuck"]) == ["reset vpnconnection"]
    assert by_rule["multi-cidr-ikev1"]["command"] == ""


@pytest.mark.parametrize(
    "name",
    ["'; reboot #", "a\nreboot", "$(reboot)", "\u202eevil", "=cmd|' /C calc'!A0", "<script>", "@/etc/passwd", "~root"],
)
def test_a_hostile_name_runs_nothing_and_publishes_no_file(plan, name):
    tables = with_(customer_gateways={"name": name}, vpcs={"name": name}) | {
        "tiers": [SINGLE["tiers"][0] | {"name": name}]
    }
    down = [{"state": "Error"}, {}]
    for state in down:
        of_state = tables | {"connections": [tables["connections"][0] | state]}
        by_rule = plan(
            of_state,
            DPD,
            on_connection("a", "reset-connection"),
            on_connection("b", "recreate-connection", {"passive": "true"}),
            {"rule": "e", "subject_kind": "tier", "subject_id": uuid(41), "action": "replace-acl"},
        )
        for remedy in by_rule.values():
            assert all(not value.startswith("@/etc") for _, sent in run(remedy).calls for value in sent.values())
            assert "\n" not in remedy["what"]
            assert "\u202e" not in remedy["command"] + remedy["what"] + remedy["rollback"]
    expected = name.lstrip("@").replace("~", "-")
    assert the("update vpncustomergateway", by_rule["dpd-off"])[0]["name"] == expected
    assert ("cmk cannot carry" in by_rule["dpd-off"]["command"]) == (expected != name)


def test_comments_of_ours_hold_nothing_that_a_shell_understands(plan):
    mistyped = DPD | {
        "rule": "peer-address-mistyped",
        "action": "recreate-connection",
        "changes": {"gateway": "203.0.113.5"},
    }
    by_rule = plan(PAIR, CIPHER, on_connection("psk-mismatch", "update-customer-gateway"), mistyped)
    assert all("\ufffd" not in remedy["command"] for remedy in by_rule.values())


@pytest.mark.parametrize("action", ["delete-connection", "create-connection-back"])
def test_what_is_no_pair_has_no_command(plan, action):
    assert plan(SINGLE, on_connection("any", action, other_id=uuid(99)))["any"]["command"] == ""


def test_every_line_of_a_script_fits(plan):
    by_rule = plan(PAIR, CIPHER, DPD, on_connection("both-active", "recreate-connection", {"passive": "true"}))
    for remedy in by_rule.values():
        assert max(len(line) for line in (remedy["command"] + remedy["rollback"]).split("\n")) <= 72


@pytest.mark.parametrize(("name", "more"), [("p1", ["a"]), ("p2", ["b", "c"]), ("p3", []), ("p0", [])])
def test_a_plan_opens_the_way_for_the_connections_that_it_creates_itself(name, more):
    """`b` and `c` are created by one plan, `a` by another; `c` needs nothing."""

    class Lists:
        def of_answer(self, key):
            return None if key == ("s1", "c") else remedy_of("list", f"open {key[1]}", f"close {key[1]}")

    def remedy_of(plan, command, rollback):
        return Remedy(Side.NEAR, "what", command, "interrupts", rollback, plan)

    whole = object.__new__(_Plan)
    whole.answers_of_plan = {"p1": [("s1", "a")], "p2": [("s1", "b"), ("s1", "c")]}
    whole.list_plans = Lists()
    remedy = whole.with_access(remedy_of(name, "create", "delete"))
    needed = [key for key in more if key != "c"]
    assert remedy.command.split("\n") == ["create", *(f"open {key}" for key in needed)]
    assert remedy.rollback.split("\n") == ["delete", *(f"close {key}" for key in needed)]
