"""What a mail says is what the run says; hostile names stay text; the report is attached byte for byte."""

from __future__ import annotations

import contextlib
import email
import hashlib
import re
from datetime import UTC, datetime
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deliver.conftest import BEGIN, FINDINGS, REPORT, REST
from vpnaudit.deliver.mail import address, compose, write_eml
from vpnaudit.errors import ConfigError, DeliveryError, FileError

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\r\nBcc: all@example.org\u202egpj.exe\x1b[2J"
TO = ["ops@example.org", "noc@example.net"]


def mail(run, to=TO):
    return compose(run, sender="audit@example.org", to=to, now=NOW)


def body(message, kind):
    return message.get_body((kind,)).get_content()


def test_the_report_is_attached_without_its_scripts_and_named(make_run, tmp_path):
    path = write_eml(mail(make_run()), tmp_path / "mail.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    (attached,) = message.iter_attachments()
    content = attached.get_payload(decode=True)
    assert content.startswith(BEGIN)
    assert content.endswith(REST)
    assert not re.search(rb"<script|DecompressionStream", content, re.IGNORECASE)
    assert attached.get_filename() == "vpn-estate-a-20261124.html"
    assert attached.get_content_type() == "text/html"
    for kind in ("plain", "html"):
        assert hashlib.sha256(REPORT).hexdigest() in body(message, kind)
        assert hashlib.sha256(content).hexdigest() in body(message, kind)
        assert "5b" * 32 in body(message, kind)


def test_the_headers_are_those_of_an_automatic_mail(make_run):
    message = mail(make_run())
    assert message["Subject"] == "estate-a VPN: 2 critical, 1 high causes; 84\u00a0% judged"
    assert str(message["To"]) == "ops@example.org, noc@example.net"
    assert message["Date"] == "Tue, 24 Nov 2026 08:30:00 +0000"
    assert message["Message-ID"].endswith("@example.org>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert mail(make_run())["Message-ID"] == message["Message-ID"]
    assert mail(make_run(), to=TO[:1])["Message-ID"] != message["Message-ID"]


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_both_bodies_say_verdict_numbers_worst_gaps_and_what_was_not_assessed(make_run, kind):
    text = body(mail(make_run()), kind).replace("\u00a0", " ").replace("&nbsp;", " ").replace("&#39;", "'")
    for words in (
        "2 critical causes affect 30 of 33 connections.",
        "3 of 33",
        "113 of 133 checks judged",
        "1 medium",
        "explains 10 findings",
        "payroll ← everything",
        "The remote networks cover every address",
        "branch-0",
        "20 of 133 checks",
        "The far side's configuration is not known",
        "estate-a: routers",
        "HTTP 530",
        "(expected)",
    ):
        assert words in text
    assert text.index("payroll") < text.index("museum") < text.index("branch-0")
    assert text.index("estate-a: routers") < text.index("estate-a: hosts")


def test_nothing_is_cut_silently(make_run):
    findings = [("weak-dh", "low", f"g{n}", f"Sentence {n}.") for n in range(20)]
    gap = {
        "source": "s",
        "table": "routers",
        "subject_id": "x",
        "reason": "not-collected",
        "text": None,
        "expected": False,
    }
    text = body(mail(make_run(findings=findings, gaps=[gap] * 9)), "plain")
    assert "12 more causes" in text
    assert "6 of 9 gaps" in text


@pytest.mark.parametrize(
    ("findings", "subject"),
    [(FINDINGS[2:3], ": 1 high cause;"), (FINDINGS[3:], ": 1 lesser cause;"), ([], ": nothing failed;")],
)
def test_the_subject_names_the_worst_there_is_in_causes(make_run, findings, subject):
    assert subject in mail(make_run(findings=findings))["Subject"]


def test_the_mail_begins_as_the_report_does(make_run):
    for kind in ("plain", "html"):
        assert "5 critical causes affect 30 of 33 connections." in body(
            mail(make_run(verdict="5 critical causes affect 30 of 33 connections.")), kind
        )


def test_an_empty_run_is_a_mail_too(make_run):
    run = make_run(
        findings=[],
        unclear=0,
        sources=[],
        gaps=[],
        collected_utc=None,
        manifest_sha256=None,
        connections=0,
        connections_clear=0,
    )
    text = body(mail(run), "plain")
    assert "0 of 0 connections" in text
    assert "collected not known" in text


def test_hostile_names_are_text_in_every_place(make_run):
    findings = [("dpd-off", "critical", EVIL, f"{EVIL} is said.")]
    gap = {
        "source": EVIL,
        "table": "routers",
        "subject_id": EVIL,
        "reason": "not-collected",
        "text": EVIL,
        "expected": False,
    }
    message = mail(make_run(findings=findings, sources=[{"source": EVIL}], gaps=[gap], policy={"name": EVIL}))
    raw = message.as_bytes()
    again = email.message_from_bytes(raw, policy=default)
    assert again["Bcc"] is None
    assert len(again.get_all("Subject")) == 1
    (attached,) = again.iter_attachments()
    assert "/" not in attached.get_filename()
    assert "<script" not in body(again, "html")
    assert "&lt;script&gt;" in body(again, "html")
    for kind in ("plain", "html"):
        assert not set(body(again, kind).replace("\r\n", "\n")) & set("\u202e\x1b\r")
        assert not any(line.startswith("Bcc:") for line in body(again, kind).splitlines())


def test_long_names_are_cut_visibly_and_the_body_stays_small(make_run):
    long = "n" * 5000
    gap = {"source": long, "table": long, "subject_id": long, "reason": "x", "text": long, "expected": False}
    findings = [(f"rule-{n}", "high", long, long + str(n)) for n in range(30)]
    html = body(mail(make_run(findings=findings, gaps=[gap] * 30, sources=[{"source": long}] * 9)), "html")
    assert len(html.encode()) < 60_000
    assert "…" in html


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40))
def test_an_address_never_writes_a_header(text):
    plain = None
    with contextlib.suppress(ConfigError):
        plain = address(text).addr_spec
    assert plain is None or (plain == text.strip() and plain.isprintable())


@pytest.mark.parametrize(
    "bad", ["", "nobody", "@example.org", "a@b\r\nBcc: c@d", "a@b, c@d", "Name <a@b.org>", "ü@example.org", "a@"]
)
def test_what_is_no_plain_address_is_refused(make_run, bad):
    with pytest.raises(ConfigError, match="mail address"):
        mail(make_run(), to=[bad])


def test_a_mail_needs_a_recipient(make_run):
    with pytest.raises(ConfigError, match="recipient"):
        mail(make_run(), to=[])


def test_a_body_that_mail_programs_would_cut_is_not_sent(make_run, monkeypatch):
    monkeypatch.setattr("vpnaudit.deliver.mail.BODY_MAX_BYTES", 1_000)
    with pytest.raises(DeliveryError, match="over 1,000 bytes"):
        mail(make_run())


def test_a_place_that_cannot_be_written_is_named(make_run, tmp_path):
    with pytest.raises(FileError, match="cannot be written"):
        write_eml(mail(make_run()), tmp_path / "missing" / "mail.eml")


@pytest.mark.browser
def test_the_body_is_readable_in_a_browser_with_scripts_off(make_run):
    from playwright.sync_api import sync_playwright

    html = body(mail(make_run(findings=[*FINDINGS, ("x", "high", EVIL, "n" * 180)])), "html")
    asked: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for scheme, paper in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 27)")):
            for width in (390, 900):
                view = {"width": width, "height": 800}
                page = browser.new_context(viewport=view, color_scheme=scheme, java_script_enabled=False).new_page()
                page.on("request", lambda request: asked.append(request.url))
                page.set_content(html)
                assert page.get_by_role("heading", level=1).inner_text().startswith("2 critical causes")
                assert page.get_by_text("payroll ← everything").is_visible()
                sheet = page.locator("table.sheet").bounding_box()
                assert sheet["x"] >= 0
                assert sheet["x"] + sheet["width"] <= width
                assert page.locator("body").evaluate("element => getComputedStyle(element).backgroundColor") == paper
        browser.close()
    assert asked == []
