"""One pre-shared key serves several peers or accounts.

What it finds: customer gateways whose key is also on a customer gateway with another peer address or of another
account, in any source of this run. Two customer gateways of one account for the same peer may share theirs, and so may
the two ends of one tunnel between VPCs.

Why it matters: Whoever administers one of these sites, or loses its device, holds the key of all the others and can
pose as any of them. When the key must be changed at one site it must be changed at all. Two accounts with one key are
two tenants who can enter each other's tunnels.

How to fix it: Give each site a random key of its own, 32 to 64 characters of A-Z a-z 0-9 . _ -, by ipsecpsk=@file on
the customer gateway and the same key on the far side, at the same time. The update restarts the tunnel.

What it cannot see: the same key on devices elsewhere, and in sources that were not collected in the same run:
fingerprints of keys can be compared only within one.

References: RFC 7296 section 2.15; NIST SP 800-57 Part 1 Rev. 5 section 5.2 (one key, one purpose).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.comparing.matching import has_match
from vpnaudit.estate.gap_places import lacks_rows
from vpnaudit.estate.gaps import row_gaps
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


_OWN = ["psk_fingerprint", "gateway", "source", "domain_id", "account"]
_KEY = ["source", "id"]


@rule(
    severity="high",
    subject="customer gateway",
    reads=("customer_gateways", "pairs", "connections", "vpn_gateways", "gaps"),
    needs=("customer_gateways",),
    across=True,
    new_key=True,
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - no limit to choose: one key, one site
    """See the module. One row a customer gateway, however many share the key; `other_id` only where it is exactly
    one.
    """
    gateways = estate["customer_gateways"]
    is_whole = gateways[_OWN].notna().all(axis=1)
    whole = gateways[is_whole]
    named = whole.assign(code=range(len(whole)), mine=whole.groupby(_OWN).ngroup())
    ends = _ends(estate["pairs"], named)
    key, mine = named.groupby("psk_fingerprint")["code"], named.groupby("mine")["code"]
    tied = (
        ends.groupby("code")["code_far"].agg(["size", "sum"]).reindex(named["code"], fill_value=0).set_axis(named.index)
    )
    count = (key.transform("size") - mine.transform("size") - tied["size"]).reindex(gateways.index).astype("Int64")
    only = (
        (key.transform("sum") - mine.transform("sum") - tied["sum"])
        .where(count == 1)
        .map(named.set_index("code")["id"])
    )
    some = gateways["psk_fingerprint"].isin(gateways.loc[~is_whole, "psk_fingerprint"].dropna())
    unread = int(gateways["psk_fingerprint"].isna().sum())
    unseen = _unseen_ends(named, estate)
    certain = count - _possible_ends(named, ends, estate, unseen).reindex(gateways.index).astype("Int64")
    sure = (certain > 0) | (count == 0)
    not_all_seen = pd.Series(bool(unseen.any()), index=gateways.index)
    return verdicts(
        gateways,
        fails=(count > 0).where(sure).mask((some | bool(unread)) & (count == 0)),
        sentence=words_by_condition(
            gateways.index,
            [(count == 1, "Its pre-shared key is also on another customer gateway: each site can pose as the other.")],
            otherwise="Its pre-shared key is also on "
            + count.astype("string")
            + " other customer gateways: who holds it can pose as any.",
        ),
        unknown=words_by_condition(gateways.index, [(~sure & not_all_seen, "not-collected")], "unknown-value"),
        why=words_by_condition(
            gateways.index,
            [
                (gateways["psk_fingerprint"].isna(), "the server sent no pre-shared key"),
                (~is_whole | some, "one with the same key does not say its peer or its account"),
                (
                    count == 0,
                    f"no reuse among {len(gateways) - unread} of {len(gateways)} seen; the others have no key here",
                ),
                (
                    not_all_seen,
                    "those with the same key may be ends of one tunnel: not all connections and VPN gateways were seen",
                ),
            ],
            otherwise="those with the same key may be ends of one tunnel: a connection does not say all of its ends",
        ),
        other_id=only.reindex(gateways.index),
        reasons=[Reason("ipsecpsk", ours=_examples(named, ends, count), expected="a key of its own")],
        evidence=[Cell("customer_gateways", gateways["id"], "psk_fingerprint", gateways["psk_fingerprint"])],
        action="update-customer-gateway",
        changes={"ipsecpsk": "@file"},
    )


def _ends(pairs: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    """The two ends of each tunnel between VPCs that have one key, in both directions: columns code, code_far."""
    columns = {
        "source": "source",
        "customer_gateway_id": "id",
        "far_source": "source_far",
        "customer_gateway_id_far": "id_far",
    }
    forwards = pairs[list(columns)].rename(columns=columns).dropna()
    backwards = forwards.rename(
        columns={"source": "source_far", "id": "id_far", "source_far": "source", "id_far": "id"}
    )
    far = named[[*_KEY, "code", "psk_fingerprint", "mine"]]
    ends = pd.concat([forwards, backwards]).drop_duplicates().merge(far, on=_KEY)
    ends = ends.merge(
        far.rename(columns={"source": "source_far", "id": "id_far"}), on=["source_far", "id_far"], suffixes=("", "_far")
    )
    return ends[(ends["psk_fingerprint"] == ends["psk_fingerprint_far"]) & (ends["mine"] != ends["mine_far"])]


def _unseen_ends(named: pd.DataFrame, estate: Tables) -> pd.Series[Any]:
    """Which of them may be an end of a tunnel between VPCs that was not seen whole: those at the address of a VPN
    gateway. A connection names that address too, so only where both tables have holes it may be any. Aligned with
    `named`.
    """
    gaps, gateways, connections = estate["gaps"], estate["vpn_gateways"], estate["connections"]
    addresses = {*gateways["public_ip"].dropna(), *connections["public_ip"].dropna()}
    without_connection = lacks_rows(named, gaps, "connections")
    lacks_connections, lacks_gateways = (
        bool(row_gaps(gaps)["table"].eq(table).any()) for table in ("connections", "vpn_gateways")
    )
    if lacks_connections and lacks_gateways:
        return pd.Series(data=True, index=named.index)
    return (without_connection | lacks_gateways) & named["gateway"].isin(addresses)


def _possible_ends(named: pd.DataFrame, ends: pd.DataFrame, estate: Tables, unseen: pd.Series[Any]) -> pd.Series[Any]:
    """How many of those that share the key may be the far end of a tunnel of theirs, as far as is known. Aligned with
    `named`.
    """
    connections, column = estate["connections"], "customer_gateway_id"
    mute = connections[["vpn_gateway_id", "public_ip", "gateway"]].isna().any(axis=1)
    loose = has_match(named, _KEY, connections[mute], ["source", column])
    loose |= has_match(named, ["source"], connections[connections[column].isna()])
    loose |= bool(estate["vpn_gateways"]["public_ip"].isna().any())
    loose |= unseen
    by_key, by_own = (loose.groupby(named[by]).transform("sum") for by in ("psk_fingerprint", "mine"))
    is_loose = loose.set_axis(named["code"])
    tied = ends["code_far"].map(is_loose).groupby(ends["code"]).sum().reindex(named["code"], fill_value=0)
    possible = by_key - by_own - tied.set_axis(named.index).astype("int64")
    return possible.mask(loose, len(named))


def _examples(named: pd.DataFrame, ends: pd.DataFrame, count: pd.Series) -> pd.Series:
    """Up to two of those that share the key, by name, and how many more. Aligned with `count`."""
    heads = named.sort_values(["name", "source", "id"]).drop_duplicates("mine").groupby("psk_fingerprint").head(4)
    heads = heads[["psk_fingerprint", "mine", "code", "name"]]
    rows = (
        named[["psk_fingerprint", "mine", "code"]]
        .reset_index()
        .merge(heads, on="psk_fingerprint", suffixes=("", "_far"))
    )
    rows = rows[rows["mine"] != rows["mine_far"]].merge(
        ends[["code", "code_far"]], on=["code", "code_far"], how="left", indicator=True
    )
    examples = rows[rows["_merge"] == "left_only"].groupby("index").head(2).groupby("index")["name"]
    names = examples.agg(lambda texts: ", ".join(texts.fillna("one without a name"))).reindex(count.index)
    more = count - examples.size().reindex(count.index)
    words = "the key of " + names.astype("string")
    table = [(more > 0, words + " and " + more.astype("string") + " more"), (words.notna(), words)]
    return words_by_condition(count.index, table, otherwise="the key of others")
