"""What needs no daemon: reading their answers, writing their files, finding the two ends."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import ROUTER, equal_peer, ike_policies, modest
from vpnaudit.errors import LabError
from vpnaudit.ipsec.sides import Path
from vpnaudit.lab import machine as needs
from vpnaudit.lab.case import lab_case
from vpnaudit.lab.configuration import KEY, OTHER_KEY, peer_files, router_files
from vpnaudit.lab.statusall import read_status
from vpnaudit.lab.suites import suite_keywords
from vpnaudit.lab.workplace import PREFIX, remove_dead_folders, workplace

STATUS = """Status of IKE charon daemon (strongSwan 5.9.8, Linux 6.1.0, x86_64):
  uptime: 3 seconds, since Nov 22 19:16:25 2026
Listening IP addresses:
  198.51.100.1
Connections:
vpn-203.0.113.2:  198.51.100.1...203.0.113.2  IKEv2
vpn-203.0.113.2:   child:  10.1.0.0/16 === 10.2.0.0/24 TUNNEL
vpn-203.0.113.2-2:   child:  10.1.0.0/16 === 10.2.1.0/24 TUNNEL
Routed Connections:
vpn-203.0.113.2{1}:  ROUTED, TUNNEL, reqid 1
vpn-203.0.113.2{1}:   10.1.0.0/16 === 10.2.0.0/24
Security Associations (1 up, 1 connecting):
vpn-203.0.113.2[2]: CONNECTING, 198.51.100.1[%any]...203.0.113.2[%any]
vpn-203.0.113.2[2]: IKEv2 SPIs: b15e5c40134725df_i* 0000000000000000_r
vpn-203.0.113.2[1]: ESTABLISHED 1 second ago, 198.51.100.1[198.51.100.1]...203.0.113.2[203.0.113.2]
vpn-203.0.113.2[1]: IKEv2 SPIs: b15e5c40134725df_i 23f965d8832201e6_r*, pre-shared key reauthentication in 23 hours
vpn-203.0.113.2[1]: IKE proposal: AES_GCM_16_256/PRF_HMAC_SHA2_512/MODP_1024_160
vpn-203.0.113.2{4}:  INSTALLED, TUNNEL, reqid 1, ESP in UDP SPIs: 0557fbb8_i 5f1ad241_o
vpn-203.0.113.2{4}:  AES_CBC_256/HMAC_SHA2_256_128, 0 bytes_i, 0 bytes_o, rekeying in 42 minutes
vpn-203.0.113.2{4}:   10.1.0.0/16 === 10.2.0.0/24 10.2.7.0/24
vpn-203.0.113.2-2{5}:  REKEYED, TUNNEL, reqid 2, expires in 60 minutes
vpn-203.0.113.2-2{5}:   10.1.0.0/16 === 10.2.1.0/24
"""


def test_only_what_is_up_counts():
    status = read_status(STATUS)
    assert status.loaded == {"vpn-203.0.113.2", "vpn-203.0.113.2-2"}
    assert [(sa.number, sa.version, sa.suite) for sa in status.ike] == [(1, 2, "aes256gcm16-prfsha512-modp1024s160")]
    assert [(sa.number, sa.suite, sa.local, sa.remote) for sa in status.children] == [
        (4, "aes256-sha256", ("10.1.0.0/16",), ("10.2.0.0/24", "10.2.7.0/24"))
    ]


@given(st.text(max_size=400))
@modest
def test_no_answer_of_a_daemon_breaks_the_reader(text):
    read_status(f"Security Associations (1 up, 0 connecting):\n{text}")


@pytest.mark.parametrize(
    ("shown", "keywords"),
    [
        ("AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048", "aes128-sha1-modp2048"),
        ("3DES_CBC/HMAC_MD5_96/PRF_HMAC_MD5/ECP_256_BP", "3des-md5-ecp256bp"),
        ("CHACHA20_POLY1305/PRF_HMAC_SHA2_256/CURVE_25519", "chacha20poly1305-prfsha256-curve25519"),
        ("AES_CTR_192/AES_XCBC_96/PRF_HMAC_SHA2_384/ECP_384", "aes192ctr-aesxcbc-prfsha384-ecp384"),
        ("AES_CBC_256/HMAC_SHA2_512_256/EXT_SEQ", "aes256-sha512-esn"),
        ("NEW_CIPHER_1/HMAC_SHA2_512_256", "NEW_CIPHER_1-sha512"),
    ],
)
def test_suites_are_told_in_keywords(shown, keywords):
    assert suite_keywords(shown) == keywords


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
        written = peer_files(replace(equal_peer(ROUTER), peer_id=text), "equal").files["ipsec.conf"]
    except LabError:
        return
    assert written.count("\n") <= lines
    assert "#" not in written


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


def test_what_cannot_be_laid_out_is_told():
    with pytest.raises(LabError, match="Both ends have the address"):
        lab_case(replace(ROUTER, gateway=ROUTER.publicip), equal_peer(ROUTER, address=ROUTER.publicip), "equal", Path())
    with pytest.raises(LabError, match="no IPv4 address"):
        lab_case(ROUTER, equal_peer(ROUTER, address="203.0.113.256"), "equal", Path())


def test_the_folder_of_a_living_run_stays_and_that_of_a_dead_one_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = tmp_path / f"{PREFIX}1-dead"
    dead.mkdir()
    (dead / "lock").write_text("")
    (tmp_path / f"{PREFIX}1-link").symlink_to(tmp_path)
    with workplace() as living:
        assert not dead.exists()
        assert remove_dead_folders() == []
        assert living.is_dir()
    assert not living.exists()


def test_what_is_missing_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setattr(needs, "_packages", lambda: ["strongswan-charon"])
    assert "apt-get install --no-install-recommends strongswan-charon" in needs.requirements()[0]
    monkeypatch.setattr(needs, "_packages", list)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "must run as root" in needs.requirements()[0]
    with pytest.raises(LabError, match="root"):
        needs.require()
