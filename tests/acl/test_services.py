"""Services as one axis of numbers: every kind of packet has one place on it, and every interval has words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.acl import services

spans_of_services = st.lists(st.integers(0, services.COUNT - 1), max_size=8, unique=True).map(
    lambda edges: list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)
"""Intervals in order that do not meet: what a packet set holds."""


@given(st.integers(0, services.COUNT - 1))
def test_every_service_has_one_protocol_and_detail(service):
    protocol, detail = services.split(service)
    assert services.span(protocol, detail)[0] == service


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([services.span(1)], "icmp"),
        ([services.span(1, 8 * 256, 8 * 256 + 255)], "icmp type 8"),
        ([services.span(1, 8 * 256, 9 * 256 + 255)], "icmp types 8-9"),
        ([services.span(1, 3 * 256 + 4, 3 * 256 + 4)], "icmp type 3/4"),
        ([services.span(1, 3 * 256 + 4, 4 * 256 + 1)], "icmp type 3/4 to 4/1"),
        ([(services.span(50)[0], services.span(51)[1])], "protocols 50-51"),
        ([services.span(200)], "protocol 200"),
        ([services.span(6, 1, 2), services.span(17)], "tcp 1-2; udp"),
        ([], "nothing"),
        (services.complement([services.span(6, 0, 9)]), "everything but tcp 0-9"),
        (services.complement([services.span(0), services.span(255)]), "protocols 1-254"),
        ([services.span(6, n, n) for n in range(0, 40, 2)], "tcp 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22; and more"),
    ],
)
def test_services_are_said_in_words(spans, words):
    assert services.words(spans) == words


@given(spans_of_services)
def test_a_complement_holds_what_is_left(spans):
    inverse = services.complement(spans)
    for edge in {edge + step for span in spans for edge in span for step in (-1, 0, 1)} & set(range(services.COUNT)):
        inside = any(low <= edge <= high for low, high in spans)
        assert inside is not any(low <= edge <= high for low, high in inverse)


@given(st.integers(0, services.COUNT - 1), st.integers(0, services.COUNT - 1))
def test_pieces_hold_exactly_the_services_of_the_interval(one, two):
    low, high = sorted((one, two))
    pieces = services.disjoint_pieces([(low, high)])
    for edge in {low, high, max(low - 1, 0), min(high + 1, services.COUNT - 1)}:
        protocol, detail = services.split(edge)
        plain = services.span(protocol)[0] == services.span(protocol)[1]
        held = any(
            first <= protocol <= last and (plain or least <= detail <= most) for (first, last), (least, most) in pieces
        )
        assert held is (low <= edge <= high)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        *((1, "icmp"), (2, "igmp"), (4, "ipip"), (6, "tcp"), (17, "udp"), (41, "ipv6"), (47, "gre"), (50, "esp")),
        *((51, "ah"), (89, "ospf"), (132, "sctp")),
    ],
)
def test_a_protocol_has_its_name_of_iana(number, name):
    assert services.protocol_number(f" {name.upper()} ") == services.protocol_number(str(number)) == number
    assert services.words([services.span(number)]) == name


@pytest.mark.parametrize("text", ["256", "-1", "", "²", "tcpp", "1.0", "0x6"])
def test_what_names_no_protocol_has_no_number(text):
    assert services.protocol_number(text) is None


def test_the_least_and_the_greatest_protocol_have_a_place():
    assert [services.protocol_number(number) for number in (0, 255)] == [0, 255]
    assert services.span(0) == (0, 0)
    assert services.span(255) == (services.COUNT - 1, services.COUNT - 1)


def test_everything_is_from_the_first_protocol_to_the_last():
    assert (services.span(0)[0], services.span(255)[1]) == services.EVERY
    assert services.words([services.EVERY]) == "everything"
