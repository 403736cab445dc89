"""What tenants choose for their tunnels, and what the files of the far ends say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.provider_frames import pick
from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING

if TYPE_CHECKING:
    from benchmarks.provider_frames import Integers

_FIELDS: Final = (
    *("ike_policy", "esp_policy", "ike_lifetime_s", "esp_lifetime_s"),
    *("dpd", "force_encap", "split_connections", "ike_version"),
)
_DTYPES: Final = dict(zip(_FIELDS, (STRING, STRING, INTEGER, INTEGER, BOOLEAN, BOOLEAN, BOOLEAN, STRING), strict=True))
_GUIDES: Final[tuple[tuple[Any, ...], ...]] = (
    ("aes256-sha256;modp2048", "aes256-sha256;modp2048", 28800, 3600, True, False, False, "ikev2"),
    ("aes128-sha1;modp1536", "aes128-sha1", 86400, 3600, True, False, False, "ike"),
    ("aes256-sha256;modp2048", "aes256-sha256", 28800, 3600, True, False, True, "ikev2"),
    ("aes256-sha1;modp1024", "aes256-sha1;modp1024", 28800, 3600, False, False, False, "ikev1"),
    ("aes128-sha256;modp2048", "aes128-sha256;modp2048", 28800, 3600, True, True, False, "ikev2"),
    ("aes256-sha512;modp4096", "aes256-sha512;modp4096", 14400, 1800, True, False, False, "ikev2"),
    ("3des-md5;modp1024", "3des-md5", 86400, 28800, False, False, False, "ikev1"),
    ("aes256-sha384;modp3072", "aes256-sha384;modp3072", 28800, 3600, True, False, True, "ikev2"),
    ("aes192-sha256;modp2048,aes256-sha256;modp2048", "aes192-sha256;modp2048", 28800, 3600, True, False, False, "ike"),
    ("3des-sha1;modp1536,aes128-sha1;modp1536", "3des-sha1,aes128-sha1", 86400, 3600, True, False, False, "ike"),
    ("aes256-sha256;modp8192", "aes256-sha256;modp8192", 28800, 3600, True, True, True, "ikev2"),
    ("aes128-md5;modp1024", "aes128-md5;modp1024", 3600, 1200, False, False, False, "ikev1"),
)
_DEVIATIONS: Final[dict[str, tuple[Any, ...]]] = {
    "ike_policy": ("aes128-sha256;modp1536", "aes256-sha1;modp2048"),
    "esp_policy": ("aes128-sha256", "aes256-sha1;modp2048"),
    "ike_lifetime_s": (3600, 43200),
    "esp_lifetime_s": (900, 7200),
    "dpd": (True, False),
    "force_encap": (True, False),
    "split_connections": (True, False),
    "ike_version": ("ikev1", "ikev2"),
}
_ODD: Final = 0.1
_VERSIONS: Final = {"ike": "ikev1,ikev2", "ikev1": "ikev1", "ikev2": "ikev2"}
_FIRST: Final = {"ike": "ikev2", "ikev1": "ikev1", "ikev2": "ikev2"}


class Choices:
    """The settings of many gateways, each field as numbers of its values."""

    def __init__(self, codes: dict[str, Integers]) -> None:
        self._codes = codes

    @classmethod
    def of_guides(cls, draw: np.random.Generator, count: int, pair: Integers | None = None) -> Choices:
        """The settings of the guides, the first ones more often; gateways of one number in `pair` choose the same."""
        share = 1 / np.arange(1, len(_GUIDES) + 1)
        guides = draw.choice(len(_GUIDES), size=count, p=share / share.sum())
        guides = guides if pair is None else guides[pair]
        return cls(
            {name: np.array([_codes(name)[row[at]] for row in _GUIDES])[guides] for at, name in enumerate(_FIELDS)}
        )

    def deviating(self, draw: np.random.Generator) -> Choices:
        """The same with one field changed in one gateway of ten."""
        count = len(self._codes[_FIELDS[0]])
        odd_field = np.where(draw.random(count) < _ODD, draw.integers(len(_FIELDS), size=count), -1)
        codes = {}
        for at, name in enumerate(_FIELDS):
            others = np.array([_codes(name)[value] for value in _DEVIATIONS[name]])
            codes[name] = np.where(odd_field == at, others[draw.integers(len(others), size=count)], self._codes[name])
        return Choices(codes)

    def take(self, rows: Integers) -> Choices:
        """Those of some gateways."""
        return Choices({name: codes[rows] for name, codes in self._codes.items()})

    def column(self, name: str, words: dict[Any, Any] | None = None) -> Any:
        """A field as a column, its values put into other words where `words` has them."""
        values = [value if words is None else words.get(value, value) for value in _codes(name)]
        return pick(values, self._codes[name], _DTYPES[name])

    def proposals(self, name: str) -> Any:
        """A policy as a device writes it."""
        return self.column(name, {text: text.replace(";", "-") for text in _codes(name)})


def gateway_settings(choices: Choices) -> dict[str, Any]:
    """The columns of a customer gateway."""
    return {name: choices.column(name) for name in _FIELDS}


def peer_settings(choices: Choices, draw: np.random.Generator) -> dict[str, Any]:
    """The columns of far ends: half are of books, half of strongSwan's files, one in ten of these without lifetimes."""
    count = len(choices.column("dpd"))
    is_book = draw.random(count) < 1 / 2
    says_lifetimes = is_book | (draw.random(count) >= _ODD)
    lifetimes = {name: choices.column(name).astype(INTEGER) for name in ("ike_lifetime_s", "esp_lifetime_s")}
    for column in lifetimes.values():
        column[~says_lifetimes] = None
    return {
        "dialect": pick(("strongswan-ipsecconf", "book"), is_book.astype(int)),
        "implementation": "strongswan",
        "complete": True,
        "auth": "psk",
        "peer_auth": "psk",
        "ike_versions": choices.column("ike_version", _VERSIONS),
        "initiates_with": choices.column("ike_version", _FIRST),
        "ike_proposals": choices.proposals("ike_policy"),
        "ike_strict": is_book,
        "esp_proposals": choices.proposals("esp_policy"),
        "esp_strict": is_book,
        "one_sa_per_pair": choices.column("split_connections"),
        "exact_selectors": False,
        **lifetimes,
        "dpd": choices.column("dpd"),
        "force_encap": choices.column("force_encap"),
        "auto": pick(("add", "start"), (draw.random(count) < _ODD).astype(int)),
        "aggressive": False,
        "mobike": True,
    }


def _codes(name: str) -> dict[Any, int]:
    """The values of a field and their numbers."""
    values = [row[_FIELDS.index(name)] for row in _GUIDES]
    return {value: code for code, value in enumerate(dict.fromkeys((*values, *_DEVIATIONS[name])))}
