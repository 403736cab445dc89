"""However a reply is damaged: the same estate, a gap that names the table, or a typed error; no verdict gets better.

Each form is a fault put into the replies of a recorded server on their way through the real client.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import cache
from tempfile import TemporaryDirectory

import httpx
import pandas as pd
import pytest

from tests import replay
from tests.rejudging import Judge
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.errors import VpnAuditError
from vpnaudit.estate import TABLES
from vpnaudit.estate.snapshot import save
from vpnaudit.policy import load
from vpnaudit.psk import Fingerprinter

RULES, VPCS, LINKS, GATEWAYS = "listNetworkACLs", "listVPCs", "listVpnConnections", "listVpnCustomerGateways"
LONGEST_S = 60
SUBJECT = ["rule", "source", "subject_id", "other_id", "discriminator"]


def inner(command, change):
    """`change` gets count and array of each reply that has some, and gives the inner object to send instead."""

    def spoil(query, real):
        body = real.json() if query["command"] == command else {}
        ((outer, fields),) = body.items() if len(body) == 1 else (("", {}),)
        key = COMMANDS[query["command"]].key
        if not fields.get(key):
            return real
        return httpx.Response(200, content=json.dumps({outer: change(fields["count"], fields[key], key)}).encode())

    return spoil


def rows(command, change):
    """The array is what `change` makes of it; the count stays."""
    return inner(command, lambda count, array, key: {"count": count, key: change(array)})


def first(command, **fields):
    """Fields of the first object have other values; `...`: they are not there."""

    def change(array):
        row = {**array[0], **fields}
        return [{name: value for name, value in row.items() if value is not ...}, *array[1:]]

    return rows(command, change)


def each(command, **fields):
    """The same in every object."""
    return rows(command, lambda array: [{**row, **fields} for row in array])


def raw(command, change):
    """The bytes of each reply to the command are what `change` makes of them."""
    return lambda query, real: (
        httpx.Response(200, content=change(real.content)) if query["command"] == command else real
    )


def count(command, value):
    """The count is that; `...`: there is none."""
    return inner(command, lambda _, array, key: {**({} if value is ... else {"count": value}), key: array})


def for_ever(command, *, new):
    """Each page is full, of the same objects or of new ones."""

    def spoil(query, real):
        if query["command"] != command or "page" not in query:
            return real
        start = int(query["page"]) * 1000 if new else 0
        page = [{"id": f"z{start + number}", "name": "x"} for number in range(int(query["pagesize"]))]
        return httpx.Response(200, json={"x": {"count": 10**9 if new else len(page), COMMANDS[command].key: page}})

    return spoil


HALF = "\ud800"
FORMS = {
    # arrays
    "array renamed": inner(RULES, lambda count, array, key: {"count": count, "networkAcl": array}),
    "array renamed, no count": inner(RULES, lambda count, array, key: {"rules": array}),
    "array null": inner(RULES, lambda count, array, key: {"count": count, key: None}),
    "array an object": inner(RULES, lambda count, array, key: {"count": count, key: {"0": array[0]}}),
    "array a text": inner(VPCS, lambda count, array, key: {"count": count, key: "none"}),
    "array absent": inner(RULES, lambda count, array, key: {"count": count}),
    "array empty": rows(GATEWAYS, lambda array: []),
    "array of null": rows(VPCS, lambda array: [None, *array[1:]]),
    "array of lists": rows(LINKS, lambda array: [[row] for row in array]),
    "array of texts": rows(RULES, lambda array: [json.dumps(row) for row in array]),
    "array twice": raw(RULES, lambda content: content[:-2] + b', "networkacl": []}}'),
    "half of the rules": rows(RULES, lambda array: array[: len(array) // 2]),
    "half of the VPCs": rows(VPCS, lambda array: array[::2]),
    "one connection less": rows(LINKS, lambda array: array[1:]),
    "one gateway twice": rows(GATEWAYS, lambda array: [array[0], array[0], *array[2:]]),
    "one rule in the place of all": rows(RULES, lambda array: [array[0]] * len(array)),
    "no gateway, and no count": inner(GATEWAYS, lambda count, array, key: {}),
    "no VPC, and no count": inner(VPCS, lambda count, array, key: {}),
    "no list, and no count": inner("listNetworkACLLists", lambda count, array, key: {}),
    "no VPN gateway, and no count": inner("listVpnGateways", lambda count, array, key: {}),
    "no address, and no count": inner("listPublicIpAddresses", lambda count, array, key: {}),
    "half of the gateways and of the count": inner(
        GATEWAYS, lambda count, array, key: {"count": count // 2, key: array[: count // 2]}
    ),
    "half of the VPCs and of the count": inner(
        VPCS, lambda count, array, key: {"count": count // 2, key: array[: count // 2]}
    ),
    "all lists but one, and its count": inner(
        "listNetworkACLLists", lambda count, array, key: {"count": 1, key: array[:1]}
    ),
    "no project": inner("listProjects", lambda count, array, key: {}),
    "no zone": inner("listZones", lambda count, array, key: {}),
    "no offering": inner("listVPCOfferings", lambda count, array, key: {}),
    # counts
    "count too large": count(RULES, 999),
    "count too small": count(VPCS, 1),
    "count zero": count(LINKS, 0),
    "count negative": count(GATEWAYS, -1),
    "count null": count(RULES, None),
    "count a text": count(RULES, "many"),
    "count true": count(VPCS, True),
    "count a fraction": count(LINKS, 1.5),
    "count of forty digits": count(LINKS, 10**40),
    "no count": count(RULES, ...),
    # objects without identity
    "id a list": first(RULES, id=[]),
    "id missing": first(LINKS, id=...),
    "id null": first(VPCS, id=None),
    "id empty": first(GATEWAYS, id=""),
    "id a number": first("listVpnGateways", id=7),
    "id an object": first("listNetworkACLLists", id={"id": "x"}),
    "id with half a character": first("listRouters", id=f"{HALF}-0"),
    "id missing in all": each(LINKS, id=None),
    "setting without a name": first("listConfigurations", name=[1]),
    # cells
    "half a character in a name": first(VPCS, name=f"payroll{HALF}"),
    "half a character in all descriptions": each("listEvents", description=f"{HALF}{HALF}"),
    "half a character in a word": each(LINKS, state=f"Connected{HALF}"),
    "networks a list": each(GATEWAYS, cidrlist=["192.0.2.0/24"]),
    "sources null": each(RULES, cidrlist=None),
    "list of a rule an object": each(RULES, aclid={}),
    "policy a number": each(GATEWAYS, ikepolicy=5),
    "lifetime a text": each(GATEWAYS, ikelifetime="a day"),
    "lifetime a fraction": each(LINKS, esplifetime=0.5),
    "lifetime beyond 64 bits": each(LINKS, ikelifetime=2**70),
    "yes for true": each(LINKS, dpd="yes"),
    "number for true": each(GATEWAYS, dpd=1),
    "state null": each(LINKS, state=None),
    "key a list": each(GATEWAYS, ipsecpsk=["canary"]),
    "key null": each(LINKS, ipsecpsk=None),
    "VPC of a gateway a list": each("listVpnGateways", vpcid=[]),
    "VPN gateway of a connection null": each(LINKS, s2svpngatewayid=None),
    "port a fraction": each(RULES, startport=1.5, endport=[]),
    "name of a million letters": first(VPCS, name="x" * 10**6),
    # times
    "time in words": each(LINKS, created="soon"),
    "time a number": each(LINKS, created=1_700_000_000),
    "time in the year 9999": each(LINKS, created="9999-12-31T23:59:59+0000"),
    "time in the year 1": each("listEvents", created="0001-01-01T00:00:00+1400"),
    "time in the thirteenth month": each("listPublicIpAddresses", allocated="2026-13-01T00:00:00+0000"),
    # nested
    "provider a number": first("listVPCOfferings", service=[{"name": "Vpn", "provider": [5]}]),
    "service a number": each(VPCS, service=5),
    "tiers of a VPC texts": first(VPCS, network=["a"]),
    "tiers of a VPC null": first(VPCS, network=None),
    "interfaces a text": each("listVirtualMachines", nic="eth0"),
    "account type a list": each("listAccounts", accounttype=[1], roletype=None),
    "version a list": lambda query, real: (
        httpx.Response(200, json={"x": {"capability": {"cloudstackversion": [4, 22]}}})
        if query["command"] == "listCapabilities"
        else real
    ),
    "no capability": raw("listCapabilities", lambda content: b'{"listcapabilitiesresponse": {}}'),
    "throttle of forty digits": raw(
        "listCapabilities",
        lambda content: content.replace(
            b'"cloudstackversion"', b'"apilimitmax": 1, "apilimitinterval": 1%0*d, "cloudstackversion"' % (40, 0)
        ),
    ),
    "calls renamed": raw("listApis", lambda content: content.replace(b'"api":', b'"apis":')),
    "call without a name": rows("listApis", lambda array: [{}, "listVPCs", *array[2:]]),
    # encodings and forms
    "cut in the middle": raw(RULES, lambda content: content[: len(content) // 2]),
    "empty body": raw(GATEWAYS, lambda content: b""),
    "garbage behind it": raw(VPCS, lambda content: content + b"}"),
    "not UTF-8": raw(VPCS, lambda content: content.replace(b"payroll", b"\xff\xfe", 1)),
    "UTF-16": raw(GATEWAYS, lambda content: content.decode().encode("utf-16")),
    "byte order mark": raw(GATEWAYS, lambda content: b"\xef\xbb\xbf" + content),
    "a web page": raw(LINKS, lambda content: b"<html>Sign in</html>"),
    "two envelopes": raw(LINKS, lambda content: content[:-1] + b', "y": {}}'),
    "a list": raw(LINKS, lambda content: b"[" + content + b"]"),
    "nested a thousand times": raw(
        RULES, lambda content: b'{"x": {"networkacl": ' + b"[" * 1_000 + b"]" * 1_000 + b"}}"
    ),
    "nested a million times": raw(RULES, lambda content: b"[" * 10**6),
    "number of 5,000 digits": raw(LINKS, lambda content: content.replace(b'"count": ', b'"count": 1' + b"0" * 5_000)),
    "not a number": raw(LINKS, lambda content: content.replace(b"86400", b"NaN")),
    "the reply to another call": raw(
        RULES, lambda content: b'{"listzonesresponse": {"count": 1, "zone": [{"id": "z"}]}}'
    ),
    "a job": raw(LINKS, lambda content: b'{"x": {"jobid": "1d4f2f3e-0000-4000-8000-000000000001"}}'),
    # without an end
    "the same full page for ever": for_ever("listVirtualMachines", new=False),
    "new pages for ever": for_ever("listVirtualMachines", new=True),
}


FINGERPRINTER = Fingerprinter()
JUDGE = Judge()
FEW = replace(replay.QUICK, tries=3)
VERDICTS = {}


@cache
def undamaged():
    estate = replay.estate_of("auditor", fingerprinter=FINGERPRINTER)
    assert not len(estate["gaps"])
    return JUDGE.of(estate)


def content_of(estate):
    """What a verdict can depend on: many forms lead to the same."""
    gaps = estate["gaps"].drop(columns=["text", "status", "code"])
    return (*(estate.digest_of(name) for name in TABLES if name not in {"requests", "gaps"}), gaps.to_csv())


def verdicts(estate):
    """By subject. Before it is judged the estate is saved, since that is what comes next."""
    content = content_of(estate)
    if content not in VERDICTS:
        changed = set(estate.differences(undamaged(), TABLES)) | {"sources", "gaps"}
        with TemporaryDirectory() as folder:
            save({name: estate[name] for name in changed}, f"{folder}/snapshot")
        VERDICTS[content] = judged(estate)
    return VERDICTS[content]


def judged(estate):
    rows = JUDGE.audit(estate, load()).coverage
    keys = rows[SUBJECT].astype("object").where(rows[SUBJECT].notna(), "")
    return pd.Series(rows["verdict"].to_numpy(), index=pd.MultiIndex.from_frame(keys)).groupby(level=SUBJECT).first()


def collected(spoil):
    """The estate, or None where a typed error says what is wrong."""
    start = time.process_time()
    try:
        return JUDGE.of(replay.estate_of("auditor", spoil=spoil, fingerprinter=FINGERPRINTER, retries=FEW))
    except VpnAuditError:
        return None
    finally:
        assert time.process_time() - start < LONGEST_S


@pytest.fixture(autouse=True)
def few_pages(monkeypatch):
    """What never ends ends sooner; the bounds themselves are tested with the pages."""
    monkeypatch.setattr("vpnaudit.cloudstack.paging._MOST_ROWS", 3_000)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_reply_is_the_same_estate_a_gap_or_an_error_and_betters_no_verdict(form):
    estate = collected(FORMS[form])
    if estate is None or content_of(estate) == content_of(undamaged()):
        return
    assert (~estate["gaps"]["expected"]).any(), "something differs, and no gap says so"
    both = pd.DataFrame({"before": verdicts(undamaged()), "after": verdicts(estate)}).dropna()
    gone = both[both["before"].isin(["fail", "cannot-tell"]) & (both["after"] == "not-applicable")]
    assert gone.empty, gone.to_string()
    better = both[(both["before"] == "fail") & (both["after"] == "pass")]
    worse = both[(both["before"] == "pass") & (both["after"] == "fail")]
    assert better.empty, better.to_string()
    assert worse.empty, worse.to_string()


def test_there_are_forms_of_every_kind():
    assert len(FORMS) >= 60
