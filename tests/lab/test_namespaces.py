"""A namespace is there while somebody holds it, and what runs in it ends with it."""

import time
from pathlib import Path

import pytest

from vpnaudit.errors import LabError
from vpnaudit.lab import namespaces
from vpnaudit.lab.namespaces import Namespace, bind_mounts

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("here")]


def test_it_has_a_network_of_its_own_that_goes_with_it():
    with Namespace() as inside:
        inside.must("ip", "link", "add", "lab0", "type", "veth", "peer", "name", "lab1", mounts=False)
        assert "lab0" in inside.must("ip", "-o", "link")
        assert not Path("/sys/class/net/lab0").exists()
        inside.run("sh", "-c", "sleep 600 >/dev/null 2>&1 </dev/null &")
        place = Path(f"/proc/{inside.pid}")
    deadline = time.monotonic() + 10
    while place.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not place.exists()


def test_a_private_file_lies_over_the_hosts_inside_only(tmp_path):
    own = tmp_path / "it's hosts"
    own.write_text("192.0.2.1 only-here\n")
    before = Path("/etc/hosts").read_text()
    with Namespace(bind_mounts({own: "/etc/hosts"})) as inside:
        assert inside.must("cat", "/etc/hosts") == "192.0.2.1 only-here\n"
        assert inside.must("cat", "/etc/hosts", mounts=False) == before
    assert Path("/etc/hosts").read_text() == before


def test_a_command_is_told_with_its_words_when_it_fails_or_does_not_end():
    with Namespace() as inside:
        with pytest.raises(LabError, match="cat /no/such failed in the lab: cat: /no/such: No such file"):
            inside.must("cat", "/no/such")
        with pytest.raises(LabError, match="exit code 3"):
            inside.must("sh", "-c", "exit 3")
        with pytest.raises(LabError, match="sleep did not end within 0 s"):
            inside.run("sleep", "60", timeout_s=0.2)
        assert inside.run("sh", "-c", "exit 3").returncode == 3
        assert inside.must("cat", stdin="words") == "words"


def test_a_setup_that_fails_is_no_namespace():
    with pytest.raises(LabError, match="No namespace could be made"):
        Namespace("cat /no/such/file")


def test_forbidden_namespaces_are_told(monkeypatch):
    monkeypatch.setattr(
        namespaces, "_UNSHARE", ("sh", "-c", "echo 'unshare failed: Operation not permitted' >&2; exit 1", "-")
    )
    with pytest.raises(LabError, match="Operation not permitted"):
        namespaces.Namespace()
