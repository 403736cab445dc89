"""What a router says of itself is read where it says it, and is unknown elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.router_files import META
from tests.ipsec.pairs import modest
from vpnaudit.evidence.router_state import RouterState, link_mtus, listed_times, processor_flags, read_state

MORE = """# uname -a
Linux r-12-VM 6.1.192 #4 x86_64
# /etc/cloudstack-release
Cloudstack Release 4.22.0.0
# /etc/debian_version
12.11
# packages
iproute2 6.1.0-3
strongswan-charon 5.9.8-5+deb12u6
"""


def test_the_answers_are_read():
    assert read_state(META + MORE) == RouterState(
        "r-12-VM", 1_793_685_600.0, 0, "Cloudstack Release 4.22.0.0", "12.11", "5.9.8-5+deb12u6", "6.1.192"
    )


@pytest.mark.parametrize(("zone", "offset_s"), [("CET +0100", 3600), ("EST -0530", -19_800), ("UTC", None)])
def test_the_zone_is_read(zone, offset_s):
    assert read_state(f"# date\n1793685600 {zone}\n").zone_offset_s == offset_s


def test_what_is_not_said_is_unknown():
    assert (
        read_state("# date\nyesterday\n# hostname\n\n# packages\nstrongswan-charon\n# uname -a\nLinux") == RouterState()
    )


def test_listed_times_links_and_flags_are_read():
    assert listed_times("-rw-r--r--  1 0 0  380 1793425200 ipsec.vpn-192.0.2.26.conf\ntotal 96\n") == {
        "ipsec.vpn-192.0.2.26.conf": 1_793_425_200.0
    }
    assert link_mtus("1: lo: <LOOPBACK> mtu 65536 q\n2: eth1@if3: <UP> mtu 1500 q\n    inet") == {
        "lo": 65536,
        "eth1": 1500,
    }
    assert processor_flags("model: x\nflags\t\t: fpu aes avx\n") == {"fpu", "aes", "avx"}
    assert processor_flags("Features : fp aes\n") == {"fp", "aes"}
    assert processor_flags("model: x") is None


@given(st.text(max_size=120))
@modest
def test_no_text_breaks_the_readers(text):
    for reader in (read_state, listed_times, link_mtus, processor_flags):
        reader(f"# date\n{text}")
