"""Lines of logs, whoever wrote them: RFC 3164, RFC 5424, ISO times, the journal's text, charon's own files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vpnaudit.evidence.clock import TIME

CHARON: Final = re.compile(r"(?P<thread>\d\d+)\[(?P<group>[A-Z]{3})\d?\] (?:<(?P<sa>[^>]*)> )?(?P<text>.*)", re.DOTALL)
"""What charon writes in any log: thread, group, with ike_name the connection and number of the IKE_SA, and the text."""
_PRIORITY: Final = re.compile(r"<\d{1,3}>(?P<version>1 )?")
_SENDER: Final = re.compile(r" +(?P<host>[^\s:]+) +(?P<program>[^\s:\[]+)(?:\[\d+\])?:\s*")
_SENDER_5424: Final = re.compile(
    r" (?P<host>\S+) (?P<program>\S+) \S+ \S+ (?:-|(?:\[(?:[^\]\\]|\\.){0,1000}\]){1,16})(?: \ufeff?| ?$)"
)


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before the text of a line: its time as written, host and program; empty: not there."""

    time: str
    host: str
    program: str


_NONE: Final = Prefix("", "", "")


def prefix_of(line: str) -> tuple[Prefix, int]:
    """The prefix of any line, and where the text begins."""
    start, version = 0, None
    if priority := _PRIORITY.match(line):
        start, version = priority.end(), priority["version"]
    time = TIME.match(line, start)
    if time is None:
        return _NONE, 0
    sender = (_SENDER_5424 if version else _SENDER).match(line, time.end())
    if sender is None:
        return Prefix(time[0], "", ""), time.end()
    return Prefix(time[0], sender["host"], sender["program"]), sender.end()


@dataclass(frozen=True, slots=True)
class CharonLine:
    """A line of charon: the prefix, the thread, and with ike_name the connection and IKE_SA number it names."""

    prefix: Prefix
    thread: str
    name: str
    ike_number: str
    text: str


def charon_line(line: str) -> CharonLine | None:
    """The line as charon wrote it; None where another program did.

    >>> charon_line("Nov  3 05:40:07 r-12-VM charon: 09[IKE] IKE_SA deleted").text
    'IKE_SA deleted'
    """
    match = CHARON.search(line)
    if match is None:
        return None
    prefix = _before_charon(line[: match.start()])
    if prefix is None:
        return None
    name, bar, number = (match["sa"] or "").rpartition("|")
    return CharonLine(prefix, match["thread"], name if bar else "", number if bar else "", match["text"])


@lru_cache(maxsize=1024)
def _before_charon(text: str) -> Prefix | None:
    """The prefix of a line of charon; None where what stands before is more than a prefix: another program quotes."""
    prefix, end = prefix_of(text)
    return prefix if not text[end:].strip() else None
