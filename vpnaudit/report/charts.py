"""Figures that plotly draws. One figure is right in both themes: mid-tones, and text that the page colours."""

from __future__ import annotations

import json
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

    def __init__(self, figure: Any, table: str) -> None:
        self.figure, self.table = figure, table

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        figure = json.loads(
            self.figure.to_json()
        )  # not plotly's own bundle: that depends on where plotly thinks it runs
        return {
            MIME: {"data": figure["data"], "layout": figure["layout"], "config": {"displayModeBar": False}},
            "text/html": self.table,
        }


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


def _bars(counts: pd.DataFrame, title: str) -> Any:
    import plotly.graph_objects as go  # noqa: PLC0415 - slow to import

    counts = counts.iloc[::-1]  # plotly draws from the bottom
    figure = go.Figure()
    for kind, tone in _TONES.items():
        if counts[kind].sum():
            pattern = {"shape": "/", "size": 5, "solidity": 0.35} if kind == "cannot-tell" else {}
            figure.add_bar(
                name=_NAMES[kind],
                y=counts.index.tolist(),
                x=counts[kind].tolist(),
                orientation="h",
                marker={"color": tone, "pattern": pattern},
                hovertemplate="%{y}: %{x} " + _NAMES[kind].lower() + "<extra></extra>",
            )
    total = counts.sum(axis=1)
    for rule, row in counts.iterrows():
        label = ", ".join(f"{number} {_NAMES[str(kind)].lower()}" for kind, number in row.items() if number)
        figure.add_annotation(
            y=rule,
            x=int(total.loc[str(rule)]),
            text=label,
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"size": 12},
        )
    figure.update_layout(
        template="none",
        barmode="stack",
        bargap=0.35,
        showlegend=False,
        height=52 + 24 * len(counts),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "inherit", "size": 13},
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        meta={"label": title},
        xaxis={
            "range": [0, float(total.max()) * 1.45 if len(total) else 1],
            "rangemode": "tozero",
            "gridcolor": "#82888f",
            "automargin": True,
            "tickformat": "d",
            "nticks": 6,
            "zeroline": False,
        },
        yaxis={"automargin": True, "ticklabelstandoff": 6, "showgrid": False},
    )
    return figure
