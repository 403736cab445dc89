"""Why a run ends with exit code 2, in words: which gaps, which rules, how much of the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.audit import Audit

CODE = 2
"""Less was seen than was asked for."""


def say_why(audit: Audit, *, as_json: bool) -> int:
    """The exit code of a judgement; where it is 2, the last line says why (on stderr where stdout is for machines)."""
    if audit.exit_code == CODE:
        click.echo(f"\n{sentence(reasons(audit))}", err=as_json)
    return audit.exit_code


def sentence(parts: list[str]) -> str:
    """The reasons as the last line of a verb."""
    return f"Exit code {CODE}, less was seen than was asked for: {'; '.join(parts)}."


def reasons(audit: Audit) -> list[str]:
    """What `Audit.exit_code` counts as less than was asked for; empty where it is not 2."""
    parts = gaps_in_words(audit.estate["gaps"])
    if audit.crashed:
        parts.append(f"{', '.join(audit.crashed)} failed as a rule, a fault in vpnaudit")
    if audit.coverage_percent < audit.policy.coverage_min_percent:
        parts.append(
            f"{audit.coverage_percent} % of the checks could be judged, and the policy asks for"
            f" {audit.policy.coverage_min_percent} %"
        )
    return parts


def gaps_in_words(gaps: pd.DataFrame) -> list[str]:
    """The gaps that no profile lists as expected, by source and table; none: empty."""
    from vpnaudit.report.words import count, list_up

    unexpected = gaps[~gaps["expected"].fillna(value=False)]
    if unexpected.empty:
        return []
    tables = (unexpected["source"] + ": " + unexpected["table"]).fillna("not known").value_counts(sort=False)
    names = [one_line(str(name)) + (f" ({number})" if number > 1 else "") for name, number in tables.items()]
    return [f"{count(len(unexpected), 'gap')} that no profile expects ({list_up(names)})"]
