"""`ipsec.secrets` is read as strongSwan's stroke plugin reads it: whose key, how written, what is skipped."""

from __future__ import annotations

import pytest

from tests.peers.reading_text import END, PRINTS, ipsec, ipsec_row, records
from vpnaudit.peers import read
from vpnaudit.peers.ipsec_secrets import read_secrets
from vpnaudit.peers.source import load


def test_secrets_are_included_too(tmp_path) -> None:
    (tmp_path / "ipsec.conf").write_text('conn a\n right=192.0.2.1\n auto=add\ninclude x\\ "y".conf\n')
    (tmp_path / "x y.conf").write_text(" lifetime=1h\n")
    (tmp_path / "ipsec.secrets").write_text("include more.secrets\n")
    (tmp_path / "more.secrets").write_text(': PSK "one"\n')
    (row,) = records(read([tmp_path], PRINTS)[0])
    assert (row["psk_fingerprint"], row["esp_lifetime_s"]) == (PRINTS.facts("one").fingerprint, 3600)


@pytest.mark.parametrize(
    ("secrets", "key"),
    [
        (': PSK "one"', "one"),
        ('203.0.113.2 198.51.100.1 : PSK "two"\n: PSK "one"', "two"),
        (': PSK "one"\n%any 203.0.113.2 : PSK "two"\n198.51.100.1 : PSK "three"', "three"),
        ("198.51.100.1 203.0.113.2 : PSK 'a\"b'", 'a"b'),
        ("198.51.100.1 : PSK 0x6f6e65", "one"),
        ("198.51.100.1 : PSK 0sb25l", "one"),
        ('198.51.100.1 : PSK "0x6f6e65"', "0x6f6e65"),
        ('192.0.2.1 : PSK "one"', None),
        ('198.51.100.1 : PSK "open', None),
        ("198.51.100.1 : PSK 0xzz", None),
        ("198.51.100.1 : PSK", None),
        ('198.51.100.1: PSK "one"', None),
        (': RSA key.pem "one"\n: EAP "one"', None),
    ],
)
def test_the_key_is_the_one_that_strongswan_takes(secrets: str, key: str | None) -> None:
    row = ipsec_row("conn a" + END, ipsec__secrets=secrets)
    assert row.get("psk_fingerprint") == (None if key is None else PRINTS.facts(key).fingerprint)


def test_a_key_that_cannot_be_told_from_others_is_not_guessed() -> None:
    tunnels, notes = ipsec(
        "conn a\n right=%any\n auto=add\n", ipsec__secrets='192.0.2.1 : PSK "one"\n192.0.2.2 : PSK "two"\n'
    )
    assert "psk_fingerprint" not in tunnels[0]
    assert any("several keys can be meant" in note for note in notes)


def test_lines_that_hold_no_key_are_told_by_their_number_and_never_quoted(tmp_path) -> None:
    file = tmp_path / "ipsec.secrets"
    file.write_text("# note\n\n: RSA key.pem\ncanaryKEY\n: PSK 'canaryKEY\ninclude gone/*\n")
    read = read_secrets(load(file, "ipsec.secrets", tmp_path), PRINTS)
    assert (read.secrets, read.files, read.whole) == ([], {file}, True)
    (note,) = read.notes
    assert note.line == 4
    assert "neither this line nor the rest" in note.text
    assert "canaryKEY" not in repr(read.notes)


def test_an_include_that_was_not_given_leaves_keys_unknown(tmp_path) -> None:
    file = tmp_path / "ipsec.secrets"
    file.write_text("include gone/*\n")
    read = read_secrets(load(file, "ipsec.secrets", tmp_path), PRINTS)
    assert not read.whole
    assert "not known" in read.notes[0].text


@pytest.mark.parametrize(
    "line",
    [
        ': psk "x"',
        ':\tPSK "x"',
        "nothing",
        ': PSK "open',
        "a : FOO x",
        ": RSA {",
        ": PSK",
        ": PSK 0xzz",
    ],
)
def test_a_line_that_strongswan_cannot_read_ends_the_file(line: str) -> None:
    row = ipsec_row("conn a" + END, ipsec__secrets=f'{line}\n: PSK "one"\n')
    assert (row.get("psk_fingerprint"), row["key_roles"]) == (None, "")
    row = ipsec_row("conn a" + END, ipsec__secrets=f': PSK "one"\n{line}\n')
    assert row["key_roles"] == "answer,start"


def test_a_long_line_takes_no_time(tmp_path) -> None:
    file = tmp_path / "ipsec.secrets"
    file.write_text(" \t:" * 1_000_000)
    assert read_secrets(load(file, "ipsec.secrets", tmp_path), PRINTS).secrets == []


def test_keys_come_in_order_each_with_all_its_identities(tmp_path) -> None:
    (tmp_path / "ipsec.secrets").write_text('a, b\t"c d" : PSK "one"\ninclude "more"\n: PSK two\n')
    (tmp_path / "more").write_text('@d : PSK\t"three"\n')
    source = load(tmp_path / "ipsec.secrets", "ipsec.secrets", tmp_path)
    read = read_secrets(source, PRINTS)
    assert [secret.ids for secret in read.secrets] == [("a,", "b", "c d"), ("@d",), ()]
    assert [secret.facts for secret in read.secrets] == [PRINTS.facts(key) for key in ("one", "three", "two")]
    assert {path.name for path in read.files} == {"ipsec.secrets", "more"}
