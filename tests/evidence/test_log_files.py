"""Of logs that repeat each other one is read, its rotated parts in the order of their time."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.evidence.router_files import log
from vpnaudit.evidence.archives import EvidenceFile
from vpnaudit.evidence.clock import Reference
from vpnaudit.evidence.log_files import log_file, one_log

REFERENCE = Reference(datetime(2027, 1, 1, 3, tzinfo=UTC).timestamp(), 0)
LINE = "05:40:07 05[IKE] IKE_SA deleted"


def part(name: str, head: str):
    return log_file(EvidenceFile("c", name, None, None), head)  # type: ignore[arg-type] # never opened


def names(*parts) -> tuple[list[str], str | None, list[str]]:
    notes: list[str] = []
    files, daemon = one_log(list(parts), REFERENCE, notes)
    return [one.file.name for one in files], daemon, notes


def test_rotated_parts_are_in_the_order_of_rotation_over_the_turn_of_the_year():
    parts = [
        part(f"daemon.log{end}", log(LINE, day=day))
        for end, day in (("", "Jan  1"), (".1", "Dec 31"), (".2.gz", "Dec 30"))
    ]
    assert names(*parts) == (["daemon.log.2.gz", "daemon.log.1", "daemon.log"], "charon", [])


def test_parts_that_are_named_by_day_are_in_that_order():
    parts = [part(f"daemon.log{end}", log(LINE)) for end in ("", "-20261231", "-20261230.gz")]
    assert names(*parts)[0] == ["daemon.log-20261230.gz", "daemon.log-20261231", "daemon.log"]


def test_the_log_whose_lines_name_their_connection_is_the_one():
    loud = part("daemon.log", log(*[LINE] * 9))
    named = part("charon.log", "2026-11-10T09:00:07 09[IKE] <a|1> IKE_SA deleted\n")
    files, daemon, (note,) = names(loud, named)
    assert (files, daemon) == (["charon.log"], None)
    assert "daemon.log: repeats what c/charon.log says" in note


def test_a_log_without_charon_is_not_read():
    assert names(part("messages", "Nov  3 05:40:03 r sshd[5]: Accepted\n")) == ([], None, [])
    assert names() == ([], None, [])


def test_the_head_tells_the_host_and_the_first_time():
    one = part("log.txt", f"cut line\n{log(LINE)}")
    assert (one.host, one.first_time, one.charon_lines) == ("r-12-VM", "Nov  3 05:40:07", 1)
