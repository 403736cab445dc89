"""What is remembered is what would be judged anew."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.estates import estate
from tests.rejudging import Judge, digest
from vpnaudit.audit import audit
from vpnaudit.policy import load
from vpnaudit.rules import all_rules

PAIR = {"given": "pair", "customer_gateways": [{"id": "g1"}], "tiers": [{"id": "t1"}], "acl_rules": [{"id": "r1"}]}
CHANGES = {
    "nothing": {},
    "a rule of a list": {"acl_rules": [{"id": "r1", "cidr_list": "10.2.0.0/15"}]},
    "a gateway, and a gap": {
        "customer_gateways": [{"id": "g1", "dpd": False, "ike_policy": "3des-md5;modp1024"}],
        "gaps": [{"table": "connections", "reason": "not-permitted", "text": "no"}],
    },
    "the time": {"sources": [{"source": "s1", "collected_utc": "2027-11-24T08:00:00+0000"}]},
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    one = Judge()
    one.audit(estate(PAIR), load())
    return one


@pytest.mark.parametrize("change", CHANGES)
def test_says_what_rules_asked_anew_say(judge: Judge, change: str) -> None:
    """Of each kind of rule some, and all where most changes."""
    rules = list(all_rules().values())
    rules = rules if len(CHANGES[change]) > 1 else rules[::5]
    tables = PAIR | CHANGES[change]
    count = judge.count
    rows = judge.audit(estate(tables), load(), rules).coverage
    pd.testing.assert_frame_equal(rows, audit(estate(tables), load(), rules).coverage)
    asked = judge.count - count
    assert asked == 0 if change == "nothing" else asked > 0
    assert asked < len(rules) or change == "the time"


def test_another_policy_is_another_question(judge: Judge) -> None:
    policy = load().model_copy(update={"ike_lifetime_max_s": 60})
    rules = [all_rules()["lifetime-over-policy"]]
    assert judge.audit(estate(PAIR), load(), rules).open.empty
    assert list(judge.audit(estate(PAIR), policy, rules).open["subject_id"]) == ["g1"]


def test_names_the_tables_that_differ(judge: Judge) -> None:
    before, after = judge.of(estate(PAIR)), judge.of(estate(PAIR | CHANGES["a rule of a list"]))
    assert before.differences(after, ["acl_rules", "acl_analysis", "tunnels"]) == ["acl_rules", "acl_analysis"]


def test_a_digest_is_of_values_types_and_names() -> None:
    frames = [estate({"vpcs": [{"id": "p1", "name": name}]})["vpcs"] for name in ("1", "?", "", "<NA>")]
    frames += [
        frames[0].astype({"name": "object"}),
        frames[0].rename(index={0: 1}),
        frames[0].rename(columns=str.upper),
    ]
    assert len({digest(frame) for frame in frames}) == len(frames)
    assert digest(frames[0].copy()) == digest(frames[0])
