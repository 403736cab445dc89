"""Figures: right on every estate, and they count what the coverage counts."""

from __future__ import annotations

import json

import plotly.graph_objects as go
import pytest

from tests.report.explorations import ESTATES, explored, well_formed
from vpnaudit.report import charts


@pytest.mark.parametrize("name", ESTATES)
def test_the_figure_stands_on_every_estate(name: str) -> None:
    bundle = charts.by_rule(explored(name))._repr_mimebundle_()
    well_formed(bundle["text/html"])
    assert "application/vnd.plotly.v1+json" in bundle


def test_plotly_takes_the_figure_as_it_is() -> None:
    figure = charts.by_rule(explored("hostile")).figure
    assert json.loads(go.Figure(figure).to_json()) == figure


def test_the_figure_counts_what_the_coverage_counts() -> None:
    exploration = explored("hostile")
    figure = charts.by_rule(exploration).figure
    drawn = {
        (trace["name"].lower().replace(" ", "-"), rule): x
        for trace in figure["data"]
        for rule, x in zip(trace["y"], trace["x"], strict=True)
        if x
    }
    rows = exploration.coverage[exploration.coverage["verdict"].isin(["fail", "cannot-tell"])]
    wanted = rows.groupby([rows["severity"].fillna("cannot-tell"), "rule"]).size().to_dict()
    assert drawn == wanted


def test_a_figure_without_room_for_all_rules_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "MOST", 2)
    figure = charts.by_rule(explored("hostile")).figure
    assert "; 2 of " in figure["layout"]["meta"]["label"]
    assert len({rule for trace in figure["data"] for rule in trace["y"]}) == 2


def test_the_title_names_where_most_failed_checks_are_from() -> None:
    assert charts.by_rule(explored("empty")).figure["layout"]["meta"]["label"] == "No rule found anything"
    assert "of the findings" in charts.by_rule(explored("hostile")).figure["layout"]["meta"]["label"]
