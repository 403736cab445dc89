"""What `ipsec statusall` says is read: only what is up counts, and no answer breaks the reader."""

from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.evidence.statusall import read_status

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


def test_a_proposal_of_an_sa_that_is_not_up_belongs_to_nobody():
    status = read_status(
        "Security Associations (0 up, 1 connecting):\n"
        "a[1]: CONNECTING, 192.0.2.1[%any]...192.0.2.2[%any]\n"
        "a[1]: IKE proposal: AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048\n"
        "a{2}:  REKEYED, TUNNEL, reqid 1\n"
        "a{2}:  AES_CBC_256/HMAC_SHA2_256_128, 0 bytes_i, 0 bytes_o\n"
        "a{3}:  INSTALLED, TUNNEL, reqid 1\n"
        "a{3}:  some other line\n"
    )
    assert status.ike == ()
    assert [(sa.number, sa.suite, sa.local) for sa in status.children] == [(3, None, ())]


def test_all_that_stands_in_it_is_read():
    status = read_status(STATUS.replace("0 bytes_i, 0 bytes_o", "840 bytes_i (10 pkts, 3s ago), 84 bytes_o (1 pkt)"))
    assert (status.version, status.kernel, status.machine) == ("5.9.8", "Linux 6.1.0", "x86_64")
    assert (status.since, status.uptime_s, status.has_connections) == ("Nov 22 19:16:25 2026", 4, True)
    (sa,) = status.ike
    assert (sa.age_s, sa.age_unit_s, sa.renewal_s, sa.theirs, sa.their_id) == (
        1,
        1,
        82_800,
        "203.0.113.2",
        "203.0.113.2",
    )
    (child,) = status.children
    assert (child.bytes_in, child.packets_in, child.used_in_s) == (840, 10, 3)
    assert (child.bytes_out, child.packets_out, child.used_out_s) == (84, 1, None)
    assert (child.ike_number, child.reqid, child.in_udp, child.spi_in, child.renewal_s) == (
        1,
        1,
        True,
        "0557fbb8",
        2_520,
    )
    assert [(one.name, one.theirs, one.remote) for one in status.connections] == [
        ("vpn-203.0.113.2", "203.0.113.2", ("10.2.0.0/24",)),
        ("vpn-203.0.113.2-2", None, ("10.2.1.0/24",)),
    ]
    assert [(one.number, one.state) for one in status.unfinished] == [(2, "CONNECTING")]


def test_identities_and_delays_of_a_loaded_connection_are_read():
    (one,) = read_status(
        "Connections:\n"
        "a:  198.51.100.1...%any  IKEv1/2, dpddelay=30s\n"
        "a:   local:  [198.51.100.1] uses pre-shared key authentication\n"
        "a:   remote: uses pre-shared key authentication\n"
        "a:   some other words\n"
        "a\n"
    ).connections
    assert (one.version, one.dpd_s, one.our_id, one.their_id) == ("1/2", 30, "198.51.100.1", None)


def test_another_command_or_the_other_end_in_one_file_is_not_read():
    twice = f"### A ipsec statusall\n{STATUS}### B ipsec statusall\n{STATUS.replace('203.0.113.2', '203.0.113.9')}"
    assert read_status(twice).loaded == {"vpn-203.0.113.2", "vpn-203.0.113.2-2"}
    assert read_status(STATUS * 2).loaded == read_status(STATUS).loaded
