"""The first calls say as whom is asked, whether there is any use in asking on, and how fast."""

from __future__ import annotations

import time

import pytest

from tests import replay
from vpnaudit.cloudstack.client import Client
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.errors import Refused


def throttled(interval, limit):
    throttle = {"apilimitinterval": interval, "apilimitmax": limit}
    return replay.replacing("listCapabilities", lambda inner: {"capability": {**inner["capability"], **throttle}})


def test_the_throttle_that_the_server_announces_is_kept_to():
    start = time.monotonic()
    estate = replay.estate_of("alice", spoil=throttled(1, 20))
    assert time.monotonic() - start >= (len(estate["requests"]) - 5) / 20


@pytest.mark.parametrize(
    ("who", "interval", "limit"), [("auditor", 3600, 1), ("alice", "3600", 1), ("alice", 3600, 0), ("alice", 0, 1)]
)
def test_nobody_waits_where_no_throttle_holds_for_the_key(monkeypatch, who, interval, limit):
    monkeypatch.setattr(Client, "pace", lambda *_: pytest.fail("it waits"))
    assert len(replay.estate_of(who, spoil=throttled(interval, limit))["connections"])


def test_a_source_whose_first_calls_all_fail_is_not_asked_for_every_list():
    commands = []

    def spoil(query, response):
        commands.append(query["command"])
        return replay.refusing(*COMMANDS, status=432)(query, response)

    with pytest.raises(Refused, match="listApis"):
        replay.estate_of("auditor", spoil=spoil)
    assert sorted(commands) == ["listAccounts", "listApis", "listCapabilities", "listProjects"]


def test_the_viewer_is_the_account_of_the_key():
    estate = replay.estate_of("acme-admin")
    (row,) = estate["sources"].to_dict("records")
    assert (row["account"], row["role"], row["role_type"]) == ("acme-admin", "Domain Admin", "DomainAdmin")
    assert row["cloudstack_version"].startswith("4.22.")


def test_an_answer_that_may_be_anybodys_account_is_nobodys():
    def of_two(inner):
        return {"count": 2, "account": [row | {"id": name} for row in inner["account"][:1] for name in "ab"]}

    two = replay.replacing("listAccounts", of_two)
    assert replay.estate_of("acme-admin", spoil=two)["sources"]["account"].isna().all()
