"""Which line of the knowledge table a text of charon is, and the fields in it."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from vpnaudit.knowledge import facts

_LONGEST: Final = 1_500
_LONG: Final = re.compile(r"(?:received|configured) proposals: ")
"""Lists of proposals are longer than other lines; anything else so long was made to be slow."""
_FIRST_WORD: Final = re.compile(r"[A-Za-z_]+(?= )|[A-Za-z_]+$")


@cache
def _patterns() -> tuple[dict[str, list[tuple[str, re.Pattern[str]]]], list[tuple[str, re.Pattern[str]]]]:
    """The patterns by the word that their lines begin with, and those that may begin with any."""
    by_word: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    others: list[tuple[str, re.Pattern[str]]] = []
    for identifier, row in facts("charon_log").items():
        pattern = re.compile(row["pattern"], re.ASCII)
        word = _FIRST_WORD.match(row["pattern"])
        # A word with an operator of expressions behind it is no whole word: the lookahead leaves it out.
        (by_word.setdefault(word[0], []) if word else others).append((identifier, pattern))
    return by_word, others


def recognised(text: str) -> tuple[str, dict[str, str]] | None:
    """The line's id and its fields; None where no row of the table is this line.

    >>> recognised("giving up after 5 retransmits")
    ('gave_up', {'tries': '5'})
    """
    if len(text) > _LONGEST and not _LONG.match(text):
        return None
    by_word, others = _patterns()
    for candidates in (by_word.get(text.partition(" ")[0], ()), others):
        for identifier, pattern in candidates:
            if match := pattern.fullmatch(text):
                return identifier, {name: value for name, value in match.groupdict().items() if value is not None}
    return None
