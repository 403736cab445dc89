"""Proposals are read, offered and selected as strongSwan 5.9.8 does."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.ipsec import proposals
from vpnaudit.ipsec.proposals import (
    Proposal,
    Suite,
    default_proposals,
    effective_proposals,
    ikev1_main_mode_offer,
    ikev1_quick_mode_offer,
    parse_proposal,
    proposal_text,
    select,
)
from vpnaudit.knowledge import strongswan


def ike(*texts, strict=True):
    return effective_proposals(texts, "ike", strict=strict)


def esp(*texts, strict=True):
    return effective_proposals(texts, "esp", strict=strict)


@pytest.mark.parametrize(
    "text",
    [
        "aes256-sha256",
        "sha256-modp2048",
        "aes256-modp2048",
        "aes256-sha256-junk",
        "aes256gcm16-modp2048",
        "",
        "aes256-prfnone-modp2048",
    ],
)
def test_strongswan_skips_an_ike_proposal_that_is_not_whole(text):
    assert parse_proposal(text, "ike") is None


def test_the_prf_follows_the_integrity_algorithm_unless_it_is_named():
    assert parse_proposal("aes256-sha256-sha1-modp2048", "ike").prf == ("sha256", "sha1")
    assert parse_proposal("aes256-sha256-prfsha384-modp2048", "ike").prf == ("sha384",)


def test_an_aead_needs_no_integrity_algorithm():
    assert parse_proposal("aes256gcm16-sha256-ecp384", "ike") == Proposal(
        ("aes256gcm16",), (), ("sha256",), ("ecp384",)
    )
    assert parse_proposal("aes256gcm16-aes256-sha256", "esp") is None


def test_esp_says_no_to_extended_sequence_numbers_unless_told():
    assert parse_proposal("aes256-sha256-sha256", "esp") == Proposal(("aes256",), ("sha256",), (), (), ("noesn",))
    assert select(esp("aes256-sha256-esn"), esp("aes256-sha256")) is None
    assert str(select(esp("aes256-sha256-esn-noesn"), esp("aes256-sha256-esn"))) == "aes256-sha256-esn"


def test_other_spellings_are_the_same_algorithm():
    assert parse_proposal("aes256gcm128-x25519", "esp") == parse_proposal("aes256gcm16-curve25519", "esp")


def test_the_defaults_are_those_of_a_known_release():
    assert proposals.STRONGSWAN in strongswan.releases()
    assert [len(p.encryption) for p in default_proposals("ike")] == [13, 28]
    assert all(not p.group for p in default_proposals("esp"))
    with pytest.raises(KeyError):
        default_proposals("ike", "4.0.0")


def test_a_list_that_is_not_pinned_gets_the_defaults():
    assert ike("3des-md5-modp1024") == (parse_proposal("3des-md5-modp1024", "ike"),)
    assert ike("3des-md5-modp1024", strict=False)[1:] == default_proposals("ike")
    assert ike() == default_proposals("ike"), "without a line there is nothing to pin"
    assert ike("junk") == ()


@pytest.mark.parametrize(
    "weak", ["md5-modp2048", "sha256-modp1024", "sha256-modp1536", "sha256-modp1024s160", "sha256-modp2048s256"]
)
def test_the_defaults_hold_nothing_of_this(weak):
    assert select(ike(f"aes256-{weak}"), default_proposals("ike")) is None


def test_the_defaults_still_hold_3des():
    assert (
        str(select(ike("aes256-sha256-modp2048", strict=False), ike("3des-sha256-modp2048"))) == "3des-sha256-modp2048"
    )


def test_the_responder_prefers_its_own_order():
    own, theirs = (
        ike("aes256-sha512-modp4096", "aes256-sha256-modp2048"),
        ike("aes256-sha256-modp2048", "aes256-sha512-modp4096"),
    )
    assert str(select(own, theirs)) == "aes256-sha512-modp4096"
    assert str(select(theirs, own)) == "aes256-sha256-modp2048"
    assert (
        str(select(ike("aes128-aes256-sha256-modp2048"), ike("aes256-aes128-sha256-modp2048")))
        == "aes128-sha256-modp2048"
    )


def test_a_group_on_one_side_only_does_not_meet():
    assert select(esp("aes256-sha256-modp2048"), esp("aes256-sha256")) is None
    assert select(esp("aes256-sha256"), esp("aes256-sha256-modp2048")) is None


def test_a_suite_names_the_prf_only_where_it_is_not_the_hashs_own():
    assert str(Suite("aes256", "sha256", "sha256", "modp2048")) == "aes256-sha256-modp2048"
    assert str(Suite("aes256", "sha256", "sha384", "modp2048")) == "aes256-sha256-prfsha384-modp2048"
    assert str(Suite("aes256gcm16", None, "sha384", "ecp384")) == "aes256gcm16-prfsha384-ecp384"


def test_main_mode_offers_the_first_of_each_kind():
    offer = ikev1_main_mode_offer(ike("aes256-aes128-sha512-sha1-modp4096-modp2048", strict=False))
    assert [str(select((p,), (p,))) for p in offer] == ["aes256-sha512-modp4096", "aes128-sha256-curve25519"]


@pytest.mark.parametrize(
    "text", ["aes256gcm16-prfsha384-ecp384", "aes256ctr-sha256-modp2048", "aes256-aesxcbc-modp2048"]
)
def test_what_has_no_number_in_ikev1_is_not_offered(text):
    assert ikev1_main_mode_offer(ike(text)) == ()


def test_quick_mode_without_a_group_offers_two_defaults():
    offer = ikev1_quick_mode_offer(esp("3des-md5", strict=False), "modp2048")
    assert [proposal_text(p, "esp") for p in offer] == ["3des-md5", "aes128-sha256", "aes128gcm16"]


@pytest.mark.parametrize(
    ("texts", "ike_group", "offered"),
    [
        (("aes256-sha256-modp2048",), "modp1024", ["aes256-sha256-modp2048"]),
        (("aes256-sha256", "aes128-sha1-modp1024"), "modp2048", ["aes128-sha1-modp1024"]),
        (("aes256-sha256-modp3072", "aes256-sha256-modp2048"), "modp2048", ["aes256-sha256-modp2048"]),
        (("aes256-sha256-modp3072", "aes256-sha256-modp2048"), "ecp256", ["aes256-sha256-modp3072"]),
    ],
)
def test_quick_mode_with_a_group_offers_nothing_else(texts, ike_group, offered):
    assert [proposal_text(p, "esp") for p in ikev1_quick_mode_offer(esp(*texts, strict=False), ike_group)] == offered


texts = st.lists(
    st.sampled_from(
        [
            "aes128",
            "aes256",
            "3des",
            "aes256gcm16",
            "sha256",
            "sha1",
            "prfsha384",
            "modp2048",
            "curve25519",
            "esn",
            "noesn",
        ]
    ),
    min_size=1,
    max_size=6,
    unique=True,
).map("-".join)


@modest
@given(texts, st.sampled_from(["ike", "esp"]))
def test_a_proposal_written_out_reads_back_as_the_same(text, protocol):
    proposal = parse_proposal(text, protocol)
    if proposal is not None:
        assert parse_proposal(proposal_text(proposal, protocol), protocol) == proposal


@modest
@given(st.lists(texts, max_size=3).map(tuple), st.lists(texts, max_size=3).map(tuple), st.booleans(), st.booleans())
def test_whether_two_lists_meet_does_not_depend_on_who_selects(one, other, pinned, also):
    first, second = ike(*one, strict=pinned), ike(*other, strict=also)
    assert (select(first, second) is None) == (select(second, first) is None)


MEASURED = Path(__file__).parents[1] / "data" / "strongswan" / "proposals.csv"


def test_a_proposal_is_taken_exactly_where_the_daemon_takes_it():
    """967 proposals with every word of strongSwan 5.9.8, words that it does not have, and every wrong combination."""
    with MEASURED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["proposal"].lower() != "default"]
    assert len(rows) > 900
    wrong = [
        row for row in rows if (parse_proposal(row["proposal"], row["protocol"]) is not None) != (row["taken"] == "yes")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("own", "supplied", "suite"),
    [
        ("aes256-sha256-modp2048-none", "aes256-sha256", "aes256-sha256"),
        ("aes256-sha256", "aes256-sha256-modp2048-none", "aes256-sha256"),
        ("aes256-sha256-modp2048-none", "aes256-sha256-modp2048", "aes256-sha256-modp2048"),
        ("aes256-sha256-none", "aes256-sha256-none", "aes256-sha256"),
        ("aes256-sha256", "aes256-sha256-modp2048", None),
        ("aes256-sha256-modp2048", "aes256-sha256", None),
    ],
)
def test_none_beside_groups_makes_pfs_optional(own, supplied, suite):
    selected = select(
        effective_proposals((own,), "esp", strict=True), effective_proposals((supplied,), "esp", strict=True)
    )
    assert (selected and str(selected)) == suite


@pytest.mark.parametrize(
    ("protocol", "text"),
    [
        ("ike", "aes256-sha256-modp2048"),
        ("ike", "aes256-sha256-prfsha384-modp2048"),
        ("ike", "aes256gcm16-prfsha384-modp2048"),
        ("esp", "aes256-sha256-modp2048"),
        ("esp", "aes256-sha256-esn"),
        ("esp", "aes256-sha256-esn-noesn"),
    ],
)
def test_a_proposal_is_written_with_what_is_not_implied(protocol, text):
    assert proposal_text(parse_proposal(text, protocol), protocol) == text
