"""Identities are read by type, as strongSwan reads them: the sign before a text decides as much as the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.ipsec.identities import (
    ANYBODY,
    NETWORK,
    NONE,
    PERFECT,
    WILDCARD,
    Identity,
    accepts,
    identity,
    match,
    same_identity,
)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("203.0.113.2", "address", "203.0.113.2"),
        ("2001:db8::1", "address", "2001:db8::1"),
        ("10.0.0.0/8", "network", "10.0.0.0/8"),
        ("10.0.0.1-10.0.0.9", "range", "10.0.0.1-10.0.0.9"),
        ("@203.0.113.2", "fqdn", "203.0.113.2"),
        ("fqdn:203.0.113.2", "fqdn", "203.0.113.2"),
        ("ipv4:203.0.113.2", "other", "203.0.113.2"),
        ("Site.Example", "fqdn", "site.example"),
        ("a-b", "fqdn", "a-b"),
        ("@Site.Example", "fqdn", "site.example"),
        ("a@Example", "email", "a@example"),
        ("@@a@Example", "user-fqdn", "a@Example"),
        ("@#C633", "keyid", "c633"),
        ("a:b", "keyid", "a:b"),
        ("C=CH, O=x", "dn", "c=ch,o=x"),
        ("asn1dn:C=CH", "dn", "c=ch"),
        ("%any", "any", ""),
        ("*", "any", ""),
        ("0.0.0.0", "any", ""),
    ],
)
def test_an_identity_has_a_type(text: str, kind: str, value: str) -> None:
    assert identity(text) == Identity(kind, value)


@pytest.mark.parametrize(
    ("own", "expected", "rank"),
    [
        ("203.0.113.2", "203.0.113.2", PERFECT),
        ("203.0.113.2", "@203.0.113.2", NONE),
        ("203.0.113.2", "203.0.113.0/24", NETWORK),
        ("203.0.113.2", "203.0.113.1-203.0.113.9", NETWORK),
        ("203.0.113.1", "203.0.113.1-203.0.113.9", NETWORK),
        ("203.0.113.9", "203.0.113.1-203.0.113.9", NETWORK),
        ("203.0.113.0", "203.0.113.1-203.0.113.9", NONE),
        ("203.0.113.10", "203.0.113.1-203.0.113.9", NONE),
        ("2001:db8::1", "203.0.113.1-203.0.113.9", NONE),
        ("2001:db8::1", "2001:db8::-2001:db8::9", NETWORK),
        ("203.0.113.2", "::-ffff:ffff::", NONE),
        ("203.0.113.2", "192.0.2.0/24", NONE),
        ("203.0.113.2", "%any", ANYBODY),
        ("%any", "203.0.113.2", NONE),
        ("a.example", "*.example", WILDCARD),
        ("a.example", "@*", ANYBODY),
        ("a.test", "*.example", NONE),
        ("a@b", "a.b", NONE),
    ],
)
def test_how_well_an_identity_fits(own: str, expected: str, rank: int) -> None:
    assert match(identity(own), identity(expected)) == rank
    assert accepts(expected, own) is (rank > NONE)


def test_a_wildcard_stands_for_several() -> None:
    assert [identity(text).wild for text in ("%any", "*.example", "10.0.0.0/8", "a.example")] == [
        True,
        True,
        False,
        False,
    ]


@modest
@given(st.text(max_size=30))
def test_every_text_is_an_identity_and_the_same_as_itself(text: str) -> None:
    assert same_identity(text, text)
    assert match(identity(text), identity(text)) in (PERFECT, ANYBODY)
