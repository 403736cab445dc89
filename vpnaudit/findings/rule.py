"""The `@rule` decorator: what machines read of a rule, and its documentation by headings."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vpnaudit.errors import RuleError
from vpnaudit.estate import tables
from vpnaudit.estate.subjects import KINDS
from vpnaudit.rule_files import sections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from vpnaudit.policy import Policy

SEVERITIES = ("critical", "high", "medium", "low", "info")
"""Worst first."""


class Tables(tables.Tables, Protocol):
    """What a rule sees: tables by name, and the time of collection."""

    @property
    def collected_at(self) -> pd.Timestamp | None:
        """When the latest collection began, in UTC."""


@dataclass(frozen=True)
class Rule:
    """One rule: what machines read of it. `text` holds the sections of its docstring by heading, `title` its first
    line.
    """

    id: str
    severity: str
    subject: str
    reads: tuple[str, ...]
    needs: tuple[str, ...]
    absence: tuple[str, ...]
    across: bool
    yields_to: tuple[str, ...]
    title: str
    text: dict[str, str]
    find: Callable[[Tables, Policy], pd.DataFrame]
    new_key: bool = False
    applicability: tuple[str, ...] = ()

    @property
    def rests_on(self) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """Tables that must be whole, each group with the verdicts that rest on it."""
        return (
            (self.needs, ("pass",)),
            (self.absence, ("pass", "fail")),
            (self.applicability, ("not-applicable",)),
        )


def rule(
    *,
    severity: str,
    subject: str,
    reads: Sequence[str],
    needs: Sequence[str] = (),
    absence: Sequence[str] = (),
    applicability: Sequence[str] = (),
    across: bool = False,
    yields_to: Sequence[str] = (),
    new_key: bool = False,
) -> Callable[[Callable[[Tables, Policy], pd.DataFrame]], Rule]:
    """Make a rule of a function `(estate, policy) -> verdicts(…)`. Its id is the file's name, its documentation the
    module's docstring.

    `severity` is the severity of its findings unless a row says otherwise. `subject` is one of `KINDS`: what one
    verdict is about. `reads` names every table it reads, derived ones too; others are refused. `needs`: tables that
    must be whole for a *pass* (a missing sibling could overlap). `absence`: tables that must be whole for a *fail* too
    (an unused gateway may be used by what was not seen). `applicability`: tables that must be whole for a
    *not-applicable* (a VPC without a tunnel may have one that was not seen). `across`: whole in all sources, not only
    in the subject's own. `yields_to`: rules that name the same cause better; where one of them fails for the same
    subject, this one is not applicable. `new_key`: only a new pre-shared key mends its findings, which they cannot
    carry.
    """

    def make(find: Callable[[Tables, Policy], pd.DataFrame]) -> Rule:
        module = inspect.getmodule(find)
        name = find.__module__.rpartition(".")[2].replace("_", "-")
        if severity not in SEVERITIES or subject not in KINDS:
            raise RuleError(f"Rule {name}: severity is one of {SEVERITIES}, subject one of {tuple(KINDS)}.")
        title, text = sections(module.__doc__ or "" if module else "", name)
        return Rule(
            name,
            severity,
            subject,
            tuple(reads),
            tuple(needs),
            tuple(absence),
            across,
            tuple(yields_to),
            title,
            text,
            find,
            new_key,
            tuple(applicability),
        )

    return make
