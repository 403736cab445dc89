"""What may be told of a key is right, and the key itself is in none of it."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.psk import Fingerprinter

PRINTS = Fingerprinter()


@pytest.mark.parametrize(
    ("psk", "flags"),
    [
        ("kq3V-Zr8pT2w-XyM6cQ9a-LbN4sD7f", []),
        ("secret123", ["dictionary-shape"]),
        ("Winter2024!", ["dictionary-shape"]),
        ("12345678", ["dictionary-shape"]),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", ["dictionary-shape"]),
        ("my-vpn-x9", ["dictionary-shape"]),
        ('Jd8s"Mw3nB6v', ["quote"]),
        ("Jd8sMw3nB6v\nx", ["line-break"]),
        (" Jd8sMw3nB6v", ["surrounding-space"]),
        ("Jd8sMw3nB6v\r\n", ["line-break", "surrounding-space"]),
        ("Jd8sMw3nB6vé", ["non-ascii"]),
        ("", []),
    ],
)
def test_flags(psk, flags):
    assert PRINTS.facts(psk).flags == ",".join(flags)


def test_length_classes_and_bits_are_an_upper_bound():
    facts = PRINTS.facts("abcXYZ09-_")
    assert (facts.length, facts.classes) == (10, "lower,upper,digit,other")
    assert facts.bits == int(10 * math.log2(95))
    assert PRINTS.facts("0").bits == int(math.log2(10))
    assert PRINTS.facts("").bits == 0
    assert PRINTS.facts("aaaaaaaa").bits == PRINTS.facts("a").bits


def test_equal_keys_have_equal_fingerprints_in_one_run_and_no_other():
    later_run = Fingerprinter()
    assert PRINTS.facts("key-one").fingerprint == PRINTS.facts("key-one").fingerprint
    assert PRINTS.facts("key-one").fingerprint != PRINTS.facts("key-two").fingerprint
    assert PRINTS.facts("key-one").fingerprint != later_run.facts("key-one").fingerprint
    assert repr(later_run) == "Fingerprinter()"


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=9, max_size=60))
def test_no_fact_holds_the_key(psk):
    assert psk not in "|".join(str(value) for value in asdict(PRINTS.facts(psk)).values())


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(), max_size=20))
def test_any_text_is_taken_lone_surrogates_too(psk):
    facts = PRINTS.facts(psk)
    assert facts.length == len(psk)
    assert facts.bits >= 0
