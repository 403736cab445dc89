"""Questions about access lists as an engineer asks them, in JupyterLab and on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.estates import estate
from vpnaudit.cli.main import run
from vpnaudit.errors import ConfigError
from vpnaudit.explore import Exploration
from vpnaudit.policy import NeededFlow, load
from vpnaudit.report.reach_matrix import reach_matrix

if TYPE_CHECKING:
    from pathlib import Path


def test_reach_has_a_row_a_network_tier_and_direction(opened: Exploration) -> None:
    table = opened.reach("aa-1")
    cells = table.set_index(["tier_id", "direction"])["verdict"].to_dict()
    assert cells["t1", "ingress"] == "some"
    assert cells["t1", "egress"] == "all"
    assert cells["t2", "ingress"] == "none"
    assert cells["t4", "ingress"] == "cannot-tell"
    assert table.loc[table["tier_id"] == "t1", "decides_ids"].to_list()[0] == "r1,r2,r3"


class TestCan:
    def test_the_deciding_rule_and_the_rules_tried(self, opened: Exploration) -> None:
        verdict = opened.can(src="192.168.10.7", dst="10.1.1.9", proto="tcp", port=443)
        assert (verdict.verdict, verdict.direction, verdict.tunnels) == ("pass", "ingress", ("payroll ← office",))
        assert verdict.rule.startswith("rule 2 allow")
        assert verdict.trace["mismatch"].to_list() == ["service", ""]
        assert "rule 2" in verdict._repr_html_()

    def test_the_default_drops_and_a_ping_is_denied(self, opened: Exploration) -> None:
        assert opened.can("192.168.10.7", "t1", "udp", 53).rule == "no rule: what comes in is dropped"
        ping = opened.can("192.168.10.7", "t1", "icmp")
        assert (ping.verdict, ping.rule[:6]) == ("drop", "rule 1")

    def test_the_way_out_and_an_address_that_no_tunnel_carries(self, opened: Exploration) -> None:
        verdict = opened.can("t1", "172.16.0.1", "tcp", 1)
        assert (verdict.verdict, verdict.direction, verdict.tunnels) == ("pass", "egress", ())
        assert "no tunnel" in str(verdict)

    def test_what_was_not_measured_is_not_guessed(self, opened: Exploration) -> None:
        assert opened.can("t3", "192.168.10.7", "tcp", 1).verdict == "not-modelled"
        odd = opened.can("192.168.10.7", "odd", "tcp", 1)
        assert (odd.verdict, odd.why) == ("not-modelled", "a rule of the list does not say its number")

    def test_a_tier_name_that_strangers_wrote_stays_text(self, opened: Exploration) -> None:
        assert "<script>" not in opened.can("192.168.10.7", "t2", "tcp", 1)._repr_html_()

    @pytest.mark.parametrize(
        ("src", "dst", "more", "says"),
        [
            ("192.168.10.7", "nowhere", {"port": 1}, "Neither"),
            ("t1", "t2", {"port": 1}, "Both ends"),
            ("192.168.10.7", "front", {"port": 1}, "fits 2 tiers"),
            ("192.168.10.7", "t1", {}, "port"),
            ("192.168.10.7", "t1", {"proto": "tpc", "port": 1}, "no protocol"),
            ("office", "t1", {"port": 1}, "no IPv4 address"),
        ],
    )
    def test_what_cannot_be_understood_is_said(
        self, opened: Exploration, src: str, dst: str, more: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(ConfigError, match=says):
            opened.can(src, dst, **more)

    def test_a_direction_chooses_between_two_tiers(self, opened: Exploration) -> None:
        assert opened.can("10.1.2.5", "t1", port=443, direction="ingress").verdict == "drop"


def test_only_shows_what_else_gets_through(opened: Exploration) -> None:
    flow = {"from": "192.168.10.0/24", "to": "front", "port": 443}
    table = opened.only(
        "aa-1", [flow, NeededFlow.model_validate({"name": "out", "from": "t9", "to": "192.168.10.0/24"})]
    )
    left = table[table["direction"] == "ingress"].set_index("tier")["beyond"]
    assert left["front"] == "tcp 22 from 192.168.10.0/24"
    assert table["why"].notna().sum() == 2
    with pytest.raises(ConfigError, match="to: Field required"):
        opened.only("aa-1", [{"from": "192.168.10.0/24"}])


class TestWhatIf:
    def test_a_removed_a_moved_and_an_added_rule(self, opened: Exploration) -> None:
        new = {"number": 5, "protocol": "udp", "startport": 53, "cidrlist": "192.168.10.0/24"}
        change = opened.what_if("l1", add=[new], remove=["r3"], move={1: 9})
        assert change.table.to_dict("records")[0] == {
            "direction": "ingress",
            "opens": "udp 53 from 192.168.10.0/24",
            "closes": "tcp 22 from 192.168.10.0/24",
        }
        assert change.tiers == ("front",)
        assert [rule.number for rule in change.after.rules] == [2, 5, 9]
        assert "closes" in change._repr_html_()
        assert "front" in str(change)

    def test_what_the_router_would_not_run_as_written_shows(self, opened: Exploration) -> None:
        change = opened.what_if("l1", add=[{"number": 4, "protocol": "tcp"}])
        assert change.differences["ingress"].words("ingress") == "opens tcp 0 from anywhere"

    def test_a_rule_that_cannot_be_read_gives_no_answer(self, opened: Exploration) -> None:
        change = opened.what_if("l1", add=[{"number": 4, "protocol": "sctp"}])
        assert change.table["opens"].to_list() == ["cannot tell", "nothing"]
        assert list(change.differences) == ["egress"]

    @pytest.mark.parametrize(
        ("acl", "change", "says"),
        [
            ("nothing", {}, "no access list"),
            ("", {}, "no access list"),
            ("web", {}, "fits 2 access lists"),
            ("l1", {"remove": [7]}, "no rule 7"),
            ("l1", {"remove": ["zz"]}, "no rule zz"),
            ("l1", {"move": {8: 1}}, "no rule 8"),
            ("l1", {"move": {1: 2}}, "Two rules would have number 2"),
            ("l2", {}, "ROUTED"),
            ("odd", {}, "does not say its number"),
        ],
    )
    def test_what_cannot_be_done_is_said(
        self, opened: Exploration, acl: str, change: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(ConfigError, match=says):
            opened.what_if(acl, **change)


class TestCommand:
    def test_the_matrix_of_a_connection(self, snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["reach", "aa-1", "--snapshot", str(snapshot)]) == 0
        out = capsys.readouterr().out
        assert "SOME        192.168.10.0/24 into front" in out
        assert "rule 2 allow ingress tcp 443" in out
        assert "\u202e" not in out

    def test_one_flow_for_machines(self, snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
        flow = ["--to", "front", "--from", "192.168.10.7", "--proto", "tcp", "--port", "444", "--json"]
        assert run(["reach", "aa-1", "--snapshot", str(snapshot), *flow]) == 0
        into, out = json.loads(capsys.readouterr().out)
        assert (into["verdict"], into["passes"], into["remote"]) == ("none", "nothing", "192.168.10.7")
        assert into["counter_example"] == "tcp 444 with 192.168.10.7 is dropped: no rule: what comes in is dropped"
        assert (out["verdict"], out["decides_ids"]) == ("all", None)

    def test_a_flow_that_is_partly_told_and_partly_not(
        self, snapshot: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["reach", "aa-1", "--snapshot", str(snapshot), "--proto", "tcp", "--json"]) == 0
        verdicts = {(cell["tier"], cell["direction"]): cell["verdict"] for cell in json.loads(capsys.readouterr().out)}
        assert (verdicts["front", "ingress"], verdicts["odd", "ingress"]) == ("some", "cannot-tell")

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            (["--port", "5"], "--proto"),
            (["--from", "office"], "no IPv4 network"),
            (["--to", "nowhere"], "Nothing to tell"),
            (["--proto", "tpc"], "no protocol"),
            (["--proto", "gre", "--port", "1"], "no ports"),
        ],
    )
    def test_what_cannot_be_understood_ends_with_three(
        self, snapshot: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["reach", "aa-1", "--snapshot", str(snapshot), *more]) == 3
        assert says in capsys.readouterr().err


class TestMatrix:
    def test_shows_each_cell_with_its_rule_and_escapes_names(self, opened: Exploration) -> None:
        page = reach_matrix(opened).markup
        assert "<script>" not in page
        assert page.count("<table") == 4
        assert "rule 2 allow ingress tcp 443 from 192.168.10.0/24" in page
        assert "networks not said" in page

    def test_of_one_connection(self, opened: Exploration) -> None:
        assert reach_matrix(opened, "aa-2").markup.count('scope="row"') == 2

    def test_without_any(self) -> None:
        bare = Exploration(estate({"connections": [{"id": "c1"}]}), load())
        assert "No connection leads" in reach_matrix(bare).markup
        assert "not known" in reach_matrix(bare, "c1").markup

    def test_of_many_the_first_are_drawn_and_the_rest_is_named(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        many = {**tables, "connections": [{"id": f"c{n:02}"} for n in range(62)]}
        page = reach_matrix(Exploration(estate(many), load())).markup
        assert "2 connections" in page
