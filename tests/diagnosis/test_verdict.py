"""A verdict says who acts and what to do, and shows as many lines as a person reads."""

from __future__ import annotations

from typing import get_args

from vpnaudit.diagnosis.observation import Sighting
from vpnaudit.diagnosis.verdict import MOST_PLACES, Diagnosis, Ground, Name, cannot_tell, lines_of
from vpnaudit.knowledge import facts


def test_the_closed_list_is_that_of_the_knowledge_table_in_its_order():
    assert list(facts("diagnoses")) == list(get_args(Name))
    assert len(facts("diagnoses")) == 21


def test_a_verdict_has_its_row():
    up = Diagnosis("up")
    assert (up.acts, up.action) == ("nobody", "Nothing.")
    assert up.meaning == facts("diagnoses")["up"]["meaning"]


def test_no_verdict_has_no_row():
    unknown = cannot_tell("why", [Ground("seen")])
    assert (unknown.acts, unknown.action, unknown.meaning, unknown.unknown) == (None, None, None, "why")


def test_of_many_lines_the_first_and_the_last_are_shown():
    many = [Sighting("gave_up", 0.0, number, {}, file="log", line=number) for number in range(50)]
    assert [ground.place for ground in lines_of(many)] == [f"log:{number}" for number in (0, 1, 2, 47, 48, 49)]
    assert [ground.says for ground in lines_of(many[:1])] == [facts("charon_log")["gave_up"]["cause"]]
    assert len(Diagnosis("up").but([Ground("x")] * 20).against) == MOST_PLACES
