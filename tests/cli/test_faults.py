"""Faults are told by type and place, never by what they stumbled over."""

from __future__ import annotations

import logging

import pytest

from vpnaudit.cli.faults import Formatter, sentence, traceback_of
from vpnaudit.errors import ConfigError
from vpnaudit.hostile import file_name
from vpnaudit.policy import load

SECRET = "canary-s3cret-8f2b"


def caught(function) -> BaseException:
    with pytest.raises(BaseException) as info:  # noqa: PT011 - whatever it raises
        function()
    return info.value


def chained() -> None:
    try:
        int(SECRET)
    except ValueError:
        raise KeyError(SECRET)  # noqa: B904 - the implicit chain is what is tested


def caused() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise ConfigError("Advice.") from error


def grouped() -> None:
    raise ExceptionGroup(SECRET, [caught(chained), AttributeError("no attribute 'x'")])


def endless() -> None:
    endless()


def test_the_sentence_names_type_and_the_deepest_line_of_ours() -> None:
    text = sentence(caught(lambda: file_name(None)))
    assert "AttributeError" in text or "TypeError" in text
    assert " in hostile.py, line " in text
    assert text.count(".") <= 3
    assert "(KeyError)" in sentence(caught(chained)), "no line of ours is in it"


@pytest.mark.parametrize("function", [chained, caused, grouped])
def test_no_message_of_a_chain_or_a_group_is_shown(function) -> None:
    text = traceback_of(caught(function))
    assert SECRET not in text
    assert "ValueError: [its message is left out" in text


def test_our_own_advice_and_the_names_of_code_are_shown() -> None:
    text = traceback_of(caught(caused))
    assert text.rstrip().endswith("ConfigError: Advice.")
    assert "direct cause" in text
    assert "Part 2 of it:" in traceback_of(caught(grouped))
    assert "AttributeError: no attribute 'x'" in traceback_of(caught(grouped))
    assert "During handling" in traceback_of(caught(chained))
    assert "PermissionError: Permission denied" in traceback_of(PermissionError(13, "Permission denied", SECRET))


def test_a_suppressed_context_stays_away() -> None:
    error = caught(lambda: load("nowhere.toml"))  # the traceback quotes this line, so what is sought is not on it
    assert "FileNotFoundError" not in traceback_of(error)


def test_a_deep_recursion_and_a_chain_without_end_are_cut() -> None:
    text = traceback_of(caught(endless))
    assert "frames …" in text
    assert text.count("\n") < 200
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert traceback_of(first).count("Traceback") < 30


def test_a_log_record_shows_a_traceback_only_where_asked_and_never_values() -> None:
    error = caught(chained)
    record = logging.LogRecord(
        "v", logging.ERROR, "f", 1, "It %s.", ("fell",), (type(error), error, error.__traceback__)
    )
    record.exc_text = SECRET
    assert Formatter(traces=False).format(record) == "ERROR v: It fell. (KeyError)"
    text = Formatter(traces=True).format(record)
    assert text.startswith("ERROR v: It fell.\nTraceback")
    assert SECRET not in text
    plain = logging.LogRecord("v", logging.INFO, "f", 1, "Well.", (), None)
    assert Formatter(traces=True).format(plain) == "INFO v: Well."
