"""Findings and the estate that they are about, as the audit would give them, and what a shell does with what is printed
for them.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cmk import Cloud
from tests.estates import estate
from vpnaudit.audit import Audit
from vpnaudit.findings.ledger import OUTPUT, Ledger
from vpnaudit.findings.subject_index import SubjectIndex
from vpnaudit.plan import remedies
from vpnaudit.policy import load

BASH = shutil.which("bash") or "bash"
SHOW = "cmk() { printf '%s\\0' \"$@\"; printf '\\1'; }\n"


PLANS = Path(__file__).parents[1] / "data" / "plans"


def printed(remedy: dict[str, Any]) -> str:
    """All that a reader gets of a remedy, as the files in `PLANS` hold it."""
    words = f"{remedy['side']}: {remedy['what']}", f"Interrupts: {remedy['interrupts']}"
    return "\n".join([words[0], remedy["command"], words[1], remedy["rollback"], ""])


def uuid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def findings_of(*findings: dict[str, Any]) -> pd.DataFrame:
    """Rows of an audit, with what matters here."""
    defaults = dict.fromkeys(OUTPUT) | {
        "severity": "high",
        "verdict": "fail",
        "source": "s1",
        "reasons": [],
        "evidence": [],
        "action": "",
    }
    rows = [defaults | {"fingerprint": f"{n:016x}"} | finding for n, finding in enumerate(findings)]
    return pd.DataFrame(rows, columns=list(OUTPUT))


def audit_of(whole, policy, rows: pd.DataFrame) -> Audit:
    """The audit that has these findings and judged by their rules alone."""
    ledger = Ledger([], SubjectIndex(whole["subjects"]))
    ledger.findings, ledger.rules = rows, tuple(rows["rule"])
    return Audit(whole, policy, ledger, ())


@pytest.fixture
def plan():
    """Remedies by rule for findings `(rule, kind, subject, action, changes…)` on the estate of these tables; each
    carries the estate for which it is, so that it can be run.
    """

    def make(
        tables: dict[str, list[dict[str, Any]]], *findings: dict[str, Any], policy=None
    ) -> dict[str, dict[str, Any]]:
        rows = findings_of(*findings)
        whole = estate(tables)
        frame = remedies(audit_of(whole, policy or load(), rows))
        assert (frame.dtypes == "string").all()
        assert list(frame["fingerprint"]) == list(rows["fingerprint"])
        by_rule = zip(rows["rule"], frame.to_dict("records"), strict=True)
        return {rule: {**remedy, "estate": whole} for rule, remedy in by_rule}

    return make


def run(remedy: dict[str, Any], column: str = "command") -> Cloud:
    """The cloud after the script; of a way back, after the script that it takes back."""
    cloud = Cloud(remedy["estate"])
    with tempfile.TemporaryDirectory() as home:
        for name in dict.fromkeys(("command", column)):
            cloud.calls.clear()
            assert cloud.run(remedy[name], Path(home)) == (0, "")
    return cloud


def twice(remedy: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The verbs of a first and of a second run."""
    cloud = Cloud(remedy["estate"])
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(remedy["command"], Path(home)) == (0, "")
        first = [verb for verb, _ in cloud.calls]
        assert cloud.run(remedy["command"], Path(home)) == (0, "")
    return first, [verb for verb, _ in cloud.calls[len(first) :]]


def calls(command: str) -> list[tuple[str, dict[str, str]]]:
    """What a shell would run: each cmk call as its verb and parameters. Anything that is no cmk call must not run at
    all.
    """
    done = subprocess.run(
        [BASH, "--noprofile", "--norc", "-c", SHOW + command],
        capture_output=True,
        check=False,
        env={"PATH": "/nowhere"},
    )
    assert done.stderr == b""
    assert done.returncode == 0
    sent = []
    for call in done.stdout.decode("utf-8", "surrogateescape").split("\x01")[:-1]:
        words = call.split("\0")[:-1]
        sent.append((" ".join(words[:2]), dict(word.split("=", 1) for word in words[2:])))
    return sent


THIRTEEN = {
    *("id", "name", "gateway", "cidrlist", "ipsecpsk", "ikepolicy", "esppolicy"),
    *("ikelifetime", "esplifetime", "dpd", "forceencap", "splitconnections", "ikeversion"),
}
G, K, V, P = uuid(1), uuid(11), uuid(21), uuid(31)
SINGLE = {
    "customer_gateways": [
        {"id": G, "name": "branch", "ike_policy": "3des-md5;modp1024", "dpd": False, "ike_version": "ike"}
    ],
    "connections": [{"id": K, "customer_gateway_id": G, "vpn_gateway_id": V}],
    "vpn_gateways": [{"id": V, "vpc_id": P}],
    "vpcs": [{"id": P, "name": "billing"}],
    "tiers": [{"id": uuid(41), "name": "web", "vpc_id": P, "acl_id": uuid(51)}],
}
DPD = {
    "rule": "dpd-off",
    "subject_kind": "customer gateway",
    "subject_id": G,
    "action": "update-customer-gateway",
    "changes": {"dpd": "true"},
}
CIPHER = DPD | {"rule": "weak-encryption", "changes": {"ikepolicy": "aes256-md5;modp1024"}}


def with_(**cells):
    return SINGLE | {table: [SINGLE[table][0] | row] for table, row in cells.items()}


def on_connection(rule, action, changes=None, **more):
    return {"rule": rule, "subject_kind": "connection", "subject_id": K, "action": action, "changes": changes} | more


def verbs(remedy):
    return [verb for verb, _ in run(remedy).calls]


def the(verb, remedy, column="command"):
    return [parameters for name, parameters in run(remedy, column).calls if name == verb]


PAIR = {
    "customer_gateways": [
        {"id": G, "name": "to-west", "gateway": "198.51.100.2"},
        {"id": uuid(2), "name": "to-east", "gateway": "198.51.100.1"},
    ],
    "connections": [
        {"id": K, "customer_gateway_id": G, "vpn_gateway_id": V, "gateway": "198.51.100.2"},
        {
            "id": uuid(12),
            "customer_gateway_id": uuid(2),
            "vpn_gateway_id": uuid(22),
            "public_ip": "198.51.100.2",
            "gateway": "198.51.100.1",
        },
    ],
    "vpn_gateways": [{"id": V, "vpc_id": P}, {"id": uuid(22), "vpc_id": uuid(32), "public_ip": "198.51.100.2"}],
    "vpcs": [{"id": P, "name": "east"}, {"id": uuid(32), "name": "west", "cidr": "10.2.0.0/16"}],
}
