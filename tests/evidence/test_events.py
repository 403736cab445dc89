"""A log of years takes no more memory than one of a day, and what is kept still tells when a state began and ended."""

from __future__ import annotations

from vpnaudit.evidence import events
from vpnaudit.evidence.events import FIRST_EVENTS, LAST_EVENTS, Event, EventStore


def event(identifier: str, time: float | None, sequence: int, connection: str | None = "a", **fields: str) -> Event:
    return Event(identifier, time, sequence, fields, "log", sequence, connection, address="192.0.2.1")


def store(*some: Event, delay_s: int = 30) -> EventStore:
    kept = EventStore()
    for one in some:
        kept.add(one, delay_s)
    return kept


def test_the_first_and_the_last_of_a_kind_are_kept_and_the_others_counted():
    many = FIRST_EVENTS + LAST_EVENTS + 7
    kept = store(*[event("gave_up", float(number), number) for number in range(many)])
    numbers = [one.sequence for one in kept.events()]
    assert numbers == [*range(FIRST_EVENTS), *range(FIRST_EVENTS + 7, many)]
    assert kept.left_out == 7


def test_requests_that_follow_each_other_are_one_run():
    (run,) = store(*[event("dpd_sent", 30.0 * number, number) for number in range(100)]).events()
    assert (run.time, run.last_time, run.count) == (0.0, 30.0 * 99, 100)


def test_a_pause_means_that_packets_came_and_begins_another_run():
    times = [0.0, 30.0, 75.0, 105.0]
    runs = list(store(*[event("dpd_sent", time, number) for number, time in enumerate(times)]).events())
    assert [(run.time, run.last_time) for run in runs] == [(0.0, 30.0), (75.0, 105.0)]


def test_an_exchange_of_ike_lengthens_a_pause_and_says_nothing_of_packets():
    answer, rekey = (event("packet_received", 31.0 + number, 1 + number, our_port="4500") for number in range(2))
    runs = list(store(event("dpd_sent", 30.0, 0), answer, rekey, event("dpd_sent", 75.0, 3)).events())
    assert [one.count for one in runs if one.id == "dpd_sent"] == [2]


def test_a_clock_that_goes_back_begins_another_run():
    runs = list(store(event("dpd_sent", 60.0, 0), event("dpd_sent", 30.0, 1), event("dpd_sent", None, 2)).events())
    assert len(runs) == 3


def test_packets_are_kept_apart_by_port_and_by_peer():
    some = [
        event("packet_received", 1.0, 0, our_port="4500", their_port="4500"),
        event("packet_received", 2.0, 1, our_port="4500", their_port="1024"),
        event("packet_received", 3.0, 2, our_port="4500", their_port="4500"),
        event("packet_received", 9_000.0, 3, our_port="4500", their_port="4500"),
    ]
    assert [one.count for one in store(*some).events()] == [2, 1, 1]


def test_a_log_with_a_million_names_is_bounded(monkeypatch):
    monkeypatch.setattr(events, "MOST_CONNECTIONS", 2)
    kept = store(*[event("gave_up", 0.0, number, connection=str(number)) for number in range(200)])
    assert {one.connection for one in kept.events()} == {"0", "1", None}
    assert kept.left_out >= 198


def test_strangers_are_kept_apart_by_address_and_bounded(monkeypatch):
    monkeypatch.setattr(events, "MOST_CONNECTIONS", 1)
    kept = EventStore()
    for number in range(100):
        one = event("no_ike_config", 0.0, number, connection=None)
        one.address = str(number)
        kept.add(one, 30)
    assert len(list(kept.events())) == 40
    assert kept.left_out == 60
