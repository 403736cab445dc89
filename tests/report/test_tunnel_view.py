"""One connection in a notebook: every view on every kind of far side, with every name harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.estates import FAR, FULL, PAIR, estate
from tests.report.explorations import HOSTILE, well_formed
from vpnaudit.errors import ConfigError
from vpnaudit.explore import Exploration, open_snapshot
from vpnaudit.policy import load
from vpnaudit.report import tunnel_view, views

if TYPE_CHECKING:
    from pathlib import Path

BASE = {
    "vpcs": [{"id": "p1", "name": HOSTILE}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1", "dpd": False, "name": HOSTILE}],
    "connections": [FAR],
}
LATER = {**FULL, "name": HOSTILE, "aggressive": False, "ike_versions": "ikev2", "esp_lifetime_s": 3600}
NEAR, BACK = PAIR["connections"]
ESTATES = {
    "a book": {**BASE, "peers": [LATER]},
    "no far side": BASE,
    "no router": {**BASE, "connections": [{**FAR, "esp_policy": "?"}]},
    "unequal keys": {
        **PAIR,
        "customer_gateways": [{"id": "g1"}],
        "connections": [{**NEAR, "psk_fingerprint": "a"}, {**BACK, "psk_fingerprint": "b"}],
    },
    "decimal hours": {**PAIR, "sources": [{"source": "s1", "cloudstack_version": "4.19.2.0"}]},
}


def explored(name: str) -> Exploration:
    return Exploration(estate(ESTATES[name]), load(), notes=(HOSTILE,))


@pytest.mark.parametrize("name", ESTATES)
def test_every_view_is_well_formed(name: str) -> None:
    exploration = explored(name)
    tunnel = exploration.tunnel("")
    shown = [
        tunnel_view.head(exploration, tunnel, ""),
        tunnel_view.sides(tunnel),
        tunnel_view.timeline(tunnel),
        tunnel_view.reasons(exploration, tunnel),
        tunnel_view.what_if(exploration, tunnel, "esppolicy=aes128-sha1 passive=true"),
        tunnel_view.what_if(exploration, tunnel, "passive=true"),
        views.findings_on(exploration, tunnel.ends.source, tunnel.ends.id),
    ]
    for one in shown:
        well_formed(one.markup)


def test_the_drawing_says_when_traffic_ends() -> None:
    exploration = explored("a book")
    drawn = tunnel_view.timeline(exploration.tunnel("c1")).markup
    assert drawn.index("after 42 to 51 min") < drawn.index("after 60 min") < drawn.index("after 7.7 to 7.85 h")
    assert drawn.count('<li class="on y">') == 1
    assert drawn.count('<li class="on x">') == 1
    assert drawn.count('<li class="off x">') == 1


def test_the_head_says_who_chose_the_connection() -> None:
    for name, sentence in (
        ("a book", "the worst prediction"),
        ("no far side", "no far side is known: this is the first one"),
    ):
        exploration = explored(name)
        assert sentence in tunnel_view.head(exploration, exploration.tunnel(), "").markup
        assert sentence not in tunnel_view.head(exploration, exploration.tunnel("c1"), "c1").markup


def test_what_mends_it_comes_with_its_command_or_its_lines() -> None:
    exploration = explored("a book")
    shown = tunnel_view.reasons(exploration, exploration.tunnel("c1")).markup
    assert "esp_proposals = aes256-sha256-modp2048" in shown
    assert "cmk update" not in shown  # to the far side's weak group
    keys = explored("unequal keys")
    shown = tunnel_view.reasons(keys, keys.tunnel("c1")).markup
    assert "a new random pre-shared key" in shown
    assert "cmk update vpncustomergateway" in shown


def test_a_change_that_cannot_be_read_stops_the_cell() -> None:
    exploration = explored("a book")
    with pytest.raises(ConfigError, match="has no field"):
        tunnel_view.what_if(exploration, exploration.tunnel("c1"), "esp=x")


def test_only_findings_of_the_connection_are_listed() -> None:
    exploration = explored("a book")
    assert "dpd-off" in views.findings_on(exploration, "s1", "c1").markup
    assert "Nothing failed" in views.findings_on(exploration, "s1", "c2").markup


def test_a_snapshot_opens_with_far_sides(tmp_path: Path) -> None:
    estate(BASE).save(tmp_path / "snapshot")
    (tmp_path / "a.toml").write_text('[[peer]]\nname = "a"\naddress = "203.0.113.2"\n')
    (tmp_path / "notes.txt").write_text("x")
    assert open_snapshot(tmp_path / "snapshot", peers=f" {tmp_path / 'a.toml'}, ").tunnel("c1").ends.far == "peers"
    (tmp_path / "snapshot2").mkdir()
    exploration = open_snapshot(tmp_path / "snapshot", peers=[tmp_path / "a.toml"])
    assert exploration.tunnel("c1", {"dpd": "false"}).changes == {"dpd": "false"}
    assert exploration.notes == ()


def test_an_estate_without_connections_says_so() -> None:
    with pytest.raises(ConfigError, match="holds no connection"):
        Exploration(estate({}), load()).tunnel()
