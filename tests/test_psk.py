"""What may be told of a key is right, and the key itself is in none of it."""

from __future__ import annotations

import math
import time
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.psk import REMOVED, SHORTEST, Fingerprinter

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


KEY = "kq3V-Zr8p&T2w/XyM6"


def run_with(*psks):
    prints = Fingerprinter()
    for psk in psks:
        prints.facts(psk)
    return prints


@pytest.mark.parametrize(
    "form", [KEY, "kq3V-Zr8p%26T2w%2FXyM6", "kq3V-Zr8p&amp;T2w/XyM6"], ids=["plain", "in a URL", "in HTML"]
)
def test_a_key_is_taken_out_of_a_text_wherever_it_stands(form):
    assert run_with(KEY).without_keys(f"a{form}b {form}") == f"a{REMOVED}b {REMOVED}"


def test_a_key_that_came_encoded_is_taken_out_in_plain():
    assert run_with("kq3V-Zr8p%26T2w%2FXyM6").without_keys(f"x {KEY}") == f"x {REMOVED}"


def test_a_key_with_space_around_it_is_taken_out_without():
    assert run_with(f" {KEY}\n").without_keys(f"({KEY})") == f"({REMOVED})"


def test_of_keys_that_begin_alike_the_longest_is_taken_out_first():
    prints = run_with("abcdefgh", "abcdefghijkl", "abcdefghij")
    assert prints.without_keys("abcdefghijkl abcdefghij abcdefgh abcdefg") == f"{REMOVED} {REMOVED} {REMOVED} abcdefg"


def test_what_no_run_has_met_stays():
    assert Fingerprinter().without_keys(KEY) == KEY
    assert run_with("").without_keys("") == ""


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("vpn", REMOVED),
        (" vpn ", REMOVED),
        ("vpn to Berlin", "vpn to Berlin"),
        ("psk=vpn", f"psk={REMOVED}"),
        ("PSK: vpn, key is vpn; password 'vpn'", f"PSK: {REMOVED}, key is {REMOVED}; password '{REMOVED}'"),
        ("key: vpns", "key: vpns"),
        ("key: vp", "key: vp"),
        ("key: vpn2", f"key: {REMOVED}"),
    ],
)
def test_a_short_key_is_taken_out_where_it_is_all_there_is_or_announced(text, clean):
    assert run_with("vpn", "vpn2").without_keys(text) == clean


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("abAB1-&% ", min_size=SHORTEST, max_size=14).filter(lambda psk: psk.strip() == psk), max_size=5),
    st.lists(st.text("abAB1-&% ", max_size=6), min_size=6, max_size=6),
)
def test_no_long_key_is_left_in_any_text(psks, between):
    text = "".join(part for pair in zip(between, [*psks, ""], strict=False) for part in pair)
    clean = run_with(*psks).without_keys(text)
    assert not [psk for psk in psks for part in clean.split(REMOVED) if psk in part]


@pytest.mark.parametrize("key", ["{0:05d}-some-key-{0}", "xxxxxxxx-all-begin-alike-{0}", "x{0}"])
def test_a_thousand_keys_cost_a_text_no_more_than_one(key):
    prints = run_with(*(key.format(number) for number in range(20_000)))
    began = time.perf_counter()
    for number in range(200):
        assert REMOVED in prints.without_keys(f"{'x' * 200} psk={key.format(number)}")
    assert time.perf_counter() - began < 2


def test_a_run_shows_none_of_its_keys():
    prints = run_with(KEY)
    assert KEY not in repr(prints) + repr(vars(prints))
