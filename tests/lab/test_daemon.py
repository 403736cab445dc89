"""One end is a daemon in namespaces of its own; what it logs and loads can be read, and it ends with its namespace."""

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.errors import LabError
from vpnaudit.lab import daemon
from vpnaudit.lab.configuration import EndFiles, peer_files
from vpnaudit.lab.daemon import End

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("here")]


@pytest.fixture
def end(tmp_path):
    end = End(tmp_path / "peer", peer_files(equal_peer(ROUTER), "equal"), {"vpn.example.com": "203.0.113.2"})
    yield end
    end.close()


def test_it_loads_its_own_connections_and_none_of_the_hosts(end):
    assert end.log() == "", "nothing is logged before anything runs"
    end.launch()
    end.ready()
    assert end.status().loaded == {"peer"}
    assert end.status().ike == end.status().children == ()
    assert "strongSwan" in end.log()


def test_only_the_names_of_the_lab_resolve(end):
    assert end.namespace.must("getent", "hosts", "vpn.example.com").split()[0] == "203.0.113.2"
    assert end.namespace.run("getent", "hosts", "example.org").returncode != 0


def test_a_connection_that_strongswan_refuses_is_not_waited_for_long(tmp_path, monkeypatch):
    monkeypatch.setattr(daemon, "_LOAD_S", 0.3)
    files = {"ipsec.conf": "config setup\n\nconn odd\n ike=nonsense!\n auto=add\n", "ipsec.secrets": ""}
    end = End(tmp_path / "odd", EndFiles(files, ("odd",)), {})
    try:
        end.launch()
        end.ready()
        assert end.status().loaded == frozenset()
    finally:
        end.close()


def test_a_daemon_that_does_not_start_is_told_with_its_last_lines(end, monkeypatch):
    monkeypatch.setattr(daemon, "_START_S", 0.1)
    (end.place / "run" / "charon.log").write_text("first\nsecond\nthird\nfourth\n")
    with pytest.raises(LabError, match=r"charon did not start in the lab\. Its last lines: second \| third \| fourth"):
        end.ready()


def test_a_folder_that_cannot_be_written_is_told_before_any_namespace_is_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(daemon, "Namespace", lambda *_: pytest.fail("made"))
    with pytest.raises(LabError, match="Not a directory. Make room there, or set TMPDIR".replace(".", r"\.")):
        End(tmp_path / "file" / "peer", EndFiles({}, ()), {})
