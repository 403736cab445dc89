"""A run is measured as CloudStack and an operator would see it; renewals are waited for, and failures not for long."""

from datetime import UTC, datetime

import pytest

from vpnaudit.evidence.statusall import ChildSa, IkeSa, Status
from vpnaudit.lab import measure
from vpnaudit.lab.measure import Measured, Renewal

SUITE = "aes256-sha256"


def status(*children, ike=1):
    return Status(
        frozenset(),
        tuple(IkeSa("a", number, 2, f"{SUITE}-modp2048") for number in range(ike)),
        tuple(ChildSa("a", number, SUITE, ("10.1.0.0/16",), ("10.2.0.0/16",)) for number in children),
    )


class Daemon:
    """An end whose answers are written down: one status after the other, the last for ever."""

    def __init__(self, *answers, log=("",)):
        self.answers, self.logs, self.strokes = list(answers), list(log), []

    def status(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def log(self):
        return self.logs.pop(0) if len(self.logs) > 1 else self.logs[0]

    def stroke(self, *words):
        self.strokes.append(words)
        return ""


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    for name in ("_GRACE_S", "_POLL_S"):
        monkeypatch.setattr(measure, name, 0.01)
    monkeypatch.setattr(measure, "_RENEWAL_S", 0.3)
    monkeypatch.setattr(measure, "_SETTLE_S", 0.1)


def test_a_renewal_is_a_new_sa_with_a_higher_number():
    end = Daemon(status(3), status(3), status(3, 4))
    assert measure._renew_child(end) == Renewal(ok=True, suite=SUITE)
    assert end.strokes == [("rekey", "{3}")]


def test_nothing_is_renewed_where_nothing_is_up():
    end = Daemon(status(ike=0))
    assert measure._renew_child(end) == measure._renew_ike(end) == Renewal(None)
    assert end.strokes == []


def test_an_ike_sa_that_is_renewed_is_named_as_one():
    end = Daemon(status(ike=1), status(ike=2))
    assert measure._renew_ike(end) == Renewal(ok=True, suite=f"{SUITE}-modp2048")
    assert end.strokes == [("rekey", "[0]")]


def test_a_failure_that_the_log_names_is_not_waited_out(monkeypatch):
    monkeypatch.setattr(measure, "_RENEWAL_S", 600)
    end = Daemon(status(3), log=("old: NO_PROPOSAL_CHOSEN\n", "old: NO_PROPOSAL_CHOSEN\nnew: TS_UNACCEPTABLE\n"))
    assert measure._renew_child(end) == Renewal(ok=False)


def test_a_failure_of_before_is_not_this_ones_and_silence_is_one_in_the_end():
    end = Daemon(status(3), log=("old: NO_PROPOSAL_CHOSEN\n",))
    assert measure._renew_child(end) == Renewal(ok=False)


def test_the_router_is_read_when_both_ends_agree_or_after_a_while():
    agreeing = measure._settled(Daemon(status(), status(1)), Daemon(status(1)))
    assert len(agreeing.children) == 1
    assert len(measure._settled(Daemon(status()), Daemon(status(1))).children) == 0


@pytest.mark.parametrize(("words", "state"), [("a[1]: ESTABLISHED 1 second ago", "Connected"), ("", "Disconnected")])
def test_the_state_is_what_cloudstacks_own_check_would_make_of_it(words, state):
    measured = Measured("router", datetime(2026, 11, 24, 12, tzinfo=UTC))
    measure._sas(measured, status(1, 2), words)
    assert (measured.api_state, measured.ike_version, measured.esp_suites) == (state, 2, (SUITE,))
    assert measured.selectors == ((("10.1.0.0/16",), ("10.2.0.0/16",)),) * 2
