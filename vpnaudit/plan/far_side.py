"""The same change on the far side, as lines of a strongSwan `swanctl.conf`: any other device has the same settings
under other names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.plan.wanted import CHOOSE, KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

BOTH_ENDS = ("ikepolicy", "esppolicy", "ikeversion", "cidrlist", "splitconnections", KEY)
"""Parameters that the far side must follow; lifetimes, dead peer detection and encapsulation are each end's own."""

MIRRORED = ("ikepolicy", "esppolicy", "ikeversion", KEY)
"""Parameters that hold the same value on both ends of a tunnel between two VPCs."""

_VERSIONS = {"ikev1": "1", "ikev2": "2"}


def proposals(policy: str) -> str:
    """A CloudStack policy as strongSwan proposals.

    >>> proposals("aes256-sha256;modp2048")
    'aes256-sha256-modp2048'
    """
    return ",".join(element.strip().rstrip(";").replace(";", "-") for element in policy.split(",") if element.strip())


def hints(changes: Mapping[str, str], present: Mapping[str, str | None]) -> list[str]:
    """Lines that say what the far side sets before the update, worded so that the tunnel which runs now is not
    disturbed.
    """
    lines = []
    for parameter, keyword in (("ikepolicy", "proposals"), ("esppolicy", "children.*.esp_proposals")):
        new, old = changes.get(parameter), present.get(parameter)
        if new and new != CHOOSE:
            both = ",".join(filter(None, [proposals(new), proposals(old or "")]))
            lines.append(f"{keyword} = {both}")
    if changes.get("ikeversion") in _VERSIONS:
        lines.append(f"version = {_VERSIONS[changes['ikeversion']]}")
    if changes.get("cidrlist", CHOOSE) != CHOOSE:
        lines.append(f"children.*.local_ts = {changes['cidrlist']}")
    if changes.get("splitconnections") == "true":
        lines.append("one child for each network of local_ts")
    if changes.get("splitconnections") == "false":
        lines.append("one child for all networks of local_ts")
    return lines
