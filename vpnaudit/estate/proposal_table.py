"""What each customer gateway proposes, element by element, with what is known of every algorithm; and the nearest
policy within limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pandas as pd

from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING
from vpnaudit.ipsec.cloudstack_proposals import (
    API_CIPHERS,
    API_GROUPS,
    API_HASHES,
    CloudStackProposals,
    Element,
    read_cloudstack_proposals,
    write_cloudstack_proposals,
)
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

COLUMNS = {
    "source": STRING,
    "id": STRING,  # customer gateway
    "phase": STRING,  # ike or esp
    "position": INTEGER,  # of the element in its list, from 1
    "text": STRING,  # the element as written; missing: the server sent no policy
    "proposal": STRING,  # the element as the router writes it
    "encryption": STRING,  # keywords; missing where there is none, or none that anything is known of
    "integrity": STRING,
    "group": STRING,
    "unknown": STRING,  # the parts that nothing is known of, with spaces between; missing: there are none
    "junk": STRING,  # what follows the second semicolon, which the API never looks at
    "encryption_key_bits": INTEGER,
    "encryption_strength_bits": INTEGER,
    "encryption_below_standard": BOOLEAN,
    "aead": BOOLEAN,  # the cipher brings its own integrity
    "integrity_strength_bits": INTEGER,
    "integrity_below_standard": BOOLEAN,
    "group_strength_bits": INTEGER,
    "group_below_standard": BOOLEAN,
}

FIELDS = {"ike": "ikepolicy", "esp": "esppolicy"}
"""The API's name of each phase's policy."""

_FACTS = (
    ("encryption", "encryption", ("key_bits", "strength_bits", "below_standard")),
    ("integrity", "integrity", ("strength_bits", "below_standard")),
    ("group", "dh_groups", ("strength_bits", "below_standard")),
)


def proposals(tables: Tables) -> pd.DataFrame:
    """One row for each element of each policy of a customer gateway. Columns: `COLUMNS`.

    Every gateway has at least one row a phase: where the server sent no policy, all but the keys is missing; a list of
    nothing but commas is one empty element. Empty elements beside others name nothing and are left out.
    """
    gateways = tables["customer_gateways"]
    parts = [
        pd.DataFrame(
            {"source": gateways["source"], "id": gateways["id"], "phase": phase, "policy": gateways[f"{phase}_policy"]}
        )
        for phase in FIELDS
    ]
    rows = pd.concat(parts, ignore_index=True)
    elements = {text: _elements(text) for text in rows["policy"].dropna().unique()}
    nothing: list[dict[str, object]] = [{"position": 1}]
    element_lists = [elements[text] if isinstance(text, str) else nothing for text in rows["policy"]]
    rows = rows.assign(element=pd.Series(element_lists, index=rows.index, dtype="object")).explode(
        "element", ignore_index=True
    )
    cells = pd.DataFrame(rows["element"].tolist(), index=rows.index)
    rows = rows[["source", "id", "phase"]].join(cells)
    for column, file, properties in _FACTS:
        values = rows.get(column, pd.Series(index=rows.index, dtype=STRING))
        for name in properties:
            rows[f"{column}_{name}"] = values.map({word: row[name] for word, row in facts(file).items()})
    return rows.reindex(columns=list(COLUMNS)).astype(COLUMNS)


def _elements(text: str) -> list[dict[str, object]]:
    elements = read_cloudstack_proposals(text).elements
    filled = [element for element in elements if element.proposal.strip()] or elements[:1]
    return [{"position": position, **_element(element)} for position, element in enumerate(filled, start=1)]


def _element(element: Element) -> dict[str, object]:
    """An element as cells. One cipher and one integrity algorithm are read; a further one, or one without facts, is as
    good as unknown.
    """
    words = element.words
    cipher = next((i for i, word in enumerate(words) if Element((word,)).encryption in facts("encryption")), None)
    digest = next((i for i, word in enumerate(words) if Element((word,)).integrity in facts("integrity")), None)
    group = element.dh_group if element.dh_group in facts("dh_groups") else None
    rest = [word for i, word in enumerate(words) if i not in (cipher, digest)]
    rest += [element.group] if element.group is not None and group is None else []
    rest += element.junk
    encryption = None if cipher is None else Element((words[cipher],)).encryption
    return {
        "text": write_cloudstack_proposals(CloudStackProposals((element,))),
        "proposal": element.proposal,
        "encryption": encryption,
        "integrity": None if digest is None else Element((words[digest],)).integrity,
        "group": group,
        "unknown": " ".join(rest) if rest else None,
        "junk": ";".join(element.junk) if element.junk else None,
        "aead": None if encryption is None else facts("encryption")[encryption].get("aead", False),
    }


def any_element_fails(gateways: pd.DataFrame, rows: pd.DataFrame, failing: pd.Series) -> pd.Series:
    """A verdict on elements as one on gateways: True where any fails, else missing where any is, else False. Aligned
    with `gateways`.

    An element with a part that nothing is known of is missing unless it fails: strongSwan may skip all of it.
    """
    score = failing.astype(INTEGER).mul(2).fillna(1)
    score = score.mask((score == 0) & rows["unknown"].notna(), 1)
    worst = score.groupby([rows["source"], rows["id"]]).max().reindex(_keys(gateways))
    return pd.Series(worst.array, index=gateways.index).map({2: True, 0: False}).astype(BOOLEAN)


def texts_by_place(gateways: pd.DataFrame, rows: pd.DataFrame, shown: pd.Series) -> list[tuple[str, pd.Series]]:
    """The text of `shown` at each place in the policies: pairs such as (`ikepolicy`, texts), aligned with `gateways`.

    `shown` is aligned with `rows` and missing where there is nothing to show.
    """
    places = []
    for (_, _), place in rows.assign(shown=shown, order=rows["phase"].map(list(FIELDS).index))[shown.notna()].groupby(
        ["order", "position"]
    ):
        texts = place.set_index(["source", "id"])["shown"].reindex(_keys(gateways))
        places.append((FIELDS[place["phase"].iloc[0]], pd.Series(texts.array, index=gateways.index, dtype=STRING)))
    return places


def offer_words(gateways: pd.DataFrame, rows: pd.DataFrame, shown: pd.Series) -> pd.Series:
    """The texts of `shown` as the start of a sentence: `IKE offers 3des, ESP offers 3des and md5`; missing where
    nothing is shown.
    """
    offers = rows.assign(shown=shown)[shown.notna()].drop_duplicates(["source", "id", "phase", "shown"])
    phases = offers.groupby(["source", "id", "phase"])["shown"].agg(" and ".join).reset_index()
    phases["shown"] = phases["phase"].str.upper() + " offers " + phases["shown"]
    lines = (
        phases.sort_values("phase", ascending=False)
        .groupby(["source", "id"])["shown"]
        .agg(", ".join)
        .reindex(_keys(gateways))
    )
    return pd.Series(lines.array, index=gateways.index, dtype=STRING)


def unknown_words(gateways: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Why the policies of a gateway leave a question open, in words. Aligned with `gateways`."""
    field = rows["phase"].map(FIELDS)
    doubts = pd.Series("the server sent no " + field, index=rows.index, dtype=STRING).where(rows["text"].isna())
    words = rows["unknown"].map(repr, na_action="ignore").astype(STRING)  # a tenant wrote it: no line break may pass
    doubts = doubts.fillna("nothing is known of " + words + " in " + field)
    first = doubts.groupby([rows["source"], rows["id"]]).first().reindex(_keys(gateways))
    return pd.Series(first.array, index=gateways.index, dtype=STRING).fillna("an element leaves out what is asked for")


def _keys(gateways: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(gateways[["source", "id"]])


class Limits(Protocol):
    """What a policy asks of proposals; each value as the audit policy names it."""

    @property
    def encryption_min_bits(self) -> int:
        """Shortest key of a cipher."""

    @property
    def integrity_min_bits(self) -> int:
        """Least strength of a hash."""

    @property
    def dh_min_strength_bits(self) -> int:
        """Least strength of a group."""

    @property
    def pfs_required(self) -> bool:
        """Whether ESP must have a group."""


def least_keyword(kind: str, limits: Limits) -> str | None:
    """The weakest `encryption`, `integrity` or `group` keyword of CloudStack 4.22 that meets the limits; None: the API
    has none.
    """
    words = {"encryption": API_CIPHERS, "integrity": API_HASHES, "group": API_GROUPS}[kind]
    return min((word for word in words if meets(kind, word, limits)), key=lambda word: _bits(kind, word), default=None)


def _bits(kind: str, word: str) -> int:
    file, column = {"encryption": ("encryption", "key_bits"), "group": ("dh_groups", "strength_bits")}.get(
        kind, (kind, "strength_bits")
    )
    bits: int = facts(file)[word][column]
    return bits


def meets(kind: str, word: str, limits: Limits) -> bool:
    """Whether a keyword of this kind is within the limits; KeyError for one that nothing is known of."""
    file = "dh_groups" if kind == "group" else kind
    low = {
        "encryption": limits.encryption_min_bits,
        "integrity": limits.integrity_min_bits,
        "group": limits.dh_min_strength_bits,
    }[kind]
    return _bits(kind, word) >= low and not facts(file)[word]["below_standard"]


def mended(gateways: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Policies within the limits, one element each, as close to what stands there as can be. Columns: ikepolicy,
    esppolicy.

    What meets the limits is kept, the rest becomes the weakest keyword that does; the ESP group is never weaker than
    the IKE group. At most 30 characters, which is what CloudStack's columns hold. Missing where no value of the API
    meets the limits.
    """
    pairs = gateways[["ike_policy", "esp_policy"]].astype("object")
    texts = list(pairs.where(pairs.notna(), "").itertuples(index=False, name=None))
    mends = {(ike, esp): _mend(ike, esp, limits) for ike, esp in set(texts)}
    return pd.DataFrame(
        [mends[text] for text in texts], index=gateways.index, columns=list(FIELDS.values()), dtype=STRING
    )


def changes(gateways: pd.DataFrame, rows: pd.DataFrame, failing: pd.Series, limits: Limits) -> pd.Series:
    """What an update of each gateway must set for the phases in which an element fails; missing where no value of the
    API would do.
    """
    new = mended(gateways, limits)
    hit = rows[failing.fillna(value=False)]
    sets = {field: _keys(gateways).isin(_keys(hit[hit["phase"] == phase])) for phase, field in FIELDS.items()}
    updates = [
        {field: value for field, value, on in zip(FIELDS.values(), values, used, strict=True) if on}
        for values, used in zip(new.itertuples(index=False, name=None), zip(*sets.values(), strict=True), strict=True)
    ]
    whole = [update if update and not any(pd.isna(value) for value in update.values()) else None for update in updates]
    return pd.Series(whole, index=gateways.index, dtype="object")


def _mend(ike: str, esp: str, limits: Limits) -> tuple[str | None, str | None]:
    first, second = read_cloudstack_proposals(ike).elements, read_cloudstack_proposals(esp).elements
    group = _least_change("group", [e.dh_group for e in first], limits)
    outer = _suite(first, group, limits) if group else None
    if not limits.pfs_required and all(element.group is None for element in second):
        return outer, _suite(second, None, limits)
    if group is None:
        return None, None
    inner = _least_change("group", [e.dh_group for e in second], limits) or group
    return outer, _suite(second, max(inner, group, key=lambda word: _bits("group", word)), limits)


def _least_change(kind: str, words: list[str | None], limits: Limits) -> str | None:
    keywords = facts({"group": "dh_groups"}.get(kind, kind))
    writable = {"encryption": API_CIPHERS, "integrity": API_HASHES}.get(kind, frozenset(keywords))
    good = (
        word
        for word in words
        if word is not None and word in writable and word in keywords and meets(kind, word, limits)
    )
    return next(good, least_keyword(kind, limits))


def _suite(elements: tuple[Element, ...], group: str | None, limits: Limits) -> str | None:
    cipher = _least_change("encryption", [e.encryption for e in elements], limits)
    digest = _least_change("integrity", [e.integrity for e in elements], limits)
    if cipher is None or digest is None:
        return None
    return f"{cipher}-{digest}" + (f";{group}" if group else "")
