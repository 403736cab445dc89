"""Views: every section on every estate, with every name harmless."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from tests.report.explorations import ESTATES, explored, hostile, well_formed
from vpnaudit.errors import ConfigError
from vpnaudit.explore import Exploration
from vpnaudit.policy import Waiver, load
from vpnaudit.report import views

SECTIONS = ("summary", "not_assessed", "findings", "waivers", "estate_map", "matrix", "method", "provenance")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("name", ESTATES)
def test_every_section_stands_on_every_estate(section: str, name: str) -> None:
    markup = getattr(views, section)(explored(name))._repr_html_()
    well_formed(markup)
    assert "<script" not in markup
    assert "\u202e" not in markup


def test_least_severity_hides_and_says_so() -> None:
    exploration = explored("hostile")
    assert "below critical" in views.findings(exploration, "critical").markup
    with pytest.raises(ConfigError, match="least_severity is 'hihg'"):
        views.findings(exploration, "hihg")


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


def test_what_was_not_read_of_a_far_end_stands_under_not_assessed() -> None:
    exploration = Exploration(hostile(), load(), notes=("peers.toml: line 3: <b>x</b> is not read",))
    assert "peers.toml: line 3: &lt;b&gt;x&lt;/b&gt; is not read" in views.not_assessed(exploration).markup
    assert "this was not read" not in views.not_assessed(explored("hostile")).markup


def test_provenance_names_the_files_for_far_ends_and_the_command_that_takes_them_again() -> None:
    markup = views.provenance(explored("hostile"), "a.toml, my peers.toml").markup
    assert "--policy cloudstack-baseline --peers a.toml --peers 'my peers.toml'</code>" in markup
    assert "their keys are not compared" in markup
    assert "Far sides" not in views.provenance(explored("hostile")).markup


def test_a_table_that_is_cut_says_how_many_rows_there_are() -> None:
    frame = pd.DataFrame({"name": ["<i>", None, "c"]})
    markup = views.table(frame, "Names", most=2).markup
    well_formed(markup)
    assert "&lt;i&gt;" in markup
    assert "3" in markup
    assert ">c<" not in markup
