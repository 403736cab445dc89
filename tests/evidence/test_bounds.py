"""Whatever a stream holds, it is read in bounded memory, and a bomb is refused before it grows."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.errors import EvidenceError
from vpnaudit.evidence import bounds
from vpnaudit.evidence.bounds import LONGEST_LINE_BYTES, Bounded, lines, text_of


@given(st.lists(st.binary(max_size=40).filter(lambda data: b"\n" not in data and b"\r" not in data), max_size=20))
@modest
def test_lines_are_those_of_the_stream(some):
    stream = io.BytesIO(b"".join(line + b"\n" for line in some))
    assert [(line, cut) for _, line, cut in lines(stream)] == [(line, False) for line in some]


def test_a_line_without_an_end_is_cut_and_the_next_one_is_whole():
    stream = io.BytesIO(b"x" * (3 * 2**20) + b"\nnext\n" + b"y" * LONGEST_LINE_BYTES)
    (number, first, cut), (_, second, whole), (last, third, _) = lines(stream)
    assert (number, len(first), cut) == (1, LONGEST_LINE_BYTES, True)
    assert (second, whole) == (b"next", False)
    assert (last, len(third)) == (3, LONGEST_LINE_BYTES)


def bomb(monkeypatch, size: int = 2**20) -> Bounded:
    monkeypatch.setattr(bounds, "_FREE_BYTES", 1000)
    packed = gzip.compress(bytes(size))
    return Bounded(gzip.GzipFile(fileobj=io.BytesIO(packed)), len(packed) // 100, "zeros.gz")


def test_what_unpacks_out_of_proportion_is_refused(monkeypatch):
    stream = bomb(monkeypatch)
    with pytest.raises(EvidenceError, match=r"zeros\.gz: unpacks to more than"):
        list(iter(lambda: stream.read(2**19), b""))


def test_going_far_ahead_is_refused_before_it_is_unpacked(monkeypatch):
    stream = bomb(monkeypatch)
    assert stream.seek(10) == 10
    assert stream.seekable()
    assert stream.readable()
    with pytest.raises(EvidenceError, match="unpacks to more"):
        stream.seek(2**40)


def test_one_read_takes_no_more_than_the_bound(monkeypatch):
    monkeypatch.setattr(bounds, "LARGEST_READ_BYTES", 8)
    stream = Bounded(io.BytesIO(b"0123456789"), 10, "x")
    assert (stream.read(), stream.read(None), stream.read(100)) == (b"01234567", b"89", b"")
    stream.close()
    assert stream.closed


def test_damaged_bytes_are_an_error_that_names_the_file():
    stream = Bounded(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"text")[:-6])), 10, "cut.gz")
    with pytest.raises(EvidenceError, match=r"cut\.gz: cannot be unpacked"):
        list(iter(lambda: stream.read(10), b""))


def test_a_text_has_no_nul_and_an_end(monkeypatch):
    assert text_of(io.BytesIO(b"a\0b\r\nc"), "x") == "a�b\nc"
    monkeypatch.setattr(bounds, "LARGEST_TEXT_BYTES", 4)
    with pytest.raises(EvidenceError, match=r"large\.txt: larger than"):
        text_of(io.BytesIO(b"12345"), "large.txt")
