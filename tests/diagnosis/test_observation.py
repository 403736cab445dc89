"""What was observed says where it stands."""

from vpnaudit.diagnosis.observation import Observation, Sighting


def test_a_line_says_its_place():
    assert Sighting("gave_up", None, 1, file="a.log", line=7).place == "a.log:7"


def test_what_was_not_seen_is_none_and_not_absent():
    blank = Observation("a", "a")
    assert (blank.configured, blank.loaded, blank.counters, blank.daemon_start) == (None, None, None, None)
