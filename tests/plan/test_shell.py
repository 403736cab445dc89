"""Tenant text reaches an administrator's shell as one word, or as a comment that it cannot leave."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.conftest import calls
from vpnaudit.plan import far_side, shell

HOSTILE = [
    "'; touch /tmp/x; '",
    "$(reboot)",
    "`reboot`",
    "a\nreboot",
    "a\r\x1b[2Kreboot",
    "\u202egnp.exe",
    "!!",
    "it's !1",
    "\\",
    "\\'",
    "a|b&c",
    "",
]


@pytest.mark.parametrize("module", [shell, far_side])
def test_the_examples_in_the_documentation_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_one_word(text):
    assert calls(f"cmk list zones name={shell.word(text)}") == [("list zones", {"name": text})]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_characters="\0\x01", exclude_categories=["Cs"]), max_size=30))
def test_any_text_is_one_word_on_one_line(text):
    assert calls(f"cmk list zones name={shell.word(text)}") == [("list zones", {"name": text})]
    assert len(shell.word(text).splitlines()) <= 1


@given(st.text(max_size=200))
def test_a_comment_is_never_left_and_means_nothing_even_where_hash_is_a_command(text):
    lines = shell.comment(text).split("\n")
    assert all(line.startswith("# ") for line in lines if line)
    assert not set("".join(lines)) & set(";&|<>()$`\\\"'!\r\x0b\x0c\x85\u2028\u2029")


@pytest.mark.parametrize(
    "text",
    ["7a0c3f0e-4d5a-4f4b-9a53-0c8d1a1f9b11\nreboot", "7a0c3f0e", "$(id)", "\u0661a0c3f0e-4d5a-4f4b-9a53-0c8d1a1f9b11"],
)
def test_only_a_uuid_stands_without_quotes(text):
    assert shell.identifier(text).startswith(("'", "$'"))


@pytest.mark.parametrize("text", ["@/etc/passwd", "@@x", '"@x"', 'x"', "~/x", "a~b"])
def test_what_cmk_would_turn_into_something_else_is_taken_out_and_said(text):
    carried, why = shell.cmk_text(text)
    assert not carried.startswith("@")
    assert not set(carried) & {"~", '"'}
    assert why


def test_long_commands_break_between_parameters_and_stay_one_command():
    parameters = {f"parameter{n}": shell.word("x" * 20) for n in range(6)}
    text = shell.command("cmk update vpncustomergateway", parameters)
    assert max(len(line) for line in text.split("\n")) <= shell.WIDTH
    assert calls(text) == [("update vpncustomergateway", dict.fromkeys(parameters, "x" * 20))]


@pytest.mark.parametrize("text", [*HOSTILE, "12a", "-1", "1.5", "٣", "²", "True", "trueish", "aes256;modp2048"])
def test_only_numbers_and_booleans_stand_without_quotes(text):
    assert shell.number_or_word(text) == shell.word(text)


@pytest.mark.parametrize("text", ["true", "false", "0", "86400"])
def test_numbers_and_booleans_stand_as_they_are(text):
    assert shell.number_or_word(text) == text
