"""One script for both ends: what a person does first stands before it, and what it does is said in words."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.estates import estate
from tests.plan.conftest import CIPHER, PAIR, PLANS, SINGLE, G, K, P, V, on_connection, printed, uuid, with_
from vpnaudit.plan.customer_gateway import End
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.tunnel_plan import TunnelPlan, words_of
from vpnaudit.plan.wanted import KEY

INDEX = EstateIndex(estate(SINGLE))
ROW = INDEX.customer_gateways["s1", G]


@pytest.mark.parametrize(
    ("changes", "choose", "only", "words"),
    [
        ({"dpd": "true"}, (), None, "Set dpd to true on customer gateway branch."),
        ({"ikelifetime": "28800"}, (), None, "Set ikelifetime to 28800 on customer gateway branch."),
        (
            {KEY: "new"},
            ("cidrlist",),
            None,
            "Set a new random pre-shared key and the right cidrlist on customer gateway branch.",
        ),
        ({"dpd": "true", "ikeversion": "ikev2"}, (), {"dpd"}, "Set dpd to true on customer gateway branch."),
        ({"dpd": "true"}, (), {"state"}, "Set dpd to true on customer gateway branch."),
    ],
)
def test_what_is_done_to_an_end_in_words(changes, choose, only, words):
    assert words_of(End(ROW, changes, choose, "plan", 1), only) == words


def test_what_the_far_side_does_stands_before_the_script_begins(plan):
    command = plan(SINGLE, CIPHER | {"changes": {"ikepolicy": "aes256-sha256;modp2048"}})["weak-encryption"]["command"]
    assert command.index("First, on the far side") < command.index("( set -e")
    assert (
        "First" not in plan(PAIR, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]["command"]
    )


def test_both_ends_are_one_plan_and_a_change_of_one_end_is_that_sides():
    end = End(ROW, {"dpd": "true"}, (), "plan", 1)
    assert TunnelPlan(INDEX, "plan", [end]).remedy("what").side == "CloudStack side"
    assert TunnelPlan(INDEX, "plan", [end, End(ROW, {}, (), "plan", 2)]).remedy("what").side == "both ends"


ONE, TWO = ("s1", K), ("s1", uuid(12))
NETWORKS = ("10.2.0.0/16", "10.1.0.0/16")
WHOLE_PAIR = {
    "vpcs": PAIR["vpcs"],
    "vpn_gateways": PAIR["vpn_gateways"],
    "tiers": [{"id": uuid(60), "vpc_id": P}],
    **{
        table: [{**row, "cidr_list": cidr} for row, cidr in zip(PAIR[table], NETWORKS, strict=True)]
        for table in ("customer_gateways", "connections")
    },
}
HALF_A_PAIR = WHOLE_PAIR | {table: WHOLE_PAIR[table][:1] for table in ("customer_gateways", "connections")}
TWIN = SINGLE | {
    "customer_gateways": [*SINGLE["customer_gateways"], {"id": uuid(2), "name": "branch-2"}],
    "connections": [
        *SINGLE["connections"],
        {"id": uuid(12), "customer_gateway_id": uuid(2), "vpn_gateway_id": V},
    ],
}


def plan_of(tables, ends, **more):
    index = EstateIndex(estate(tables))
    rows = list(index.customer_gateways.values())
    made = [End(rows[at], changes, choose, "a1b2c3", at + 1) for at, (changes, choose) in enumerate(ends)]
    return TunnelPlan(index, "a1b2c3", made, **more)


DPD_ON = ({"dpd": "true"}, ())
NOTHING = ({}, ())
CASES = {
    "update": lambda: plan_of(SINGLE, [DPD_ON], rules=["dpd-off"], notes=["A note."]),
    "new-key": lambda: plan_of(SINGLE, [({KEY: "new"}, ())]),
    "choose": lambda: plan_of(SINGLE, [({}, ("cidrlist", "gateway"))]),
    "new-gateway": lambda: plan_of(SINGLE, [({"gateway": "203.0.113.9"}, ())]),
    "passive": lambda: plan_of(SINGLE, [NOTHING], passive={ONE: True}),
    "refused": lambda: plan_of(SINGLE, [DPD_ON], passive={ONE: True}, refused={ONE}),
    "reset": lambda: plan_of(with_(connections={"state": "Disconnected"}), [NOTHING], resets={ONE}),
    "pending": lambda: plan_of(with_(connections={"state": "Pending"}), [DPD_ON]),
    "spare": lambda: plan_of(TWIN, [DPD_ON, NOTHING], removals={TWO}),
    "both-ends": lambda: plan_of(WHOLE_PAIR, [DPD_ON, ({"ikeversion": "ikev2"}, ())], rules=["dpd-off", "ike-v1"]),
    "unused": lambda: plan_of(SINGLE | {"connections": []}, [DPD_ON]),
    "unknown": lambda: plan_of(with_(customer_gateways={"esp_policy": None}), [DPD_ON]),
    "optional-unknown": lambda: plan_of(with_(customer_gateways={"esp_lifetime_s": None}), [DPD_ON]),
    "answer": lambda: plan_of(HALF_A_PAIR, [NOTHING], answers={ONE}),
    "merged": lambda: plan_of(TWIN, [NOTHING, NOTHING], removals={TWO}),
    "passive-first": lambda: plan_of(
        TWIN | {"connections": [TWIN["connections"][0], TWIN["connections"][1] | {"passive": True}]},
        [DPD_ON, ({KEY: "new", "dpd": "true"}, ("cidrlist",))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_plan_is_printed_as_it_was_read_through(name):
    """Whole texts, since a script is one: every line stands where the one before it has done its work."""
    remedy = asdict(CASES[name]().remedy("What."))
    assert printed(remedy) == (PLANS / f"{name}.txt").read_text("utf-8")


def test_a_pending_connection_that_is_updated_is_reset_once():
    pending = with_(connections={"state": "Pending"})
    once, asked = (plan_of(pending, [DPD_ON], resets=resets).remedy("What.") for resets in (set(), {ONE}))
    assert asked == once
    assert once.command.count("cmk reset vpnconnection") == 1
