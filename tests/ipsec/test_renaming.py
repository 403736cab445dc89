"""A pattern keeps all that a negotiation sees of addresses, and a template gives each case its own texts again."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.ipsec.renaming import renamed, renaming, template

NETWORKS = st.builds(
    lambda start, prefix: str(IPv4Network((start >> 32 - prefix << 32 - prefix if prefix else 0, prefix))),
    st.integers(0, 2**10 - 1).map(lambda high: high << 22),
    st.integers(0, 12),
)


@modest
@given(st.lists(NETWORKS, min_size=1, max_size=8))
def test_networks_keep_their_sizes_and_how_they_lie_in_each_other(texts):
    names = renaming((), (",".join(texts),))
    if names is None:
        assert any(int(text.partition("/")[2]) in range(1, 8) for text in texts), "there is room for small networks"
        return
    _, (others,) = renamed(names.pattern)
    pairs = list(zip(map(IPv4Network, texts), map(IPv4Network, others.split(",")), strict=True))
    for before, after in pairs:
        assert before.prefixlen == after.prefixlen
        for before_2, after_2 in pairs:
            assert before.overlaps(before_2) == after.overlaps(after_2)
            assert (before == before_2) == (after == after_2)


@modest
@given(st.lists(NETWORKS, min_size=1, max_size=6))
def test_a_template_gives_the_texts_again(texts):
    names = renaming((), (",".join(texts),))
    if names is not None:
        _, (others,) = renamed(names.pattern)
        assert (
            template(f"{{{others}}} in part", names.pattern).format(*names.originals)
            == f"{{{','.join(texts)}}} in part"
        )


def test_a_template_finds_each_of_many_addresses_again():
    """So many that each byte of the new addresses counts."""
    texts = [
        *(f"10.{number}.0.0/16" for number in range(3)),
        *(f"172.16.{number}.0/24" for number in range(3)),
        *(f"192.168.{number >> 8}.{number & 255}" for number in range(600)),
    ]
    names = renaming((), (",".join(texts),))
    _, (others,) = renamed(names.pattern)
    assert len(set(others.split(","))) == len(texts)
    assert template(others, names.pattern).format(*names.originals) == ",".join(texts)


def test_an_address_in_a_network_stays_in_it_and_two_cases_have_one_pattern():
    first = renaming(("203.0.113.2", "branch.example.org"), ("203.0.113.0/24,10.1.0.0/16", None))
    second = renaming(("192.0.2.9", "office.example.org"), ("192.0.2.0/24,172.16.0.0/16", None))
    assert first.pattern == second.pattern
    assert first.originals == ("203.0.113.2", "branch.example.org", "203.0.113.0", "10.1.0.0")
    (address, name), (networks, nothing) = renamed(first.pattern)
    assert IPv4Network(address).subnet_of(IPv4Network(networks.split(",")[0]))
    assert (name, nothing) == ("name1", None)


@pytest.mark.parametrize(
    ("ends", "lists"),
    [
        (("0.0.0.0",), ()),
        (("2001:db8::1",), ()),
        (("203.0.113.1-203.0.113.9",), ()),
        (("*.example.org",), ()),
        (("vpn.example.org", "@VPN.example.org"), ()),
        ((), ("10.0.0.1/24",)),
        ((), ("10.0.0.0/24, 10.1.0.0/24",)),
        ((), ("name7",)),
        ((), ("128.0.0.0/1",)),
    ],
)
def test_what_may_mean_something_else_than_it_looks_is_not_renamed(ends, lists):
    assert renaming(ends, lists) is None


def test_anybody_and_what_is_no_network_keep_their_names():
    names = renaming(("%any", None), ("dynamic,10.0.0.0/8", ""))
    assert names.originals == ("10.0.0.0",)
    ends, lists = renamed(names.pattern)
    assert (ends, lists[0].split(",")[0], lists[1]) == (("%any", None), "dynamic", "")


def test_names_that_are_not_the_same_identity_are_renamed_each():
    names = renaming(("branch.example.org", "office.example.org"), ())
    assert names.originals == ("branch.example.org", "office.example.org")
    assert renamed(names.pattern) == (("name0", "name1"), ())
    assert renaming(("branch.example.org", "branch.example.org"), ()).originals == ("branch.example.org",)
