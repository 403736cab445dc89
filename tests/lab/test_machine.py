"""What the lab needs and lacks is said with what to do."""

import subprocess

import pytest

from vpnaudit.errors import LabError
from vpnaudit.lab import machine


@pytest.fixture
def complete(monkeypatch):
    monkeypatch.setattr(machine, "_packages", list)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("pathlib.Path.exists", lambda _: True)


def test_missing_packages_are_named_with_the_command_that_does_not_start_a_daemon(monkeypatch):
    monkeypatch.setattr(machine, "_packages", lambda: ["strongswan-charon"])
    (sentence,) = machine.requirements()
    assert "apt-get install --no-install-recommends strongswan-charon" in sentence
    assert machine.MASK in sentence


def test_somebody_who_is_not_root_is_told_so(monkeypatch, complete):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "must run as root" in machine.requirements()[0]
    with pytest.raises(LabError, match="root"):
        machine.require()


def test_a_machine_without_tun_is_told_how_to_get_it(monkeypatch, complete):
    monkeypatch.setattr("pathlib.Path.exists", lambda _: False)
    assert "modprobe tun" in machine.requirements()[0]


def test_a_container_that_forbids_namespaces_is_told_how_to_allow_them(monkeypatch, complete):
    def forbidden():
        raise LabError("No namespace could be made.")

    monkeypatch.setattr(machine, "Namespace", forbidden)
    assert machine.requirements() == ["No namespace could be made. In a container, start it with --privileged."]


def test_packages_are_judged_by_their_files_and_programs(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_PACKAGES", {"there": (tmp_path,), "not-there": (tmp_path, tmp_path / "gone")})
    monkeypatch.setattr(machine, "_PROGRAMS", {"shell": "sh", "nothing": "no-such-program"})
    assert machine._packages() == ["not-there", "nothing"]


@pytest.mark.parametrize(("output", "version"), [("Linux strongSwan 5.9.8\n", "5.9.8"), ("", "unknown")])
def test_the_version_is_charons_last_word(monkeypatch, output, version):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, output, ""))
    assert machine.strongswan_version() == version


@pytest.mark.lab
@pytest.mark.usefixtures("here")
def test_where_nothing_is_missing_nothing_is_said():
    assert machine.requirements() == []
    machine.require()
    assert machine.strongswan_version()[0].isdigit()
