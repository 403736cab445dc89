"""How the report says things: numbers, times, the verdict. Never a grade, never *secure*, *healthy* or *compliant*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_BREAK = "\u00a0"

VERDICTS = {
    "fail": ("Fails", "the rule is broken, with evidence"),
    "waived": ("Waived", "fails, and somebody has accepted it until a date"),
    "cannot-tell": ("Cannot tell", "applies, and the facts to judge it are missing"),
    "pass": ("Passes", "the facts are there and in order"),
    "not-applicable": ("Does not apply", "not counted in coverage"),
}

HOW_TO_CLOSE = {
    "not-permitted": "Collect with a key whose role may ask for it, or list it in the profile as an expected gap.",
    "not-collected": "Collect again; the gaps below say which call failed and how.",
    "not-in-this-version": "Nothing to do: later versions of CloudStack have it.",
    "unknown-value": "Correct the value in CloudStack, or report it if it is right: the tool should know it.",
    "not-modelled": "Nothing to do on your side; test the setting on this version before you rely on it.",
    "no-peer-side": "Compare with the configuration of the device at the far side.",
    "needs-router-evidence": "Look on the virtual router itself: ipsec statusall.",
    "rule-crashed": "Report it with the log of the run: it is a fault in vpnaudit.",
}


def count(number: int, one: str = "", many: str = "") -> str:
    """A number with its noun.

    >>> count(1, "cause"), count(1934, "check"), count(2, "VPC", "VPCs")
    ('1 cause', '1,934 checks', '2 VPCs')
    """
    text = f"{number:,}"
    return f"{text} {one if number == 1 else many or one + 's'}" if one else text


def percent(part: int, whole: int) -> str:
    r"""A share in whole per cent, rounded down, so that 100 means all; a dash where there is nothing to share.

    >>> percent(1999, 2000), percent(1, 500), percent(0, 0)
    ('99\xa0%', 'under 1\xa0%', '—')
    """
    if not whole:
        return "—"
    share = 100 * part // whole
    return f"under 1{NO_BREAK}%" if part and not share else f"{share}{NO_BREAK}%"


def utc(at: Any) -> str:
    """A time, such as 24 Nov 2026, 08:10 UTC."""
    return "not known" if at is None or pd.isna(at) else f"{day_text(at)}, {at:%H:%M} UTC"


def day_text(at: Any) -> str:
    """A day, such as 24 Nov 2026."""
    return "not known" if at is None or pd.isna(at) else f"{at.day} {at:%b %Y}"


def list_up(names: list[str], most: int = 4) -> str:
    """Names in a row; what is left out is counted.

    >>> list_up(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d and 2 more'
    """
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))


def number_list(numbers: Mapping[str, int]) -> str:
    """What there is of each kind; empty where there is nothing.

    >>> number_list({"critical": 7, "high": 0, "medium": 1200})
    '7 critical, 1,200 medium'
    """
    return ", ".join(f"{number:,} {kind}" for kind, number in numbers.items() if number)


def verdict(
    causes: Mapping[str, int], affected: Mapping[str, int], connections: int, coverage_percent: int, least_percent: int
) -> str:
    """The sentence that the report begins with: the worst there is, and how much of the estate it touches.

    `causes` counts open causes by severity, `affected` the connections that causes of this severity or worse touch.
    """
    if coverage_percent < least_percent:
        return (
            f"Too little was seen to judge: {coverage_percent}{NO_BREAK}% of the checks, and {least_percent}{NO_BREAK}%"
            " were asked for."
        )
    for severity in ("critical", "high"):
        if causes.get(severity):
            begun = "" if severity == "critical" else "No critical cause; "
            number = f"{begun}{count(causes[severity], f'{severity} cause')}"
            touched = f"{affected[severity]} of {count(connections, 'connection')}"
            if affected[severity]:
                return f"{_capital(number)} {'affects' if causes[severity] == 1 else 'affect'} {touched}."
            return f"{_capital(number)}, on none of the {count(connections, 'connection')}."
    rest = sum(causes.values())
    if rest:
        return f"No critical or high cause; {count(rest, 'lesser one')}. {_judged(coverage_percent)}"
    return f"Nothing failed; {_judged(coverage_percent)}"


def _judged(coverage_percent: int) -> str:
    return f"{coverage_percent}{NO_BREAK}% of the checks could be judged."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
