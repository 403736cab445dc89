"""Policies of one element that both ends of a tunnel can hold: as strong as the stronger end, and within the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vpnaudit.estate.proposal_table import least_keyword, meets
from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES, read_cloudstack_proposals
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.estate.proposal_table import Limits
    from vpnaudit.ipsec.cloudstack_proposals import Element

_WRITABLE: Final = {"encryption": API_CIPHERS, "integrity": API_HASHES, "group": API_GROUPS}
_FACTS: Final = {"encryption": "encryption", "integrity": "integrity", "group": "dh_groups"}


def common_policies(ike: Iterable[str], esp: Iterable[str], limits: Limits) -> dict[str, str] | None:
    """`ikepolicy` and `esppolicy` for all ends that have these policies now; None where the API can write none within
    the limits.

    Of each kind the strongest algorithm that an end has and the API writes. ESP gets a group if an end has one or the
    limits ask for one, and never a weaker one than IKE.
    """
    outer = [element for text in ike for element in read_cloudstack_proposals(text).elements]
    inner = [element for text in esp for element in read_cloudstack_proposals(text).elements]
    group = _strongest("group", outer, limits)
    suites = {field: _cipher_and_hash(part, limits) for field, part in (("ikepolicy", outer), ("esppolicy", inner))}
    if group is None or None in suites.values():
        return None
    forward_secret = limits.pfs_required or any(element.group is not None for element in inner)
    of_esp = max((_strongest("group", inner, limits) or group, group), key=lambda word: bits("group", word))
    return {
        "ikepolicy": f"{suites['ikepolicy']};{group}",
        "esppolicy": f"{suites['esppolicy']};{of_esp}" if forward_secret else str(suites["esppolicy"]),
    }


def bits(kind: str, word: str | None) -> int:
    """The strength of an `encryption`, `integrity` or `group` keyword; 0 for one that nothing is known of."""
    strength: int = facts(_FACTS[kind]).get(word or "", {}).get("strength_bits", 0)
    return strength


def _cipher_and_hash(elements: list[Element], limits: Limits) -> str | None:
    cipher, digest = (_strongest(kind, elements, limits) for kind in ("encryption", "integrity"))
    return f"{cipher}-{digest}" if cipher and digest else None


def _strongest(kind: str, elements: list[Element], limits: Limits) -> str | None:
    words = (element.dh_group if kind == "group" else getattr(element, kind) for element in elements)
    good = [word for word in words if word in _WRITABLE[kind] and meets(kind, word, limits)]
    return max(good, key=lambda word: bits(kind, word), default=None) or least_keyword(kind, limits)
