"""The recorded estate of a real server, collected as an auditor over HTTP's own client: each rule finds exactly what is
wrong there.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests import replay
from vpnaudit.collect import collect
from vpnaudit.policy import load
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from vpnaudit.estate import Estate

SUBJECTS = ("customer gateway", "connection", "VPN gateway", "VPC", "tier", "ACL list", "ACL rule", "source")
LATER = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@cache
def faults() -> dict[str, list[str]]:
    """Rule to the names of all that it must find, of the rules that exist; the rules of later versions are left out."""
    names_by_kind: dict[str, Any] = json.loads(replay.ESTATE_A.with_name("faults.json").read_text("utf-8"))
    by_rule = {rule: names for kind in SUBJECTS for rule, names in names_by_kind[kind].items()}
    by_rule["gateway-unused"] = [
        *names_by_kind["gateway-unused"]["VPN gateways"],
        *names_by_kind["gateway-unused"]["customer gateways"],
    ]
    return {
        rule: sorted(name.replace(" <- ", " ← ") for name in names)
        for rule, names in by_rule.items()
        if rule in all_rules()
    }


@pytest.fixture(scope="module")
def recorded() -> Estate:
    transport = replay.transport(replay.recording())
    return asyncio.run(collect([replay.profile("auditor")], transport=transport, clock=lambda: LATER))


@pytest.mark.parametrize("rule_id", sorted(faults()))
def test_finds_exactly_what_is_wrong(recorded: Estate, rule_id: str) -> None:
    rule = all_rules()[rule_id]
    rows = rule.find(recorded.only(rule.reads), load())
    names = recorded["subjects"].drop_duplicates(["source", "id"]).set_index(["source", "id"])["name"]
    failed = rows[rows["verdict"] == "fail"].drop_duplicates(["source", "subject_id"])
    assert sorted(names[key] for key in zip(failed["source"], failed["subject_id"], strict=True)) == faults()[rule_id]


@pytest.mark.parametrize("rule_id", sorted(faults()))
def test_says_so_in_one_short_line(recorded: Estate, rule_id: str) -> None:
    rule = all_rules()[rule_id]
    rows = rule.find(recorded.only(rule.reads), load())
    sentences = rows.loc[rows["verdict"] == "fail", "sentence"]
    assert sentences.notna().all()
    assert (sentences.str.len() <= 110).all(), sentences.to_list()
    assert not sentences.str.contains("\n").any()


PFS = ["hub ← hub-from-pfs"]
PASSIVE = ["hub2 ← hub2-from-passive", "spoke-passive ← passive-to-hub2"]
VERSION = ["hub2 ← hub2-from-version", "spoke-version ← version-to-hub2"]
DIFFERING: dict[str, list[str]] = {
    "phase1-mismatch": [],
    "phase2-mismatch": [],
    "pfs-mismatch": [],
    # Two routers of CloudStack meet on a default; the spoke without PFS gets what it asks for.
    "suite-not-as-configured": sorted([*PFS, *PASSIVE]),
    "lifetime-mismatch": PASSIVE,
    "dpd-mismatch": VERSION,
    "split-mismatch": [],
    "encapsulation-mismatch": [],
    "both-active": VERSION,
    "state-unproven": ["hub ← hub-from-sel", "spoke-sel ← sel-to-hub"],
}
"""What follows from the settings that differ between two ends, whose consequence was measured. The healthy pair is in
none.
"""


@pytest.mark.parametrize("rule_id", DIFFERING)
def test_settings_that_differ_have_the_consequence_that_was_measured(recorded: Estate, rule_id: str) -> None:
    rule = all_rules()[rule_id]
    rows = rule.find(recorded.only(rule.reads), load())
    names = recorded["subjects"].drop_duplicates(["source", "id"]).set_index(["source", "id"])["name"]
    failed = rows[rows["verdict"] == "fail"]
    assert sorted(names[key] for key in zip(failed["source"], failed["subject_id"], strict=True)) == DIFFERING[rule_id]
    assert (failed["sentence"].str.len() <= 110).all(), failed["sentence"].to_list()


def test_what_two_routers_lose_is_told_by_name(recorded: Estate) -> None:
    rule = all_rules()["suite-not-as-configured"]
    rows = rule.find(recorded.only(rule.reads), load())
    failed = rows[rows["verdict"] == "fail"]
    assert failed["sentence"].str.contains("without PFS").all(), failed["sentence"].to_list()
    assert set(failed["severity"]) == {"high"}


def test_the_rules_of_this_estate_are_all_there() -> None:
    assert len(faults()) >= 30
