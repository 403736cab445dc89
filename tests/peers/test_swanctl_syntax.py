"""The text of a `swanctl.conf` becomes a tree as in strongSwan's settings parser, or an error with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import PRINTS, conn, modest, refusal, swanctl, swanctl_row
from vpnaudit.errors import ConfigError
from vpnaudit.peers.source import load
from vpnaudit.peers.swanctl_syntax import parse


def test_a_section_that_occurs_twice_is_continued() -> None:
    row = swanctl_row(conn("version = 1") + "connections { a { version = 2 } }")
    assert (row["ike_versions"], row["address"]) == ("ikev2", "203.0.113.2")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("connections {\n a {\n", "line 2: section 'a' is opened here and never closed"),
        ("}\n", "line 1: a } closes nothing"),
        ("\n\n a b = c\n", "line 3: a name is followed by neither"),
        ('a = "open\n', "line 1: a quote is opened"),
        ('a = "open\\', "line 1: a quote is opened"),
        ("a : { }", "line 1: after : stand the names"),
        (". = x", "line 1: neither a section nor key"),
        ("connections { }\ninclude swanctl.conf\n", "includes go deeper"),
        ("a {" * 40, "nested deeper than 32"),
        ("".join(f"s{n} : s{n + 1} {{ }}\n" for n in range(80)) + "s80 { }", "inherits from more than 64"),
        (
            "s0 { }\n" + "".join(f"s{n} {{ x : s{n - 1} {{ }}\n y : s{n - 1} {{ }} }}\n" for n in range(1, 25)),
            "makes more than 20000",
        ),
    ],
)
def test_what_strongswan_refuses_is_an_error_with_its_line(text: str, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        swanctl(text)


def test_includes_are_read_in_place_and_stay_in_the_folder() -> None:
    text = "connections { include /etc/swanctl/conf.d/*.conf\n }\ninclude conf.d/x\\ y.inc # gone\n"
    row = swanctl_row(text, conf__d___a__conf="a { children { n { } } }\ninclude /etc/passwd")
    assert row["name"] == "a"
    assert row["file"].endswith("conf.d/a.conf")


pieces = st.sampled_from(
    [
        '"',
        "\\",
        "#",
        "=",
        "\n",
        " ",
        "{",
        "}",
        ":",
        ",",
        ".",
        "connections {",
        "a {",
        "children { n {",
        "include ",
        "*",
        "secret = x",
        "\0",
    ]
)


@modest
@given(st.lists(pieces | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    message = refusal(swanctl, text)
    assert message is None or ("swanctl.conf" in message and len(message.splitlines()) == 1)


def test_no_tree_holds_a_key(tmp_path) -> None:
    (tmp_path / "swanctl.conf").write_text("secrets { ike { secret = canaryKEY\n id = a } ike-2 { secret = 0xzz } }")
    root, notes, files = parse(load(tmp_path / "swanctl.conf", "swanctl.conf", tmp_path), PRINTS)
    assert "canaryKEY" not in repr(root)
    keys = root.sections["secrets"].sections
    assert keys["ike"].settings == {"secret": PRINTS.facts("canaryKEY"), "id": "a"}
    assert keys["ike-2"].settings == {"secret": None}
    assert ["cannot be decoded" in note.text for note in notes] == [True]
    assert files == {tmp_path / "swanctl.conf"}


def test_an_include_of_nothing_is_a_note_and_what_stands_in_it_stays_unknown() -> None:
    _, notes = swanctl(conn() + "\ninclude gone/*.conf\n")
    assert any("include 'gone/*.conf': no such file" in note for note in notes)
