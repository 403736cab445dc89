"""Times of log lines as seconds since 1970, by the router's own clock.

RFC 3164 has neither year nor zone, and a log file of charon may have no day: what is lacking comes from a reference,
the time at which the evidence was taken.
"""

from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

_MONTHS: Final = {name: number for number, name in enumerate(calendar.month_abbr) if name}
_DAY_S: Final = 86_400
_SLACK_S: Final = 60
_ISO: Final = re.compile(
    r"(?:[A-Z][a-z]{2} )?(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d))?"
)
_RFC3164: Final = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:[.,]\d+)?")
_CTIME: Final = re.compile(
    r"(?:[A-Z][a-z]{2},? )?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:[.,]\d+)? (?:[A-Z]{3,4} )?(\d{4})"
)
_TIME: Final = re.compile(r"(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?")
TIME: Final = re.compile("|".join(f"(?:{form.pattern})" for form in (_ISO, _CTIME, _RFC3164, _TIME)))
"""Where a line begins with a time, in any of the forms that are read."""


@dataclass(frozen=True, slots=True)
class Reference:
    """When the evidence was taken (seconds since 1970), and how far the router's zone is from UTC; None: not known."""

    taken: float | None = None
    offset_s: int | None = None


def seconds(text: str, reference: Reference) -> float | None:
    """The time; None where it is none, or lacks a part that the reference does not have.

    >>> seconds("Dec 31 23:59:00", Reference(calendar.timegm((2027, 1, 1, 2, 30, 0)))) == calendar.timegm(
    ...     (2026, 12, 31, 23, 59, 0)
    ... )
    True
    """
    return _seconds(text, reference)


@lru_cache(maxsize=4096)
def _seconds(text: str, reference: Reference) -> float | None:
    offset_s = reference.offset_s or 0
    if match := _ISO.match(text):
        zone_s = offset_s if match[7] is None else _zone_s(match[7])
        return _epoch(tuple(int(part) for part in match.groups()[:6]), zone_s)
    if match := _CTIME.match(text):
        rest = tuple(int(part) for part in match.groups()[1:5])
        return _epoch((int(match[6]), _MONTHS.get(match[1], 0), *rest), offset_s)
    if match := _RFC3164.match(text):
        month = _MONTHS.get(match[1], 0)
        return _without_year((month, *(int(part) for part in match.groups()[1:])), reference)
    if (match := _TIME.match(text)) and reference.taken is not None:
        day = time.gmtime(reference.taken + offset_s)
        clock = tuple(int(part) for part in match.groups())
        at = _epoch((day.tm_year, day.tm_mon, day.tm_mday, *clock), offset_s)
        return at if at is None or at <= reference.taken + _SLACK_S else at - _DAY_S
    return None


def _without_year(rest: tuple[int, ...], reference: Reference) -> float | None:
    """The latest such time that is not after the evidence, with a day for clocks that were set back."""
    if reference.taken is None:
        return None
    year = time.gmtime(reference.taken).tm_year
    for candidate in range(year + 1, year - 5, -1):  # four back, for the 29th of February
        at = _epoch((candidate, *rest), reference.offset_s or 0)
        if at is not None and at <= reference.taken + _DAY_S:
            return at
    return None


def _epoch(parts: tuple[int, ...], offset_s: int) -> float | None:
    """Year, month, day, hour, minute and second as seconds since 1970; None: there is no such time."""
    year, month, day, hour, minute, second = parts
    try:
        start = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return start.timestamp() + min(second, 60) - offset_s  # a leap second is the first of the next minute


def _zone_s(zone: str) -> int:
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    seconds_east = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds_east if zone[0] == "-" else seconds_east
