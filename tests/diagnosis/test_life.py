"""The life of a connection: when it stood, how it was lost, and that a renewal is no loss."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.diagnosis.life import ATTEMPTS, FAULTS, REFUSALS, life_of
from vpnaudit.diagnosis.observation import Observation, Sighting
from vpnaudit.knowledge import facts


def sighting(identifier: str, time: float | None, **fields: str) -> Sighting:
    return Sighting(identifier, time, 0, fields, "a")


def life(*some: Sighting):
    numbered = [Sighting(one.id, one.time, number, one.fields, "a", one.child) for number, one in enumerate(some)]
    return life_of(Observation("a", "a", sightings=tuple(numbered)))


def ike(number: int, time: float) -> Sighting:
    return sighting("ike_established", time, ike_number=str(number))


def child(number: int, time: float | None, part: str = "") -> Sighting:
    return sighting("child_established", time, child_number=str(number), **({"part": part} if part else {}))


def closing(number: int, time: float) -> Sighting:
    return sighting("child_closing", time, child_number=str(number), bytes_in="7", bytes_out="8")


def test_a_renewed_child_is_no_loss():
    lived = life(ike(1, 0), child(2, 0), child(3, 100, "inbound "), closing(2, 100), child(3, 100, "outbound "))
    assert lived.up_since is not None
    assert (lived.up_since.time, lived.outages) == (0, [])
    assert [(one.number, one.bytes_in, one.bytes_out) for one in lived.children] == [("2", 7, 8), ("3", None, None)]


def test_an_ike_sa_that_is_rekeyed_keeps_its_child():
    rekeyed = sighting("ike_rekeyed", 50, ike_number="2")
    lived = life(ike(1, 0), child(2, 0), rekeyed, sighting("ike_deleting", 50, ike_number="1"))
    assert [one.number for one in lived.standing] == ["2"]


def test_a_reauthentication_is_no_loss_and_a_pause_is():
    deleting = sighting("ike_deleting", 100, ike_number="1")
    soon = life(ike(1, 0), child(2, 0), deleting, ike(2, 101), child(3, 101))
    assert soon.up_since is not None
    assert (soon.up_since.time, soon.outages) == (0, [])
    late = life(ike(1, 0), child(2, 0), deleting, ike(2, 300), child(3, 300))
    assert late.up_since is not None
    assert (late.up_since.time, [one.how for one in late.outages]) == (300, ["closed"])
    undated = life(ike(1, 0), child(2, 0), deleting, ike(2, 300), child(3, None))
    assert [one.how for one in undated.outages] == ["closed"]


def test_a_restart_of_the_daemon_is_a_loss_even_where_it_lost_before():
    start = sighting("daemon_start", 100)
    assert [one.how for one in life(ike(1, 0), child(2, 0), start, ike(1, 200), child(2, 200)).outages] == ["restart"]
    silent = sighting("gave_up", 50)
    lived = life(ike(1, 0), child(2, 0), silent, start, ike(1, 200), child(2, 200))
    assert [one.how for one in lived.outages] == ["silence"]
    assert life(start, start).outages == []


def test_what_did_not_stand_is_not_lost():
    assert life(sighting("duplicate_destroyed", 50)).gone is None


def test_an_attempt_that_is_given_up_loses_nothing():
    again = life(ike(1, 0), child(2, 0), sighting("gave_up", 50), sighting("trying_again", 50))
    assert again.gone is None
    assert len(again.standing) == 1
    other = life(ike(1, 0), ike(2, 1), child(2, 1), sighting("gave_up", 50))
    assert other.gone is None
    assert other.ike_standing == ["2"]


def test_an_expired_child_is_lost_when_it_expires():
    lived = life(ike(1, 0), child(2, 0), sighting("child_expired", 90, child_number="2"), child(3, 95))
    assert [(one.how, one.since) for one in lived.outages] == [("expired", 90)]


def test_a_child_of_another_connection_is_not_counted():
    other = Sighting("child_established", 5, 5, {"child_number": "9"}, "a", child="a-2")
    lived = life_of(Observation("a", "a", sightings=(ike(1, 0), other)))
    assert lived.children == []


def test_the_ids_that_a_life_asks_for_are_in_the_knowledge_table():
    assert set(facts("charon_log")) >= REFUSALS | ATTEMPTS | FAULTS


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(facts("charon_log"))),
            st.none() | st.floats(0, 1e6),
            st.dictionaries(
                st.sampled_from(["ike_number", "child_number", "try", "part"]), st.sampled_from(["1", "2"])
            ),
        ),
        max_size=30,
    )
)
@modest
def test_no_order_of_events_breaks_it(some):
    lived = life(*[sighting(identifier, time, **fields) for identifier, time, fields in some])
    assert len(lived.standing) <= len(lived.children)
