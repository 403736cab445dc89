"""What `vpnaudit.open` gives in a notebook: tables, judgement, questions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import vpnaudit
from tests.estates import estate
from tests.evidence.router_files import ARCHIVES
from vpnaudit.errors import ConfigError, EstateError
from vpnaudit.explore import Exploration
from vpnaudit.policy import load

if TYPE_CHECKING:
    from pathlib import Path

CASE = {
    "vpcs": [{"id": "p1", "name": "payroll", "cidr": "10.1.0.0/16"}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1", "name": "office [1]", "dpd": False}],
    "connections": [{"id": "c1", "cidr_list": "192.168.10.0/24"}],
}


@pytest.fixture(scope="module")
def exploration() -> Exploration:
    return Exploration(estate(CASE), load())


def test_opens_a_snapshot_and_judges_it_once(tmp_path: Path) -> None:
    estate(CASE).save(tmp_path / "snapshot")
    opened = vpnaudit.open(tmp_path / "snapshot")
    assert opened.audit is opened.audit
    assert "dpd-off" in set(opened.findings["rule"])
    assert len(opened.coverage) > len(opened.findings)


def test_says_what_is_no_snapshot_and_no_policy(tmp_path: Path) -> None:
    with pytest.raises(EstateError, match="is no snapshot"):
        vpnaudit.open(tmp_path)
    estate(CASE).save(tmp_path / "snapshot")
    with pytest.raises(ConfigError, match="neither built in"):
        vpnaudit.open(tmp_path / "snapshot", "no-such-policy")


@pytest.mark.parametrize("text", ["PAYROLL", "office [1]", "192.168.10", "connected"])
def test_finds_text_in_any_column_and_takes_it_as_it_is(exploration: Exploration, text: str) -> None:
    assert list(exploration.find(text)["id"]) == ["c1"]
    assert exploration.find("office .1.").empty


def test_names_every_network_that_shares_an_address(exploration: Exploration) -> None:
    assert {"payroll"} <= set(exploration.overlaps("10.1.2.3")["name"])
    assert "c1" in set(exploration.overlaps("192.168.0.0/16")["id"])
    with pytest.raises(ConfigError, match="is no IPv4 network"):
        exploration.overlaps("fd00::/8")


def test_answers_sql_without_touching_a_file(exploration: Exploration) -> None:
    duckdb = pytest.importorskip("duckdb")
    assert exploration.sql("select name from vpcs")["name"].tolist() == ["payroll"]
    assert exploration.sql("select count(*) as n from findings where rule = 'dpd-off'")["n"].item() == 1
    with pytest.raises(duckdb.Error):
        exploration.sql("select * from read_csv('/etc/hostname')")


@pytest.mark.parametrize(
    "query",
    [
        "call enable_logging()",
        "pragma enable_logging",
        "call enable_logging(storage='file', storage_path='logs')",
        "call enable_profiling()",
        "set enable_external_access = true",
        "set lock_configuration = false; set enable_external_access = true",
        "select 1; copy vpcs to 'copied.csv'",
        "attach 'other.db'",
        "install httpfs",
    ],
)
def test_no_query_opens_a_file_or_changes_a_setting(
    exploration: Exploration, query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(duckdb.Error, match=r"locked|disabled by configuration|does not exist"):
        exploration.sql(query)
    assert list(tmp_path.iterdir()) == []


def test_shows_itself_in_a_notebook(exploration: Exploration) -> None:
    assert "connections" in exploration._repr_html_()


def test_shows_what_was_not_collected() -> None:
    gaps = Exploration(estate({"gaps": [{"table": "hosts", "text": "HTTP 432"}]}), load()).gaps
    assert gaps["table"].to_list() == ["hosts"]


class TestTunnel:
    def test_is_the_one_that_is_named_or_else_the_worst(self, exploration: Exploration) -> None:
        assert exploration.tunnel("payroll/office [1]").label == exploration.tunnel().label == "payroll ← office [1]"

    @pytest.mark.parametrize("changes", [{"dpd": "false"}, ["dpd=false"]])
    def test_takes_changes_as_a_mapping_or_as_texts(self, exploration: Exploration, changes: object) -> None:
        assert exploration.tunnel("c1", changes).ends.router.dpd is False
        assert exploration.tunnel("c1").ends.router.dpd is True

    def test_needs_a_connection(self) -> None:
        with pytest.raises(ConfigError, match="holds no connection"):
            Exploration(estate({}), load()).tunnel()


def test_without_duckdb_sql_says_what_to_install(exploration: Exploration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ConfigError, match=r"pip install 'vpnaudit\[lab\]'"):
        exploration.sql("select 1")


def test_what_routers_show_is_asked_by_connection_and_for_all(tmp_path: Path) -> None:
    estate(CASE).save(tmp_path / "snapshot")
    seen = vpnaudit.open(tmp_path / "snapshot", evidence=str(ARCHIVES / "little_evidence.tar.gz"))
    assert any("it is not opened" in note for note in seen.notes)
    assert set(seen.diagnoses["connection_id"].dropna()) == {"c1"}
    answer = seen.diagnose("vpn-192.0.2.26")
    assert len(answer.verdicts) == 1
    assert "table" in answer._repr_html_()
