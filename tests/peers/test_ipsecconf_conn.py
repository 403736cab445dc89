"""Each setting of a `conn` becomes its column."""

from __future__ import annotations

import pytest

from tests.peers.reading_text import END, ipsec_row


@pytest.mark.parametrize(
    ("setting", "column", "value"),
    [
        ('leftid="C=CH, O=strong # swan, CN=a b"', "id", "C=CH, O=strong # swan, CN=a b"),
        ("leftid=@#68656c6c6f", "id", "@#68656c6c6f"),
        ('leftsubnet="10.2.0.0/16,\\\n10.3.0.0/16"', "local_subnets", "10.2.0.0/16,10.3.0.0/16"),
        ("leftsubnet = 10.2.0.9/16 , 10.3.0.0/16   # ours", "local_subnets", "10.2.0.0/16,10.3.0.0/16"),
        ("leftsubnet=10.2.0.0/16\n leftprotoport=tcp/443", "local_subnets", "10.2.0.0/16[tcp/443]"),
        ("leftsubnet=%dynamic[tcp/443],2001:db8::/32", "local_subnets", "dynamic[tcp/443],2001:db8::/32"),
        ("leftsubnet=10.2.0.0/16,nonsense,10.3.0.0/33", "local_subnets", "10.2.0.0/16"),
        ("leftsubnet={10.2.0.0/16,10.3.0.0/16}", "local_subnets", "10.3.0.0/16"),
        ("ike=aes256-sha256-x25519-ke1_mlkem768!", "ike_strict", True),
        ("leftgroups=a\n rightgroups=b\n authby=secret", "peer_auth", "psk,groups"),
        ("leftauth=psk", "peer_auth", "pubkey"),
        ("rightauth=any\n leftauth=any", "peer_auth", "any"),
        ("authby=xauthpsk", "auth", "psk,xauth"),
        ("authby=xauthpsk\n xauth=server", "peer_auth", "psk,xauth"),
        ("leftsourceip=%config", "virtual_ip", "asks"),
        ("rightsourceip=10.9.0.0/24", "virtual_ip", "gives"),
        ("type=transport", "mode", "transport"),
        ("keylife=90m", "esp_lifetime_s", 5400),
        ("ikelifetime=1d", "ike_lifetime_s", 86400),
        ("ikelifetime=900", "ike_lifetime_s", 900),
        ("lifetime=1h\n margintime=9m", "esp_rekey_s", 3060),
        ("lifetime=1h\n rekey=no", "esp_rekey_s", 0),
        ("dpdaction=none", "dpd", False),
        ("dpdaction=clear", "dpd", True),
        ("forceencaps=yes", "force_encap", True),
        ("aggressive=yes", "aggressive", True),
        ("authby=rsasig\n leftauth=psk", "auth", "psk"),
        ("authby=secret", "auth", "psk"),
        ("keyexchange=ike", "ike_versions", "ikev1,ikev2"),
        ("keyexchange=ikev1", "initiates_with", "ikev1"),
        ("esp=aes256-sha256-modp2048,aes128gcm16-ecp256!", "pfs_groups", "modp2048,ecp256"),
        ("esp=aes256-sha256", "pfs_groups", ""),
        ("esp=aes256-sha256!", "esp_strict", True),
        ("ike=aes256-sha256-modp2048", "ike_strict", False),
        ("rightid=%198.51.100.1", "peer_id", "198.51.100.1"),
        ("rightid=%any", "peer_id", "%any"),
        ("rightallowany=yes", "peer_address", "198.51.100.1"),
        ("right=198.51.100.0/24", "peer_address", "%any"),
    ],
)
def test_a_setting_becomes_its_column(setting: str, column: str, value) -> None:
    assert ipsec_row(f"conn a{END} {setting}\n")[column] == value


@pytest.mark.parametrize(
    ("left", "right", "own"),
    [
        ("10.1.0.5\n leftid=198.51.100.1", "192.168.0.9", "192.168.0.9"),
        ("192.168.0.9", "10.1.0.5\n rightid=@198.51.100.1", "192.168.0.9"),
        ("192.168.0.9", "10.1.0.5", "192.168.0.9"),
        ("198.51.100.7\n leftid=198.51.100.1", "203.0.113.2", "198.51.100.7"),
    ],
    ids=["identity of the router", "as a name", "neither", "a public address says more than an identity"],
)
def test_the_own_side_is_the_one_that_is_not_the_router(left: str, right: str, own: str) -> None:
    row = ipsec_row(f"conn a\n left={left}\n right={right}\n auto=add\n", ("198.51.100.1",))
    assert row["address"] == own


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("ike=aes256-sha2-modp2048,aes256-sha256-modp2048!", "ike holds 'aes256-sha2-modp2048'"),
        ("esp=default", "esp holds 'default'"),
        ("keyexchange=ikev3", "keyexchange has a value"),
        ("uniqueids=no", "uniqueids does not belong in a conn"),
    ],
)
def test_one_value_that_strongswan_does_not_take_and_nothing_is_loaded(setting: str, why: str) -> None:
    assert why in ipsec_row(f"conn a{END} {setting}\n")["refused"]


def test_what_decides_and_is_not_read_leaves_it_open() -> None:
    assert "ah decides" in ipsec_row(f"conn a{END} ah=sha256!\n")["undecided"]
    assert "type decides" in ipsec_row(f"conn a{END} type=beet\n")["undecided"]
    assert "strongSwan 6" in ipsec_row(f"conn a{END} ike=aes256-sha256-x25519-ke1_mlkem768!\n")["undecided"]
