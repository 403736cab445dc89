"""What real daemons did with a far side's files is what is predicted of them, from the files alone."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.estates import estate
from vpnaudit.estate.ends import Ends, all_ends
from vpnaudit.estate.outcomes import outcome_of
from vpnaudit.peers import read
from vpnaudit.psk import Fingerprinter

DATA = Path(__file__).parent.parent / "data"
KEY = "harbour-Lantern-42-quiet-Orchid"
ROUTER = "198.51.100.4"
CASES = {case["name"]: case for case in tomllib.loads((DATA / "cases" / "truth.toml").read_text("utf-8"))["case"]}
TUNNELS = [json.loads(line) for line in (DATA / "strongswan" / "tunnels.jsonl").read_text("utf-8").splitlines()]
MEANINGS = {"no_ike_or_ike_only": {"no_ike", "ike_only"}}


def ends_of_folder(folder: Path, gateway: dict[str, str]) -> tuple[Ends, list[str]]:
    """The one connection of a router, and the far side that this folder describes."""
    prints = Fingerprinter()
    peers, notes = read([folder], prints, router_addresses=[ROUTER])
    connection = {
        "id": "c1",
        "public_ip": ROUTER,
        "gateway": "203.0.113.2",
        "cidr_list": "10.60.0.0/16",
        "psk_fingerprint": prints.facts(KEY).fingerprint,
        **gateway,
    }
    tables = {
        "vpcs": [{"id": "p1", "cidr": "10.1.0.0/16"}],
        "vpn_gateways": [{"id": "v1", "public_ip": ROUTER}],
        "connections": [connection],
    }
    whole = estate(tables)
    (ends,) = all_ends(type(whole)({**whole.tables, "peers": peers}))
    return ends, [str(note) for note in notes]


def predicted(ends: Ends) -> dict[str, str]:
    outcomes = {who: outcome_of(ends, who) for who in ("router", "peer")}
    return {who: outcome.verdict if outcome else "cannot-tell" for who, outcome in outcomes.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_a_public_report_is_predicted(name: str) -> None:
    case = CASES[name]
    ends, _ = ends_of_folder(DATA / "cases" / name, case.get("gateway", {}))
    verdicts = predicted(ends)
    for who in ("router", "peer"):
        assert verdicts[who] in MEANINGS.get(case[who], {case[who]}), (who, verdicts, ends.why)


@pytest.mark.parametrize("case", TUNNELS, ids=[case["name"] for case in TUNNELS])
def test_a_measured_tunnel_is_predicted_or_left_open(case: dict, tmp_path: Path) -> None:
    """What is not understood may be left open where the case says so; it is never predicted otherwise than it was."""
    for name, text in case["files"].items():
        (tmp_path / name).write_text(text, "utf-8")
    ends, notes = ends_of_folder(tmp_path, case["gateway"])
    verdicts = predicted(ends)
    assert verdicts == ({"router": "cannot-tell", "peer": "cannot-tell"} if case["open"] else case["truth"]), notes
