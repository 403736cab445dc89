"""The set algebra agrees with Python's own sets over a small world, and its form is canonical."""

from functools import reduce
from operator import or_

import pytest
from hypothesis import given, settings

from vpnaudit.acl import services
from vpnaudit.acl.decision import packets_of
from vpnaudit.acl.packets import EMPTY, EVERY_ADDRESS, EVERYTHING, Packet, PacketSet
from vpnaudit.errors import ConfigError

from .small_space import PACKETS, sets


def members(packets):
    return {packet for packet in PACKETS if packet in packets}


@settings(max_examples=70, deadline=None)
@given(sets(), sets())
def test_union_intersection_and_difference_agree_with_python_sets(a, b):
    assert members(a | b) == members(a) | members(b)
    assert members(a & b) == members(a) & members(b)
    assert members(a - b) == members(a) - members(b)


@settings(max_examples=60, deadline=None)
@given(sets(), sets(), sets())
def test_the_form_is_canonical(a, b, c):
    assert a | b == b | a
    assert (a | b) - b == a - b
    assert (a - b) | (a & b) == a
    assert a & (b | c) == (a & b) | (a & c)
    assert EVERYTHING - (EVERYTHING - a) == a
    assert bool(a) == (a != EMPTY)


@settings(max_examples=60, deadline=None)
@given(sets(), sets())
def test_disjoint_parts_are_disjoint_and_sizes_add_up(a, b):
    assert not (a - b) & (b - a)
    assert not (a - b) & b
    assert (a | b).size == (a - b).size + (b - a).size + (a & b).size


@settings(max_examples=60, deadline=None)
@given(sets())
def test_boxes_are_disjoint_and_are_the_set(a):
    rebuilt, size = EMPTY, 0
    for box in a.boxes():
        low, _ = services.span(box.protocols[0], box.details[0])
        _, high = services.span(box.protocols[1], 0, box.details[1])
        made = PacketSet.box(box.addresses, (low, high))
        assert made
        assert not made & rebuilt
        rebuilt, size = rebuilt | made, size + made.size
    assert rebuilt == a
    assert size == a.size


@settings(max_examples=70, deadline=None)
@given(sets())
def test_the_sample_is_in_its_set(a):
    sample = a.sample()
    assert (sample in a) if a else sample is None


def test_the_sample_is_a_packet_people_know():
    assert str(packets_of("192.168.10.0/24", "tcp", ports=(1, 1000)).sample()) == "tcp 443 with 192.168.10.1"
    assert str(packets_of("192.168.10.7/32", "gre").sample()) == "gre with 192.168.10.7"
    assert str(packets_of("192.168.10.0/24", "gre").sample()) == "gre with 192.168.10.1"


USUAL = [("tcp", 443), ("tcp", 22), ("tcp", 80), ("udp", 53)]


@pytest.mark.parametrize("number", range(len(USUAL)))
def test_of_services_that_people_know_the_first_in_the_set_is_its_sample(number):
    odd = packets_of("10.0.0.0/30", "tcp", ports=(1, 1)) | packets_of("10.0.0.0/30", "icmp", icmp=(8, -1))
    known = [packets_of("10.0.0.0/30", proto, ports=(port, port)) for proto, port in USUAL[number:]]
    proto, port = USUAL[number]
    assert str(reduce(or_, known, odd).sample()) == f"{proto} {port} with 10.0.0.1"
    first_of_all = packets_of("10.0.0.0/30", "0")
    assert str((odd | first_of_all).sample()) == "icmp type 8/0 with 10.0.0.1", "an echo, before what nobody knows"


def test_everything_has_the_size_of_the_plane():
    assert EVERYTHING.size == 2**32 * (253 + 3 * 65536)
    assert EMPTY.size == 0
    assert PacketSet.box((5, 4)) == EMPTY == PacketSet.box(EVERY_ADDRESS, (9, 8))


def test_sets_are_said_in_words():
    web = packets_of("192.168.10.0/24", "tcp", ports=(443, 443)) | packets_of("192.168.10.0/24", "tcp", ports=(22, 22))
    assert str(web) == "tcp 22, 443 from 192.168.10.0/24"
    assert (EVERYTHING - packets_of("0.0.0.0/0", "udp", ports=(53, 60))).words(
        "to"
    ) == "everything but udp 53-60 to anywhere"
    assert str(EMPTY) == "nothing"
    assert str(packets_of("10.0.0.0/8")) == "everything from 10.0.0.0/8"
    hole = packets_of("10.0.0.0/24") - packets_of("10.0.0.100/32")
    assert str(hole) == "everything from 10.0.0.0-10.0.0.99, 10.0.0.101-10.0.0.255"


def test_long_sets_are_cut_in_words():
    many = EMPTY
    for n in range(8):
        many |= packets_of(f"10.0.{n}.0/24", "tcp", ports=(n, n))
    assert str(many).endswith("; and 3 more")
    scattered = EMPTY
    for n in range(0, 12, 2):
        scattered |= packets_of(f"10.0.{n}.0/24", "tcp", ports=(1, 1))
    assert str(scattered).endswith("10.0.6.0/24, 2 more ranges")


@pytest.mark.parametrize(
    ("remote", "proto", "kind", "words"),
    [
        ("10.0.0.300", "tcp", {"port": 1}, "no IPv4 address"),
        ("10.0.0.3", "quic", {"port": 1}, "no protocol"),
        ("10.0.0.3", "tcp", {}, "destination port"),
        ("10.0.0.3", "udp", {"port": 65536}, "out of range"),
        ("10.0.0.3", 256, {}, "no protocol"),
    ],
)
def test_a_packet_that_cannot_be_is_refused_with_advice(remote, proto, kind, words):
    with pytest.raises(ConfigError, match=words):
        Packet.of(remote, proto, **kind)


@pytest.mark.parametrize(
    ("cidr", "proto", "options", "words"),
    [
        ("10.0.0.0/33", None, {}, "no IPv4 network"),
        ("10.0.0.0/8", "quic", {}, "no protocol"),
        ("10.0.0.0/8", "gre", {"ports": (1, 2)}, "has no ports"),
    ],
)
def test_a_flow_that_cannot_be_is_refused_with_advice(cidr, proto, options, words):
    with pytest.raises(ConfigError, match=words):
        packets_of(cidr, proto, **options)


def test_flows_are_read_as_said():
    assert packets_of("10.0.0.0/8", "ALL") == packets_of("10.0.0.0/8")
    assert packets_of("10.0.0.0/8", "icmp", icmp=(8, -1)).size == 2**24 * 256
    assert packets_of("10.0.0.0/8", "icmp", icmp=(3, 4)).size == 2**24
    assert packets_of("10.0.0.0/8", 6).size == 2**24 * 65536
