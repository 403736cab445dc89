"""Which pairs of subnets a CHILD_SA carries, and what is left over."""

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.ipsec.selectors import (
    ChildConfig,
    Selectors,
    _area,
    _best,
    answered,
    coverage,
    intersect,
    network,
    networks,
    proposed,
)

NEAR = networks(["10.1.0.0/16"])


def config(*remote, local=("10.1.0.0/16",), name="c"):
    return ChildConfig(name, networks(local), networks(remote))


def offer(*remote, local=("10.1.0.0/16",)):
    return Selectors(networks(local), networks(remote))


def peer(*local, remote=("10.1.0.0/16",), name="p"):
    return ChildConfig(name, networks(local), networks(remote))


def test_host_bits_and_spaces_do_not_matter_and_names_are_left_out():
    assert network(" 10.2.3.4/16") == IPv4Network("10.2.0.0/16")
    assert networks(["fw.example.com", "10.2.0.0/16", ""]) == (IPv4Network("10.2.0.0/16"),)


def test_ikev1_proposes_the_first_pair_only():
    assert proposed(config("10.2.0.0/24", "10.2.1.0/24"), 1) == offer("10.2.0.0/24")
    several = ChildConfig("r", networks(["10.1.0.0/24", "10.1.1.0/24"]), networks(["10.2.0.0/24", "10.2.1.0/24"]))
    assert proposed(several, 1) == Selectors(networks(["10.1.0.0/24"]), networks(["10.2.0.0/24"]))
    assert proposed(several, 2) == Selectors(several.local, several.remote)
    assert proposed(config("10.2.0.0/24", "10.2.1.0/24"), 2) == offer("10.2.0.0/24", "10.2.1.0/24")


def test_ikev2_answers_with_the_intersection_whatever_the_order():
    got = answered(
        [peer("10.2.2.0/24", "10.2.0.0/24")], offer("10.2.0.0/24", "10.2.1.0/24", "10.2.2.0/24"), 2, exact=False
    )
    assert got == offer("10.2.2.0/24", "10.2.0.0/24")


def test_ikev1_narrows_to_one_pair():
    assert answered([peer("10.2.0.0/24", "10.2.1.0/24")], offer("10.2.0.0/23"), 1, exact=False) == offer("10.2.0.0/24")


def test_nothing_in_common_is_refused():
    assert answered([peer("10.3.0.0/16")], offer("10.2.0.0/16"), 2, exact=False) is None
    assert answered([peer("10.2.0.0/16", remote=("10.9.0.0/16",))], offer("10.2.0.0/16"), 2, exact=False) is None


def test_the_connection_that_fits_best_answers():
    split = [peer("10.2.0.0/23", name="wide"), peer("10.2.1.0/24", name="exact")]
    assert answered(split, offer("10.2.1.0/24"), 2, exact=False) == offer("10.2.1.0/24")
    equals = [peer("10.2.0.0/24"), peer("10.2.1.0/24")]
    assert answered(equals, offer("10.2.0.0/23"), 2, exact=False) == offer("10.2.0.0/24"), "the first of equals"
    assert answered(equals, offer("10.2.1.0/24", "10.2.0.0/24"), 2, exact=False) == offer("10.2.1.0/24"), (
        "what is offered first counts more"
    )


def test_a_box_with_exact_proxy_ids_takes_its_own_only():
    assert answered([peer("10.2.0.0/24")], offer("10.2.0.0/24"), 1, exact=True) == offer("10.2.0.0/24")
    assert answered([peer("10.2.0.0/24")], offer("10.2.0.0/16"), 1, exact=True) is None
    assert answered([peer("10.2.0.0/24", remote=("10.1.1.0/24",))], offer("10.2.0.0/24"), 1, exact=True) is None


def test_the_intersection_holds_no_subnet_twice():
    assert intersect(networks(["10.2.0.0/24", "10.2.0.0/16"]), networks(["10.2.0.0/16", "10.0.0.0/8"])) == networks(
        ["10.2.0.0/16"]
    )


small = st.builds(
    lambda value, prefix: IPv4Network((value << 24 - prefix + 8 & 0xFFFFFFFF, prefix), strict=False),
    st.integers(0, 15),
    st.integers(28, 32),
)


@modest
@given(small, small, st.lists(st.tuples(st.lists(small, max_size=3), st.lists(small, max_size=3)), max_size=3))
def test_coverage_is_what_counting_every_address_pair_gives(local, remote, drawn):
    children = [Selectors(tuple(near), tuple(far)) for near, far in drawn]
    wanted = [(a, b) for a in local for b in remote]
    carried = sum(
        any(any(a in n for n in c.local) and any(b in n for n in c.remote) for c in children) for a, b in wanted
    )
    expected = "lost" if not carried else "carried" if carried == len(wanted) else "part"
    assert coverage(local, remote, children) == expected


@pytest.mark.parametrize(
    ("far", "expected"), [("10.2.0.0/16", "carried"), ("10.2.5.0/24", "part"), ("10.3.0.0/16", "lost")]
)
def test_coverage_of_a_large_pair_is_told_without_counting(far, expected):
    assert coverage(NEAR[0], IPv4Network("10.2.0.0/16"), [Selectors(NEAR, networks([far]))]) == expected


def test_equality_counts_five_times_as_much_as_containment_and_both_sides_count():
    equal = peer("10.2.0.0/24", name="equal")
    four = ChildConfig("four", NEAR, networks([f"10.2.0.0/{prefix}" for prefix in (20, 21, 22, 23)]))
    four = ChildConfig("four", four.remote, four.local)
    five = ChildConfig("five", (*four.local, *networks(["10.2.0.0/19"])), NEAR)
    six = ChildConfig("six", (*five.local, *networks(["10.2.0.0/18"])), NEAR)
    wanted = offer("10.2.0.0/24", local=("10.1.0.0/16",)).turned()
    assert [_best([other, equal], wanted).name for other in (four, five, six)] == ["equal", "five", "six"]
    nowhere = ChildConfig("nowhere", networks(["10.2.0.0/24"]), networks(["10.9.0.0/16"]))
    assert _best([nowhere], wanted) is None
    assert _best([nowhere, equal], wanted) is equal


def test_a_turned_pair_is_the_other_way_round():
    assert offer("10.2.0.0/24").turned() == Selectors(networks(["10.2.0.0/24"]), NEAR)


@modest
@given(st.lists(small, max_size=4), st.lists(small, max_size=4))
def test_an_intersection_holds_the_addresses_of_both_and_nothing_twice(one, other):
    shared = intersect(one, other)
    both = {a for net in one for a in net} & {a for net in other for a in net}
    assert sum(net.num_addresses for net in shared) == len(both)
    assert {a for net in shared for a in net} == both


@pytest.mark.parametrize(
    "narrower", [offer("10.2.0.0/24"), offer("10.2.0.0/16", local=("10.1.0.0/24",))], ids=["remote", "local"]
)
def test_exact_selectors_are_exact_on_both_sides(narrower):
    assert answered([peer("10.2.0.0/16")], narrower, 2, exact=True) is None
    assert answered([peer("10.2.0.0/16")], narrower, 2, exact=False) == narrower


@modest
@given(st.lists(st.tuples(small, small), min_size=1, max_size=5))
def test_the_area_of_a_union_is_what_counting_gives(pieces):
    assert _area(pieces) == len({(int(a), int(b)) for near, far in pieces for a in near for b in far})


def test_the_area_of_neighbours_that_reach_other_networks_is_not_mixed_up():
    one, two, far, wide = networks(["10.1.0.0/32", "10.1.0.1/32", "10.2.0.0/32", "10.2.0.0/30"])
    assert _area([(one, far), (two, wide)]) == _area([(two, wide), (one, far)]) == 1 + 4


def test_ikev1_answers_with_one_subnet_on_either_side():
    several = ["10.1.0.0/24", "10.1.1.0/24"], ["10.2.0.0/24", "10.2.1.0/24"]
    wide = ChildConfig("p", networks(several[1]), networks(several[0]))
    asked = Selectors(networks(["10.1.0.0/23"]), networks(["10.2.0.0/23"]))
    assert answered([wide], asked, 1, exact=False) == Selectors(networks(several[0][:1]), networks(several[1][:1]))
    assert answered([wide], asked, 2, exact=False) == Selectors(*map(networks, several))
