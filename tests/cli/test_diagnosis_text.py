"""A diagnosis in words: hostile names stay on their line, split parts are told apart, disagreement is loud."""

from __future__ import annotations

from typing import Any

from vpnaudit.cli.diagnosis_text import one_connection, table

ROW: dict[str, Any] = {
    "source": "prod",
    "connection_id": "c1",
    "label": "web\x1b[31m",
    "state": "Connected",
    "router": "r-1\nVM",
    "name": "vpn-192.0.2.1",
    "gateway": "192.0.2.1",
    "verdict": "no_return",
    "meaning": "packets go out",
    "since_utc": None,
    "may_be": None,
    "unknown": None,
    "ike_suite": "aes256-sha256-modp2048",
    "esp_suite": None,
    "action": "Look.",
    "acts": "peer",
    "predicted": "ok",
    "agrees": False,
    "rests_on": '[{"says": "a\\nb", "place": ""}]',
    "against": "[]",
}


def test_nothing_of_a_tenant_gets_a_line_or_a_colour_of_its_own() -> None:
    text = "\n".join(one_connection([ROW]))
    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line.startswith(("VM", "b"))]
    assert "suites           IKE aes256-sha256-modp2048" in text
    assert "THE ROUTER SHOWS ANOTHER THING" in text
    assert "Against it" not in text


def test_parts_of_a_split_connection_are_told_apart() -> None:
    _, first, second = table([ROW, ROW | {"name": "vpn-192.0.2.1-2", "agrees": None}])
    assert "NOT AS PREDICTED" in first
    assert "vpn-192.0.2.1-2" not in first
    assert second.endswith("vpn-192.0.2.1-2")
