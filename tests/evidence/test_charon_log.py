"""Every line of a log is an event, counted, or shown without what is particular in it: none is dropped in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.router_files import META, START, log, router
from tests.ipsec.pairs import modest
from vpnaudit.evidence import charon_log
from vpnaudit.evidence.charon_log import daemon_of, shape
from vpnaudit.evidence.routers import read_routers


def test_lines_are_counted_by_what_became_of_them(tmp_path):
    text = (
        log(
            f"05:40:00 {START}",
            "05:40:01 05[JOB] spawning 16 worker threads",
            "05:40:02 05[JOB] spawning 4 worker threads",
        )
        + "Nov  3 05:40:03 r-12-VM sshd[5]: Accepted publickey for root\n"
        + "Foo 99 05:40:04 r-12-VM charon: 05[IKE] IKE_SA deleted\n"
        + "05[IKE] IKE_SA del"
    )
    read = router(tmp_path, log_txt=text, meta_txt=META).log
    assert read is not None
    assert read.unknown == {"spawning … worker threads": 2, "… del": 1}
    assert (read.lines, read.charon_lines, read.undated) == (6, 5, 2)
    assert read.programs == {"sshd": 1}
    assert read.daemon_start is not None


def test_lines_that_systemd_repeats_count_once(tmp_path):
    line = "05:40:07 05[IKE] giving up after 5 retransmits"
    text = log(f"05:40:00 {START}", line) + log(line).replace("charon:", "ipsec[336]:")
    read = router(tmp_path, log_txt=text, meta_txt=META).log
    assert read is not None
    assert (read.charon_lines, read.doubled) == (2, 1)
    alone = router(tmp_path / "b", log_txt=log(line).replace("charon:", "ipsec[336]:"), meta_txt=META).log
    assert alone is not None
    assert (alone.charon_lines, alone.doubled) == (1, 0)


def test_the_largest_step_of_the_clock_is_known(tmp_path):
    text = log(
        f"05:00:00 {START}", *(f"{time} 05[IKE] IKE_SA deleted" for time in ("05:00:10", "06:30:20", "06:30:30"))
    )
    read = router(tmp_path, log_txt=text, meta_txt=META).log
    assert read is not None
    assert read.jump is not None
    assert read.jump[0] == 5410


def test_progress_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(charon_log, "_PROGRESS_LINES", 2)
    told: list[str] = []
    (tmp_path / "log.txt").write_text(log(*["05:40:07 05[IKE] IKE_SA deleted"] * 5))
    read_routers([tmp_path], told.append)
    assert told == [f"{tmp_path.name}/log.txt: 2 lines", f"{tmp_path.name}/log.txt: 4 lines"]


def test_a_log_with_more_hosts_or_shapes_than_any_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(charon_log, "_MOST_SHAPES", 2)
    monkeypatch.setattr(charon_log, "_MOST_HOSTS", 1)
    text = "".join(f"Nov  3 05:40:07 h{number} charon: 05[IKE] {'a' * number} words\n" for number in range(1, 6))
    (tmp_path / "log.txt").write_text(text)
    logs = [one.log for one in read_routers([tmp_path]) if one.log]
    assert len(logs) == 2
    assert max(len(one.unknown) for one in logs) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("loading secrets from '/etc/ipsec.d/x.secrets'", "loading secrets from …"),
        ("the password hunter is wrong", "the password …"),
        ("XAuth authentication of 'bob' failed", "… authentication of … failed"),
        ("PSK hunter", "…"),
        ("key: deadbeef", "key: …"),
        ("", ""),
    ],
)
def test_what_a_line_is_shown_as_has_nothing_particular(text, words):
    assert shape(text) == words or "hunter" not in shape(text)
    assert "hunter" not in shape(text)
    assert "bob" not in shape(text)


@given(st.text(max_size=80), st.from_regex(r"[A-Z0-9]{6,20}", fullmatch=True))
@modest
def test_no_shape_holds_a_token(text, token):
    assert token not in shape(f"{text} secret {token}")
    assert token not in shape(f"psk={token} {text}")


def test_the_daemon_itself_goes_before_what_repeats_it():
    assert daemon_of({"ipsec", "charon"}) == "charon"
    assert daemon_of({"ipsec", "charon-systemd"}) == "charon-systemd"
    assert daemon_of({"ipsec"}) is None
