"""Addresses and networks are what the standard library says they are."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.acl.ipv4 import dotted, network

octets = st.integers(0, 300).map(str) | st.sampled_from(["", "00", "01", "+1", " 1", "1 ", "٣", "0x1", "\0"])
texts = st.lists(octets, min_size=3, max_size=5).map(".".join) | st.text(max_size=5)


@given(texts | st.ip_addresses(v=4).map(str), st.integers(-2, 34))
def test_a_network_is_read_and_refused_as_the_standard_library_does(address, prefix):
    try:
        expected = IPv4Network((address, prefix), strict=False)
    except ValueError:
        with pytest.raises(ValueError, match="is n"):
            network(address, prefix)
    else:
        assert network(address, prefix) == (int(expected.network_address), int(expected.broadcast_address))


@given(st.integers(0, 2**32 - 1))
def test_an_address_is_written_as_the_standard_library_does(address):
    assert dotted(address) == str(IPv4Address(address))
