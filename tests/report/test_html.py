"""The page of a notebook: the same bytes each time, contents from its headings, scripts that its policy names."""

from __future__ import annotations

import base64
import hashlib
import re

import nbformat.v4 as form
import pytest

from vpnaudit.report.charts import MIME
from vpnaudit.report.html import to_html


def output(**data: object):
    return form.new_output("display_data", data={name.replace("_", "/"): value for name, value in data.items()})


@pytest.fixture
def notebook():
    """A title, a section with a count, one without."""
    first = form.new_code_cell("secret = 1", outputs=[output(text_html='<div data-title="VPN of &lt;x&gt;">a</div>')])
    count = form.new_code_cell("", outputs=[output(text_html='<div data-count="7">b</div>')])
    return form.new_notebook(cells=[first, form.new_markdown_cell("## One"), count, form.new_markdown_cell("## Two")])


def test_has_title_and_contents_and_hides_code(notebook) -> None:
    page = to_html(notebook)
    assert "<title>VPN of &lt;x&gt;</title>" in page
    assert '<a href="#One">One<span class="n">7</span></a>' in page
    assert page.count('<li><a href="#') == 3
    assert "secret" not in page
    assert to_html(notebook) == page


def test_a_notebook_that_names_no_title_has_one(notebook) -> None:
    notebook.cells = notebook.cells[1:]
    assert "<title>vpnaudit</title>" in to_html(notebook)


@pytest.mark.parametrize("figures", [False, True])
def test_plotly_travels_only_with_figures_and_every_script_is_named(figures: bool, notebook) -> None:
    if figures:
        figure = {"data": [], "layout": {}, "config": {}}
        notebook.cells[2].outputs.append(form.new_output("display_data", data={MIME: figure, "text/html": "<p>t</p>"}))
    page = to_html(notebook)
    assert (len(page) > 1_000_000) == figures
    allowed = re.search(r"script-src ([^;]*);", page)[1]
    assert allowed.count("sha256-") == (2 if figures else 1)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert scripts
    for script in scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in allowed
