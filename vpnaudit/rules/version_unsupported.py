"""The CloudStack version is too old for site-to-site VPN, or known to break it.

What it finds: sources whose management server is older than the oldest version that this tool knows, or in a range
where site-to-site VPN is known to fail as a whole. It is the server's own version: a router's version is that of its
template.

Why it matters: Older routers run another VPN daemon, with other files and defaults, so what the other rules say was
never measured there; and faults that later versions mend take down all tunnels at once.

How to fix it: Upgrade CloudStack to a version that is still maintained, then restart the VPCs with cleanup so that
their routers follow.

What it cannot see: the version where the operator hides it, and fixes that a vendor took back into an old version.

References: apache/cloudstack issues 2062 and 3138; the data rows of vpnaudit/knowledge/versions.toml with their
sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side
from vpnaudit.knowledge import facts, version_key, within

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="high", subject="source", reads=("sources",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["sources"].assign(id=estate["sources"]["source"])
    version, minimum = rows["cloudstack_version"], facts("versions")["supported"]["minimum"]
    faults = version.map(_faults, na_action="ignore")
    return verdicts(
        rows,
        fails=faults.map(lambda fault: None if fault is None else bool(fault), na_action="ignore").astype("boolean"),
        sentence="CloudStack " + version + faults.astype("string"),
        unknown=words_by_condition(rows.index, [(version.isna(), "not-permitted")], "unknown-value"),
        why=words_by_condition(
            rows.index,
            [(version.isna(), "the server does not show its version to this key")],
            otherwise="the version is no number that can be compared",
        ),
        reasons=[Reason("cloudstackversion", ours=version, expected=f"{minimum} or later", who=Side.OPERATOR)],
        evidence=[Cell("sources", rows["source"], "cloudstack_version", version)],
        action="upgrade",
    )


def _faults(version: str) -> str | None:
    """What is wrong with a version, as the end of a sentence: empty for nothing, None for a text that is no version."""
    versions: dict[str, Any] = facts("versions")
    key, minimum = version_key(version), versions["supported"]["minimum"]
    if key is None:
        return None
    broken = [row["why"] for row in versions["broken"] if within(version, row)]
    if broken:
        return f" breaks site-to-site VPN: {broken[0]}."
    return (
        f" is older than {minimum}: its routers run another VPN daemon." if key < (version_key(minimum) or ()) else ""
    )
