"""The files of both ends hold what the ends hold, and nothing that could be more than a value."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import ROUTER, equal_peer, ike_policies, modest
from vpnaudit.errors import LabError
from vpnaudit.lab.configuration import KEY, OTHER_KEY, peer_files, router_files


@pytest.mark.parametrize(
    "hostile",
    [
        "10.0.0.0/8\n leftupdown=/bin/sh",
        "10.0.0.0/8\r\n include /etc/shadow",
        'x" leftupdown="y',
        "10.2.0.0/16 # x",
        "\u202e",
    ],
)
def test_a_value_that_could_be_more_is_never_written(hostile):
    """strongSwan runs as root, and ipsec.conf can name a program to run."""
    with pytest.raises(LabError, match="no plain value"):
        router_files(replace(ROUTER, cidrlist=hostile))
    with pytest.raises(LabError, match="no plain value"):
        peer_files(replace(equal_peer(ROUTER), id=hostile), "equal")
    with pytest.raises(LabError, match="gateway"):
        router_files(replace(ROUTER, gateway=hostile))


@given(st.text(max_size=30))
@modest
def test_no_text_adds_a_line_to_a_file(text):
    lines = peer_files(equal_peer(ROUTER), "equal").files["ipsec.conf"].count("\n")
    try:
        conf = peer_files(replace(equal_peer(ROUTER), peer_id=text), "equal").files["ipsec.conf"]
    except LabError:
        return
    assert conf.count("\n") <= lines
    assert "#" not in conf


@given(ike_policies)
@modest
def test_the_peer_says_what_it_holds(policy):
    router = replace(ROUTER, ikepolicy=policy)
    conf = peer_files(equal_peer(router), "equal").files["ipsec.conf"]
    assert f" ike={policy.replace(';', '-')}!\n" in conf


def test_keys_are_stand_ins_and_equal_as_told():
    ours = router_files(ROUTER).files["ipsec.d/ipsec.vpn-203.0.113.2.secrets"]
    assert KEY in ours
    assert KEY in peer_files(equal_peer(ROUTER), "equal").files["ipsec.secrets"]
    assert OTHER_KEY in peer_files(equal_peer(ROUTER), "unequal").files["ipsec.secrets"]


def test_a_peer_that_takes_both_versions_and_starts_the_old_one_has_a_connection_for_each():
    conf = peer_files(equal_peer(ROUTER, ike_versions=(1, 2), initiates_with=1), "equal").files["ipsec.conf"]
    assert re.findall(r"keyexchange=(\w+)", conf) == ["ikev1", "ikev2"]


def test_a_router_that_fails_before_it_writes_the_connection_has_no_file_for_it():
    failing = router_files(replace(ROUTER, cloudstackversion="4.18.0", splitconnections=True))
    assert failing.connections == ()
    assert set(failing.files) == {"ipsec.conf", "ipsec.secrets"}


def test_remote_access_is_a_connection_beside_and_its_address_is_checked_too():
    files = router_files(replace(ROUTER, remote_access=True)).files
    assert " left=198.51.100.1\n" in files["ipsec.d/ipsec.l2tp.conf"]
    with pytest.raises(LabError, match="no plain value"):
        router_files(replace(ROUTER, remote_access=True, publicip="198.51.100.1\n leftupdown=x"))


def test_split_connections_are_one_for_each_pair():
    peer = equal_peer(ROUTER, subnets=("10.2.0.0/24", "10.2.1.0/24"), one_sa_per_pair=True)
    files = peer_files(peer, "equal")
    assert files.connections == ("peer", "peer-2")
    assert re.findall(r"leftsubnet=(\S+)", files.files["ipsec.conf"]) == ["10.2.0.0/24", "10.2.1.0/24"]


@pytest.mark.parametrize(
    ("changes", "line", "stands"),
    [
        ({"id": None}, "leftid=", False),
        ({"id": "%any"}, "leftid=", False),
        ({"id": "@gate.example"}, "leftid=@gate.example\n", True),
        ({"peer_id": None}, "rightid=", False),
        ({"peer_address": None}, "right=%any\n", True),
        ({"ike_versions": (1,), "initiates_with": 1}, "keyexchange=ikev1\n", True),
        ({"ike_versions": (1, 2), "initiates_with": 2}, "keyexchange=ike\n", True),
        ({"ike_proposals": ()}, " ike=", False),
        ({"strict": False}, "!", False),
        ({"ike_lifetime_s": None}, "ikelifetime=", False),
        ({"esp_lifetime_s": 3600}, " lifetime=3600s\n", True),
        ({"dpd": True}, "dpdaction=restart\n", True),
        ({"dpd": False}, "dpdaction", False),
        ({"forceencaps": True}, "forceencaps=yes\n", True),
        ({"mobike": True}, "mobike=yes\n", True),
        ({"aggressive": True}, "aggressive=yes\n", True),
        ({"aggressive": False}, "aggressive", False),
    ],
)
def test_a_setting_of_the_peer_stands_in_its_file_and_what_it_lacks_does_not(changes, line, stands):
    conf = peer_files(equal_peer(ROUTER, **changes), "equal").files["ipsec.conf"]
    assert (line in conf) is stands, conf
