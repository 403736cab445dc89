"""ESP sizes are exact: every measured one, the MSS that follows, and the table of the docs."""

import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.ipsec.overhead import esp_layout, largest_inner, outer_size, tcp_mss
from vpnaudit.ipsec.proposals import Suite

SIZES = Path(__file__).parents[1] / "data" / "truth" / "esp_sizes.csv.gz"
SUITES = ["3des-md5", "aes128-sha1", "aes256-sha256", "aes256-sha512-modp2048", "aes256gcm16", "aes256ctr-sha384"]


def test_each_measured_size_is_computed_exactly():
    with gzip.open(SIZES, "rt") as lines:
        rows = list(csv.DictReader(lines))
    wrong = [
        r
        for r in rows
        if outer_size(int(r["inner_ipv4_len"]), esp_layout(r["suite"]), udp=True) != int(r["outer_ipv4_len"])
    ]
    assert len(rows) == 714
    assert wrong == []
    assert all(esp_layout(suite).measured for suite in {r["suite"] for r in rows})


@modest
@given(st.sampled_from(SUITES), st.integers(576, 9000), st.booleans())
def test_the_largest_inner_packet_fits_and_the_next_does_not(suite, mtu_bytes, udp):
    layout = esp_layout(suite)
    inner = largest_inner(mtu_bytes, layout, udp=udp)
    assert outer_size(inner, layout, udp=udp) <= mtu_bytes < outer_size(inner + 1, layout, udp=udp)


@pytest.mark.parametrize(
    ("suite", "plain", "udp"),
    [("aes256-sha256", 1398, 1382), ("aes256gcm16", 1406, 1398), ("aes256-sha512", 1382, 1366)],
)
def test_the_mss_at_an_mtu_of_1500(suite, plain, udp):
    assert tcp_mss(1500, esp_layout(suite), udp=False) == plain
    assert tcp_mss(1500, esp_layout(suite), udp=True) == udp


def test_the_manuals_1350_fits_every_known_suite():
    assert all(tcp_mss(1500, esp_layout(suite), udp=True) >= 1350 for suite in SUITES)


@pytest.mark.parametrize("suite", ["junk", "aes256", "camellia128ccm8", "sha256"])
def test_no_size_is_told_of_what_is_not_known(suite):
    assert esp_layout(suite) is None


def test_a_layout_that_was_computed_only_says_so():
    assert not esp_layout("chacha20poly1305").measured
    assert not esp_layout("aes256-aesxcbc").measured
    assert esp_layout(Suite("aes256", "sha256", None, "modp2048")) == esp_layout("aes256-sha256")


def test_the_table_in_the_docs_is_computed():
    text = (Path(__file__).parents[2] / "docs" / "negotiation.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.partition("## MSS")[2].splitlines()
        if line.startswith("| ")
    ]
    assert len(rows) == 9
    for suite, *sizes in rows[1:]:
        layout = esp_layout(suite)
        plain = tcp_mss(1500, layout, udp=False)
        assert [int(size) for size in sizes] == [plain, *(tcp_mss(mtu, layout, udp=True) for mtu in (1500, 1492, 1400))]
