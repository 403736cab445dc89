"""What the far side sets when a customer gateway changes, in the words of what the far side is: strongSwan's keywords,
CloudStack's parameters, or, for any other device, the setting in plain terms.

A far VPC whose connection comes back is an end of the plan itself and needs no words. What a far side is known to hold
already is no step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.plan.wanted import CHOOSE, KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.estate.ends import Ends
    from vpnaudit.ipsec.proposals import Protocol

BOTH_ENDS = ("ikepolicy", "esppolicy", "ikeversion", "cidrlist", "splitconnections", KEY)
"""Parameters that the far side must follow; lifetimes, dead peer detection and encapsulation are each end's own."""

_VERSIONS = {"ikev1": "1", "ikev2": "2"}
_POLICIES: Final[dict[str, tuple[Protocol, str]]] = {
    "ikepolicy": ("ike", "ike_proposals"),
    "esppolicy": ("esp", "esp_proposals"),
}
_SWANCTL: Final = {
    "ikepolicy": "proposals = {}",
    "esppolicy": "children.*.esp_proposals = {}",
    "ikeversion": "version = {}",
    "cidrlist": "children.*.local_ts = {}",
    KEY: "secrets.ike-*.secret, then swanctl --load-creds --clear",
    "": "swanctl --load-conns. Drop the old values when the new ones are in use.",
}
_IPSEC_CONF: Final = {
    "ikepolicy": "ike={}",
    "esppolicy": "esp={}",
    "ikeversion": "keyexchange=ikev{}",
    "cidrlist": "leftsubnet={}",
    KEY: "the line of ipsec.secrets, then ipsec rereadsecrets",
    "": "ipsec update. Drop the old values when the new ones are in use.",
}
_CLOUDSTACK: Final = {
    "ikepolicy": "ikepolicy {} on its customer gateway for this router",
    "esppolicy": "esppolicy {} on its customer gateway for this router",
    "ikeversion": "ikeversion ikev{} on its customer gateway for this router",
    "cidrlist": "its VPC must have the networks {}",
    KEY: "ipsecpsk of its customer gateway for this router",
    "": "Its update restarts the tunnel: let it come right after this one.",
}
_PLAIN: Final = {
    "ikepolicy": "IKE, phase 1: {}",
    "esppolicy": "ESP, phase 2: {}",
    "ikeversion": "IKE version {}",
    "cidrlist": "its own networks in the tunnel: {}",
    KEY: "the new pre-shared key",
    "": "Keep the old values beside the new ones until those are in use, where the device can.",
}


def proposals(policy: str) -> str:
    """A CloudStack policy as strongSwan proposals.

    >>> proposals("aes256-sha256;modp2048")
    'aes256-sha256-modp2048'
    """
    return ",".join(element.strip().rstrip(";").replace(";", "-") for element in policy.split(",") if element.strip())


def plain(policy: str) -> str:
    """A policy in words that every device's manual has.

    >>> plain("aes256-sha256;modp2048")
    'encryption aes256, integrity sha256, DH group 14'
    >>> plain("aes256-sha256")
    'encryption aes256, integrity sha256, no PFS'
    """
    texts = []
    for proposal in proposals(policy).split(","):
        cipher, _, rest = proposal.partition("-")
        digest, _, group = rest.partition("-")
        words = f"DH group {_GROUPS.get(group, group)}" if group else "no PFS"
        texts.append(f"encryption {cipher}, integrity {digest}, {words}")
    return " or ".join(texts)


_GROUPS: Final = {
    "modp1024": "2",
    "modp1536": "5",
    "modp2048": "14",
    "modp3072": "15",
    "modp4096": "16",
    "modp6144": "17",
    "modp8192": "18",
}
"""IANA's numbers of the groups that CloudStack's API takes (RFC 3526, RFC 2409)."""


def kind_of(ends: Ends | None) -> str:
    """What the far side is, in words: `strongSwan`, `CloudStack`, the device's name, or `a device that no file tells
    of`.
    """
    if ends is None or (ends.peer_row is None and ends.far != "unanswered"):
        return "a device that no file tells of"
    name = "cloudstack" if ends.peer_row is None else str(ends.peer_row["implementation"] or "a device")
    return {"cloudstack": "CloudStack", "strongswan": "strongSwan"}.get(name.lower(), name)


def steps(changes: Mapping[str, str], present: Mapping[str, str | None], ends: Ends | None) -> list[str]:
    """Lines that say what the far side sets before the update, worded so that the tunnel which runs now is not
    disturbed. Empty where it holds all of it, as far as a file tells.
    """
    row = ends.peer_row if ends is not None else None
    words = _words(ends)
    lines = []
    for parameter, (protocol, column) in _POLICIES.items():
        new, old = changes.get(parameter, CHOOSE), present.get(parameter)
        if new != CHOOSE and not _offers(row, column, new, protocol):
            lines.append(words[parameter].format(_policy(new, old, words)))
    version = _VERSIONS.get(changes.get("ikeversion", ""))
    if version and not (row and f"ikev{version}" in str(row["ike_versions"] or "").split(",")):
        lines.append(words["ikeversion"].format(version))
    networks = changes.get("cidrlist", CHOOSE)
    if networks != CHOOSE and not (row and _set_of(row["local_subnets"]) == _set_of(networks)):
        lines.append(words["cidrlist"].format(networks))
    split = {"true": "one child SA for each pair of networks", "false": "one child SA for all networks"}
    if changes.get("splitconnections") in split and not (
        row and row["one_sa_per_pair"] is (changes["splitconnections"] == "true")
    ):
        lines.append(split[changes["splitconnections"]])
    return [*lines, words[""]] if lines else []


def key_step(ends: Ends | None) -> str:
    """How the far side takes the new key."""
    return _words(ends)[KEY]


def cells_after(row: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    """The cells of a row of `peers` that differ once the far side has taken these steps."""
    cells: dict[str, Any] = {}
    for parameter, (protocol, column) in _POLICIES.items():
        new = changes.get(parameter)
        if new and not _offers(row, column, new, protocol):
            cells[column] = ",".join(filter(None, [proposals(new), row[column]]))
    version = changes.get("ikeversion")
    if version in _VERSIONS and version not in str(row["ike_versions"] or "").split(","):
        cells["ike_versions"] = ",".join(filter(None, [version, row["ike_versions"]]))
    if version in _VERSIONS and row["initiates_with"] not in (None, version):
        cells["initiates_with"] = version
    if "splitconnections" in changes and row["one_sa_per_pair"] is not None:
        cells["one_sa_per_pair"] = changes["splitconnections"] == "true"
    if KEY in changes:
        cells["psk_fingerprint"] = changes[KEY]
    return cells


def _words(ends: Ends | None) -> Mapping[str, str]:
    kind = kind_of(ends)
    if kind == "strongSwan":
        dialect = str(ends.peer_row["dialect"]) if ends is not None and ends.peer_row is not None else ""
        return _IPSEC_CONF if dialect == "strongswan-ipsecconf" else _SWANCTL
    return _CLOUDSTACK if kind == "CloudStack" else _PLAIN


def _policy(new: str, old: str | None, words: Mapping[str, str]) -> str:
    """As this far side writes it; strongSwan takes new and old together, so that the running tunnel stays."""
    if words is _CLOUDSTACK:
        return new.replace(";", " with ")
    if words is _PLAIN:
        return plain(new)
    return ",".join(filter(None, [proposals(new), proposals(old or "")]))


def _offers(row: Mapping[str, Any] | None, column: str, policy: str, protocol: Protocol) -> bool:
    """Whether the far side's own proposals hold one of this policy, as far as its file says."""
    if row is None or row[column] is None:
        return False
    read = [parse_proposal(text, protocol) for text in str(row[column]).split(",")]
    wanted = [parse_proposal(text, protocol) for text in proposals(policy).split(",")]
    return any(one is not None and one in read for one in wanted)


def _set_of(networks: Any) -> set[str]:
    return {part.strip() for part in str(networks or "").split(",")}
