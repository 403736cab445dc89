"""A row becomes the far end that is negotiated with: what was said, the device's defaults where it says nothing, and
nothing guessed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.peers.reading_text import ipsec, records, rows, swanctl
from vpnaudit.estate.peer_sides import DEFAULTS, peer_side, start_of
from vpnaudit.estate.tables import TABLES
from vpnaudit.ipsec.negotiate import negotiate
from vpnaudit.ipsec.proposals import effective_proposals
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.sides import PeerSide, RouterSide
from vpnaudit.peers.interface import dialects

ROUTER = RouterSide(
    publicip="198.51.100.1",
    vpc_cidr="10.1.0.0/16",
    gateway="203.0.113.2",
    cidrlist="10.2.0.0/24,10.2.1.0/24",
    ikepolicy="aes256-sha256;modp2048",
    esppolicy="aes256-sha256;modp2048",
    ikeversion="ikev2",
    splitconnections=True,
    cloudstackversion="4.22.0.0",
)


def side(rows_of_file) -> PeerSide:
    (row,) = rows_of_file[0]
    return peer_side(row)


def test_the_file_of_a_router_is_the_far_end_that_the_router_is() -> None:
    config = router_config(ROUTER)
    read = side(rows(config.conf_text(), "ipsec.vpn-203.0.113.2.conf"))
    assert (read.address, read.id, read.peer_address, read.peer_id) == (
        "198.51.100.1",
        "198.51.100.1",
        "203.0.113.2",
        "203.0.113.2",
    )
    assert (read.ike_proposals, read.esp_proposals, read.strict) == (config.ike, config.esp, False)
    assert (read.ike_lifetime_s, read.esp_lifetime_s) == (config.ike_lifetime_s, config.esp_lifetime_s)
    assert (read.subnets, read.remote_subnets, read.one_sa_per_pair) == (
        ("10.1.0.0/16",),
        ("10.2.0.0/24", "10.2.1.0/24"),
        True,
    )


def test_a_file_that_mirrors_the_router_comes_up_and_a_changed_one_says_why() -> None:
    text = (
        "conn a\n left=203.0.113.2\n leftsubnet=10.2.0.0/24\n right=198.51.100.1\n rightsubnet=10.1.0.0/16\n"
        " keyexchange=ikev2\n ike=aes256-sha256-modp2048!\n esp=aes256-sha256-modp2048!\n ikelifetime=24h\n"
        " lifetime=1h\n authby=psk\n auto=start\nconn a-2\n also=a\n leftsubnet=10.2.1.0/24\n"
    )
    good = negotiate(ROUTER, side(ipsec(text)), "router", psk="equal")
    assert good.verdict == "ok"
    assert good.assumed == ()
    bad = negotiate(
        ROUTER,
        side(ipsec(text.replace("ike=aes256-sha256-modp2048!", "ike=3des-md5-modp1024!"))),
        "router",
        psk="equal",
    )
    assert bad.verdict == "no_ike"
    assert {reason.field for reason in bad.reasons if reason.state == "different"} == {
        "ike_encryption",
        "ike_integrity",
        "ike_group",
    }


@pytest.mark.parametrize(
    ("text", "ike", "esp"),
    [
        ("", ((), False), ((), False)),
        ("ike=aes256-sha256-modp2048!", (("aes256-sha256-modp2048",), True), ((), False)),
        (
            "ike=aes256-sha256-modp2048!\n esp=aes256-sha256",
            (("aes256-sha256-modp2048",), True),
            (("aes256-sha256",), False),
        ),
        (
            "ike=aes256-sha256-modp2048\n esp=aes256-sha256!",
            (("aes256-sha256-modp2048",), False),
            (("aes256-sha256",), True),
        ),
        (
            "ike=aes256-sha256-modp2048\n esp=aes256-sha256",
            (("aes256-sha256-modp2048",), False),
            (("aes256-sha256",), False),
        ),
    ],
)
def test_each_list_is_pinned_by_itself(text: str, ike, esp) -> None:
    read = side(ipsec(f"conn a\n auto=add\n {text}\n"))
    for protocol, texts, (wanted, strict) in (("ike", read.ike_proposals, ike), ("esp", read.esp_proposals, esp)):
        assert effective_proposals(texts, protocol, strict=read.strict) == effective_proposals(
            wanted, protocol, strict=strict
        )


def test_default_among_the_proposals_stands_where_it_is_written() -> None:
    text = "connections { a { proposals = default, 3des-md5-modp1024\n children { n { esp_proposals = default } } } }"
    read = side(swanctl(text))
    own = effective_proposals((), "ike", strict=False)
    assert effective_proposals(read.ike_proposals, "ike", strict=read.strict) == (
        *own,
        *effective_proposals(("3des-md5-modp1024",), "ike", strict=True),
    )
    assert effective_proposals(read.esp_proposals, "esp", strict=read.strict) == effective_proposals(
        (), "esp", strict=False
    )


def test_defaults_are_those_of_the_device() -> None:
    conf = side(ipsec("conn a\n left=203.0.113.2\n right=198.51.100.1\n"))
    assert conf == PeerSide(
        address="203.0.113.2",
        id="203.0.113.2",
        peer_address="198.51.100.1",
        peer_id="198.51.100.1",
        ike_versions=(1, 2),
        initiates_with=2,
        ike_proposals=(),
        esp_proposals=(),
        strict=False,
        subnets=("203.0.113.2/32",),
        remote_subnets=("198.51.100.1/32",),
        one_sa_per_pair=False,
        exact_selectors=False,
        ike_lifetime_s=10800,
        esp_lifetime_s=3600,
        dpd=False,
        forceencaps=False,
        passive=True,
        implementation="strongswan",
        auth=("pubkey",),
        peer_auth=("pubkey",),
        refused="it has no auto=",
    )
    new = side(
        swanctl(
            "connections { a { local_addrs = 203.0.113.2\n remote_addrs = 198.51.100.1\n children { n { local_ts ="
            " dynamic } } } }"
        )
    )
    assert new == replace(
        conf, peer_id="%any", ike_lifetime_s=15840, esp_lifetime_s=3960, peer_auth=("any",), refused=None
    )


def test_nothing_is_assumed_of_a_book_or_of_a_file_with_a_part_missing() -> None:
    book = side(rows('[[peer]]\nname = "a"\nconnection_id = "x"\n', "peers.toml"))
    assert book == PeerSide(address="%any")
    part = side(ipsec("conn a\n left=203.0.113.2\n also=gone\n auto=start\ninclude gone\n"))
    assert part == PeerSide(address="203.0.113.2", passive=False, implementation="strongswan")


def test_a_selector_that_is_limited_makes_its_list_unknown() -> None:
    read = side(ipsec("conn a\n auto=add\n leftsubnet=10.2.0.0/16,10.3.0.0/16[tcp/443]\n rightsubnet=10.1.0.0/16\n"))
    assert (read.subnets, read.remote_subnets) == (None, ("10.1.0.0/16",))
    assert side(ipsec("conn a\n auto=add\n left=%any\n")).subnets is None


def test_rows_of_pandas_are_rows_too() -> None:
    frame = TABLES["peers"].frame(
        [
            {
                "book": "b",
                "name": "a",
                "dialect": "book",
                "address": "a",
                "ike_lifetime_s": 60,
                "dpd": True,
                "complete": True,
            }
        ]
    )
    assert (
        peer_side(frame.iloc[0]) == peer_side(records(frame)[0]) == PeerSide(address="a", ike_lifetime_s=60, dpd=True)
    )


def test_every_dialect_has_its_defaults() -> None:
    assert {dialect.name for dialect in dialects()} == set(DEFAULTS)


def test_what_a_far_end_does_when_it_is_loaded_is_its_word_or_its_device_s_default() -> None:
    assert start_of({"dialect": "book"}) is None
    assert start_of({"dialect": "book", "auto": "start"}) == "start"
    assert start_of({"dialect": "strongswan-ipsecconf"}) == DEFAULTS["strongswan-ipsecconf"]["auto"]
