"""Lines fit the terminal, and further ones stand below the text and not below its label."""

from __future__ import annotations

from vpnaudit.cli.wrapped_text import wrapped_lines


def test_further_lines_stand_below_the_text():
    assert wrapped_lines("one two three", "  label ", 16) == ["  label one two", "        three"]


def test_a_long_word_and_a_hyphen_are_not_broken():
    assert wrapped_lines("aes256-sha256-modp2048 b", "  ", 10) == ["  aes256-sha256-modp2048", "  b"]


def test_without_words_the_begin_is_left():
    assert wrapped_lines("", "  label ", 40) == ["  label"]
