"""The peer book says what is wrong, where, all at once, and never what a key is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import PRINTS, modest, records, refusal, rows
from vpnaudit.errors import ConfigError
from vpnaudit.peers import read
from vpnaudit.peers.book import _Row

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-KEY-book"
FULL = f"""
[[peer]]
name = "Wien ← <script>"
connection_id = "3f0c9f0e-0000-4000-8000-000000000001"
implementation = "fortios"
address = "192.168.77.2"
public_address = "203.0.113.2"
id = "203.0.113.2"
peer_address = "198.51.100.1"
peer_id = "198.51.100.1"
ike_versions = ["ikev1", "ikev2"]
initiates_with = "ikev2"
ike_proposals = "aes256-sha256;modp2048, aes128-sha1-modp1536"
esp_proposals = ["aes256-sha256", "aes256gcm16"]
pfs_groups = "14,modp1536"
strict = true
local_subnets = "10.2.0.0/16, 10.3.0.9/24"
remote_subnets = ["10.1.0.0/16"]
one_sa_per_pair = true
exact_selectors = false
ike_lifetime = "8h"
esp_lifetime = "3600s"
dpd = true
force_encap = false
auto = "start"
aggressive = false
mobike = false
psk = "{CANARY}"
"""


def book(text: str, suffix: str = "toml", **beside: str):
    return rows(text, f"peers.{suffix}", **beside)[0]


def refused(text: str, suffix: str = "toml") -> str:
    with pytest.raises(ConfigError) as caught:
        book(text, suffix)
    assert CANARY not in repr(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_every_key_of_the_book_becomes_its_column() -> None:
    (row,) = book(FULL)
    assert row.pop("psk_fingerprint") == PRINTS.facts(CANARY).fingerprint
    assert row.pop("book") == row.pop("file")
    assert row == {
        "name": "Wien ← <script>",
        "line": 2,
        "dialect": "book",
        "implementation": "fortios",
        "complete": True,
        "connection_id": "3f0c9f0e-0000-4000-8000-000000000001",
        "address": "192.168.77.2",
        "public_address": "203.0.113.2",
        "id": "203.0.113.2",
        "peer_address": "198.51.100.1",
        "peer_id": "198.51.100.1",
        "auth": "psk",
        "ike_versions": "ikev1,ikev2",
        "initiates_with": "ikev2",
        "ike_proposals": "aes256-sha256-modp2048,aes128-sha1-modp1536",
        "ike_strict": True,
        "esp_proposals": "aes256-sha256-modp2048-modp1536,aes256gcm16-modp2048-modp1536",
        "esp_strict": True,
        "pfs_groups": "modp2048,modp1536",
        "local_subnets": "10.2.0.0/16,10.3.0.0/24",
        "remote_subnets": "10.1.0.0/16",
        "one_sa_per_pair": True,
        "exact_selectors": False,
        "ike_lifetime_s": 28800,
        "esp_lifetime_s": 3600,
        "dpd": True,
        "force_encap": False,
        "auto": "start",
        "aggressive": False,
        "mobike": False,
        "psk_length": 15,
        "psk_classes": "lower,upper,other",
        "psk_bits": 89,
        "psk_flags": "",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('ike_proposal = "x"', "peer[1].'ike_proposal': there is no such key. There are: address,"),
        ('ike_proposals = "aes256-sha256"', "peer[1].ike_proposals: holds what is no IKE proposal"),
        ('esp_proposals = "aes512"', "peer[1].esp_proposals: holds what is no ESP proposal"),
        ("ike_proposals = [1]", "peer[1].ike_proposals.0:"),
        ('ike_lifetime = "28800"', "peer[1].ike_lifetime: say the unit"),
        ("ike_lifetime = 28800", "peer[1].ike_lifetime: say the unit"),
        ('ike_lifetime = "soon"', "peer[1].ike_lifetime: is a number and a unit"),
        ("ike_lifetime = true", "peer[1].ike_lifetime:"),
        ('local_subnets = "10.2.0.0/33"', "peer[1].local_subnets: holds what is no IPv4 network"),
        ('local_subnets = ""', "peer[1].local_subnets:"),
        ('peer_address = "10.1.1.0/24"', "peer[1].peer_address: is neither"),
        ('peer_address = "1.2.3.400"', "peer[1].peer_address: is neither"),
        ('pfs_groups = "2048"', "peer[1].pfs_groups: holds what is no group"),
        ('pfs_groups = "14"', "peer[1].pfs_groups: name the esp_proposals"),
        (
            'pfs_groups = "14"\nesp_proposals = "aes256-sha256-modp2048"',
            "peer[1].pfs_groups: the esp_proposals name groups already",
        ),
        ('ike_versions = "ikev3"', "peer[1].ike_versions.0:"),
        ("ike_versions = 2", "peer[1].ike_versions:"),
        ('ike_versions = "1"\ninitiates_with = "ikev2"', "peer[1].initiates_with: is none of ike_versions"),
        ('dpd = "perhaps"', "peer[1].dpd:"),
        ('auto = "now"', "peer[1].auto:"),
        (f'psk = "{CANARY}"\npsk_file = "k"', "peer[1].psk: psk_file is there too"),
        (f'psk = ["{CANARY}"]', "peer[1].psk: is not text"),
        ('psk = ""', "peer[1].psk: is not text"),
        ('psk_file = "gone"', "peer[1].psk_file: no such file"),
    ],
)
def test_a_wrong_value_is_named_by_its_key_path(line: str, message: str) -> None:
    assert message in refused(f'[[peer]]\nname = "a"\naddress = "203.0.113.2"\n{line}\n')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no peer stands in it"),
        ("[peer]\n", "Write [[peer]] with two brackets"),
        ("peer = [1]\n", "Write [[peer]] with two brackets"),
        ('[[tunnel]]\nname = "a"\n', "'tunnel' does not belong in a peer book"),
        (f'[[peer]]\nname = "a"\npsk = "{CANARY}\n', "is not TOML: broken at line 3, column"),
        (f"[[peer]]\npsk = {CANARY}\n", "is not TOML: broken at line 2, column"),
        ('[[peer]]\nname = "a"\n', "peer[1].address: say its address, or connection_id"),
        ('[[peer]]\naddress = "203.0.113.2"\n', "peer[1].name: Field required"),
        (
            '[[peer]]\nname = "a"\naddress = "a"\n[[peer]]\nname = "a"\naddress = "b"\n',
            "peer[2].name: stands in several rows",
        ),
        ("a = " + "[" * 3000, "is"),
    ],
)
def test_a_book_that_cannot_be_used_says_why(text: str, message: str) -> None:
    assert message in refused(text)


def test_all_wrong_values_are_told_at_once_up_to_twenty() -> None:
    message = refused("".join(f'[[peer]]\nname = "a{n}"\nauto = "x"\n' for n in range(30)))
    assert "has 30 values" in message
    assert "peer[20].auto" in message
    assert "and 10 more" in message


def test_a_key_may_stand_in_a_file_of_its_own() -> None:
    text = '[[peer]]\nname = "a"\naddress = "a"\npsk_file = "keys/a"\n'
    (row,) = book(text, keys___a=f" {CANARY} \n")
    assert row["psk_fingerprint"] == PRINTS.facts(f" {CANARY} ").fingerprint
    with pytest.raises(ConfigError, match="the file is empty"):
        book(text, keys___a="\n")


@pytest.mark.parametrize("name", ["../key", "/etc/hostname", "link"])
def test_no_key_is_read_from_outside_the_folder_of_the_book(name: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(CANARY)
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "link").symlink_to(tmp_path / "key")
    file = tmp_path / "books" / "peers.toml"
    file.write_text(f'[[peer]]\nname = "a"\naddress = "a"\npsk_file = "{name}"\n')
    with pytest.raises(ConfigError, match="outside the book's folder"):
        read([file], PRINTS)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_sheet_as_csv_has_one_row_a_tunnel(mark: str) -> None:
    head = ["name", "Address ", "local_subnets", "dpd", "ike_lifetime", "psk", ""]
    cells = ["=cmd|x", "203.0.113.2", '"10.2.0.0/16,10.3.0.0/16"', "Yes", " 8h ", f'" {CANARY}"', ""]
    (row,) = book(mark.join(head) + "\r\n" + mark.join(cells) + "\r\n\r\n", "csv")
    assert (row["name"], row["local_subnets"], row["dpd"], row["ike_lifetime_s"]) == (
        "=cmd|x",
        "10.2.0.0/16,10.3.0.0/16",
        True,
        28800,
    )
    assert (row["line"], row["psk_flags"]) == (2, "surrounding-space")
    assert "peer_id" not in row, "a column that is not there and an empty cell say nothing"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row 1 names no column 'name'"),
        ("a,b\n1,2\n", "row 1 names no column 'name'"),
        ("name,name\n", "column 2 has a name that stands in row 1 before it"),
        ("name,address\n", "no peer stands in it"),
        ("name,address,dpd\na,b,perhaps\n", "row 2, column dpd:"),
        (f"name,address\na,b,{CANARY}\n", "row 2 has more cells"),
        (f'name,psk\na,"{CANARY}\n', "is not CSV"),
        ("name,adress\na,b\n", "row 2, column 'adress': there is no such key"),
    ],
)
def test_a_wrong_sheet_is_named_by_row_and_column(text: str, message: str) -> None:
    assert message in refused(text, "csv")


def workbook(*lines: list) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as file:
        sheet = file.add_worksheet()
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    return data.getvalue()


def test_a_sheet_as_xlsx_has_one_row_a_tunnel(tmp_path) -> None:
    path = tmp_path / "peers.xlsx"
    path.write_bytes(
        workbook(["name", "address", "dpd", "psk"], ["a", "203.0.113.2", True, CANARY], ["b", "203.0.113.3"])
    )
    tunnels = records(read([path], PRINTS)[0])
    assert [(row["name"], row["dpd"], row["psk_length"], row["line"]) for row in tunnels] == [
        ("a", True, 15, 2),
        ("b", None, None, 3),
    ]
    path.write_bytes(workbook(["name", "address", "psk", "ike_lifetime"], ["a", "203.0.113.2", 12345678, 28800]))
    with pytest.raises(ConfigError, match="row 2, column psk: is not text") as caught:
        read([path], PRINTS)
    assert "row 2, column ike_lifetime: say the unit" in str(caught.value)
    assert "12345678" not in str(caught.value)
    for broken in (b"", b"PK\x03\x04", workbook(["name"])[:-200]):
        path.write_bytes(broken)
        with pytest.raises(ConfigError, match="cannot be read as XLSX"):
            read([path], PRINTS)


@modest
@given(st.text(max_size=60), st.sampled_from(["toml", "csv", "xlsx"]))
def test_any_text_is_read_or_refused(text: str, suffix: str) -> None:
    for book_text in (text, f'[[peer]]\nname = "a"\n{text}', f"name,address\n{text}"):
        message = refusal(book, book_text, suffix)
        assert message is None or "peers." in message


def test_a_row_on_its_way_shows_no_key() -> None:
    assert CANARY not in repr(_Row("row 2", 2, {"psk": CANARY}))
