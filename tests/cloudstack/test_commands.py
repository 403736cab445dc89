"""Nothing but the written list of list calls can be sent."""

from __future__ import annotations

import asyncio
import dataclasses

import httpx
import pytest

from tests import replay
from vpnaudit.cloudstack.client import Client
from vpnaudit.cloudstack.commands import COMMANDS, command
from vpnaudit.errors import CloudStackError
from vpnaudit.estate import TABLES
from vpnaudit.psk import Fingerprinter


def test_every_call_on_the_list_is_a_list_call_and_fills_the_table_that_names_it():
    assert all(name.startswith("list") for name in COMMANDS)
    assert {c.name: c.table for c in COMMANDS.values() if c.table} == {
        t.command: n for n, t in TABLES.items() if t.command
    }


@pytest.mark.parametrize("name", ["deleteVPC", "updateVpnCustomerGateway", "listUsers", "listvpcs", ""])
def test_another_call_has_no_command(name):
    with pytest.raises(CloudStackError, match="not sent"):
        command(name)


def test_the_list_cannot_be_changed_and_a_parameter_cannot_name_another_call():
    with pytest.raises(TypeError):
        COMMANDS["deleteVPC"] = COMMANDS["listVPCs"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        COMMANDS["listVPCs"].name = "deleteVPC"
    sent = []

    def answer(request):
        sent.append(replay.parameters(request))
        return httpx.Response(200, json={"listvpcsresponse": {}})

    async def ask():
        async with Client(replay.profile("auditor"), Fingerprinter(), transport=httpx.MockTransport(answer)) as client:
            await client.ask(command("listVPCs"), {"command": "deleteVPC", "Command": "deleteVPC"})

    with pytest.raises(CloudStackError, match="not sent"):
        asyncio.run(ask())
    assert not sent


def test_a_command_made_by_hand_is_not_sent():
    forged = dataclasses.replace(COMMANDS["listVPCs"], name="deleteVPC")

    async def ask():
        async with Client(
            replay.profile("auditor"), Fingerprinter(), transport=httpx.MockTransport(lambda _: httpx.Response(200))
        ) as client:
            await client.ask(forged, {})

    with pytest.raises(CloudStackError, match="not sent"):
        asyncio.run(ask())
