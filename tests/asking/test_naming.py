"""One connection from what a person has at hand; what fits none or several is answered with what would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.estates import estate
from vpnaudit.asking.naming import find_connection, one_line_of_connection
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from vpnaudit.explore import Exploration


@pytest.mark.parametrize("text", ["aa-1", "AA-1", "payroll/office", "payroll ← office"])
def test_by_id_and_by_names(opened: Exploration, text: str) -> None:
    assert find_connection(opened.estate, text)["id"] == "aa-1"


def test_by_peer_and_by_the_beginning_of_an_id(opened: Exploration) -> None:
    assert find_connection(opened.estate, "192.0.2.2")["id"] == "aa-2"
    assert find_connection(opened.estate, "bb-3")["id"] == "bb-3"
    assert find_connection(opened.estate, "dr/office")["id"] == "bb-4"


@pytest.mark.parametrize("text", ["192.0.2.1", "aa", "branch"])
def test_several_are_listed(opened: Exploration, text: str) -> None:
    with pytest.raises(ConfigError, match="fits 2 connections") as failure:
        find_connection(opened.estate, text)
    assert str(failure.value).count("payroll ← ") == 2


@pytest.mark.parametrize("text", ["", "nobody", "<script>\u202e\n"])
def test_none_says_what_can_be_given(opened: Exploration, text: str) -> None:
    with pytest.raises(ConfigError, match="peer's address") as failure:
        find_connection(opened.estate, text)
    assert "\n" not in str(failure.value)


def test_of_many_some_are_listed() -> None:
    many = estate({"connections": [{"id": f"c{n}"} for n in range(10)]})
    with pytest.raises(ConfigError, match="and 2 more"):
        find_connection(many, "c")


def test_a_connection_is_one_line_whatever_its_names_hold() -> None:
    row = {"id": "c1", "label": "a ← <b>\n\u202e", "gateway": None, "source": "s1"}
    assert one_line_of_connection(row) == "c1  a ← <b>��  peer not said  (s1)"
