"""Views: every section on every estate, with every name harmless."""

from __future__ import annotations

from datetime import date
from functools import cache
from html.parser import HTMLParser

import pytest

from tests.estates import estate
from vpnaudit.errors import ConfigError
from vpnaudit.estate import TABLES, Estate
from vpnaudit.explore import Exploration
from vpnaudit.policy import Waiver, load
from vpnaudit.report import charts, matrix, views
from vpnaudit.report.estate_map import drawing

HOSTILE = '"><script>alert(1)</script>\u202e\n'
SECTIONS = ("summary", "not_assessed", "findings", "waivers", "estate_map", "matrix", "method", "provenance")
VOID = {"meta", "br", "input", "path", "circle", "rect", "use", "hr", "img"}
OPTIONAL = {"td", "li"}


class Balance(HTMLParser):
    """Every element that is opened is closed, in order; no script, no handler."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        assert tag != "script"
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag in OPTIONAL and self.open[-1] == tag:
            self.open.pop()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        while self.open[-1] in OPTIONAL and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag


def well_formed(markup: str) -> None:
    parser = Balance()
    parser.feed(markup)
    parser.close()
    assert parser.open == []


@cache
def explored(name: str) -> Exploration:
    """An estate by name, judged once."""
    return Exploration(ESTATES[name](), load())


def blank() -> Estate:
    return Estate(
        {n: t.frame([{k: f"{n}1" if k in ("id", "name") else "s1" for k in t.key}]) for n, t in TABLES.items()}
    )


def hostile() -> Estate:
    name = HOSTILE
    return estate(
        {
            "sources": [{"source": name, "account": name, "role": name}],
            "vpcs": [{"source": name, "id": "p1", "name": name, "zone": name, "account": name}],
            "vpn_gateways": [{"source": name, "id": "v1"}],
            "customer_gateways": [
                {"source": name, "id": "g1", "name": name, "dpd": False, "ike_policy": name, "gateway": name}
            ],
            "connections": [{"source": name, "id": "c1", "state": "Error", "account": name}],
            "gaps": [{"source": name, "table": "hosts", "command": name, "text": name}],
        }
    )


ESTATES = {"empty": Estate, "all missing": blank, "hostile": hostile}


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("name", ESTATES)
def test_every_section_stands_on_every_estate(section: str, name: str) -> None:
    markup = getattr(views, section)(explored(name))._repr_html_()
    well_formed(markup)
    assert "<script" not in markup
    assert "\u202e" not in markup


@pytest.mark.parametrize("name", ESTATES)
def test_the_figure_stands_on_every_estate(name: str) -> None:
    bundle = charts.by_rule(explored(name))._repr_mimebundle_()
    well_formed(bundle["text/html"])
    assert "application/vnd.plotly.v1+json" in bundle


def test_the_figure_counts_what_the_coverage_counts() -> None:
    seen = explored("hostile")
    figure = charts.by_rule(seen).figure
    drawn = {
        (trace.name.lower().replace(" ", "-"), rule): x
        for trace in figure.data
        for rule, x in zip(trace.y, trace.x, strict=True)
        if x
    }
    rows = seen.coverage[seen.coverage["verdict"].isin(["fail", "cannot-tell"])]
    wanted = rows.groupby([rows["severity"].fillna("cannot-tell"), "rule"]).size().to_dict()
    assert drawn == wanted


def test_least_severity_hides_and_says_so() -> None:
    seen = explored("hostile")
    assert "below critical" in views.findings(seen, "critical").markup
    with pytest.raises(ConfigError, match="least_severity is 'hihg'"):
        views.findings(seen, "hihg")


def test_an_unknown_parameter_is_shown_and_a_known_one_is_not() -> None:
    cell = 'snapshot: str = "x"'
    shown = views.parameters({"In": [cell, "# Parameters\nsnpshot = 1\n"], "snapshot": "x"}).markup
    assert "<code>snpshot</code>" in shown
    quiet = views.parameters({"In": [cell, "# Parameters\nsnapshot = 'y'\n"], "snapshot": "y"}).markup
    assert "Not a parameter" not in quiet


def test_waivers_show_what_they_cover_and_when_they_ended() -> None:
    at = {"until": date(2026, 12, 1), "reason": "being replaced", "approved_by": "K. Okafor"}
    waivers = (
        Waiver(rule="dpd-off", subject="g1", **at),
        Waiver(rule="ike-v1", subject="g1", **(at | {"until": date(2026, 11, 1)})),
    )
    markup = views.waivers(Exploration(hostile(), load().model_copy(update={"waivers": waivers}))).markup
    assert "in force, 7 days left" in markup
    assert "expired 23 days before the collection" in markup


def test_what_is_said_of_a_gateway_stands_in_each_of_its_connections() -> None:
    case = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "customer_gateways": [{"id": "g1", "dpd": False}],
        "connections": [{"id": "c1"}, {"id": "c2"}],
    }
    grid = matrix.grid(Exploration(estate(case), load()).audit)
    column = grid.rules.index("dpd-off")
    assert [row.cells[column].letter for row in grid.rows] == ["M", "M"]
    assert all(row.cells[column].cause for row in grid.rows)


def test_many_connections_become_rows_of_vpcs_with_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "NAMED_CONNECTIONS", 1)
    case = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "customer_gateways": [{"id": "g1", "dpd": False}],
        "connections": [{"id": "c1"}, {"id": "c2"}],
    }
    grid = matrix.grid(Exploration(estate(case), load()).audit)
    (row,) = grid.rows
    assert row.cells[grid.rules.index("dpd-off")].times == 2


def test_the_map_joins_vpcs_that_a_tunnel_joins() -> None:
    case = {
        "vpcs": [{"id": "p1"}, {"id": "p2", "cidr": "10.2.0.0/16"}],
        "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2", "public_ip": "198.51.100.2"}],
        "customer_gateways": [{"id": "g1", "gateway": "198.51.100.2"}, {"id": "g2", "gateway": "198.51.100.1"}],
        "connections": [
            {"id": "c1", "gateway": "198.51.100.2"},
            {
                "id": "c2",
                "vpn_gateway_id": "v2",
                "customer_gateway_id": "g2",
                "gateway": "198.51.100.1",
                "public_ip": "198.51.100.2",
            },
        ],
    }
    found = drawing(Exploration(estate(case), load()).audit)
    assert len(found.arcs) == 1
    assert found.outside == 0
    assert all(mark.inside for line in found.lines for mark in line.marks)
