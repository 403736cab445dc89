"""The text cells of a notebook as HTML."""

from __future__ import annotations

from functools import cache
from typing import Any

import mistune


def prose(markdown: str) -> str:
    """Markdown as HTML; each heading has its words as its id. HTML in it is text."""
    return str(_reader()(markdown))


class _Renderer(mistune.HTMLRenderer):
    def heading(self, text: str, level: int, **_: Any) -> str:
        name = text.replace(" ", "-")
        return f'<h{level} id="{name}">{text}</h{level}>\n'


@cache
def _reader() -> mistune.Markdown:
    return mistune.create_markdown(renderer=_Renderer(escape=True))
