"""The options of a report: one value, in which report and exports cannot be told to judge different things."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.errors import ConfigError
from vpnaudit.report.options import ReportOptions, joined_paths


@pytest.mark.parametrize("name", ["snapshot", "policy", "peers"])
def test_what_has_a_place_of_its_own_is_no_free_parameter(name: str) -> None:
    with pytest.raises(ConfigError, match=f"give --{name} instead"):
        ReportOptions(parameters={name: "x"})


def test_the_notebook_gets_the_snapshot_and_everything_that_was_asked_for() -> None:
    options = ReportOptions("mine", peers=(Path("a.toml"), Path("far")), parameters={"least_severity": "high"})
    assert options.all_parameters(Path("/s/../t")) == {
        "snapshot": "/t",
        "policy": "mine",
        "peers": "a.toml, far",
        "least_severity": "high",
    }
    assert set(ReportOptions().all_parameters(Path("/t"))) == {"snapshot", "policy"}


@given(
    st.lists(st.text(st.characters(exclude_characters="\0/"), min_size=1).filter(lambda name: name != "."), min_size=1)
)
def test_paths_come_out_of_the_text_whole_or_are_refused(names: list[str]) -> None:
    try:
        text = joined_paths(map(Path, names))
    except ConfigError:
        assert any("," in name or name != name.strip() for name in names)
    else:
        assert [part.strip() for part in text.split(",") if part.strip()] == names
