"""The policy reader loses nothing and refuses nothing; what the API takes is told apart from what it let slip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import esp_policies, ike_policies, modest
from vpnaudit.ipsec.cloudstack_proposals import (
    CloudStackProposals,
    Element,
    read_cloudstack_proposals,
    write_cloudstack_proposals,
)

words = st.lists(st.sampled_from(["aes256", "sha256", "modp2048", "", "x", "-", ";", ",", " "]), max_size=12).map(
    "".join
)


@modest
@given(st.one_of(st.text(max_size=40), words))
def test_every_text_comes_back_as_it_was(text):
    assert write_cloudstack_proposals(read_cloudstack_proposals(text)) == text


@modest
@given(ike_policies)
def test_what_the_api_takes_is_known_word_for_word(text):
    (element,) = read_cloudstack_proposals(text).elements
    assert element.unknown == ()
    assert element.accepted_by_api(group_required=True)
    assert f"{element.encryption}-{element.integrity};{element.dh_group}" == text


@modest
@given(st.lists(esp_policies, min_size=1, max_size=3))
def test_a_comma_list_is_read_in_order(texts):
    policy = read_cloudstack_proposals(",".join(texts))
    assert [write_cloudstack_proposals(CloudStackProposals((element,))) for element in policy.elements] == texts
    assert policy.groups == tuple(text.partition(";")[2] or None for text in texts)


@pytest.mark.parametrize(
    ("text", "unknown", "group"),
    [
        ("aes256-sha256;modp2048;junk", ("junk",), "modp2048"),
        ("aes256-sha256;", ("",), None),
        ("aes256-sha256;modp9", ("modp9",), None),
        ("AES256-sha256", ("AES256",), None),
        ("aes256-sha256 ", ("sha256 ",), None),
        ("", ("",), None),
        ("aes256gcm-prfsha256;x25519", ("prfsha256",), "curve25519"),
    ],
)
def test_what_is_not_known_is_kept_and_marked(text, unknown, group):
    policy = read_cloudstack_proposals(text)
    assert policy.unknown == unknown
    assert policy.groups == (group,)


def test_an_element_without_a_cipher_says_so():
    assert Element(("sha256",)).encryption is None
    assert Element(("aes256",)).integrity is None


@pytest.mark.parametrize(
    ("text", "ike", "esp"),
    [
        ("aes256-sha256;modp2048", True, True),
        ("aes256-sha256", False, True),
        ("aes256-sha256;modp2048;junk", False, False),
        ("aes256gcm16-sha256;modp2048", False, False),
        ("aes256-sha2;modp2048", False, False),
        ("aes256;modp2048", False, False),
        ("aes256-sha256;curve25519", False, False),
    ],
)
def test_what_the_api_takes_today(text, ike, esp):
    (element,) = read_cloudstack_proposals(text).elements
    assert element.accepted_by_api(group_required=True) is ike
    assert element.accepted_by_api(group_required=False) is esp


def test_the_router_writes_a_dash_for_every_semicolon():
    assert (
        read_cloudstack_proposals("aes256-sha256;modp2048;junk").elements[0].proposal == "aes256-sha256-modp2048-junk"
    )
