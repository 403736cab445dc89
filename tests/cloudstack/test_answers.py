"""A list that fails is an answer too; the wide pass that is refused is replaced by those that show the same."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests import replay
from vpnaudit.cloudstack.answers import Answer, ask_with_fallback
from vpnaudit.cloudstack.client import Client
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.visibility import EVERYTHING, TREE, Viewer
from vpnaudit.psk import Fingerprinter

VPCS = COMMANDS["listVPCs"]


def answers_of(spoil, params, projects=("p",)):
    async def go():
        profile, transport = replay.profile("auditor"), replay.transport(replay.recording(), spoil)
        async with Client(profile, Fingerprinter(), transport=transport, retries=replay.QUICK) as client:
            return await ask_with_fallback(client, Viewer(projects=projects), VPCS, params)

    return asyncio.run(go())


def refused(*scopes):
    def spoil(query, response):
        if query.get("projectid") in scopes:
            return httpx.Response(531, json={"x": {"errorcode": 531, "errortext": "no"}})
        return response

    return spoil


def test_a_filter_goes_with_each_pass_that_replaces_another():
    answers = answers_of(refused("-1"), {**EVERYTHING, "zoneid": "z"})
    assert [answer.params for answer in answers] == [{**TREE, "zoneid": "z"}, {"projectid": "p", "zoneid": "z"}]


def test_the_first_refusal_is_what_is_told_where_no_pass_gets_through():
    def spoil(query, response):
        return httpx.Response(531, json={"x": {"errorcode": 531, "errortext": "no"}})

    (answer,) = answers_of(spoil, EVERYTHING)
    assert (answer.params, answer.error.status) == (EVERYTHING, 531)


def test_without_the_projects_nothing_replaces_the_wide_pass():
    (answer,) = answers_of(refused("-1"), EVERYTHING, projects=None)
    assert answer.error.status == 531


@pytest.mark.parametrize(
    ("params", "where"),
    [
        ({"aclid": "l1", **TREE}, "acl_id=l1"),
        ({"type": "VPC.RESTART"}, "type=VPC.RESTART"),
        (EVERYTHING, None),
        ({"projectid": "p", "type": "VPC.RESTART"}, "project_id=p"),
    ],
)
def test_parameters_say_what_all_rows_have_in_common(params, where):
    assert Answer(VPCS, params).rows_where == where
