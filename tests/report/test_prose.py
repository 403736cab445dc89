"""Text cells: headings that links can name, and no HTML of its own."""

from __future__ import annotations

from vpnaudit.report.prose import prose


def test_a_heading_is_named_by_its_words() -> None:
    assert prose("## What reaches what") == '<h2 id="What-reaches-what">What reaches what</h2>\n'


def test_html_in_it_is_text() -> None:
    assert prose("a <b>b</b>\n\n<script>x</script>").count("<") == 4


def test_lists_and_code_stay_what_they_are() -> None:
    assert prose("- **a**: `b`") == "<ul>\n<li><strong>a</strong>: <code>b</code></li>\n</ul>\n"
