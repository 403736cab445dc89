"""What CloudStack wrote is read, with what `also=` adds, and no key that stands in it by mistake."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.evidence.connection_files import read_connections

CONF = """#conn for vpn-192.0.2.38
conn vpn-192.0.2.38
 left=198.51.100.7
 leftid=198.51.100.7
 leftsubnet=10.1.0.0/16
 right=192.0.2.38
 rightsubnet=10.26.0.0/24
 keyexchange=ikev2
 ike=aes256-sha256-modp2048
 ikelifetime=1440m
 esp=aes256-sha256-modp2048
 lifetime=60m # an hour
 auto=route
 dpddelay=30
 dpdtimeout=120
 dpdaction=restart
 secret=canary

conn vpn-192.0.2.38-2
 also=vpn-192.0.2.38
 rightsubnet=10.26.1.0/24,junk
config setup
 left=192.0.2.1
conn %default
 left=192.0.2.2
"""


def test_a_connection_and_its_split_ones_are_read():
    first, second = read_connections(CONF, "a.conf", 7.0)
    assert (first.name, first.line, first.modified, first.theirs, first.their_id) == (
        "vpn-192.0.2.38",
        2,
        7.0,
        "192.0.2.38",
        "192.0.2.38",
    )
    assert (first.ike_lifetime_s, first.esp_lifetime_s, first.dpd_s, first.dpd_timeout_s) == (86_400, 3_600, 30, 120)
    assert (first.local, first.remote, first.version, first.auto) == (
        ("10.1.0.0/16",),
        ("10.26.0.0/24",),
        "ikev2",
        "route",
    )
    assert (second.theirs, second.remote) == ("192.0.2.38", ("10.26.1.0/24",))
    assert "canary" not in repr((first, second))


def test_without_an_action_there_is_no_dead_peer_detection():
    (one,) = read_connections("conn a\n dpddelay=30\n lifetime=abc\n ikelifetime=1w\n rightid=x\n", "a", None)
    assert (one.dpd_s, one.esp_lifetime_s, one.ike_lifetime_s, one.their_id) == (None, None, None, "x")


def test_connections_that_add_each_other_end():
    assert len(read_connections("conn a\n also=b\nconn b\n also=a\n", "a", None)) == 2


@given(st.text(max_size=200))
@modest
def test_no_text_breaks_the_reader(text):
    read_connections(f"conn a\n{text}", "a", None)
