"""A line to a mail server: cut when its time is over, whatever it waits for; challenges answered in UTF-8."""

from __future__ import annotations

import base64
import hmac
import smtplib
import socket
import time

import pytest

from vpnaudit.deliver.link import Clock, Link

KEY = "schlüssel-ключ"


def connected(url, clock: Clock) -> Link:
    link = Link(url.host, clock, 5)
    assert link.connect(url.host, url.port)[0] == 220
    return link


def test_a_clock_cuts_a_read_that_waits():
    left, right = socket.socketpair()
    with left, right, Clock(0.1) as clock:
        clock.watch(left)
        began = time.monotonic()
        assert left.recv(1) == b""
        assert clock.over
        assert time.monotonic() - began < 5


def test_a_clock_that_is_over_cuts_at_once_and_one_that_is_not_cuts_nothing():
    left, right = socket.socketpair()
    with left, right:
        with Clock(60) as clock:
            clock.watch(left)
        right.sendall(b"x")
        assert left.recv(1) == b"x"
        assert not clock.over
        with Clock(60) as clock:
            clock._cut()
            clock.watch(left)
            assert left.recv(1) == b""
            clock._cut()


def test_a_challenge_is_answered_with_a_key_in_utf_8(scripted):
    challenge = b"<1.2@me>"
    url, heard = scripted({"AUTH": b"334 " + base64.b64encode(challenge) + b"\r\n"})
    with Clock(9) as clock:
        link = connected(url, clock)
        link.user, link.password = "prüfer", KEY
        with pytest.raises(smtplib.SMTPAuthenticationError):  # the script takes whatever comes, and says 250
            link.auth("CRAM-MD5", link.auth_cram_md5)
        link.close()
    digest = hmac.new(KEY.encode(), challenge, "md5").hexdigest()
    assert base64.b64decode(heard[1]).decode() == f"prüfer {digest}"
    assert link.auth_cram_md5() is None


def test_login_step_by_step_is_in_utf_8_too(scripted):
    url, _ = scripted({"AUTH": b"334 UGFzc3dvcmQ6\r\n", base64.b64encode(KEY.encode()).decode(): b"235 ok\r\n"})
    with Clock(9) as clock:
        link = connected(url, clock)
        link.user, link.password = "prüfer", KEY
        assert link.auth("LOGIN", link.auth_login)[0] == 235
        link.close()


def test_challenges_without_end_and_without_sense_are_a_refused_login(scripted):
    for challenge in (b"334 UGFzc3dvcmQ6\r\n", b"334 x\r\n"):
        url, _ = scripted({"AUTH": challenge, **dict.fromkeys([base64.b64encode(b"").decode(), "*"], b"501 no\r\n")})
        with Clock(9) as clock:
            link = connected(url, clock)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                link.auth("LOGIN", lambda challenge=None: None if challenge is None else KEY)
            link.close()


def test_challenges_for_ever_are_given_up(scripted):
    again = b"334 UGFzc3dvcmQ6\r\n"
    url, heard = scripted({"AUTH": again, base64.b64encode(KEY.encode()).decode(): again})
    with Clock(9) as clock:
        link = connected(url, clock)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            link.auth("LOGIN", lambda challenge=None: None if challenge is None else KEY)
        link.close()
    assert len(heard) == 6


def test_a_line_that_is_down_already_does_not_keep_the_others_from_being_cut():
    left, right = socket.socketpair()
    with socket.socket() as never_connected, left, right, Clock(60) as clock:
        clock.watch(never_connected)
        clock.watch(left)
        clock._cut()
        assert left.recv(1) == b""


def test_a_reply_of_megabytes_ends_the_line(scripted):
    url, _ = scripted({"EHLO": b"250-more\r\n" * 200_000})
    with Clock(9) as clock:
        link = connected(url, clock)
        with pytest.raises(smtplib.SMTPServerDisconnected, match="more text than a mail server has to say"):
            link.ehlo()
