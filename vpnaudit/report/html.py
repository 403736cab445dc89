"""An executed notebook becomes one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from vpnaudit.report.charts import MIME
from vpnaudit.report.execution import INJECTED_TAG
from vpnaudit.report.page import compact, fragment, inline_style
from vpnaudit.report.parameters import PARAMETERS_TAG
from vpnaudit.report.places import template_folder
from vpnaudit.report.plotly_bundle import Bundle, plotly_bundle
from vpnaudit.report.prose import prose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TITLE = re.compile(r'data-title="([^"]*)"')
_COUNT = re.compile(r'data-count="([^"]*)"')
_HEADING = re.compile(r'<h2 id="([^"]*)"[^>]*>(.*?)</h2>', re.DOTALL)
_NO_TEXT = {"notebook-only", PARAMETERS_TAG, INJECTED_TAG}


class Part(NamedTuple):
    """What the page shows of one cell: `kind` says how, `content` is Markup, text, or the JSON of a figure."""

    kind: str
    content: Any
    table: Markup = Markup()


def to_html(notebook: dict[str, Any], cache_folder: Path | None = None) -> str:
    """The notebook as one page, with code hidden, contents, and figures. The same notebook gives the same bytes.

    In `cache_folder` stands what is the same in every report and takes seconds to make; see `plotly_bundle`.
    """
    parts = list(_parts(notebook))
    boot = _read("boot.js")
    bundle = plotly_bundle(cache_folder) if any(part.kind == "figure" for part in parts) else None
    page = fragment(
        "index",
        policy=Markup(_content_policy(boot, bundle)),  # noqa: S704 - digests, and words of ours
        boot=Markup(boot),  # noqa: S704 - a file of ours
        plotly=bundle and Markup(bundle.packed),  # noqa: S704 - of an alphabet without < and &
        plotly_bytes=bundle and bundle.size,
        css=Markup(compact(_read("style.css")) + compact(_read("frame.css"))),  # noqa: S704 - files of ours
        icons=Markup(_read("icons.svg").strip()),  # noqa: S704 - a file of ours
        title=Markup(_title(parts)),  # noqa: S704 - escaped by the view that says it
        parts=[part for part in parts if part.kind != "message"],
        messages="".join(part.content for part in parts if part.kind == "message"),
        name=notebook["metadata"].get("title", "audit"),
        began=notebook["metadata"].get("papermill", {}).get("start_time"),
    ).markup
    return page.replace("<!--contents-->", _contents(page), 1)


def _parts(notebook: dict[str, Any]) -> Iterator[Part]:
    """What a reader sees of the cells, in order; `message` is what was written to the error stream."""
    for cell in notebook["cells"]:
        if _NO_TEXT & set(cell["metadata"].get("tags", [])):
            continue
        if cell["cell_type"] == "markdown":
            yield Part("prose", Markup(prose(cell["source"])))  # noqa: S704 - prose escapes HTML
        for output in cell.get("outputs", []):
            yield from _shown(output)


def _shown(output: dict[str, Any]) -> Iterator[Part]:
    if output["output_type"] == "stream":
        yield Part("message" if output["name"] == "stderr" else "text", output["text"])
    elif output["output_type"] == "error":
        yield Part("error", f"{output['ename']}: {output['evalue']}")
    else:
        data = output["data"]
        markup = Markup(data.get("text/html", ""))  # noqa: S704 - views escape every value
        if MIME in data:
            yield Part("figure", data[MIME], markup)
        elif markup:
            yield Part("markup", markup.replace(inline_style(), ""))
        elif "text/plain" in data:
            yield Part("text", data["text/plain"])


def _content_policy(boot: str, bundle: Bundle | None) -> str:
    digests = [hashlib.sha256(boot.encode()).digest(), *([bundle.sha256] if bundle else [])]
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {hashes}; base-uri 'none';"
        " form-action 'none'"
    )


def _title(parts: list[Part]) -> str:
    """What the first view says the page is called; it has escaped it already."""
    for part in parts:
        title = _TITLE.search(str(part.content)) if part.kind == "markup" else None
        if title:
            return title[1]
    return "vpnaudit"


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
