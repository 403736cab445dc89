"""Networks as integers: reading is tolerant, and the sorted sweep finds exactly what comparing every pair finds."""

from __future__ import annotations

import ipaddress

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estates import estate
from vpnaudit.estate import Estate
from vpnaudit.estate.cidrs import (
    COLUMNS,
    is_private,
    overlaps,
    parse,
    private_networks,
    unreadable_texts,
    with_intervals,
)

networks = st.builds(
    lambda address, prefix: str(ipaddress.IPv4Network((address, prefix), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
near = st.tuples(st.integers(0, 30), st.integers(0, 12), st.sampled_from(["a", "b", None])).map(
    lambda t: (t[0], t[0] + t[1], t[2])
)


def frame(rows: list[tuple[int, int, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n": pd.array(range(len(rows)), dtype="Int64"),
            "start": pd.array([r[0] for r in rows], dtype="Int64"),
            "end": pd.array([r[1] for r in rows], dtype="Int64"),
            "group": pd.array([r[2] for r in rows], dtype="string"),
        }
    )


@given(networks)
@settings(max_examples=40, deadline=None)
def test_reads_a_network_as_the_standard_library_does(text: str) -> None:
    net = ipaddress.IPv4Network(text)
    assert parse(text) == (int(net.network_address), int(net.broadcast_address), net.prefixlen, False)


@given(st.text(max_size=25))
@settings(max_examples=40, deadline=None)
def test_reads_any_text_without_an_exception(text: str) -> None:
    interval = parse(text)
    assert interval is None or 0 <= interval[0] <= interval[1] < 2**32


@pytest.mark.parametrize("text", ["10.0.0.0/+8", "10.0.0.0/08", " 10.0.0.0/8 "])
def test_reads_what_the_server_lets_pass(text: str) -> None:
    assert parse(text) == parse("10.0.0.0/8")


def test_sees_host_bits_and_ranges() -> None:
    assert parse("192.168.1.5/24") == (*parse("192.168.1.0/24")[:3], True)
    assert parse("10.1.2.8-10.1.2.8") == (167838216, 167838216, None, False)


WRITTEN = st.from_regex(r" ?[0-9]{1,3}(\.[0-9]{1,3}){3}(/[+0]?[0-9]{1,2})?", fullmatch=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(WRITTEN, st.text(max_size=8), st.none(), st.ip_addresses(v=4).map(str)), max_size=12))
def test_many_texts_are_read_at_once_as_each_by_itself(texts: list[str | None]) -> None:
    rows = with_intervals(pd.DataFrame({"text": pd.Series(texts, dtype="string")}))
    assert rows.dtypes.astype(str).tolist() == ["string", "Int64", "Int64", "Int64", "boolean"]
    cells = [tuple(None if pd.isna(cell) else cell for cell in row[1:]) for row in rows.itertuples(index=False)]
    assert cells == [(None if text is None else parse(text)) or (None,) * 4 for text in texts]


@pytest.mark.parametrize(
    "text",
    ["", "-", "10.1.2.8-10.1.2.2", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "10.0.0", "::/0", "203.0.113.256"],
)
def test_knows_what_is_no_network(text: str) -> None:
    assert parse(text) is None


@given(st.lists(near, max_size=12), st.lists(near, max_size=12))
@settings(max_examples=40, deadline=None)
def test_sweep_equals_brute_force(left: list, right: list) -> None:
    meeting = overlaps(frame(left), frame(right))
    expected = {(i, j) for i, a in enumerate(left) for j, b in enumerate(right) if a[0] <= b[1] and b[0] <= a[1]}
    pairs = list(zip(meeting["n_left"], meeting["n_right"], strict=True))
    assert set(pairs) == expected
    assert len(pairs) == len(expected), "each pair once"


@given(st.lists(near, max_size=12), st.lists(near, max_size=12))
@settings(max_examples=40, deadline=None)
def test_only_equals_meet_and_missing_meets_nothing(left: list, right: list) -> None:
    for by in ("group", ["group"]):
        meeting = overlaps(frame(left), frame(right), by=by)
        expected = {
            (i, j)
            for i, a in enumerate(left)
            for j, b in enumerate(right)
            if a[2] is not None and a[2] == b[2] and a[0] <= b[1] and b[0] <= a[1]
        }
        assert set(zip(meeting["n_left"], meeting["n_right"], strict=True)) == expected


def test_an_interval_that_is_missing_meets_nothing() -> None:
    rows = with_intervals(pd.DataFrame({"text": pd.Series(["0.0.0.0/0", "here", None], dtype="string")}))
    assert overlaps(rows, rows)[["text_left", "text_right"]].to_numpy().tolist() == [["0.0.0.0/0", "0.0.0.0/0"]]


def test_both_ends_of_the_address_space_stay_in_their_group() -> None:
    rows = with_intervals(pd.DataFrame({"text": ["255.255.255.255", "0.0.0.0"], "group": ["a", "b"]}))
    assert len(overlaps(rows, rows, by="group")) == 2


def test_every_network_of_an_estate_has_its_role() -> None:
    whole = estate(
        {
            "vpcs": [{"id": "p1"}],
            "tiers": [{"id": "t1"}],
            "vpn_gateways": [{"id": "v1"}],
            "customer_gateways": [{"id": "g1", "cidr_list": "192.168.1.0/24, 192.168.2.0/24,"}],
            "connections": [
                {"id": "c1", "cidr_list": "192.168.1.5/24,x"},
                {"id": "c2", "cidr_list": "?", "gateway": "?"},
            ],
            "private_gateways": [
                {"id": "w1", "vpc_id": "p1", "ip_address": "10.7.0.9", "netmask": "255.255.255.0"},
                {"id": "w2", "vpc_id": "p1", "ip_address": "10.7.0.9", "netmask": "255.0.255.0"},
                {"id": "w3", "vpc_id": "p1", "ip_address": "10.7.0.9"},
            ],
            "static_routes": [{"id": "r1", "vpc_id": "p1", "cidr": "172.16.0.0/12"}],
            "remote_access_vpns": [{"id": "a1", "ip_range": "10.1.2.1-10.1.2.8"}],
        }
    )["cidrs"]
    assert dict(whole.dtypes.astype(str)) == COLUMNS
    networks_with_roles = {
        (r.role, r.id, r.text, None if pd.isna(r.prefix) else int(r.prefix)) for r in whole.itertuples()
    }
    assert networks_with_roles == {
        ("vpc", "p1", "10.1.0.0/16", 16),
        ("tier", "t1", "10.1.1.0/24", 24),
        ("remote", "c1", "192.168.1.5/24", 24),
        ("remote", "c1", "x", None),
        ("customer", "g1", "192.168.1.0/24", 24),
        ("customer", "g1", "192.168.2.0/24", 24),
        ("peer", "c1", "192.0.2.10", 32),
        ("private-gateway", "w1", "10.7.0.0/24", 24),
        ("static-route", "r1", "172.16.0.0/12", 12),
        ("client-pool", "a1", "10.1.2.1-10.1.2.8", None),
    }
    assert set(whole.loc[whole["role"] == "remote", "vpc_id"]) == {"p1"}
    assert whole.loc[whole["text"] == "192.168.1.5/24", "host_bits"].all()


def test_an_empty_estate_has_no_networks() -> None:
    assert dict(Estate()["cidrs"].dtypes.astype(str)) == COLUMNS
    assert Estate()["cidrs"].empty


def test_unread_says_which_lists_are_not_known() -> None:
    whole = estate(
        {"connections": [{"id": "c1"}, {"id": "c2", "cidr_list": "?"}, {"id": "c3", "cidr_list": "10.0.0.0/8,y"}]}
    )
    remote = whole["cidrs"][whole["cidrs"]["role"] == "remote"]
    assert unreadable_texts(whole["connections"], remote).tolist() == [False, True, True]


def test_private_is_rfc_1918_and_rfc_6598_only() -> None:
    texts = [
        "10.0.0.0/8",
        "10.0.0.0/7",
        "172.31.255.0/24",
        "172.32.0.0/24",
        "100.64.1.0/24",
        "192.0.2.0/24",
        "8.8.8.8",
        "x",
    ]
    assert is_private(with_intervals(pd.DataFrame({"text": texts}))).tolist() == [
        True,
        False,
        True,
        False,
        True,
        False,
        False,
        pd.NA,
    ]
    assert len(private_networks()) == 4
