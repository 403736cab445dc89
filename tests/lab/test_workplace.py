"""The folder of a run is there as long as the run, and not longer, whatever ended it."""

import signal
import threading

import pytest

from vpnaudit.errors import LabError
from vpnaudit.lab.workplace import PREFIX, orderly_end, remove_dead_folders, workplace


def test_the_folder_of_a_living_run_stays_and_that_of_a_dead_one_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = tmp_path / f"{PREFIX}1-dead"
    dead.mkdir()
    (dead / "lock").write_text("")
    (tmp_path / f"{PREFIX}1-link").symlink_to(tmp_path)
    with workplace() as living:
        assert not dead.exists()
        assert remove_dead_folders() == []
        assert living.is_dir()
    assert not living.exists()


def test_a_folder_of_somebody_else_is_not_touched(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    foreign = tmp_path / f"{PREFIX}1-foreign"
    foreign.mkdir()
    (foreign / "lock").write_text("")
    starting = tmp_path / f"{PREFIX}2-starting"
    starting.mkdir()
    monkeypatch.setattr("os.getuid", lambda: foreign.stat().st_uid + 1)
    assert remove_dead_folders() == []
    monkeypatch.undo()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert remove_dead_folders() == [foreign]
    assert starting.exists(), "a folder without a lock yet belongs to a run that is just starting"


def test_where_no_folder_can_be_made_the_reason_and_the_way_out_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(LabError, match=r"No such file or directory\. Make room there, or set TMPDIR"), workplace():
        pass


def test_a_run_that_raises_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError), workplace():
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_would_kill_becomes_an_exception_and_the_handler_before_comes_back(number):
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as end, orderly_end():
        signal.raise_signal(number)
    assert end.value.code == 128 + number
    assert signal.getsignal(number) is before


def test_in_a_thread_that_gets_no_signals_nothing_is_set():
    handlers = []

    def run():
        with orderly_end():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]
