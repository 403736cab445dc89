"""The fewest passes give the union that was recorded for each role."""

from __future__ import annotations

import pytest

from tests import replay
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.visibility import (
    EVERYTHING,
    TREE,
    Viewer,
    passes,
    passes_for_project,
    passes_instead_of,
    role_type,
)

OWNED = [c for c in COMMANDS.values() if c.scope in ("owned", "networks") and c.name != "listEvents"]
ROLES = {
    "admin": "Admin",
    "auditor": "Admin",
    "acme-admin": "DomainAdmin",
    "globex-admin": "DomainAdmin",
    "alice": "User",
}


def recorded(who, command):
    """Pass → ids, of every pass that was recorded whole."""
    ids_by_scope = {}
    for record in replay.recording().records:
        params = record["params"]
        unfiltered = int(params.get("pagesize", 500)) == 500 and not set(params) & {"id", "account", "zoneid"}
        if (
            record["as"] == who
            and record["command"] == command.name
            and unfiltered
            and record["status"] == 200
            and "what" not in record
        ):
            scope = frozenset(
                (name, params[name]) for name in ("listall", "isrecursive", "projectid") if name in params
            )
            rows = next(iter(record["body"].values())).get(command.key, [])
            ids_by_scope.setdefault(scope, set()).update(row["id"] for row in rows)
    return ids_by_scope


def projects(who):
    ids_by_scope = recorded(who, COMMANDS["listProjects"])
    return tuple(sorted(ids_by_scope[frozenset(TREE.items())]))


@pytest.mark.parametrize("who", replay.ACCOUNTS)
@pytest.mark.parametrize("command", OWNED, ids=lambda command: command.name)
def test_the_passes_give_the_union_and_none_can_be_left_out(who, command):
    viewer = Viewer(role_type=ROLES[who], version="4.22.0.0", projects=projects(who), allowed=frozenset(COMMANDS))
    replies = recorded(who, command)
    if not replies:
        assert viewer.never_sees(command.table), "a call that the role may not make"
        return
    ids_by_pass = [replies[frozenset(scope.items())] for scope in passes(command, viewer)]
    assert set().union(*ids_by_pass) == set().union(*replies.values())


def test_a_domain_admin_needs_every_pass():
    viewer = Viewer(role_type="DomainAdmin", projects=projects("acme-admin"))
    replies = recorded("acme-admin", COMMANDS["listVPCs"])
    needed = passes(COMMANDS["listVPCs"], viewer)
    assert len(needed) == 2
    for left_out in needed:
        remaining_ids = [replies[frozenset(scope.items())] for scope in needed if scope != left_out]
        assert len(set().union(*remaining_ids)) < 16


def test_before_4_14_root_needs_two_passes_and_so_does_a_hidden_version():
    vpcs = COMMANDS["listVPCs"]
    assert passes(vpcs, Viewer(role_type="Admin", version="4.22.1.0")) == [EVERYTHING]
    assert passes(vpcs, Viewer(role_type="Admin", version="4.13.1.0")) == [TREE, EVERYTHING]
    assert passes(vpcs, Viewer(role_type="Admin")) == [TREE, EVERYTHING]


def test_an_unknown_role_gets_all_passes_and_a_domain_admin_without_projects_the_wide_one():
    vpcs = COMMANDS["listVPCs"]
    assert passes(vpcs, Viewer(projects=("p",))) == [TREE, EVERYTHING, {"projectid": "p"}]
    assert passes(vpcs, Viewer(role_type="DomainAdmin", projects=None)) == [TREE, EVERYTHING]


def test_only_the_wide_pass_can_be_replaced():
    viewer = Viewer(projects=("p",))
    assert passes_instead_of(EVERYTHING, viewer) == [TREE, {"projectid": "p"}]
    assert passes_instead_of(TREE, viewer) is None
    assert passes_instead_of(EVERYTHING, Viewer()) is None


@pytest.mark.parametrize(
    ("command", "role", "asked"),
    [
        ("listVPCs", "DomainAdmin", True),
        ("listVPCs", "ResourceAdmin", True),
        ("listVPCs", None, True),
        ("listVPCs", "Admin", False),
        ("listVPCs", "User", False),
        ("listNetworks", "DomainAdmin", False),
        ("listZones", "DomainAdmin", False),
    ],
)
def test_a_project_that_rows_name_is_asked_for_where_no_wide_pass_shows_it(command, role, asked):
    scopes = passes_for_project(COMMANDS[command], Viewer(role_type=role), "p")
    assert scopes == ([{"projectid": "p"}] if asked else [])


def test_the_type_of_a_role_is_told_by_name_or_by_number():
    assert role_type({"roletype": "DomainAdmin", "accounttype": 2}) == "DomainAdmin"
    assert role_type({"accounttype": 0}) == "User"
    assert role_type({"accounttype": 5}) is None
    assert role_type({}) is None


def test_what_a_role_never_sees_is_known_for_the_default_roles_only():
    assert Viewer(role_type="User").never_sees("routers")
    assert not Viewer(role_type="DomainAdmin").never_sees("routers")
    assert not Viewer(role_type="Admin").never_sees("hosts")
    assert not Viewer().never_sees("hosts")
