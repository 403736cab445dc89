"""All measured packets are predicted: outcome and deciding rule for 4.23, outcome for 4.11; by rules, from inputs
only.
"""

import json
import runpy
from pathlib import Path

import pytest

from vpnaudit.acl import blind
from vpnaudit.acl.blind import lists_of, main, packet_of, read_lines
from vpnaudit.acl.decision import reach
from vpnaudit.acl.order import View, ordered
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import allowed_packets

CASES = Path(__file__).parents[1] / "data/acl_truth/cases.jsonl.gz"
TELLS = {"outcome", "outcome_411", "outcome_reapplied", "outcome_reapplied_411", "decided", "plain_first_match"}


def counted(case):
    return [p for p in case["probes"] if p.get("new") and "reply_to" not in p and p["dir"] in ("in", "out")]


@pytest.fixture(scope="module")
def cases():
    return list(read_lines(CASES))


def test_every_measured_packet_is_predicted(cases, tmp_path):
    inputs, out = tmp_path / "inputs.jsonl", tmp_path / "out.jsonl"
    with inputs.open("w") as file:
        for case in cases:
            probes = [{k: v for k, v in p.items() if k not in TELLS} for p in counted(case)]
            file.write(json.dumps({"q": case["case"], "tiers": case["tiers"], "probes": probes}) + "\n\n")
    main(str(inputs), str(out))
    predictions = {answer["q"]: answer["probes"] for answer in read_lines(out)}
    total = 0
    for case in cases:
        for probe in counted(case):
            answer = predictions[case["case"]][str(probe["id"])]
            assert answer["outcome"] == probe["outcome"], (case["name"], probe)
            assert answer["decided"] == probe["decided"], (case["name"], probe)
            if not case.get("not_run_411"):
                assert answer["outcome_411"] == probe.get("outcome_411", probe["outcome"]), (case["name"], probe)
            total += 1
    assert total == 24796


def test_the_parts_of_reach_say_the_same_as_the_measured_packets(cases):
    for case in cases[::3]:
        lists = lists_of(case)
        for probe in counted(case)[::5]:
            packet, direction = packet_of(probe)
            passage = reach(
                lists[probe["tier"]],
                f"{probe['src' if direction == 'ingress' else 'dst']}/20",
                direction,
                Semantics.V4_23,
            )
            (part,) = [part for part in passage.parts if packet in part.packets]
            assert (packet in passage.allowed) == part.allow == (probe["outcome"] == "pass")
            assert [part.rule.number if part.rule else None] == probe["decided"][direction][:1]


def test_the_written_reading_is_plain_first_match_by_number(cases):
    """Where the measurement says that plain first match differs from what ran, our written reading differs, and nowhere
    else.
    """
    quirks = 0
    for case in cases:
        lists = lists_of(case)
        passing = {}
        for probe in counted(case):
            if "icmp_any_code" in case["features"] and probe["proto"] == 1:
                continue  # "any type, code 0": plain first match asks for the code, we take it as every ICMP packet
            packet, direction = packet_of(probe)
            key = (probe["tier"], direction)
            if key not in passing:
                acl = lists[probe["tier"]]
                written = ordered(acl, direction, Semantics.V4_23, View.WRITTEN)
                passing[key] = allowed_packets(written, tuple(rule.allow for rule in acl.rules))
            plain = probe.get("plain_first_match", probe["outcome"])
            assert (packet in passing[key]) == (plain == "pass"), (case["name"], probe)
            quirks += "plain_first_match" in probe
    assert quirks > 100


def test_it_runs_as_a_command(tmp_path, monkeypatch):
    inputs, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    probe = {"id": 1, "dir": "out", "tier": "web", "src": "10.10.1.1", "dst": "192.168.0.1", "proto": 47}
    inputs.write_text(json.dumps({"q": "a", "tiers": [{"name": "web", "acl": None}], "probes": [probe]}))
    monkeypatch.setattr("sys.argv", ["blind", str(inputs), str(out)])
    runpy.run_path(blind.__file__, run_name="__main__")
    assert json.loads(out.read_text()) == {
        "q": "a",
        "probes": {"1": {"outcome": "pass", "outcome_411": "pass", "decided": {"egress": [None, "no match"]}}},
    }
