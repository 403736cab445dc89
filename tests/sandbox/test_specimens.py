"""The list of specimens is exact, and the page that documents it is up to date."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from vpnaudit.sandbox import document, hostile_names, specimens

from . import plain_rules
from .plain_rules import everything

ISSUE_RULES = set(
    """weak-encryption weak-integrity weak-dh-group pfs-off pfs-weaker-than-ike ike-v1 lifetime-over-policy
    lifetime-not-applied dpd-off weak-psk fragile-psk shared-psk unusable-value peer-identity peer-address-mistyped
    remote-overlaps-vpc remote-overlaps-sibling remote-is-everything peer-inside-selector twin-vpcs-one-site
    duplicate-peer multi-cidr-ikev1 connection-down connection-stuck connections-near-limit gateway-unused
    psk-mismatch ike-version-mismatch both-passive selector-mismatch one-sided-connection version-unsupported
    acl-default suite-not-as-configured lifetime-mismatch dpd-mismatch encapsulation-mismatch both-active
    """.split()  # noqa: SIM905 - a column of names reads better than a column of quotes
)

SAY_WHY_IT_IS_DOWN = ("psk-mismatch", "ike-version-mismatch", "both-passive", "one-sided-connection", "duplicate-peer")


@pytest.fixture(scope="module")
def faults(readable):
    """Rule → ids that break it, by the plain rules."""
    vpcs = {row["id"]: row for row in everything(readable, "listVPCs")}
    gateways = {row["id"]: row for row in everything(readable, "listVpnGateways")}
    customers = everything(readable, "listVpnCustomerGateways")
    connections = everything(readable, "listVpnConnections")
    broken = plain_rules.connection_faults(connections, vpcs, gateways)
    shared = plain_rules.shared_keys(customers, {row["publicip"] for row in gateways.values()})
    for row in customers:
        for rule, fails in plain_rules.customer_gateway_faults(row, shared).items():
            if fails:
                broken[rule].add(row["id"])
    used = Counter(row["s2svpngatewayid"] for row in connections)
    connected = {row["s2scustomergatewayid"] for row in connections}
    broken["gateway-unused"] = (set(gateways) - set(used)) | ({row["id"] for row in customers} - connected)
    broken["connections-near-limit"] = {gateway for gateway, number in used.items() if number >= 4}
    tiers = everything(readable, "listNetworks")
    broken["acl-default"] = {row["id"] for row in tiers if row.get("aclname", "default_allow") == "default_allow"}
    broken["version-unsupported"] = {"dr"}
    mistyped = {row["id"] for row in connections if row["s2scustomergatewayid"] in broken["peer-address-mistyped"]}
    broken["connection-down"] -= mistyped.union(*(broken[rule] for rule in SAY_WHY_IT_IS_DOWN))
    return broken, connections


def test_the_list_is_exact(faults):
    broken, _ = faults
    ids_by_rule = defaultdict(set)
    for specimen in specimens():
        if specimen.rule in ISSUE_RULES:
            ids_by_rule[specimen.rule].add(specimen.subject_id)
    assert set(ids_by_rule) == ISSUE_RULES
    assert ids_by_rule == broken


def test_most_connections_are_healthy(faults):
    broken, connections = faults
    gateway_of = {row["s2scustomergatewayid"]: row["id"] for row in connections}
    ill = {gateway_of.get(subject, subject) for subjects in broken.values() for subject in subjects}
    healthy = [row for row in connections if row["id"] not in ill]
    assert 60 <= len(connections) <= 75
    assert len(healthy) > len(connections) / 2
    assert all(row["state"] == "Connected" for row in healthy)


def test_hostile_names_are_in_no_finding():
    assert not {specimen.subject_id for specimen in specimens()} & {name.subject_id for name in hostile_names()}
    together = "".join(name.subject for name in hostile_names())
    assert all(part in together for part in ("<script>", "=cmd|", "../../x", "\n", "\u202e", r"\u0041"))


def test_access_list_specimens(readable):
    rules = {row["id"]: row for row in everything(readable, "listNetworkACLs")}
    by_rule = {specimen.rule: specimen for specimen in specimens() if specimen.subject_kind == "ACL rule"}
    dead = rules[by_rule["acl-rule-dead"].subject_id]
    assert (dead["protocol"], "startport" in dead) == ("tcp", False)
    assert rules[by_rule["acl-rule-misread"].subject_id]["protocol"] == "ICMP"
    order = next(specimen for specimen in specimens() if specimen.rule == "acl-order-broken")
    assert any("," in row["cidrlist"] for row in rules.values() if row["aclid"] == order.subject_id)


def test_the_page_is_up_to_date():
    page = Path(__file__).parents[2] / "docs" / "sandbox.md"
    assert page.read_text(encoding="utf-8") == document()
