"""What a key may see is the union of passes; this page knows the fewest that give it, by the type of the role.

Measured on CloudStack 4.22 for each role (AccountManagerImpl.buildACLSearchParameters): `listall` leaves out what
projects own. `projectid=-1` with `listall` adds it for root; for a domain admin it *replaces* the other accounts of the
domain by his own projects, so each project is asked by id; for a user it adds the projects in which he is a member.
listNetworks is the exception: for admins it shows everything in one pass.

listProjects shows a domain admin the projects of his own domain alone, though every call with the `projectid` of a
project in a sub-domain answers him. The ids of those stand in rows that he is shown, above all of listNetworks, and
each is asked for once a row has named it. A project without a tier is named nowhere: the number of VPCs that
listDomains counts in his domain tells that one is missing, and that is a gap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vpnaudit.cloudstack.commands import Command

Pass = dict[str, str]

TREE: Pass = {"listall": "true", "isrecursive": "true"}
EVERYTHING: Pass = {**TREE, "projectid": "-1"}
SCOPE = frozenset(EVERYTHING)
"""The parameters that say what is to be seen; all others are filters."""

_ONE_PASS: dict[str, Pass] = {"none": {}, "domains": {"listall": "true"}, "accounts": TREE}

ROLE_TYPES = ("Admin", "ResourceAdmin", "DomainAdmin", "User")

# Up to 4.13 `projectid=-1` shows root the projects alone, whatever listall says (CloudStack issues 3894, 3897).
_EVERYTHING_SINCE = (4, 14)

_ROOT_ONLY = frozenset({"settings", "service_offerings"})
_UNSEEN: dict[str | None, frozenset[str]] = {
    "ResourceAdmin": _ROOT_ONLY,
    "DomainAdmin": _ROOT_ONLY | {"hosts"},
    "User": _ROOT_ONLY | {"hosts", "routers", "domains"},
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """As whom is asked.

    `domain_id` is the domain of the account, `allowed` are the calls that listApis names, `projects` the ids that
    listProjects gave; None: could not be learnt.
    """

    account: str | None = None
    role: str | None = None
    role_type: str | None = None
    version: str | None = None
    domain_id: str | None = None
    allowed: frozenset[str] | None = None
    projects: tuple[str, ...] | None = None

    def may(self, command: Command) -> bool:
        """Whether it makes sense to ask. Sizes of routers are refused to all but root, although listApis names the call
        for everyone.
        """
        if command.name == "listServiceOfferings" and self.role_type not in ("Admin", None):
            return False
        return self.allowed is None or command.name in self.allowed

    def never_sees(self, table: str) -> bool:
        """Whether the default role of this type may not see that table (create-default-role-api-mappings.sql): its
        absence says nothing.
        """
        return table in _UNSEEN.get(self.role_type, frozenset())


def role_type(account: dict[str, Any]) -> str | None:
    """The type of an account's role; older servers tell it as a number alone."""
    type_name = account.get("roletype")
    if type_name in ROLE_TYPES:
        return str(type_name)
    number = account.get("accounttype")
    return {0: "User", 1: "Admin", 2: "DomainAdmin", 3: "ResourceAdmin"}.get(number if isinstance(number, int) else -1)


def passes(command: Command, viewer: Viewer) -> list[Pass]:
    """The passes whose union is what the viewer may see."""
    if command.scope in _ONE_PASS:
        return [_ONE_PASS[command.scope]]
    domain_admin = viewer.role_type == "DomainAdmin"
    if viewer.role_type == "User" or (domain_admin and command.scope == "networks"):
        return [EVERYTHING]
    if viewer.role_type == "Admin":
        return [EVERYTHING] if _is_since(viewer.version, _EVERYTHING_SINCE) else [TREE, EVERYTHING]
    each_project: list[Pass] = [{"projectid": project} for project in viewer.projects or ()]
    # All projects in which a domain admin is a member are in listProjects.
    if domain_admin and viewer.projects is not None:
        return [TREE, *each_project]
    return [TREE, EVERYTHING, *each_project]


def passes_for_project(command: Command, viewer: Viewer, project_id: str) -> list[Pass]:
    """The passes that show a project which listProjects did not, and a row of another list names."""
    shown_at_once = viewer.role_type in ("Admin", "User") or command.scope != "owned"
    return [] if shown_at_once else [{"projectid": project_id}]


def passes_instead_of(refused: Pass, viewer: Viewer) -> list[Pass] | None:
    """What shows the same where the one wide pass is refused; None where nothing does."""
    if refused != EVERYTHING or viewer.projects is None:
        return None
    return [TREE, *({"projectid": project} for project in viewer.projects)]


def _is_since(version: str | None, least: tuple[int, int]) -> bool:
    """Whether a version is at least that; False where the operator hides it, since the longer way is right for all."""
    release = re.match(r"(\d+)\.(\d+)", version or "")
    return release is not None and (int(release[1]), int(release[2])) >= least
