"""Pieces of HTML: every value is text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.report.explorations import well_formed
from vpnaudit.report.page import Html, compact, fragment, inline_style

TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x1b\x00\x85\u2028")


@given(st.text(st.characters(codec="utf-8") | st.sampled_from(sorted(TURNING) + list("<>&'\""))))
def test_no_text_opens_an_element_or_turns_the_direction(text: str) -> None:
    markup = fragment("table", columns=[text], rows=[[text]], caption=text, all=1).markup
    well_formed(markup)
    assert not set(markup) & TURNING


def test_a_notebook_shows_it_as_it_is() -> None:
    assert Html("<b>x</b>")._repr_html_() == "<b>x</b>"
    assert repr(Html("<b>x</b>")) == "<Html of 8 characters>"


def test_the_style_is_whole_without_its_comments() -> None:
    assert "/*" not in inline_style()
    assert inline_style().startswith("<style>")
    assert compact("/* x */ .a { color: red; }  .b > .c { top: 0 }") == ".a{color: red;}.b > .c{top: 0}"
