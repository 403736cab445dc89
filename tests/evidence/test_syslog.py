"""Lines of charon are told from those of others in every form of log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.evidence.syslog import charon_line, prefix_of


@pytest.mark.parametrize(
    ("line", "time", "host", "program"),
    [
        ("Nov  3 05:40:07 r-12-VM charon: 09[IKE] IKE_SA deleted", "Nov  3 05:40:07", "r-12-VM", "charon"),
        ("Nov  3 05:40:07 r-12-VM charon[77]: 09[IKE] IKE_SA deleted", "Nov  3 05:40:07", "r-12-VM", "charon"),
        ("Nov  3 05:40:07 r-12-VM ipsec[336]: 09[IKE] IKE_SA deleted", "Nov  3 05:40:07", "r-12-VM", "ipsec"),
        ("<30>Nov  3 05:40:07 r charon-systemd[1]: 09[IKE] IKE_SA deleted", "Nov  3 05:40:07", "r", "charon-systemd"),
        (
            "<30>1 2026-11-07T00:20:05.2+00:00 r charon - - -  09[IKE] IKE_SA deleted",
            "2026-11-07T00:20:05.2+00:00",
            "r",
            "charon",
        ),
        (
            '<30>1 2026-11-07T00:20:05Z r charon 1 x [a b="\\]"] 09[IKE] IKE_SA deleted',
            "2026-11-07T00:20:05Z",
            "r",
            "charon",
        ),
        ("2026-11-22T02:45:07.1+00:00 r charon: 09[IKE] IKE_SA deleted", "2026-11-22T02:45:07.1+00:00", "r", "charon"),
        ("Nov 18 07:30:05 09[IKE] IKE_SA deleted", "Nov 18 07:30:05", "", ""),
        ("19:29:12.729 09[IKE] IKE_SA deleted", "19:29:12.729", "", ""),
        ("09[IKE] IKE_SA deleted", "", "", ""),
        ("09[IKE2] IKE_SA deleted", "", "", ""),
    ],
)
def test_a_line_of_charon_is_read(line, time, host, program):
    read = charon_line(line)
    assert read is not None
    assert (read.prefix.time, read.prefix.host, read.prefix.program) == (time, host, program)
    assert (read.thread, read.text, read.name) == ("09", "IKE_SA deleted", "")


@pytest.mark.parametrize(
    ("mark", "name", "number"),
    [("<vpn-192.0.2.1|7> ", "vpn-192.0.2.1", "7"), ("<18> ", "", ""), ("<a|b|3> ", "a|b", "3")],
)
def test_ike_name_tells_the_connection(mark, name, number):
    read = charon_line(f"2026-11-10T09:00:07 09[IKE] {mark}IKE_SA deleted")
    assert read is not None
    assert (read.name, read.ike_number, read.text) == (name, number, "IKE_SA deleted")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Nov  3 05:40:07 r-12-VM sshd[5]: Accepted publickey",
        "Nov  3 05:40:07 r-12-VM backup: it said 09[IKE] IKE_SA deleted",
        "text 09[IKE] IKE_SA deleted",
    ],
)
def test_other_programs_are_no_charon_even_where_they_quote_it(line):
    assert charon_line(line) is None


def test_the_prefix_of_another_program_is_read():
    prefix, end = prefix_of("Nov  3 05:40:07 r-12-VM sshd[5]: Accepted")
    assert (prefix.host, prefix.program) == ("r-12-VM", "sshd")
    assert "Nov  3 05:40:07 r-12-VM sshd[5]: Accepted"[end:] == "Accepted"
    assert prefix_of("no time")[0].program == ""


@given(st.text(max_size=120))
@modest
def test_no_text_breaks_the_reader(text):
    charon_line(text)
    charon_line(f"Nov  3 05:40:07 {text} 09[IKE] {text}")
    prefix_of(f"<30>1 2026-11-07T00:20:05Z {text}")
