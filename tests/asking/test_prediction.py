"""The words of a prediction: who starts, when things happen, and which predictions read the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.estates import PAIR, estate
from vpnaudit.asking.prediction import VERDICTS, Mend, Start, reader_key, when
from vpnaudit.asking.tunnel import Tunnel
from vpnaudit.estate.ends import all_ends
from vpnaudit.ipsec.negotiate import RANK
from vpnaudit.ipsec.outcome import Event


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ((0, 0), "now"),
        ((None, None), "at no known time"),
        ((0, 3600), "within 60 min"),
        ((30, 100), "after 30 to 100 s"),
        ((2520, 3060), "after 42 to 51 min"),
        ((3600, 3600), "after 60 min"),
        ((85320, 85860), "after 23.7 to 23.85 h"),
    ],
)
def test_times_are_intervals_in_words(span: tuple[int | None, int | None], words: str) -> None:
    assert when(Event("child rekey", *span, ok=True, says="")) == words


def test_every_verdict_has_words_in_the_order_of_its_rank() -> None:
    assert sorted(RANK, key=RANK.__getitem__) == list(VERDICTS)


def test_a_start_names_the_version_only_where_it_had_to_be_taken() -> None:
    (router, peer) = Tunnel(all_ends(estate(PAIR))[0]).starts
    assert router.title == "the router starts"
    assert Start("peer", 1, peer.outcome).title == "the peer starts with IKEv1"


def test_predictions_differ_for_a_reader_by_what_is_shown_and_not_by_who_starts() -> None:
    outcome = Tunnel(all_ends(estate(PAIR))[0]).starts[0].outcome
    assert reader_key(replace(outcome, initiator="peer")) == reader_key(outcome)
    assert reader_key(replace(outcome, verdict="partial")) != reader_key(outcome)
    assert reader_key(replace(outcome, timeline=())) != reader_key(outcome)


@pytest.mark.parametrize(("verdicts", "works"), [({"a": "ok", "b": "ok"}, True), ({"a": "ok", "b": "partial"}, False)])
def test_a_mend_works_only_if_it_does_whoever_starts(verdicts: dict[str, str], works: bool) -> None:
    assert Mend("far side", {}, verdicts).works is works
