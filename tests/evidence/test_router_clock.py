"""Ages become times by the clock that the router had then, also where it was set in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.evidence.router_files import META, START, log, router, up
from vpnaudit.evidence.router_clock import RouterClock

LINES = (f"04:10:00 {START}", "04:20:00 05[IKE] IKE_SA deleted", "05:50:00 05[IKE] IKE_SA deleted")


def clock(path, status: str, *lines: str, meta: str = META) -> RouterClock:
    return router(path, log_txt=log(*lines), status_txt=status, **({"meta_txt": meta} if meta else {})).clock


def shown(time: float | None) -> str | None:
    return None if time is None else datetime.fromtimestamp(time, UTC).strftime("%H:%M:%S")


def test_a_clock_that_was_set_is_known_with_the_moment(tmp_path):
    read = clock(tmp_path, up(), *LINES)
    assert (read.jump_s, shown(read.jump_at), shown(read.daemon_start)) == (5400, "05:50:00", "04:10:00")
    assert (shown(read.ago(60)), shown(read.ago(900))) == ("05:59:00", "04:15:00")
    assert shown(read.later(60)) == "06:01:00"


def test_a_clock_that_was_not_set_is_known_too(tmp_path):
    read = clock(tmp_path, up(), f"05:40:00 {START}", "05:50:00 05[IKE] IKE_SA deleted")
    assert (read.jump_s, read.jump_at, shown(read.ago(900))) == (0.0, None, "05:45:00")


def test_a_status_of_a_later_start_than_the_log_says_nothing_of_the_clock(tmp_path):
    read = clock(tmp_path, up(), f"01:00:00 {START}", "01:00:10 05[IKE] IKE_SA deleted")
    assert (read.jump_s, shown(read.daemon_start)) == (None, "05:40:00")


def test_without_a_start_in_the_log_it_is_that_of_the_status(tmp_path):
    read = clock(tmp_path, up(), "05:50:00 05[IKE] IKE_SA deleted")
    assert (read.jump_s, shown(read.daemon_start)) == (None, "05:40:00")


def test_without_a_date_it_was_taken_when_the_log_ends(tmp_path):
    read = clock(tmp_path, up(), f"05:40:00 {START}", "05:58:00 05[IKE] IKE_SA deleted", meta="")
    assert shown(read.taken) == "05:58:00"


def test_without_a_log_it_was_taken_when_the_daemon_had_run_so_long(tmp_path):
    assert shown(router(tmp_path, status_txt=up()).clock.taken) == "06:01:00"


@pytest.mark.parametrize("age", [None, 5])
def test_nothing_is_known_without_a_time(age):
    assert (RouterClock().ago(age), RouterClock().later(age)) == (None, None)
