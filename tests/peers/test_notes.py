"""What messages say of a file is safe to print, whatever its author called things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import PRINTS
from vpnaudit.peers import read
from vpnaudit.peers.notes import Note, place, quoted_name, refuse


def test_names_of_strangers_are_harmless_in_notes(tmp_path) -> None:
    (tmp_path / "ipsec.conf").write_text(f"conn \u202e\x1b[31m{'x' * 200}\n right=192.0.2.1\n")
    (note,) = read([tmp_path], PRINTS)[1]
    assert not {"\u202e", "\x1b"} & set(str(note))
    assert len(note.text) < 200
    assert str(Note("a\nb", None, "x")) == "a�b: x"


@given(st.text(), st.text(), st.none() | st.integers(1, 10**6))
def test_a_message_is_one_line_whatever_the_file_and_its_sections_are_called(label: str, name: str, line) -> None:
    for text in (str(Note(label, line, quoted_name(name))), str(refuse(label, line, quoted_name(name)))):
        assert len(text.splitlines()) <= 1
        assert text.startswith(place(label, line))
    assert len(quoted_name(name)) <= 83


def test_a_place_names_the_line_where_there_is_one() -> None:
    assert (place("a.conf"), place("a.conf", 3)) == ("a.conf", "a.conf, line 3")
