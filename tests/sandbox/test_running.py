"""The sandbox as others use it: start and stop, ports, profiles."""

import queue
import socket
import threading

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.sandbox import Sandbox, hostile_names, serve, specimens

from .asking import ask


def test_two_sandboxes_do_not_meet():
    with Sandbox() as first, Sandbox(seed=1) as second:
        assert first.port != second.port
        assert first.credentials["prod"]["admin"] != second.credentials["prod"]["admin"]
        assert ask(first, "prod", "admin", "listZones")[0] == 200
        second_key = second.credentials["prod"]["admin"]
        assert second_key not in first.credentials["prod"].values()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", first.port), timeout=1)


def test_a_port_in_use_is_said(sandbox):
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{sandbox.port}"):
        Sandbox(port=sandbox.port).__enter__()


def test_an_account_that_nobody_has_is_said(sandbox):
    with pytest.raises(ConfigError, match="no account 'mallory'"):
        sandbox.profiles("mallory")


def test_profiles_by_role(sandbox):
    assert [profile["name"] for profile in sandbox.profiles()] == ["prod", "dr"]
    assert [profile["name"] for profile in sandbox.profiles("bob")] == ["prod-bob"]
    profile = sandbox.profiles("alice")[1]
    assert profile["endpoint"] == sandbox.endpoints["dr"]
    assert (profile["key"], profile["secret"]) == sandbox.credentials["dr"]["alice"]


def test_profiles_are_for_their_owner_only(sandbox, tmp_path):
    path = sandbox.write_profiles(tmp_path / "cloudstack.ini")
    assert path.stat().st_mode & 0o077 == 0


def test_serve_writes_profiles_and_says_when_it_is_ready(tmp_path):
    path = tmp_path / "cloudstack.ini"
    started = queue.Queue()
    threading.Thread(target=serve, args=(0,), kwargs={"profiles": path, "ready": started.put}, daemon=True).start()
    running = started.get(timeout=20)
    assert ask(running, "prod", "auditor", "listZones")[0] == 200
    assert f"endpoint = {running.endpoints['dr']}" in path.read_text(encoding="utf-8")


def test_a_running_sandbox_knows_its_specimens(sandbox):
    assert sandbox.specimens == specimens()
    assert sandbox.hostile_names == hostile_names()


def test_a_server_that_dies_while_it_starts_is_told_and_not_waited_for(monkeypatch):
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    with pytest.raises(ConfigError, match="did not start on port"):
        Sandbox().__enter__()


def test_a_sandbox_that_never_ran_can_be_left():
    Sandbox().__exit__(None, None, None)


def test_nobody_needs_to_be_told_or_to_have_profiles(monkeypatch):
    ports = []

    def run(server, sockets):
        (listener,) = sockets
        ports.append(listener.getsockname()[1])
        listener.close()

    monkeypatch.setattr("uvicorn.Server.run", run)
    serve(0)
    Sandbox().run()
    assert [port > 0 for port in ports] == [True, True]
