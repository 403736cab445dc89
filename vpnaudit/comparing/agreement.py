"""What rules about both ends have in common: what of the far side is not known, when a mismatch shows, and the policy
to agree on.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.estate.columns import BOOLEAN, STRING
from vpnaudit.estate.ends import file_row
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.estate.peer_sides import start_of
from vpnaudit.estate.proposal_table import FIELDS
from vpnaudit.estate.tables import records
from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES, read_cloudstack_proposals
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_FILES: Final = {"encryption": "encryption", "integrity": "integrity", "group": "dh_groups"}
_WRITABLE: Final = {"encryption": API_CIPHERS, "integrity": API_HASHES, "group": API_GROUPS}
_MINUTE: Final = 60
WORDS: Final = {
    "ike_proposals": "IKE proposals",
    "esp_proposals": "ESP proposals",
    "ikeversion": "IKE version",
    "ikelifetime": "IKE lifetime",
    "esplifetime": "ESP lifetime",
    "dpd": "dead peer detection",
    "forceencap": "forced encapsulation",
    "splitconnections": "number of SAs",
    "cidrlist": "networks on its side",
    "vpc_cidr": "networks on this side",
}
"""The fields of `differences` that a device file may leave out, as a person calls them."""

PARTS: Final = {
    phase: tuple(f"{phase}_{part}" for part in ("encryption", "integrity", "prf", "group", "esn", "proposals"))
    for phase in ("ike", "esp")
}
"""The fields of `differences` about the proposals of each phase."""


def unknown_fields(rows: pd.DataFrame, differences: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """Which rows have an end that leaves one of these fields open, so that it was taken as equal.

    Returns:
        A frame aligned with `rows`: open, True or False; reason and why of the first such field, missing elsewhere.
        What this end leaves open is how its router reads the value.
    """
    mine = differences[differences["field"].isin(fields) & (differences["state"] == "unknown")].drop_duplicates(
        ["source", "id"]
    )
    found = rows[["source", "id"]].merge(mine, on=["source", "id"], how="left").set_axis(rows.index)
    missing, words = found["field"].notna(), found["field"].map(WORDS).astype(STRING)
    here = (found["ours"] == "unknown").fillna(value=False)
    why = ("how routers of this version read the " + words + " was never measured").where(
        here, "not known of the far side: " + words
    )
    reason = pd.Series("not-modelled", index=rows.index, dtype=STRING).where(here, "no-peer-side").where(missing)
    return pd.DataFrame({"open": missing, "reason": reason, "why": why})


def with_peer_files(ends: pd.DataFrame, said: pd.DataFrame, peers: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table `both_ends`, answered too where a peer file tells of the far side.

    Args:
        ends: the table `both_ends`.
        said: the table `outcomes`.
        peers: the table `peers`.

    Returns:
        The same with told_by, missing where no file tells; far_row and far_table, where the far side stands; auto_said,
        the file's cell; auto_far, what its device does when it is loaded, by default too; and, of the file where one
        tells, psk_fingerprint_far and
        passive_far: it starts nothing by itself.
    """
    files = said.loc[
        (said["far"] == "peers").fillna(value=False), ["source", "id", "far_id", "told_by"]
    ].drop_duplicates()
    rows = ends.merge(files, on=["source", "id"], how="left")
    told = rows["told_by"].notna()
    book = {file_row(far["name"], far["book"]): far for far in records(peers)}

    def of_file(cell: Callable[[Mapping[str, Any]], str | None]) -> pd.Series[Any]:
        return rows["told_by"].map({told_by: cell(far) for told_by, far in book.items()}).astype(STRING)

    auto = of_file(start_of)
    return rows.assign(
        answered=rows["answered"].mask(told, other=True),
        unanswered=rows["unanswered"].mask(told),
        far_row=rows["id_far"].mask(told, rows["far_id"]),
        far_table=pd.Series("connections", index=rows.index).mask(told, "peers"),
        auto_far=auto,
        auto_said=of_file(itemgetter("auto")),
        passive_far=rows["passive_far"].mask(told, (auto != "start").astype(BOOLEAN)),
        psk_fingerprint_far=rows["psk_fingerprint_far"].mask(told, of_file(itemgetter("psk_fingerprint"))),
    )


def far_value(rows: pd.DataFrame, differences: pd.DataFrame, field: str, ours: pd.Series[Any]) -> pd.Series[Any]:
    """The far side's value of a field that `differences` compares, as text; missing where it is not known. `ours` is
    this end's.
    """
    found = difference_in(rows, differences, field)
    return found["theirs"].where(found["different"], ours).mask(unknown_fields(rows, differences, [field])["open"])


def causes(rows: pd.DataFrame, differences: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """Whether a difference in any of these fields is a cause; aligned with `rows`, columns router and peer for who
    starts.
    """
    mine = differences[differences["field"].isin(fields) & (differences["state"] == "different")]
    keys = pd.MultiIndex.from_frame(rows[["source", "id"]])
    named = {who: mine.loc[mine[f"cause_{who}"].fillna(value=False), ["source", "id"]] for who in ("router", "peer")}
    return pd.DataFrame({who: keys.isin(pd.MultiIndex.from_frame(hit)) for who, hit in named.items()}, index=rows.index)


def starter_words(causes: pd.DataFrame) -> pd.Series[Any]:
    """For whom it fails, in words; `causes` as `causes()` gives it."""
    one = pd.Series("when the far end starts", index=causes.index, dtype=STRING).mask(
        causes["router"], "when this router starts"
    )
    return one.mask(causes["router"] & causes["peer"], "whoever starts")


def first_rekey_words(rows: pd.DataFrame) -> pd.Series[Any]:
    """When the first rekey comes, in minutes after establishment, as the end of a sentence; empty where it is not
    known.
    """
    early, late = (
        rows[f"rekey_{edge}_s_router"].fillna(rows[f"rekey_{edge}_s_peer"]).astype("Int64")
        for edge in ("earliest", "latest")
    )
    said = (
        ", "
        + (early // _MINUTE).astype(STRING)
        + " to "
        + (-(-late // _MINUTE)).astype(STRING)
        + " min after it came up"
    )
    return said.fillna("")


def confidence_words(rows: pd.DataFrame) -> pd.Series[Any]:
    """How sure the prediction is, as the end of a sentence; empty where just this was measured."""
    known = rows["confidence_router"]
    return (" (" + known + ")").mask((known == "measured here").fillna(value=False), "").fillna("").astype(STRING)


def stronger_policy(rows: pd.DataFrame, differences: pd.DataFrame, phase: str) -> pd.Series[Any]:
    """The policy of this end in which each algorithm is the stronger one of both ends; missing where that changes
    nothing here.

    The other end comes to the same text, so that both meet. Lists, and algorithms that the API refuses, are left as
    they are.
    """
    theirs = pd.DataFrame({kind: difference_in(rows, differences, f"{phase}_{kind}")["theirs"] for kind in _FILES})
    texts = [
        _raised(text, dict(zip(_FILES, words, strict=True)))
        for text, words in zip(rows[f"{phase}_policy"], theirs.itertuples(index=False, name=None), strict=True)
    ]
    return pd.Series(texts, index=rows.index, dtype=STRING)


def stronger_policy_changes(rows: pd.DataFrame, differences: pd.DataFrame, phases: Sequence[str]) -> pd.Series[Any]:
    """`raised` as the changes of a verdict: dicts, None where this end stays as it is."""
    texts = pd.DataFrame({FIELDS[phase]: stronger_policy(rows, differences, phase) for phase in phases})
    made = [
        {name: text for name, text in zip(texts.columns, row, strict=True) if not pd.isna(text)} or None
        for row in texts.itertuples(index=False, name=None)
    ]
    return pd.Series(made, index=rows.index, dtype="object")


def update_action(changes: pd.Series[Any]) -> pd.Series[Any]:
    """The action for these changes: an update of this end's customer gateway, or nothing that a command here could
    do.
    """
    return changes.notna().map({True: "update-customer-gateway", False: ""})


def _raised(text: Any, theirs: dict[str, Any]) -> str | None:
    elements = () if pd.isna(text) else read_cloudstack_proposals(text).elements
    if len(elements) != 1 or elements[0].unknown or None in (elements[0].encryption, elements[0].integrity):
        return None
    own = {"encryption": elements[0].encryption, "integrity": elements[0].integrity, "group": elements[0].dh_group}
    best = {kind: _stronger(kind, word, theirs[kind]) for kind, word in own.items()}
    made = f"{best['encryption']}-{best['integrity']}" + (f";{best['group']}" if best["group"] else "")
    return None if best == own else made


def _stronger(kind: str, own: str | None, theirs: Any) -> str | None:
    others = [] if pd.isna(theirs) else [word for word in theirs.split(",") if word in _WRITABLE[kind]]
    bits: dict[str, int] = {word: row["strength_bits"] for word, row in facts(_FILES[kind]).items()}
    words: list[str | None] = [own, *others]
    return max(words, key=lambda word: bits.get(word or "", 0))
