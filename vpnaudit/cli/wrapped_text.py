"""Text of many words as lines of a terminal."""

from __future__ import annotations

import textwrap


def wrapped_lines(text: str, begin: str, width: int) -> list[str]:
    """The text behind its begin, further lines below the text; a text without words is its begin alone."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [begin.rstrip()]
