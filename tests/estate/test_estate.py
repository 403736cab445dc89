"""The estate: derived tables once, views that refuse what was not declared, text that is harmless."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.errors import EstateError, RuleError
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.estate import DERIVED


def test_every_table_is_there_and_empty_by_default() -> None:
    nothing = Estate()
    assert all(nothing[name].empty for name in [*TABLES, *DERIVED])
    assert nothing.collected_at is None
    assert nothing.sources == []


def test_a_derived_table_is_computed_once() -> None:
    whole = estate({"connections": [{"id": "c1"}]})
    assert whole["tunnels"] is whole["tunnels"]


def test_unknown_tables_are_refused_with_the_names_of_all() -> None:
    with pytest.raises(EstateError, match=r"No table is named 'vpc'.*vpcs.*tunnels"):
        Estate()["vpc"]
    with pytest.raises(EstateError, match=r"No table is named \['vpc'\]"):
        Estate({"vpc": pd.DataFrame()})


def test_the_time_is_that_of_the_latest_collection() -> None:
    whole = estate(
        {
            "sources": [
                {"source": "s1"},
                {"source": "s2", "collected_utc": "2026-11-24T09:30:00+0000"},
                {"source": "s3", "collected_utc": "?"},
            ]
        }
    )
    assert whole.collected_at == pd.Timestamp("2026-11-24T09:30:00Z")
    assert whole.sources == ["s1", "s2", "s3"]
    assert whole.only(["vpcs"]).collected_at == whole.collected_at


def test_a_view_shows_only_what_was_declared() -> None:
    view = estate({"vpcs": [{"id": "p1"}]}).only(["vpcs"])
    assert len(view["vpcs"]) == 1
    with pytest.raises(RuleError, match="reads table 'tiers' and does not declare it"):
        view["tiers"]


def test_shows_itself_without_running_what_strangers_wrote() -> None:
    whole = estate({"vpcs": [{"id": "p1", "source": "<script>alert(1)</script>"}]})
    page = whole._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert ">vpcs<" in page
    assert ">tiers<" not in page, "empty tables are left out"
    assert (
        repr(estate({"vpcs": [{"id": "p1"}]}))
        == "Estate(sources=['s1'], collected_at=2026-11-24 08:00:00+00:00, vpcs=1, connections=0, customer_gateways=0,"
        " gaps=0)"
    )
