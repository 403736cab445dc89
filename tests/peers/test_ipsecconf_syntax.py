"""The text of an `ipsec.conf` becomes sections as in strongSwan's starter, or an error with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import END, ipsec, ipsec_row, modest, refusal
from vpnaudit.errors import ConfigError


def test_the_order_of_inheritance_is_strongswans() -> None:
    text = (
        "conn %default\n ikelifetime=1h\n lifetime=1h\n mobike=no\n esp=aes128-sha1\n"
        "conn tunnel\n also=first\n also=second\n lifetime=3h" + END + " ike=\n"
        "conn first\n ikelifetime=4h\n lifetime=4h\n keyexchange=ikev1\n ike=aes128-sha1-modp1024\n"
        "conn second\n ikelifetime=5h\n also=third\n"
        "conn third\n keyexchange=ikev2\n aggressive=no\n"
    )
    row = ipsec_row(text)
    assert (row["ike_lifetime_s"], row["esp_lifetime_s"]) == (
        18000,
        10800,
    ), "own before the last named before the first before %default"
    assert row["ike_versions"] == "ikev2", "what the last named inherits counts before the first named"
    assert (row["mobike"], row["aggressive"], row["esp_proposals"]) == (False, False, "aes128-sha1")
    assert "ike_proposals" not in row, "a setting without a value takes away what would be inherited"


def test_a_section_that_occurs_twice_is_continued_and_the_last_value_counts() -> None:
    row = ipsec_row("conn a\n lifetime=1h" + END + "conn b\n auto=ignore\n type=drop\nconn a\n lifetime=2h\n")
    assert row["esp_lifetime_s"] == 7200


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (" left=1.2.3.4\n", "line 1: a setting before any section"),
        ("conn a\n left\n", "line 2: neither a section nor key=value"),
        ("conn\n", "line 1: a section has one word"),
        ("conn a b\n", "line 1: a section has one word"),
        ("conn a\n\n leftid=C=CH\n", "line 3: a second = in a value"),
        ('conn a\n leftid="open\n\n', "line 2: a quote is opened"),
        ("conn a\n =b\n", "line 2: neither"),
        ("conn a\ninclude ipsec.conf\n", "includes go deeper"),
        (
            "conn a0\n auto=add\n" + "".join(f"conn a{n}\n also=a{n - 1}\n" for n in range(1, 80)),
            "leads through more than 64",
        ),
    ],
)
def test_what_strongswan_refuses_is_an_error_with_its_line(text: str, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        ipsec(text)


def test_many_paths_to_one_section_are_walked_once() -> None:
    doubled = "".join(f"conn a{n}\n also=a{n - 1}\n also=a{n - 1}\n" for n in range(1, 60))
    assert len(ipsec("conn a0\n lifetime=1h\n" + doubled + " auto=add\n")[0]) == 1


def test_windows_line_ends_byte_order_marks_and_settings_without_indent_are_read() -> None:
    tunnels, notes = ipsec("\ufeffconn a\r\n\tauto=add\r\nlifetime=1h\r\n")
    assert tunnels[0]["esp_lifetime_s"] == 3600
    assert any("not indented" in note for note in notes)


def test_includes_are_read_in_place_and_stay_in_the_folder() -> None:
    row = ipsec_row(
        "conn a\n auto=add\ninclude /etc/ipsec.d/*.conf\n",
        ipsec__d___1__conf=" lifetime=1h\n",
        ipsec__d___2__conf=" lifetime=2h\ninclude /etc/passwd\ninclude ../../../../../../../../etc/passwd\n",
    )
    assert row["esp_lifetime_s"] == 7200


pieces = st.sampled_from(
    [
        '"',
        "\\",
        "#",
        "=",
        "\n",
        " ",
        "\t",
        "conn a",
        "conn %default",
        "also=a",
        "include ",
        "*",
        "left=%any",
        "ike=aes!",
        "\0",
        "auto=add",
    ]
)


@modest
@given(
    st.lists(pieces | st.text(max_size=4), max_size=30).map("".join),
    st.lists(pieces | st.text(max_size=4), max_size=10).map("".join),
)
def test_any_text_is_read_or_refused_with_a_place(text: str, secrets: str) -> None:
    message = refusal(ipsec, text, ipsec__secrets=secrets)
    assert message is None or ("ipsec." in message and len(message.splitlines()) == 1)


@pytest.mark.parametrize("also", ["also=", "also=%default"])
def test_inheriting_from_nothing_or_from_the_defaults_changes_nothing(also: str) -> None:
    tunnels, notes = ipsec(f"conn %default\n lifetime=2h\nconn a{END} {also}\n")
    assert [(row["esp_lifetime_s"], row["complete"]) for row in tunnels] == [(7200, True)]
    assert notes == []


def test_sections_of_other_kinds_are_passed_over_with_their_settings() -> None:
    row = ipsec_row(f"version 2\nconfig setup\n charondebug=all\nca root\n lifetime=9h\nconn a{END}")
    assert "esp_lifetime_s" not in row


@pytest.mark.parametrize(
    ("value", "identity"),
    [(r'"a\"b"', 'a"b'), (r'"a\\b"', "a\\b"), (r'"a\tb"', "a\tb"), ('"a"  b', "a b"), ('"a\\\nb"', "ab")],
)
def test_a_value_is_what_its_quotes_and_escapes_mean(value: str, identity: str) -> None:
    assert ipsec_row(f"conn a{END} leftid={value}\n")["id"] == identity
