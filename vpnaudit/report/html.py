"""An executed notebook becomes one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import lzma
import re
from functools import cache
from html import escape
from typing import Any

from vpnaudit.report.charts import MIME
from vpnaudit.report.page import compact, inline_style
from vpnaudit.report.places import template_folder

_SCRIPT_SAFE = str.maketrans("<&", ",.")  # neither stands in the base85 alphabet, both may stand in a script element
_LZMA = {"id": lzma.FILTER_LZMA1, "preset": 6, "lc": 3, "lp": 0, "pb": 0, "dict_size": 1 << 23}
_ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>')
_TITLE = re.compile(r'data-title="([^"]*)"')
_COUNT = re.compile(r'data-count="([^"]*)"')
_HEADING = re.compile(r'<h2 id="([^"]*)"[^>]*>(.*?)</h2>', re.DOTALL)


def prepare() -> None:
    """Do what takes seconds and needs no notebook, so that it can be done while one runs."""
    import nbconvert  # noqa: F401, PLC0415 - slow to import

    _plotly()


def to_html(notebook: Any) -> str:
    """The notebook as one page, with code hidden, contents, and figures. The same notebook gives the same bytes."""
    from nbconvert import HTMLExporter  # noqa: PLC0415 - slow to import

    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]  # nbconvert has no types
        template_name="report", extra_template_basedirs=[str(template_folder("report").parent)]
    )
    boot = _read("boot.js")
    scripts = [boot]
    packed, size = "", 0
    if _figures(notebook):
        source, packed, size = _plotly()
        scripts.append(source)
    resources = {
        "policy": _content_policy(scripts),
        "boot": boot,
        "plotly": packed,
        "plotly_bytes": size,
        "frame": compact(_read("frame.css")),
        "style": inline_style(),
        "css": compact(_read("style.css")),
        "icons": _read("icons.svg").strip(),
        "title": _title(notebook),
    }
    body: str
    body, _ = exporter.from_notebook_node(notebook, resources=resources)
    body = _ANCHOR.sub("", body)
    return body.replace("<!--contents-->", _contents(body), 1)


def _content_policy(scripts: list[str]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts
    )
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {hashes}; base-uri 'none';"
        " form-action 'none'"
    )


@cache
def _plotly() -> tuple[str, str, int]:
    """plotly.js of the installed package, the same packed for the page, and its bytes unpacked.

    Packed is raw LZMA, then base85: 1.4 MB, where gzip and base64 make 2.0. `boot.js` holds the reader, for exactly
    these settings.
    """
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - slow to import

    source: str = get_plotlyjs()
    whole = source.encode()
    small = lzma.compress(whole, format=lzma.FORMAT_RAW, filters=[_LZMA])
    return source, base64.b85encode(small, pad=True).decode().translate(_SCRIPT_SAFE), len(whole)


def _figures(notebook: Any) -> bool:
    return any(MIME in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))


def _outputs(notebook: Any) -> str:
    texts = (
        output.get("data", {}).get("text/html", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    return "\n".join("".join(text) for text in texts)


def _title(notebook: Any) -> str:
    """What the first view says the page is called; it has escaped it already."""
    title = _TITLE.search(_outputs(notebook))
    return title[1] if title else "vpnaudit"


def _contents(body: str) -> str:
    """The lines of the table of contents, from the headings that the page really has."""
    parts = _HEADING.split(body)
    lines = ['<li><a href="#top">Summary</a></li>']
    for name, text, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        count = _COUNT.search(rest)
        number = f'<span class="n">{count[1]}</span>' if count else ""
        lines.append(f'<li><a href="#{escape(name)}">{text}{number}</a></li>')
    return "".join(lines)


@cache
def _read(name: str) -> str:
    return (template_folder("report") / name).read_text("utf-8")
