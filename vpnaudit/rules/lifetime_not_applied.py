"""The router does not run the lifetime that CloudStack shows, or cannot keep it.

What it finds: customer gateways with a positive ikelifetime or esplifetime that the router rounds, which depends on the
release: whole hours up to 4.14, whole minutes since 4.22. And, on any release, a lifetime below the policy's
lifetime_stable_min_s, by default 1080 s.

Why it matters: A rounded lifetime is not the one that was agreed; below one unit it becomes 0, which means no limit at
all. strongSwan starts a rekey 9 to 18 minutes before the end: with less than 18 minutes it rekeys again and again, too
late or never. Under IKEv1 such a child was dead after its end while CloudStack went on to show Connected (measured at
60, 300, 540 and 600 s).

How to fix it: Set ikelifetime and esplifetime to whole hours of 3600 s, which every release runs as written, such as
28800 and 3600. The update restarts the tunnel.

What it cannot see: what releases between the two eras do: they write hours with a fraction, and how strongSwan reads
those was never measured.

References: configure.py of CloudStack 4.11.1 and 4.22 (convert_sec_to_h, convert_sec_to_min); strongSwan ipsec.conf(5),
margintime and rekeyfuzz.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.knowledge import facts, within

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="medium", subject="customer gateway", reads=("customer_gateways", "sources"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. A lifetime of 0 or less is unusable-value."""
    gateways, sources = estate["customer_gateways"], estate["sources"]
    release = (
        gateways["source"]
        .map(sources.drop_duplicates("source").set_index("source")["cloudstack_version"])
        .astype("string")
    )
    unit = release.map({text: _unit(text) for text in release.dropna().unique()}).astype("Int64")
    values = {phase: gateways[f"{phase}_lifetime_s"] for phase in ("ike", "esp")}
    run = {phase: value - value % unit for phase, value in values.items()}
    short = {phase: (value > 0) & (value < policy.lifetime_stable_min_s) for phase, value in values.items()}
    bad = {phase: short[phase] | ((value > 0) & (run[phase] < value)) for phase, value in values.items()}
    fails = bad["ike"] | bad["esp"]
    unusable = ((values["ike"] <= 0) | (values["esp"] <= 0)).fillna(value=False)
    unclear = values["ike"].isna() | values["esp"].isna() | release.isna()
    words = {
        phase: f"{phase.upper()} " + _words(value, run[phase], short[phase], bad[phase], policy)
        for phase, value in values.items()
    }
    best = {phase: _best(values[phase], run[phase], unit, policy, phase) for phase in values}
    return verdicts(
        gateways,
        fails=fails,
        applies=~(unusable & (~fails).fillna(value=False)),
        sentence=(words["ike"] + "; " + words["esp"]).fillna(words["ike"]).fillna(words["esp"]) + ".",
        unknown=words_by_condition(gateways.index, [(unclear, "unknown-value")], "not-modelled"),
        why=words_by_condition(
            gateways.index,
            [
                (unusable & fails.notna(), "a lifetime of 0 or less: see unusable-value"),
                (unclear, "the server sent no lifetime, or hides the version that decides how the router rounds it"),
            ],
            otherwise="how routers of CloudStack " + release + " write lifetimes was never measured",
        ),
        reasons=[
            Reason(f"{phase}lifetime", ours=values[phase], expected=best[phase], when=bad[phase]) for phase in values
        ],
        evidence=[
            *(
                Cell("customer_gateways", gateways["id"], f"{phase}_lifetime_s", value)
                for phase, value in values.items()
            ),
            Cell("sources", gateways["source"], "cloudstack_version", release),
        ],
        action="update-customer-gateway",
        changes=_changes(best, bad),
    )


def _changes(best: dict[str, pd.Series], bad: dict[str, pd.Series]) -> pd.Series:
    """What an update must set: the lifetimes that are not run as they stand."""
    rows = zip(*best.values(), *(mask.fillna(value=False) for mask in bad.values()), strict=True)
    changes = [
        {f"{phase}lifetime": str(value) for phase, value, on in zip(best, row[:2], row[2:], strict=True) if on}
        for row in rows
    ]
    return pd.Series(changes, index=best["ike"].index, dtype="object")


def _unit(release: str) -> int | None:
    """Seconds that the router of this release counts in; None where nobody measured it."""
    rows = cast("list[dict[str, Any]]", facts("versions")["lifetime"])  # this file has lists of rows
    return next((row["unit_s"] for row in rows if within(release, row)), None)


def _words(value: pd.Series, run: pd.Series, short: pd.Series, bad: pd.Series, policy: Policy) -> pd.Series:
    label = "lifetime " + value.astype("string") + " s "
    rounded = label + "runs as " + run.astype("string") + " s"
    under = label + f"is under the {policy.lifetime_stable_min_s} s that rekeying needs"
    return words_by_condition(value.index, [(short, under), (bad, rounded)])


def _best(value: pd.Series, run: pd.Series, unit: pd.Series, policy: Policy, phase: str) -> pd.Series:
    """The nearest lifetime below that the router keeps, within the policy; the policy's own limit where there is
    none.
    """
    limit = {"ike": policy.ike_lifetime_max_s, "esp": policy.esp_lifetime_max_s}[phase]
    near = run.where(run <= limit, limit - limit % unit.fillna(3600))
    return near.where((near >= policy.lifetime_stable_min_s).fillna(value=False), limit).where(value.notna())
