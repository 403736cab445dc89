"""Cases that differ in nothing but their addresses and names negotiate alike, so one of them is enough.

A negotiation asks of addresses and networks only whether they are equal, whether one holds the other, and how large
they are; of names whether they are equal. So the texts of a case are renamed in order of appearance: networks keep
their sizes and how they lie in each other, and lie elsewhere. What is said of the renamed case is said of every case
with the same pattern, once its own texts are put in again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from vpnaudit.ipsec.identities import identity
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY

_Place = tuple[int, bool]  # the number of a name, and whether its prefix is written
_Key = tuple[int, int] | str  # what has a name: first address and prefix, or a text that is no address
_Layout = tuple[tuple[int, int], ...]

_BITS: Final = 32
_NONE: Final = -1
_FIRST: Final = 64 << 24
_OCTET: Final = r"(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
_PLAIN: Final = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}(?:/([12]?[0-9]|3[0-2]))?")
_OPAQUE: Final = frozenset({"fqdn", "email", "dn", "keyid", "user-fqdn", "other"})
_NEW_NAME: Final = re.compile(r"name(\d+)|\d+\.\d+\.\d+\.\d+(?:/\d+)?")


class Pattern(NamedTuple):
    """What of a case's texts a negotiation sees. `layout` has for each name its prefix (-1: no address) and the number
    of the narrowest network that holds it (-1: none does).
    """

    ends: tuple[_Place | str | None, ...]
    lists: tuple[tuple[_Place | str, ...] | None, ...]
    layout: _Layout


@dataclass(frozen=True, slots=True)
class Renaming:
    """The pattern of one case, and the names that the case itself has, in the order of the pattern's."""

    pattern: Pattern
    originals: tuple[str, ...]


def renaming(ends: tuple[str | None, ...], lists: tuple[str | None, ...]) -> Renaming | None:
    """How a case can be renamed.

    Args:
        ends: texts that are an address, an identity or a name each.
        lists: texts that are comma lists of networks.

    Returns:
        None where a text may mean something else than its look says (host bits, spaces, IPv6, ranges, `*`), and where
        two names differ and are the same identity: such a case is negotiated as it stands.
    """
    numbers: dict[_Key, int] = {}
    end_forms: list[_Place | str | None] = []
    for text in ends:
        form = None if text is None else _end(text, numbers)
        if form is None and text is not None:
            return None
        end_forms.append(form)
    list_forms: list[tuple[_Place | str, ...] | None] = []
    for text in lists:
        members = None if text is None else _members(text, numbers)
        if members is None and text is not None:
            return None
        list_forms.append(members)
    names = [key for key in numbers if isinstance(key, str)]
    layout = _relations(list(numbers))
    if _starts(layout) is None or (len(names) > 1 and len({identity(name) for name in names}) < len(names)):
        return None
    originals = tuple(key if isinstance(key, str) else _dotted(key[0]) for key in numbers)
    return Renaming(Pattern(tuple(end_forms), tuple(list_forms), layout), originals)


def renamed(pattern: Pattern) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    """The texts of a pattern under new names, as `renaming` took them."""
    starts = _starts(pattern.layout) or ()

    def word(form: _Place | str) -> str:
        if isinstance(form, str):
            return form
        number, has_mask = form
        prefix = pattern.layout[number][0]
        if prefix == _NONE:
            return f"name{number}"
        return f"{_dotted(starts[number])}/{prefix}" if has_mask else _dotted(starts[number])

    return (
        tuple(None if form is None else word(form) for form in pattern.ends),
        tuple(None if forms is None else ",".join(word(form) for form in forms) for forms in pattern.lists),
    )


def template(text: str, pattern: Pattern) -> str:
    """A text about the renamed case for `str.format` with the originals of any case of this pattern. Its addresses are
    those of `renamed`.
    """
    starts = _starts(pattern.layout) or ()
    numbers = {(start, prefix): n for n, (start, (prefix, _)) in enumerate(zip(starts, pattern.layout, strict=True))}

    def place(match: re.Match[str]) -> str:
        if match[1]:
            return f"{{{match[1]}}}"
        base, slash, prefix = match[0].partition("/")
        a, b, c, d = (int(part) for part in base.split("."))
        number = numbers[a << 24 | b << 16 | c << 8 | d, int(prefix) if slash else _BITS]
        return f"{{{number}}}{slash}{prefix}"

    return _NEW_NAME.sub(place, text.replace("{", "{{").replace("}", "}}"))


def _end(text: str, numbers: dict[_Key, int]) -> _Place | str | None:
    if text == ANY:
        return text
    interval = _interval(text)
    if interval is not None:
        return numbers.setdefault(interval, len(numbers)), "/" in text
    if identity(text).kind not in _OPAQUE or "*" in text or network(text) is not None:
        return None
    return numbers.setdefault(text, len(numbers)), False


def _members(text: str, numbers: dict[_Key, int]) -> tuple[_Place | str, ...] | None:
    forms: list[_Place | str] = []
    for part in text.split(","):
        interval = _interval(part)
        if interval is not None:
            forms.append((numbers.setdefault(interval, len(numbers)), "/" in part))
        elif network(part) is None and not _NEW_NAME.search(part):
            forms.append(part)
        else:
            return None
    return tuple(forms)


@lru_cache(maxsize=4096)
def _interval(text: str) -> tuple[int, int] | None:
    """First address and prefix of a network without host bits; `0.0.0.0` is anybody, so no address."""
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    a, b, c, d, mask = match.groups()
    start = int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)
    prefix = _BITS if mask is None else int(mask)
    if start & ((1 << _BITS - prefix) - 1) or (mask is None and not start):
        return None
    return start, prefix


def _relations(keys: list[_Key]) -> _Layout:
    networks = sorted((key[0], key[1], number) for number, key in enumerate(keys) if not isinstance(key, str))
    holders = [_NONE] * len(keys)
    open_networks: list[tuple[int, int]] = []
    for start, prefix, number in networks:
        while open_networks and open_networks[-1][0] < start:
            open_networks.pop()
        holders[number] = open_networks[-1][1] if open_networks else _NONE
        open_networks.append((start + (1 << _BITS - prefix) - 1, number))
    return tuple((_NONE if isinstance(key, str) else key[1], holders[number]) for number, key in enumerate(keys))


@lru_cache(maxsize=65536)
def _starts(layout: _Layout) -> tuple[int, ...] | None:
    """Where each network comes to lie; None where there is no room. The larger ones come first in what holds them, so
    that every one is aligned.
    """
    starts = [0] * len(layout)
    free = {_NONE: _FIRST}
    # A holder is wider than what it holds, so it has its place by then.
    for prefix, number in sorted((prefix, number) for number, (prefix, _) in enumerate(layout) if prefix != _NONE):
        if prefix == 0:
            free[number] = _FIRST
            continue
        holder = layout[number][1]
        starts[number] = free[number] = free[holder]
        free[holder] += 1 << _BITS - prefix
        if starts[number] % (1 << _BITS - prefix) or free[holder] > 1 << _BITS:
            return None
    return tuple(starts)


def _dotted(start: int) -> str:
    return f"{start >> 24}.{start >> 16 & 255}.{start >> 8 & 255}.{start & 255}"
