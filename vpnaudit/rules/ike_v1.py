"""The tunnel speaks IKE version 1, or would answer it.

What it finds: customer gateways with ikeversion ikev1, and with ike, which starts with version 2 and answers both.
Releases before 4.15.1 have no such parameter; their routers always write keyexchange=ike.

Why it matters: RFC 9395 made IKEv1 historic: nobody mends it, and it knows neither narrowing of networks nor modern
ciphers for itself. With ike the far side chooses: it can take the tunnel down to version 1. IKEv1 carries only the
first of several networks, and a wrong group or PFS setting stops it at once.

How to fix it: Set ikeversion=ikev2 on the customer gateway and version 2 on the far side. The update restarts the
tunnel. On releases before 4.15.1 only the far side can refuse version 1.

What it cannot see: which version is spoken now, if the setting is ike.

References: RFC 9395; RFC 8247 section 1.3; configure.py of CloudStack 4.11.1 and 4.22; strongSwan ipsec.conf(5),
keyexchange.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.knowledge import facts, version_key, within

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="medium", subject="customer gateway", reads=("customer_gateways", "sources"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. A version that the policy allows passes; a word that is no version is unusable-value."""
    gateways, sources = estate["customer_gateways"], estate["sources"]
    release = (
        gateways["source"]
        .map(sources.drop_duplicates("source").set_index("source")["cloudstack_version"])
        .astype("string")
    )
    fixed = release.map({text: _fixed(text) for text in release.dropna().unique()}).astype("string")
    configured = gateways["ike_version"].str.lower()
    version = configured.fillna(fixed)
    old = configured.isna() & fixed.notna()
    is_version = version.isin(["ike", "ikev1", "ikev2"]).where(version.notna()).astype("boolean")
    first = version.isin(["ike", "ikev1"]) & ~version.isin(policy.ike_versions)
    sentence = version.map(
        {
            "ikev1": "The tunnel is fixed to IKEv1 (ikev1), which RFC 9395 made historic: nobody mends it any more.",
            "ike": "The router starts IKEv2 but answers IKEv1 too (ike): the far side can choose version 1.",
        }
    )
    unmeasured = release.isin([text for text in release.dropna().unique() if _too_old(text)])
    return verdicts(
        gateways,
        fails=first.where(version.notna()),
        applies=is_version.fillna(value=True),
        sentence=sentence,
        unknown=words_by_condition(gateways.index, [(unmeasured, "not-modelled")], "unknown-value"),
        why=words_by_condition(
            gateways.index,
            [
                (version.notna(), "ikeversion is no version: see unusable-value"),
                (unmeasured, "what routers of CloudStack " + release + " write as keyexchange was never measured"),
            ],
            otherwise="the server sent no ikeversion",
        ),
        reasons=[Reason("ikeversion", ours=version, expected="ikev2")],
        evidence=[Cell("customer_gateways", gateways["id"], "ike_version", gateways["ike_version"])],
        action=words_by_condition(gateways.index, [(old, "upgrade")], "update-customer-gateway"),
        changes=pd.Series(
            [None if before else {"ikeversion": "ikev2"} for before in old], index=gateways.index, dtype="object"
        ),
    )


def _fixed(release: str) -> str | None:
    """What routers of this release write whatever is set; None: they read the setting, or it was never measured."""
    rows = cast("list[dict[str, Any]]", facts("versions")["ike_version"])  # this file has lists of rows
    return next((row["keyexchange"] for row in rows if within(release, row)), None)


def _too_old(release: str) -> bool:
    key, oldest = version_key(release), version_key(facts("versions")["supported"]["minimum"])
    return key is not None and oldest is not None and key < oldest
