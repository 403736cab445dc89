"""The sandbox's replies have the keys and JSON types of a real CloudStack 4.22 management server, for each role."""

import gzip
import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from .asking import ask

RECORDED = Path(__file__).parents[1] / "data" / "recordings" / "shapes.jsonl.gz"
SAME_ROLE = {"admin": "admin", "auditor": "auditor", "acme-admin": "acme-admin", "alice": "alice"}
# The recorded server had neither, so their keys come from the API's own description of the answer.
NEVER_RECORDED = {"listStaticRoutes", "listPrivateGateways"}
PASSES = (
    {},
    {"listall": "true", "isrecursive": "true"},
    {"listall": "true", "projectid": "-1"},
    {"issystem": "true", "systemvmtype": "domainrouter"},
)


@cache
def recorded():
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return {(r["as"], r["command"]): r for r in records if r["as"] in SAME_ROLE}


def json_type(value):
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def profile(rows, always):
    if always:
        return set.intersection(*(set(row) for row in rows))
    kinds = defaultdict(set)
    for row in rows:
        for key, value in row.items():
            kinds[key].add(json_type(value))
    return kinds


@pytest.fixture(scope="module")
def answers(readable):
    def rows_shown(role, command):
        rows = {}
        for extra in PASSES:
            status, body = ask(readable, "prod", role, command, **extra)
            for value in body[f"{command.lower()}response"].values() if status == 200 else ():
                for row in value if isinstance(value, list) else [value] if isinstance(value, dict) else []:
                    rows[row.get("id", row.get("name", ""))] = row
        return list(rows.values())

    return {(role, command): rows_shown(role, command) for role, command in recorded()}


@pytest.mark.parametrize(("role", "command"), sorted(recorded()))
def test_keys_and_types(answers, role, command):
    real, ours = recorded()[role, command]["rows"], answers[role, command]
    if command == "listApis":
        ours = [api for api in ours if api["name"] in {row["name"] for row in real}]
    assert ours, f"{role} is shown nothing by {command}"
    kinds = profile(real, always=False)
    for key, types in profile(ours, always=False).items():
        if key in PROJECT and command == "listVirtualMachines":
            continue
        assert key in kinds, f"{command} as {role}: {key} was never recorded"
        assert types <= kinds[key], f"{command} as {role}: {key} is {types}, recorded {kinds[key]}"
    missing = profile(real, always=True) - profile(ours, always=True)
    # A setting without a value or a description has no such key; which settings there are differs.
    assert not missing - (
        {"value", "description", "defaultvalue"} if command == "listConfigurations" else OPTIONAL.get(command, set())
    )


# No machine of the recorded estate belonged to a project.
PROJECT = {"project", "projectid"}
# On every row of the recorded estate, but no constant of the API: a tier may have no access list, a project's rows no
# account.
OPTIONAL = {
    "listNetworks": {"aclid", "aclname"},
    "listAccounts": {"receivedbytes", "sentbytes", "created"},
    "listEvents": {"resourceid", "resourcename"},
    "listVirtualMachines": {"publicip", "publicipid", "account"},
    "listDomains": {"parentdomainid", "parentdomainname", "created"},
}


def test_every_command_was_recorded_or_is_named():
    from vpnaudit.sandbox.lists import LISTINGS

    assert set(LISTINGS) - {command for _, command in recorded()} == NEVER_RECORDED
