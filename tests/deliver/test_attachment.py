"""What a mail gateway looks for is not in the attachment; all that a reader looks for is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.deliver.attachment import attachable

ACTIVE = re.compile(rb"<script|DecompressionStream", re.IGNORECASE)


@pytest.mark.slow
def test_the_whole_report_is_there_but_for_its_scripts(example_run):
    report = (example_run / "report.html").read_bytes()
    assert ACTIVE.search(report)
    copy = attachable(report, "dr-prod/x", "ab" * 32)
    assert not ACTIVE.search(copy)
    assert b"script-src 'none'" in copy
    assert b"sha256-" not in copy.split(b"</title>")[0]
    for part in (b'class="cause"', b"<table", b'class="map"', b"<h2", b'class="mx"'):
        assert copy.count(part) == report.count(part) > 0
    assert re.search(rb"<main[^>]*><p class=\"notice\">This copy came by mail", copy)
    assert len(copy) < len(report) / 2


@pytest.mark.parametrize(
    "hidden",
    [
        b"<SCRIPT>x</SCRIPT >",
        b"<script src=a\n>x",
        b"<scr<script>a</script>ipt>b</script>",
        b"<script>a</script><script>b</script>",
    ],
)
def test_no_script_is_left_however_it_is_written(hidden):
    assert not ACTIVE.search(attachable(b"<main>before" + hidden, "r", "s"))


@given(st.binary(max_size=60))
def test_a_page_without_a_script_is_there_whole(rest):
    page = b"<p>" + rest.replace(b"<", b"(").replace(b"script-src", b"")
    assert attachable(page, "<run>", "s").endswith(page)
    assert b"<bdi>&lt;run&gt;</bdi>" in attachable(page, "<run>", "s")
