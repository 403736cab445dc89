"""Figures that plotly.js draws, as the plain values that it takes: what plotly's Python objects would add is a check of
each value, which costs more than the figure. One figure is right in both themes: mid-tones, and text that the page
colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.findings import SEVERITIES
from vpnaudit.report import words
from vpnaudit.report.page import fragment

if TYPE_CHECKING:
    from vpnaudit.explore import Exploration

MIME = "application/vnd.plotly.v1+json"
MOST = 60
"""Rules that a figure has room for; the table below it has all."""

# Each keeps 3:1 against the page in both themes.
_TONES = {
    "critical": "#d0486a",
    "high": "#c96a28",
    "medium": "#a3801c",
    "low": "#5c89b8",
    "info": "#82888f",
    "cannot-tell": "#8e77c9",
}
_NAMES = {severity: severity.capitalize() for severity in SEVERITIES} | {"cannot-tell": "Cannot tell"}


class Chart:
    """A plotly figure, and the same data as a table for whoever cannot see it: notebooks show the one, the report
    both.
    """

    def __init__(self, figure: dict[str, Any], table: str) -> None:
        self.figure, self.table = figure, table

    def __repr__(self) -> str:
        return f"<Chart: {self.figure['layout']['meta']['label']}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME: self.figure | {"config": {"displayModeBar": False}}, "text/html": self.table}


def by_rule(exploration: Exploration) -> Chart:
    """How many checks of each rule failed, by severity, and how many could not be judged; worst rules first."""
    counts = _counts(exploration.coverage)
    title = _finding(counts)
    table = fragment("by_rule", counts=counts, names=_NAMES, title=title).markup
    caption = title if len(counts) <= MOST else f"{title}; {MOST} of {len(counts)} rules are drawn, the table has all"
    return Chart(_bars(counts.head(MOST), caption), table)


def _counts(coverage: pd.DataFrame) -> pd.DataFrame:
    """One row a rule that failed or could not tell; columns: the severities and cannot-tell."""
    kind = coverage["severity"].where(coverage["verdict"] == "fail", coverage["verdict"])
    counts = pd.crosstab(coverage["rule"], kind).reindex(columns=list(_TONES), fill_value=0)
    counts = counts[counts.sum(axis=1) > 0]
    return counts.sort_values([*SEVERITIES, "cannot-tell"], ascending=False, kind="stable")


def _finding(counts: pd.DataFrame) -> str:
    failed = counts[list(SEVERITIES)].sum(axis=1)
    if not failed.sum():
        return "No rule found anything"
    top = failed.sort_values(ascending=False, kind="stable")
    share = words.percent(int(top.head(3).sum()), int(top.sum()))
    names = words.list_up([str(rule) for rule in top.head(3).index])
    return (
        f"{names} make up {share} of the findings" if len(top) > len(top.head(3)) else f"All findings come from {names}"
    )


def _bars(counts: pd.DataFrame, title: str) -> dict[str, Any]:
    counts = counts.iloc[::-1]  # plotly draws from the bottom
    total = counts.sum(axis=1)
    return {
        "data": [_trace(counts[kind], tone) for kind, tone in _TONES.items() if counts[kind].sum()],
        "layout": {
            # Without a template plotly.js takes its own, which draws a plot of another colour.
            "template": {"data": {"scatter": [{"type": "scatter"}]}},
            "annotations": [_annotation(str(rule), int(total.loc[str(rule)]), row) for rule, row in counts.iterrows()],
            "barmode": "stack",
            "bargap": 0.35,
            "showlegend": False,
            "height": 52 + 24 * len(counts),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "inherit", "size": 13},
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "meta": {"label": title},
            "xaxis": {
                "range": [0, float(total.max()) * 1.45 if len(total) else 1],
                "rangemode": "tozero",
                "gridcolor": "#82888f",
                "automargin": True,
                "tickformat": "d",
                "nticks": 6,
                "zeroline": False,
            },
            "yaxis": {"automargin": True, "ticklabelstandoff": 6, "showgrid": False},
        },
    }


def _trace(numbers: pd.Series, tone: str) -> dict[str, Any]:
    """The bars of one severity, or of what could not be told."""
    kind = str(numbers.name)
    pattern = {"pattern": {"shape": "/", "size": 5, "solidity": 0.35}} if kind == "cannot-tell" else {}
    return {
        "type": "bar",
        "name": _NAMES[kind],
        "y": [str(rule) for rule in numbers.index],
        "x": [int(number) for number in numbers],
        "orientation": "h",
        "marker": {"color": tone, **pattern},
        "hovertemplate": "%{y}: %{x} " + _NAMES[kind].lower() + "<extra></extra>",
    }


def _annotation(rule: str, total: int, row: pd.Series) -> dict[str, Any]:
    """What stands at the end of a bar: how many of each kind."""
    return {
        "y": rule,
        "x": total,
        "text": ", ".join(f"{number} {_NAMES[str(kind)].lower()}" for kind, number in row.items() if number),
        "showarrow": False,
        "xanchor": "left",
        "xshift": 6,
        "font": {"size": 12},
    }
