"""Pieces of HTML that look the same in JupyterLab and in the report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vpnaudit.hostile import one_line
from vpnaudit.report import words
from vpnaudit.report.places import template_folder

# Control characters, line and paragraph separators, marks of direction: what `one_line` replaces, so that most texts
# are not gone through.
_SUSPECT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Html:
    """A finished piece of HTML: notebooks show it as it is."""

    markup: str

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        return f"<Html of {len(self.markup)} characters>"


def fragment(template: str, **values: Any) -> Html:
    """Fill a template of `templates/report/`. Every value is escaped; text of strangers is freed of marks that turn the
    direction.
    """
    markup = _environment().get_template(f"{template}.html.j2").render(**values)
    return Html(
        markup.replace("&#39;", "'")
    )  # every attribute stands in double quotes, and commands are full of single ones


@cache
def inline_style() -> str:
    """Style and symbols, which the first view of a notebook carries, so that JupyterLab shows what the report shows."""
    folder = template_folder("report")
    style, icons = ((folder / name).read_text("utf-8") for name in ("style.css", "icons.svg"))
    return f"<style>{compact(style)}</style>{icons.strip()}"


def compact(css: str) -> str:
    """The style without comments and needless space.

    >>> compact("/* x */ .a { color: red; }  .b > .c { top: 0 }")
    '.a{color: red;}.b > .c{top: 0}'
    """
    bare = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r"\s*([{};,])\s*", r"\1", bare).strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(template_folder("report")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters |= {
        "count": words.count,
        "percent": words.percent,
        "utc": words.utc,
        "day": words.day_text,
        "lines": str.splitlines,
    }
    return environment


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup) and _SUSPECT.search(value):
        return "\n".join(one_line(line) for line in value.split("\n"))
    return value
