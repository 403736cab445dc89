"""What may stand in a row of a peer book is read in any spelling that can be meant, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.peers.reading_text import modest
from vpnaudit.peers.book_row import BookRow


def row(**values) -> BookRow:
    return BookRow.model_validate({"name": "a", "address": "203.0.113.2"} | values)


@pytest.mark.parametrize(
    ("key", "spellings", "value"),
    [
        ("ike_versions", ["ike", "ikev1,ikev2", "1, 2", ["ikev1", "ikev2"], "IKE"], ("ikev1", "ikev2")),
        ("dpd", [True, "yes", "TRUE ", "true"], True),
        ("mobike", [False, "no", "False"], False),
        ("ike_lifetime", ["8h", "480m", "28800s", " 28800 s"], 28800),
        ("local_subnets", ["10.2.0.9/16", ["10.2.0.0/16"], "10.2.0.0/16,"], ("10.2.0.0/16",)),
        ("ike_proposals", ["aes256-sha256;modp2048", " aes256-sha256-modp2048 "], ("aes256-sha256-modp2048",)),
        ("peer_address", ["%any"], "%any"),
        ("public_address", ["vpn.example.com"], "vpn.example.com"),
        ("esp_proposals", ["default"], ("default",)),
    ],
)
def test_a_value_is_the_same_in_each_of_its_spellings(key: str, spellings: list, value) -> None:
    assert [getattr(row(**{key: spelling}), key) for spelling in spellings] == [value] * len(spellings)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dpd", 1),
        ("ike_versions", 2),
        ("ike_versions", []),
        ("ike_lifetime", True),
        ("ike_lifetime", ["8h"]),
        ("ike_lifetime", 28800),
        ("ike_lifetime", "0h"),
        ("esp_proposals", {"a": 1}),
        ("local_subnets", [1]),
        ("name", ""),
        ("auto", "ignore"),
        ("psk", "key"),
    ],
)
def test_a_value_of_another_kind_is_refused_and_not_quoted(key: str, value) -> None:
    with pytest.raises(ValidationError) as refusal:
        row(**{key: value})
    assert {error["loc"][0] for error in refusal.value.errors()} == {key}
    assert "input_value" not in str(refusal.value)


@pytest.mark.parametrize(
    ("proposals", "groups", "written"),
    [
        (None, None, None),
        ("aes256-sha256", None, ("aes256-sha256",)),
        ("aes256-sha256,default", "14", ("aes256-sha256-modp2048", "default")),
        ("aes256gcm16", "modp2048,ecp256", ("aes256gcm16-modp2048-ecp256",)),
        ("aes256-sha256", "", ("aes256-sha256",)),
    ],
)
def test_groups_that_a_book_names_apart_belong_to_each_proposal(proposals, groups, written) -> None:
    assert row(esp_proposals=proposals, pfs_groups=groups).esp_with_groups == written


@pytest.mark.parametrize("key", ["address", "public_address", "connection_id"])
def test_one_way_to_know_the_tunnel_is_enough(key: str) -> None:
    assert getattr(BookRow.model_validate({"name": "a", key: "203.0.113.2"}), key) == "203.0.113.2"


@modest
@given(
    st.sampled_from(sorted(BookRow.model_fields)), st.text(max_size=30) | st.integers() | st.lists(st.text(max_size=5))
)
def test_any_value_is_taken_or_refused_as_a_mistake_of_the_book(key: str, value) -> None:
    try:
        row(**{key: value})
    except ValidationError:
        return
