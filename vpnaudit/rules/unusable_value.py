"""A value that CloudStack accepts is of no use to the router.

What it finds: customer gateways with an ikeversion other than ike, ikev1 or ikev2 (in any case), a lifetime of 0 or
less, something behind the second semicolon of a policy, a policy element that strongSwan cannot read, such as an empty
one behind a last comma, an empty policy or list of remote networks, or a peer address that no host has (0.0.0.0/8,
127.0.0.0/8, 224.0.0.0/4, 240.0.0.0/4).

Why it matters: CloudStack's checks have holes, and the router writes down what it gets. With an unknown ikeversion it
falls back to ike. A lifetime of 0 turns the limit off. One element that strongSwan cannot read, whatever stands beside
it, and nothing of the connection is loaded: no tunnel comes up (measured). With an empty policy it goes by its own
defaults, which nobody chose. To strongSwan 0.0.0.0 means any peer, so the router can never start. CloudStack shows such
values as if they worked.

How to fix it: Set the named parameters of the customer gateway, such as ikeversion=ikev2, ikelifetime=28800
esplifetime=3600 and ikepolicy='aes256-sha256;modp2048'. The update restarts the tunnel. For a wrong peer address delete
the connection first, update, and create the connection again.

What it cannot see: words that only newer releases of strongSwan know: a policy with a word that this tool does not know
cannot be told.

References: NetUtils.java (isValidS2SVpnPolicy) and Site2SiteVpnManagerImpl.java of CloudStack 4.22, all accepted by a
live server; configure.py of CloudStack 4.22; strongSwan 5.9.8, which logs "skipped invalid proposal string" and has no
such connection then; RFC 1122 section 3.2.1.3 and RFC 6890 (addresses).
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.cidrs import with_intervals
from vpnaudit.estate.proposal_table import FIELDS, any_element_fails, mended, texts_by_place, unknown_words
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.proposals import parse_proposal

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_NO_HOST = ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4")
_COLUMNS = {
    "ikeversion": "ike_version",
    "ikelifetime": "ike_lifetime_s",
    "esplifetime": "esp_lifetime_s",
    "cidrlist": "cidr_list",
    "gateway": "gateway",
    "ikepolicy": "ike_policy",
    "esppolicy": "esp_policy",
}


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "proposals"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. The first unusable value gives the sentence, all are reasons."""
    gateways, rows = estate["customer_gateways"], estate["proposals"]
    useless, words = _useless(rows)
    whole = rows.assign(unknown=None)  # what nothing is known of is in `useless` already
    of = {field: rows["phase"] == phase for phase, field in FIELDS.items()}
    blank = {field: _has_blank(gateways[_COLUMNS[field]]) for field in FIELDS.values()}
    by_phase = {
        field: any_element_fails(gateways, whole[part], useless[part]) | blank[field] for field, part in of.items()
    }
    bad = _values(gateways) | by_phase
    new = {
        "ikeversion": pd.Series("ikev2", index=gateways.index),
        "ikelifetime": pd.Series(str(policy.ike_lifetime_max_s), index=gateways.index),
        "esplifetime": pd.Series(str(policy.esp_lifetime_max_s), index=gateways.index),
        **mended(gateways, policy),
    }
    sentence = _sentence(gateways, bad)
    for field, mask in blank.items():
        sentence = sentence.fillna(words_by_condition(gateways.index, [(mask, _not_loaded("an empty element", field))]))
    for _, texts in texts_by_place(gateways, rows, words):
        sentence = sentence.fillna(texts)
    incomplete = gateways[list(_COLUMNS.values())].isna().any(axis=1)
    return verdicts(
        gateways,
        fails=reduce(or_, bad.values()),
        sentence=sentence,
        why=unknown_words(gateways, rows).mask(incomplete, "the server did not send all of " + ", ".join(_COLUMNS)),
        reasons=[
            Reason(
                field,
                ours=gateways[_COLUMNS[field]],
                expected=new.get(field, "a value that the router can use"),
                when=mask,
            )
            for field, mask in bad.items()
        ],
        evidence=[Cell("customer_gateways", gateways["id"], column, gateways[column]) for column in _COLUMNS.values()],
        action=words_by_condition(gateways.index, [(bad["gateway"], "recreate-connection")], "update-customer-gateway"),
        changes=_changes(bad, new),
    )


def _values(gateways: pd.DataFrame) -> dict[str, pd.Series]:
    """What is unusable by itself, by parameter; missing where the server did not send it."""
    version, peer = gateways["ike_version"], with_intervals(pd.DataFrame({"text": gateways["gateway"]}))
    nobody = pd.Series(data=False, index=gateways.index)
    for first, last in with_intervals(pd.DataFrame({"text": pd.Series(_NO_HOST, dtype="string")}))[
        ["start", "end"]
    ].itertuples(index=False):
        nobody |= ((peer["start"] >= first) & (peer["end"] <= last)).fillna(value=False)
    return {
        "ikeversion": (~version.str.lower().isin(["ike", "ikev1", "ikev2"])).where(version.notna()).astype("boolean"),
        "ikelifetime": gateways["ike_lifetime_s"] <= 0,
        "esplifetime": gateways["esp_lifetime_s"] <= 0,
        "cidrlist": gateways["cidr_list"].str.strip(", ").eq("").astype("boolean"),
        "gateway": nobody.where(gateways["gateway"].notna()).astype("boolean"),
    }


def _has_blank(policies: pd.Series) -> pd.Series:
    """Whether there is nothing before, between or behind the commas, as the API takes it behind the last one."""
    has_text, has_blank = policies.str.strip().ne(""), policies.str.contains(r"(?:^|,)\s*(?:,|$)")
    return has_text.astype("boolean") & has_blank.astype("boolean")


def _not_loaded(what: str | pd.Series, field: str | pd.Series) -> str | pd.Series:
    return "strongSwan cannot read " + what + " in " + field + ": it does not load the connection."


def _useless(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Elements of policies that strongSwan cannot use as they were meant: whether, three-valued, and the sentence."""
    texts = rows[["phase", "proposal"]].dropna().drop_duplicates().itertuples(index=False, name=None)
    is_invalid = {(phase, text): parse_proposal(text, phase) is None for phase, text in texts}
    invalid = pd.Series(
        [is_invalid.get(key) for key in zip(rows["phase"], rows["proposal"], strict=True)],
        index=rows.index,
        dtype="boolean",
    )
    empty = rows["text"].str.strip().eq("").astype("boolean")
    junk = rows["junk"].notna()
    refused = invalid.mask(invalid & rows["unknown"].notna()) & ~empty
    useless = refused | junk | empty
    field = rows["phase"].map(FIELDS).astype("string")
    quoted = rows["junk"].map(repr, na_action="ignore").astype("string")  # a tenant wrote it: no line break may pass
    words = words_by_condition(
        rows.index,
        [
            (empty, field + " names nothing: the router negotiates by strongSwan's own defaults."),
            (refused & ~junk, _not_loaded(rows["proposal"], field)),
            (junk, field + " has " + quoted + " behind its second semicolon: strongSwan gets it as a further word."),
        ],
    )
    return useless, words


def _sentence(gateways: pd.DataFrame, bad: dict[str, pd.Series]) -> pd.Series:
    """The sentence on the first unusable value that is no policy."""
    version = gateways["ike_version"].map(repr, na_action="ignore").astype("string")
    words = {
        "ikeversion": "ikeversion "
        + version
        + " is no version: the router falls back to ike, which answers version 1 too.",
        "ikelifetime": "The IKE lifetime is "
        + gateways["ike_lifetime_s"].astype("string")
        + " s: the router has no limit that works.",
        "esplifetime": "The ESP lifetime is "
        + gateways["esp_lifetime_s"].astype("string")
        + " s: the router has no limit that works.",
        "cidrlist": "There is no remote network: nothing leads into the tunnel.",
        "gateway": "The peer " + gateways["gateway"] + " is an address that no host has: the router can reach nobody.",
    }
    return words_by_condition(gateways.index, [(bad[field], text) for field, text in words.items()])


def _changes(bad: dict[str, pd.Series], new: dict[str, pd.Series]) -> pd.Series:
    """What an update must set, as far as a value can be named."""
    fields = [field for field in bad if field in new]
    values = [
        {field: value for field, value, on in zip(fields, row, marks, strict=True) if on and pd.notna(value)} or None
        for row, marks in zip(
            zip(*(new[field] for field in fields), strict=True),
            zip(*(bad[field].fillna(value=False) for field in fields), strict=True),
            strict=True,
        )
    ]
    return pd.Series(values, index=bad["gateway"].index, dtype="object")
