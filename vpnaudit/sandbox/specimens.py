"""The faults of the example estate by name, and the page that documents them."""

from __future__ import annotations

from dataclasses import dataclass

SUBJECT_KIND = {
    **dict.fromkeys(
        (
            "weak-encryption",
            "weak-integrity",
            "weak-dh-group",
            "pfs-off",
            "pfs-weaker-than-ike",
            "ike-v1",
            "lifetime-over-policy",
            "lifetime-not-applied",
            "dpd-off",
            "weak-psk",
            "fragile-psk",
            "shared-psk",
            "unusable-value",
            "peer-identity",
            "peer-address-mistyped",
            "remote-is-everything",
        ),
        "customer gateway",
    ),
    **dict.fromkeys(
        (
            "remote-overlaps-vpc",
            "remote-overlaps-sibling",
            "peer-inside-selector",
            "twin-vpcs-one-site",
            "duplicate-peer",
            "multi-cidr-ikev1",
            "connection-down",
            "connection-stuck",
            "psk-mismatch",
            "ike-version-mismatch",
            "both-passive",
            "selector-mismatch",
            "one-sided-connection",
            "suite-not-as-configured",
            "lifetime-mismatch",
            "dpd-mismatch",
            "encapsulation-mismatch",
            "both-active",
            "first-packet-too-large",
        ),
        "connection",
    ),
    "connections-near-limit": "VPN gateway",
    "version-unsupported": "source",
    "acl-default": "tier",
    "acl-order-broken": "ACL list",
    "acl-host-bits": "ACL rule",
    "acl-rule-dead": "ACL rule",
    "acl-rule-misread": "ACL rule",
    "acl-rule-shadowed": "ACL rule",
}


@dataclass(frozen=True, order=True)
class Specimen:
    """One object that one rule must find. `subject_id` is its CloudStack id; a source has no id and shows its name.

    `subject` is the name; a connection, which has none, is `VPC ← customer gateway`, a VPN gateway is named by its VPC
    and an ACL rule is `list number`.
    """

    rule: str
    source: str
    subject_kind: str
    subject: str
    subject_id: str
    why: str


@dataclass(frozen=True, order=True)
class HostileName:
    """An object whose name means harm to whoever prints it unescaped."""

    source: str
    subject_kind: str
    subject: str
    subject_id: str
    why: str


def page(specimens: list[Specimen], hostile: list[HostileName], accounts: dict[str, list[str]]) -> str:
    """Write the documentation page in Markdown. Ends with a line break."""
    lines = [
        "# The sandbox",
        "",
        "An embedded CloudStack API over HTTP on loopback, read-only, with an example estate: two sources, four zones,",
        "40 VPCs.",
        "`vpnaudit sandbox` starts it.",
        "This page is generated from the estate; ids are those of seed 0.",
        "",
        "## Who may ask",
        "",
        "| source | accounts |",
        "|---|---|",
        *(f"| {source} | {', '.join(names)} |" for source, names in sorted(accounts.items())),
        "",
        "`admin` is root, `auditor` has the role `Read-Only Admin - Default`, the names that end in `-admin` are",
        "domain administrators, the others plain users.",
        "",
        "## What is wrong in it",
        "",
        "Every object that breaks one of these rules is listed: none is missing, none is extra.",
        "",
        "| rule | source | subject | name | why | id |",
        "|---|---|---|---|---|---|",
        *(
            f"| {s.rule} | {s.source} | {s.subject_kind} | {_cell(s.subject)} | {_cell(s.why)} "
            f"| {_code(s.subject_id)} |"
            for s in sorted(specimens)
        ),
        "",
        "## Hostile names",
        "",
        "These objects are healthy; their names are not.",
        "",
        "| source | subject | name, escaped | why | id |",
        "|---|---|---|---|---|",
        *(
            f"| {h.source} | {h.subject_kind} | {_code(_escaped(h.subject))} | {_cell(h.why)} | {_code(h.subject_id)} |"
            for h in sorted(hostile)
        ),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def _escaped(text: str) -> str:
    return text.encode("unicode_escape").decode()


def _code(text: str) -> str:
    return f"`{_cell(text)}`"
