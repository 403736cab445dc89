"""The finished report in a real browser: it asks for nothing, says nothing, fits, can be filtered, printed and read
without script.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.report.chromium import chromium
from vpnaudit.findings import SEVERITIES
from vpnaudit.report.causes import causes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from vpnaudit.audit import Audit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DRAWN = "html[data-drawn]"
TIMEOUT_MS = 90_000
REPEATED = """
const seen = new Set();
document.querySelectorAll('.cause').forEach(c => {
  const severity = c.dataset.severity;
  if (seen.has(severity)) c.remove();
  seen.add(severity);
});
document.querySelectorAll('tbody').forEach(body => [...body.rows].slice(6).forEach(row => row.remove()));
"""


OUTSIDE = """
([query, width]) => [...document.querySelectorAll(query)]
  .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.vh, .px, .sprite'))
  .slice(0, 5).map(e => e.outerHTML.slice(0, 120))
"""
SHEETS = """
[...document.querySelectorAll('h2[id]')].map(h => h.closest('.prose'))
  .map(prose => [prose, prose.nextElementSibling])
  .filter(([, next]) => next && next.classList.contains('vpnaudit'))
  .map(pair => pair.map(e => getComputedStyle(e).page))
"""


@contextmanager
def opened(
    browser: Browser, report: Path, *, width: int = 1280, theme: str = "light", script: bool = True, csp: bool = True
) -> Iterator[Page]:
    """The report in a fresh window, figures drawn. Whatever it says or asks for beyond itself fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=script, bypass_csp=not csp
    )
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("dialog", lambda dialog: (messages.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: messages.append(request.url) if request.url != report.as_uri() else None)
    page.goto(report.as_uri())
    if script:
        page.wait_for_selector(DRAWN, timeout=TIMEOUT_MS)
    yield page
    context.close()
    assert messages == []


@pytest.fixture(scope="module")
def report(example_run: Path) -> Path:
    return example_run / "report.html"


@pytest.fixture(scope="module")
def browser(report: Path) -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="class")
def page(browser: Browser, report: Path) -> Iterator[Page]:
    with opened(browser, report) as page:
        yield page


def shown(page: Page, number: int, asked: str = "") -> None:
    """So many causes are visible, at the latest when the page has done what it was asked."""
    expect(page.locator(".cause:visible"), asked).to_have_count(number, timeout=TIMEOUT_MS)


class TestAsItIs:
    def test_figures_are_drawn_as_what_they_are(self, page: Page) -> None:
        pairs = page.evaluate(
            "[...document.querySelectorAll('.px')].flatMap(g => g.data.map((t, i) => [t.type, g._fullData[i].type]))"
        )
        assert pairs
        assert all(asked == drawn for asked, drawn in pairs), pairs
        bars = page.locator(".px .bars .point").count()
        assert bars == page.evaluate(
            "[...document.querySelectorAll('.px')].reduce((n, g) => n + g.data.reduce((m, t) => m + t.x.length, 0), 0)"
        )
        assert page.locator(".px[role=img]").first.get_attribute("aria-label")

    def test_ids_are_unique_and_every_link_leads_somewhere(self, page: Page) -> None:
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        targets = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
        assert all(target.startswith("#") for target in targets), "links lead only into the page"
        assert {target[1:] for target in targets} <= set(ids)

    def test_has_one_first_heading_and_contents_for_every_section(self, page: Page) -> None:
        assert page.locator("h1").count() == 1
        assert page.locator(".toc a").count() == 1 + page.locator("h2[id]").count()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.title().startswith("VPN audit of dr and prod")

    def test_severity_filter_shows_exactly_those(self, page: Page, example_audit: Audit) -> None:
        table = causes(example_audit)
        for severity in SEVERITIES:
            for other in SEVERITIES:
                page.locator(f".filters input[value={other}]").set_checked(other == severity)
            wanted = table[table["severity"] == severity]
            shown(page, len(wanted))
            expect(page.locator(".filters output")).to_have_text(
                f"Showing {len(wanted)} of {len(table)} causes ({wanted['findings'].sum()} of {table['findings'].sum()}"
                " findings)"
            )
        page.locator(".filters button[type=reset]").click()
        shown(page, len(table))

    def test_each_facet_counts_what_it_shows(self, page: Page) -> None:
        for name in ("source", "zone", "account", "rule"):
            options = page.locator(f".filters select[name={name}] option").all_inner_texts()[1:]
            assert options, name
            for text in options[:: max(1, len(options) // 4)]:
                value, count = re.fullmatch(r"(.*) \((\d+)\)", text, re.DOTALL).groups()
                page.locator(f".filters select[name={name}]").select_option(label=text)
                shown(page, int(count), f"{name} {value}")
            page.locator(".filters button[type=reset]").click()

    def test_a_link_to_a_filtered_closed_cause_opens_it(self, page: Page) -> None:
        last = page.locator(".cause").last
        name = last.get_attribute("id")
        page.locator(".filters input[type=search]").fill("nothing is called this")
        shown(page, 0)
        expect(page.get_by_text("No cause fits this filter.")).to_be_visible()
        page.evaluate("name => { location.hash = name }", name)
        page.wait_for_selector(f"#{name}[open]")
        assert last.is_visible()


def test_nothing_stands_out_of_the_page(browser: Browser, report: Path) -> None:
    with opened(browser, report, width=390) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        for width in (390, 768, 1024, 1280, 1680):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function("width => document.documentElement.scrollWidth == width", arg=width)


def test_no_serious_barrier(browser: Browser, report: Path) -> None:
    """Of one cause of each severity and of the first rows of each table, as all are drawn alike: the whole page takes
    minutes each time.
    """
    with opened(browser, report, csp=False) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate(REPEATED)
        assert page.locator(".cause:visible").count() >= len(SEVERITIES) - 1
        for width, theme in ((1280, "light"), (390, "light"), (390, "dark"), (1280, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            assert serious(page) == [], (width, theme)


def serious(page: Page) -> list[tuple[str, str, int]]:
    violations = Axe().run(page).response["violations"]
    return [
        (v["id"], v["nodes"][0]["html"][:200], len(v["nodes"]))
        for v in violations
        if v["impact"] in ("serious", "critical")
    ]


def test_without_script_everything_can_be_read_and_nothing_is_dead(
    browser: Browser, report: Path, example_audit: Audit
) -> None:
    with opened(browser, report, script=False) as page:
        assert page.locator("button:visible, select:visible, input:visible").count() == 0
        assert page.locator(".cause").count() == len(causes(example_audit))
        page.locator(".cause > summary").last.click()
        assert page.locator(".cause").last.locator(".refs").is_visible()
        assert page.locator(".twin table").first.is_visible(), "the table stands for the figure"


def test_prints_everything_that_the_filter_leaves(browser: Browser, report: Path, tmp_path: Path) -> None:
    with opened(browser, report, theme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator(".cause .refs:visible").count() == page.locator(".cause").count(), (
            "closed causes print opened"
        )
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator(".filters output").is_visible(), "print says what the filter left"
        assert not page.locator(".toc").is_visible()
        printed = page.pdf(format="A4", tagged=True, prefer_css_page_size=True)
    assert printed.startswith(b"%PDF-")
    assert len(printed) < 4_000_000
    assert b"/StructTreeRoot" in printed, "tagged, for screen readers"
    sheets = re.findall(rb"/MediaBox ?\[0 0 ([.\d]+) ([.\d]+)\]", printed)
    assert {float(width) > float(height) for width, height in sheets} == {False, True}, "the matrix lies across"


def test_on_paper_nothing_stands_out_of_its_sheet(browser: Browser, report: Path) -> None:
    """A4 less its margins, upright and across, in CSS pixels; what the sheet cuts is lost without a word."""
    with opened(browser, report) as page:
        page.emulate_media(media="print")
        for width, inside in ((680, "main *:not(.wide-sheet *)"), (1031, ".wide-sheet *")):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function("width => innerWidth == width", arg=width)
            outside = page.evaluate(OUTSIDE, [inside, width])
            assert outside == [], width
        drawn = page.locator(".mx thead th:visible").count()
        assert drawn == len(set(page.locator(".mx thead th").all_inner_texts())), "every rule has its column, once"


def test_no_heading_stands_alone_at_the_foot_of_a_sheet(browser: Browser, report: Path) -> None:
    """As far as the page can ask for it: what introduces something stays with it, on a sheet of the same kind."""
    with opened(browser, report) as page:
        page.emulate_media(media="print")
        loose = page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4, caption, summary, .key, .lead, .ft')]"
            ".filter(e => getComputedStyle(e).breakAfter != 'avoid').map(e => e.outerHTML.slice(0, 120))"
        )
        assert loose == []
        pages = page.evaluate(SHEETS)
        assert any(heading == "wide" for heading, _ in pages)
        assert all(heading == body for heading, body in pages), pages


def test_names_of_strangers_are_text(browser: Browser, report: Path, sandbox) -> None:
    names = [hostile.subject for hostile in sandbox.hostile_names if "\n" not in hostile.subject]
    assert names
    with opened(browser, report) as page:
        text = page.locator("body").text_content()
        assert page.locator("main script:not([type])").count() == 0
        assert page.locator("main img, main iframe, main object, main [onerror], main [onload]").count() == 0
        assert any(name in text for name in names if name.startswith("<script>"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", report.read_text("utf-8"))


def test_counts_are_the_same_everywhere(browser: Browser, report: Path, example_audit: Audit) -> None:
    table = causes(example_audit)
    exported = pd.read_csv(report.with_name("findings.csv"))
    with opened(browser, report) as page:
        shown = [int(text.replace(",", "")) for text in page.locator(".sevrow .num").all_inner_texts()]
        score = page.locator(".big").first.inner_text()
        contents = dict(
            line.rsplit("\n", 1) for line in page.locator(".toc a:has(.n)").all_inner_texts() if "\n" in line
        )
    assert shown == [int((table["severity"] == severity).sum()) for severity in SEVERITIES]
    assert score == "{} of {}".format(*example_audit.clear_connections)
    assert len(exported[exported["verdict"] == "fail"]) == table["findings"].sum() == example_audit.counts["fail"]
    assert contents["Findings"] == str(len(table))


def test_is_small_and_needs_no_other_file(report: Path) -> None:
    text = report.read_text("utf-8")
    assert len(text.encode()) < 2_000_000
    page = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"<(script|link|img|iframe|object|embed|source|video|audio)\b", page)
    assert not re.search(r"url\(|@import|@font-face", page)
    assert "default-src 'none'" in text
