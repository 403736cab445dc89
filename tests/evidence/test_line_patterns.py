"""Each row of the knowledge table knows its line, and no line of charon breaks the table."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.evidence.line_patterns import recognised
from vpnaudit.knowledge import facts

SEVERITIES = {"error", "warning", "info", "evidence"}


@pytest.mark.parametrize(
    ("text", "identifier", "fields"),
    [
        ("giving up after 5 retransmits", "gave_up", {"tries": "5"}),
        ("initiating IKE_SA a[3] to 192.0.2.1", "initiating", {"name": "a", "ike_number": "3", "theirs": "192.0.2.1"}),
        (
            "initiating Main Mode IKE_SA a[3] to b",
            "initiating",
            {"mode": "Main", "name": "a", "ike_number": "3", "theirs": "b"},
        ),
        ("received proposals inacceptable", "proposals_unacceptable", {}),
        ("received proposals unacceptable", "proposals_unacceptable", {}),
        ("received AUTHENTICATION_FAILED notify error", "notify_error", {"notify": "AUTHENTICATION_FAILED"}),
        ("received NO_PSK notify error, destroying IKE_SA", "notify_fatal", {"notify": "NO_PSK"}),
        ("received (24) error notify", "notify_error_v1", {"notify": "(24)"}),
        ("received strongSwan vendor ID", "vendor_id", {"vendor": "strongSwan"}),
        ("peer didn't accept key exchange method A, it requested B", "group_requested", {"group": "A", "wanted": "B"}),
        ("peer didn't accept DH group A, it requested B", "group_requested", {"group": "A", "wanted": "B"}),
        ("IKE_SA deleted", "ike_deleted", {}),
    ],
)
def test_a_line_is_recognised_with_its_fields(text, identifier, fields):
    assert recognised(text) == (identifier, fields)


@pytest.mark.parametrize("text", ["", "spawning 16 worker threads", "giving up after five retransmits", "giving up"])
def test_other_lines_are_none(text):
    assert recognised(text) is None


@pytest.mark.parametrize("identifier", facts("charon_log"))
def test_a_row_says_what_its_line_means_and_where_it_is_from(identifier):
    row = facts("charon_log")[identifier]
    assert set(row) == {"pattern", "severity", "phase", "cause", "action", "versions", "source"}
    assert row["severity"] in SEVERITIES
    assert row["cause"]
    assert row["source"].startswith("strongSwan")
    assert row["action"] or row["severity"] != "error"
    re.compile(row["pattern"])


@given(st.text(max_size=200))
@modest
def test_no_text_breaks_the_table(text):
    recognised(text)


def test_a_line_that_was_made_to_be_slow_is_not():
    start = time.process_time()
    for head in ("traffic selectors ", "unable to add policy ", "closing CHILD_SA a{1} with SPIs "):
        recognised(head + " === " * 3_000)
    assert time.process_time() - start < 2
