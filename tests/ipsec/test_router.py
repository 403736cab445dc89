"""What the router writes, by CloudStack version, is what its own code writes."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER
from vpnaudit.ipsec.router import effective_psk, era, router_config

# Written by CsSite2SiteVpn of CloudStack 4.23 for this connection.
SPLIT = """\
#conn for vpn-203.0.113.2
conn vpn-203.0.113.2
 left=198.51.100.1
 leftid=198.51.100.1
 leftsubnet=10.1.0.0/16
 right=203.0.113.2
 rightsubnet=10.2.0.0/24
 type=tunnel
 authby=secret
 keyexchange=ikev2
 ike=aes256-sha256-modp2048
 ikelifetime=1440m
 esp=aes256-sha256-modp2048
 lifetime=60m
 keyingtries=2
 auto=route
 forceencaps=no

conn vpn-203.0.113.2-2
 also=vpn-203.0.113.2
 rightsubnet=10.2.1.0/24
"""
THREE = "10.2.0.0/24,10.2.1.0/24,10.2.2.0/24"


def settings(**changes):
    return dict(router_config(replace(ROUTER, **changes)).settings)


def test_the_file_is_the_one_that_cloudstack_writes():
    side = replace(
        ROUTER,
        cidrlist="10.2.0.0/24,10.2.1.0/24",
        splitconnections=True,
        ikelifetime=86400,
        cloudstackversion="4.23.0.0-SNAPSHOT",
    )
    assert router_config(side).conf_text() == SPLIT
    assert router_config(side).secrets_text("s3cr3t-key") == '198.51.100.1 203.0.113.2 : PSK "s3cr3t-key"\n'


def test_dead_peer_detection_and_encapsulation_are_written_when_on():
    on = settings(dpd=True, forceencap=True)
    assert (on["dpddelay"], on["dpdtimeout"], on["dpdaction"], on["forceencaps"]) == ("30", "120", "restart", "yes")
    assert "dpddelay" not in settings()


@pytest.mark.parametrize(
    ("version", "unit", "split", "leftid", "measured"),
    [
        ("4.9.3.0", "h", "absent", False, False),
        ("4.10.0", "h", "absent", False, False),
        ("4.11.1.0", "h", "absent", False, True),
        ("4.12.0", "h", "absent", False, False),
        ("4.15.0.0", "h", "absent", False, False),
        ("4.14.0.0", "h", "absent", False, False),
        ("4.15.1", "h", "works", False, False),
        ("4.17.2", "decimal", "fails", False, False),
        ("4.19.1.3", "decimal", "fails", False, False),
        ("4.19.2.0", "decimal", "works", False, False),
        ("4.20.0.0", "decimal", "fails", False, False),
        ("4.20.1.0", "decimal", "works", False, False),
        ("4.21.0.0", "decimal", "works", False, False),
        ("4.22.0.0-SNAPSHOT", "m", "works", True, True),
        (None, "m", "works", True, False),
        ("unreadable", "m", "works", True, False),
    ],
)
def test_each_version_has_its_era(version, unit, split, leftid, measured):
    era_of_version = era(version)
    assert (era_of_version.lifetime_unit, era_of_version.split, era_of_version.leftid, era_of_version.measured) == (
        unit,
        split,
        leftid,
        measured,
    )


@pytest.mark.parametrize(
    ("version", "seconds", "text", "applied"),
    [
        ("4.11.1", 86400, "24h", 86400),
        ("4.11.1", 1800, "0h", 0),
        ("4.11.1", 5400, "1h", 3600),
        ("4.20.1", 86400, "24.0h", None),
        ("4.20.1", 1800, "0.5h", None),
        ("4.22.0", 86400, "1440m", 86400),
        ("4.22.0", 90, "1m", 60),
        ("4.22.0", 59, "0m", 0),
        ("4.22.0", -90, "-1m", None),
    ],
)
def test_lifetimes_are_rounded_by_version(version, seconds, text, applied):
    side = replace(ROUTER, cloudstackversion=version, ikelifetime=seconds, esplifetime=seconds)
    config = router_config(side)
    assert dict(config.settings)["ikelifetime"] == dict(config.settings)["lifetime"] == text
    assert config.ike_lifetime_s == config.esp_lifetime_s == applied


def test_old_versions_know_neither_ikeversion_nor_split_nor_leftid():
    config = router_config(
        replace(ROUTER, cloudstackversion="4.11", cidrlist=THREE, splitconnections=True, ikeversion="ikev1")
    )
    assert config.keyexchange == "ike"
    assert len(config.children) == 1
    assert "leftid" not in dict(config.settings)
    assert config.secrets_text("k").startswith("198.51.100.1 203.0.113.2 :")


def test_an_unknown_ikeversion_falls_back_to_both():
    assert router_config(replace(ROUTER, ikeversion="v2")).keyexchange == "ike"
    assert router_config(replace(ROUTER, ikeversion="IKEv1")).keyexchange == "ikev1"


def test_the_split_bug_writes_nothing():
    broken = replace(ROUTER, cloudstackversion="4.20.0.0", splitconnections=True)
    assert not router_config(broken).written
    assert router_config(replace(broken, splitconnections=False)).written


def test_a_router_behind_static_nat_keeps_its_public_identity_since_4_22():
    behind = replace(ROUTER, local_ip="192.168.66.2")
    assert router_config(behind).own_id == "198.51.100.1"
    assert dict(router_config(behind).settings)["left"] == "192.168.66.2"
    assert router_config(replace(behind, cloudstackversion="4.16")).own_id == "192.168.66.2"


def test_nothing_is_ever_pinned():
    assert (
        settings(ikepolicy="aes256-sha256;modp2048,3des-md5;modp1024;junk")["ike"]
        == "aes256-sha256-modp2048,3des-md5-modp1024-junk"
    )


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("plain", b"plain"),
        (" spaces ", b" spaces "),
        ("#$'\\%{}\t", b"#$'\\%{}\t"),
        ("0xdeadbeef", b"0xdeadbeef"),
        ("schl\u00fcssel", "schl\u00fcssel".encode()),
        ('ab"cd', b"ab"),
        ('abcd"', b"abcd"),
        ('"abcd', None),
        ("", None),
        ("ab\ncd", None),
        ("abcd\n", None),
        ('ab"c\nd', b"ab"),
    ],
)
def test_the_key_that_strongswan_reads(key, read):
    assert effective_psk(key) == read


def test_the_first_of_several_children_has_the_name_of_the_connection_and_the_others_a_number():
    several = router_config(replace(ROUTER, cidrlist=THREE, splitconnections=True))
    assert [child.name for child in several.children] == [several.name, f"{several.name}-2", f"{several.name}-3"]
    assert [str(child.remote[0]) for child in several.children] == THREE.split(",")
