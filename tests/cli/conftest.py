"""A working folder for a verb: small snapshots that need no cloud, or the profiles of the example cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.estates import estate

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.sandbox import Sandbox

BOOK = """
[[peer]]
name = "Wien"
address = "203.0.113.2"
peer_address = "198.51.100.1"
id = "203.0.113.2"
peer_id = "198.51.100.1"
ike_versions = "ikev2"
ike_proposals = "aes256-sha256-modp2048"
esp_proposals = "aes256-sha256-modp3072"
strict = true
local_subnets = "10.2.0.0/24"
remote_subnets = "10.1.0.0/16"
esp_lifetime = "1h"
psk = "canary-KEY-book"
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and an environment without keys."""
    for name in ("ENDPOINT", "KEY", "SECRET", "CONFIG", "REGION"):
        monkeypatch.delenv(f"CLOUDSTACK_{name}", raising=False)
    for name in ("SMTP", "MAIL_FROM", "SMTP_PASSWORD"):
        monkeypatch.delenv(f"VPNAUDIT_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def folder(work: Path, sandbox: Sandbox) -> Path:
    """The same with profiles of the example cloud."""
    sandbox.write_profiles(work / "cloudstack.ini")
    return work


@pytest.fixture
def snapshot(work: Path) -> Path:
    """One connection whose far side no VPC is; its VPC has a hostile name."""
    tables = {
        "vpcs": [{"id": "p1", "name": "web\x1b[31m"}],
        "vpn_gateways": [{"id": "v1"}],
        "tiers": [{"id": "t1", "name": "front"}],
        "acl_lists": [{"id": "l1"}],
        "acl_rules": [{"id": "r1", "cidr_list": "0.0.0.0/0"}],
        "customer_gateways": [{"id": "g1", "gateway": "203.0.113.2", "cidr_list": "10.2.0.0/24", "dpd": False}],
        "connections": [{"id": "c1", "gateway": "203.0.113.2", "cidr_list": "10.2.0.0/24"}],
    }
    place = work / "snapshots" / "s1" / "20261124T080000Z"
    estate(tables).save(place)
    return place


@pytest.fixture
def book(work: Path) -> Path:
    """What is known of that far side: its child SAs cannot be renewed. It holds a key."""
    path = work / "peers.toml"
    path.write_text(BOOK)
    return path
