"""The policy in which each algorithm is the stronger one of both ends: what one end sets so that both agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.estate.proposal_table import FIELDS
from vpnaudit.findings import Reason
from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES, read_cloudstack_proposals
from vpnaudit.ipsec.sides import Side
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

_FACTS: Final = {"encryption": "encryption", "integrity": "integrity", "group": "dh_groups"}
_WRITABLE: Final = {"encryption": API_CIPHERS, "integrity": API_HASHES, "group": API_GROUPS}


def stronger_policy(rows: pd.DataFrame, differences: pd.DataFrame, phase: str) -> pd.Series[Any]:
    """The policy of the near end in which each algorithm is the stronger one of both ends; missing where that changes
    nothing.

    The far end of the estate comes to the same text, so that both meet. A device is no end that a command of
    CloudStack changes: where it lacks one of the stronger algorithms, nothing is changed at this end. Lists, and
    algorithms that the API refuses, are left as they are.
    """
    theirs = pd.DataFrame({kind: difference_in(rows, differences, f"{phase}_{kind}")["theirs"] for kind in _FACTS})
    by_file = (rows["far"] == "peers").fillna(value=False)
    texts = [
        _raised(text, dict(zip(_FACTS, words, strict=True)), alone=alone)
        for text, words, alone in zip(
            rows[f"{phase}_policy"], theirs.itertuples(index=False, name=None), by_file, strict=True
        )
    ]
    return pd.Series(texts, index=rows.index, dtype=STRING)


def stronger_policy_changes(rows: pd.DataFrame, differences: pd.DataFrame, phases: Sequence[str]) -> pd.Series[Any]:
    """`stronger_policy` of each phase as the changes of a verdict: dicts, None where the near end stays as it is."""
    texts = pd.DataFrame({FIELDS[phase]: stronger_policy(rows, differences, phase) for phase in phases})
    changes = [
        {name: text for name, text in zip(texts.columns, row, strict=True) if not pd.isna(text)} or None
        for row in texts.itertuples(index=False, name=None)
    ]
    return pd.Series(changes, index=rows.index, dtype="object")


def reason_of_policy(
    rows: pd.DataFrame,
    phase: str,
    changes: pd.Series[Any],
    who: Side = Side.NEAR,
    when: pd.Series[Any] | None = None,
) -> Reason:
    """The near end's policy of a phase, and what it shall be; `changes` as `stronger_policy_changes` gives them."""
    field = FIELDS[phase]
    expected = changes.map(lambda change: change.get(field), na_action="ignore").astype(STRING)
    return Reason(field, ours=rows[f"{phase}_policy"], expected=expected, who=who, when=when)


def _raised(text: Any, theirs: dict[str, Any], *, alone: bool) -> str | None:
    """The text with the stronger algorithms; `alone` says that the far end stays as it is and must have them all."""
    elements = () if pd.isna(text) else read_cloudstack_proposals(text).elements
    if len(elements) != 1 or elements[0].unknown or None in (elements[0].encryption, elements[0].integrity):
        return None
    own = {"encryption": elements[0].encryption, "integrity": elements[0].integrity, "group": elements[0].dh_group}
    best = {kind: _stronger(kind, word, theirs[kind]) for kind, word in own.items()}
    if alone and any(best[kind] not in words.split(",") for kind, words in theirs.items() if not pd.isna(words)):
        return None
    text_of_best = f"{best['encryption']}-{best['integrity']}" + (f";{best['group']}" if best["group"] else "")
    return None if best == own else text_of_best


def _stronger(kind: str, own: str | None, theirs: Any) -> str | None:
    theirs_writable = [] if pd.isna(theirs) else [word for word in theirs.split(",") if word in _WRITABLE[kind]]
    bits: dict[str, int] = {word: row["strength_bits"] for word, row in facts(_FACTS[kind]).items()}
    words: list[str | None] = [own, *theirs_writable]
    return max(words, key=lambda word: bits.get(word or "", 0))
