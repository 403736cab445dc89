"""CloudStack's grammar of IKE and ESP policies: a tolerant reader and an exact writer.

    policies := policy ("," policy)*        policy := cipher "-" hash [";" group]

as `NetUtils.isValidS2SVpnPolicy` reads it in 4.22. That check has holes: it looks at the first `;` part only, lets a
trailing comma pass, and rows older than it hold whatever was typed then. So the reader refuses nothing: what it does
not know it keeps and marks, and `write_cloudstack_proposals(read_cloudstack_proposals(text)) == text` for every string.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vpnaudit.knowledge import strongswan

API_CIPHERS = frozenset({"3des", "aes128", "aes192", "aes256"})
API_HASHES = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})
API_GROUPS = frozenset({"modp1024", "modp1536", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192"})


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a policy list.

    `words` is what stands before the first `;`, cut at each `-`; `group` what stands between the first and the second
    `;` (None: there is no `;`, so for ESP no PFS; empty: a `;` with nothing behind it); `junk` what follows later `;`,
    which the API never looks at and the router writes all the same.
    """

    words: tuple[str, ...]
    group: str | None = None
    junk: tuple[str, ...] = ()

    @property
    def encryption(self) -> str | None:
        """The first word that is a known cipher, as strongSwan spells it; None: there is none."""
        return _first(self.words, "encryption")

    @property
    def integrity(self) -> str | None:
        """The first word that is a known integrity algorithm; None: there is none."""
        return _first(self.words, "integrity")

    @property
    def dh_group(self) -> str | None:
        """The group as a known keyword; None: there is none, or it is not known (then it is in `unknown`)."""
        return _first((self.group,), "group") if self.group is not None else None

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words, group and junk that say nothing: with any of them the whole element is invalid to strongSwan."""
        unreadable = (
            *(
                word
                for word in self.words
                if _first((word,), "encryption") is None and _first((word,), "integrity") is None
            ),
            *((self.group,) if self.group is not None and self.dh_group is None else ()),
            *self.junk,
        )
        return tuple(unreadable)

    @property
    def proposal(self) -> str:
        """The element as the router writes it: every `;` becomes `-`."""
        return _write(self).replace(";", "-")

    def accepted_by_api(self, *, group_required: bool) -> bool:
        """Whether CloudStack 4.22 takes this element today (`group_required`: an IKE policy needs a group, an ESP
        policy does not).

        Junk behind the second `;` is taken by the API and still refused here: nothing sensible can be meant by it.
        """
        if len(self.words) != 2 or self.words[0] not in API_CIPHERS or self.words[1] not in API_HASHES or self.junk:  # noqa: PLR2004 - cipher and hash
            return False
        return self.group in API_GROUPS if self.group is not None else not group_required


@dataclass(frozen=True, slots=True)
class CloudStackProposals:
    """A policy list in the order in which it was written; an empty string is one element with one empty word."""

    elements: tuple[Element, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """All that says nothing, over all elements."""
        return tuple(word for element in self.elements for word in element.unknown)

    @property
    def groups(self) -> tuple[str | None, ...]:
        """The known group of each element; None: no PFS for that element, or an unknown word."""
        return tuple(element.dh_group for element in self.elements)


@lru_cache(maxsize=4096)
def read_cloudstack_proposals(text: str) -> CloudStackProposals:
    """Read an `ikepolicy` or `esppolicy` as the API returns it; never raises."""
    return CloudStackProposals(tuple(_read(part) for part in text.split(",")))


def write_cloudstack_proposals(policy: CloudStackProposals) -> str:
    """The policy as the API takes it: exactly the text that was read."""
    return ",".join(_write(element) for element in policy.elements)


def _read(text: str) -> Element:
    head, *rest = text.split(";")
    return Element(tuple(head.split("-")), rest[0] if rest else None, tuple(rest[1:]))


def _write(element: Element) -> str:
    tail = () if element.group is None else (element.group, *element.junk)
    return ";".join(("-".join(element.words), *tail))


def _first(words: tuple[str, ...], kind: str) -> str | None:
    keywords, aliases = strongswan.keywords(kind), strongswan.aliases()
    for word in words:
        name = aliases.get(word, word)
        if name in keywords:
            return name
    return None
