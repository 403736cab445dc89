"""What brings two ends together, as commands: for each end that CloudStack holds, and only for that end."""

from __future__ import annotations

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.estate.ends import all_ends
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.tunnel_mends import commands

TWO = {
    **PAIR,
    "customer_gateways": [{"id": "g1", "gateway": "203.0.113.2"}, {"id": "g2", "gateway": "198.51.100.1"}],
    "connections": [PAIR["connections"][0], {**PAIR["connections"][1], "customer_gateway_id": "g2"}],
}
ALONE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1"}],
    "connections": [FAR],
    "peers": [BOOK],
}


def scripts(case: dict, changes: dict[str, str]) -> list[str]:
    tables = estate(case)
    return [one.command for one in commands(EstateIndex(tables), all_ends(tables)[0], changes)]


def test_each_end_gets_its_own_update_in_one_script_and_no_hint_for_the_other() -> None:
    (script,) = scripts(TWO, {"esppolicy": "aes128-sha1", "peer.cidrlist": "10.1.0.0/16"})
    assert script.count("cmk update vpncustomergateway") == 2
    near, far = script.split("cmk update vpncustomergateway")[1:]
    assert near.startswith(" id='g1'")
    assert "esppolicy='aes128-sha1'" in near
    assert far.startswith(" id='g2'")
    assert "cidrlist='10.1.0.0/16'" in far
    assert "swanctl" not in script


def test_unequal_keys_become_one_new_key_for_both() -> None:
    (script,) = scripts(TWO, {"psk": "equal"})
    assert script.count("cmk update vpncustomergateway") == 2
    assert script.count('ipsecpsk=@"$p-new"') == 2
    assert "openssl rand" in script


def test_a_moved_peer_is_deleted_and_created() -> None:
    (script,) = scripts(ALONE, {"gateway": "203.0.113.9"})
    assert "delete vpnconnection" in script
    assert "create vpnconnection" in script


def test_what_is_so_already_is_not_sent() -> None:
    assert scripts(ALONE, {"dpd": "true"}) == []


def test_no_command_for_what_cloudstack_does_not_hold() -> None:
    assert scripts(ALONE, {"peer.esp_proposals": "aes128-sha1"}) == []
    assert scripts(ALONE, {"vpc_cidr": "10.1.0.0/24"}) == []
    assert scripts({**ALONE, "customer_gateways": []}, {"esppolicy": "aes128-sha1", "psk": "equal"}) == []
