"""Who sees what: the search parameters `listall`, `isrecursive`, `projectid`, `domainid`, `account` and `id` of
CloudStack 4.22.

The order of the tests and the surprises are the server's: an administrator who asks for nothing gets his own account
only; `projectid=-1` adds the projects for a root administrator but *replaces* the tree of a domain administrator;
listNetworks follows rules of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from vpnaudit.sandbox import refusal
from vpnaudit.sandbox.cloud import DOMAIN_ADMIN, Account, Cloud, Domain, Project

Sees: TypeAlias = Callable[[Account], bool]
Query: TypeAlias = Mapping[str, str]
FULL_PROJECT_LISTING = (4, 14)


def is_true(query: Query, name: str) -> bool:
    """Read a boolean as the server does: anything but `true` is false."""
    return query.get(name, "").lower() == "true"


def scope(cloud: Cloud, caller: Account, command: str, query: Query) -> Sees:
    """Give the test that an owner must pass for a row to be listed. Raises Refusal for what the caller may not name."""
    domain = _named_domain(cloud, caller, command, query)
    # listNetworks ignores an account that comes without a domain.
    owner = _named_account(cloud, caller, query, domain) if domain or command != "listNetworks" else None
    project = query.get("projectid")
    if project and project != "-1":
        owner = find_project(cloud, caller, command, project).account
    if owner is not None:
        only = owner.id
        return lambda account: account.id == only
    if command == "listNetworks" and not (query.get("id") or domain):
        return _networks(cloud, caller, query)
    if project:
        return _all_projects(cloud, caller, query)
    if domain is not None:
        return _in_domain(caller, domain, recursive=is_true(query, "isrecursive"))
    if query.get("id"):
        return _by_id(caller)
    return _plain(caller, listall=is_true(query, "listall"))


def find_project(cloud: Cloud, caller: Account, command: str, project_id: str) -> Project:
    """Give the project the caller names, or refuse as the server does: by domain for administrators, by membership for
    users.
    """
    project = next((candidate for candidate in cloud.projects if candidate.id == project_id), None)
    if project is None:
        raise refusal.unknown_object(command, "projectid", project_id)
    if caller.is_admin or caller.id in project.members:
        return project
    if caller.role.account_type != DOMAIN_ADMIN:
        raise refusal.not_in_project(command, project_id)
    if not caller.domain.holds(project.account.domain):
        raise refusal.foreign_domain(caller.name, caller.number, caller.id, project.account.domain.id)
    return project


def may_touch(caller: Account, owner: Account, cloud: Cloud) -> bool:
    """Say whether the caller may use an object of `owner` that he names by its id."""
    if caller.is_admin or caller.id == owner.id:
        return True
    if caller.role.account_type == DOMAIN_ADMIN:
        return caller.domain.holds(owner.domain)
    return owner.id in _member_accounts(cloud, caller)


def _named_domain(cloud: Cloud, caller: Account, command: str, query: Query) -> Domain | None:
    if not (domain_id := query.get("domainid")):
        return None
    named = next((candidate for candidate in cloud.domains if candidate.id == domain_id), None)
    if named is None:
        raise refusal.unknown_object(command, "domainid", domain_id)
    if not caller.is_admin and not caller.domain.holds(named):
        raise refusal.foreign_domain(caller.name, caller.number, caller.id, domain_id)
    return named


def _named_account(cloud: Cloud, caller: Account, query: Query, domain: Domain | None) -> Account | None:
    if not (name := query.get("account")):
        return None
    if query.get("projectid"):
        raise refusal.invalid("Account and projectId can't be specified together")
    within = domain or caller.domain
    named = next(
        (candidate for candidate in cloud.accounts if candidate.name == name and candidate.domain == within), None
    )
    if named is None:
        path = within.path.removeprefix("ROOT").replace("/", r"\/") + r"\/"
        where = f'{{"id":{within.number},"name":"{within.name}","path":"{path}","uuid":"{within.id}"}}'
        raise refusal.invalid(f"could not find account {name} in domain Domain {where}")
    if not may_touch(caller, named, cloud):
        raise refusal.no_access()
    return named


def _member_accounts(cloud: Cloud, caller: Account) -> set[str]:
    return {project.account.id for project in cloud.projects if caller.id in project.members}


def _all_projects(cloud: Cloud, caller: Account, query: Query) -> Sees:
    listall = is_true(query, "listall")
    if caller.is_admin:
        modern = tuple(int(part) for part in cloud.version.split(".")[:2]) >= FULL_PROJECT_LISTING
        return (lambda _: True) if listall and modern else (lambda account: account.is_project)
    allowed = _member_accounts(cloud, caller) | ({caller.id} if listall else set())
    return lambda account: account.id in allowed


def _in_domain(caller: Account, domain: Domain, *, recursive: bool) -> Sees:
    if caller.role.account_type not in (1, DOMAIN_ADMIN):
        return lambda account: account.id == caller.id
    if recursive:
        return lambda account: not account.is_project and domain.holds(account.domain)
    return lambda account: not account.is_project and account.domain == domain


def _by_id(caller: Account) -> Sees:
    if caller.is_admin:
        return lambda _: True
    if caller.role.account_type == DOMAIN_ADMIN:
        return lambda account: caller.domain.holds(account.domain)
    return lambda account: account.id == caller.id


def _plain(caller: Account, *, listall: bool) -> Sees:
    if listall and caller.is_admin:
        return lambda account: not account.is_project
    if listall and caller.role.account_type == DOMAIN_ADMIN:
        return lambda account: not account.is_project and caller.domain.holds(account.domain)
    return lambda account: account.id == caller.id


def _networks(cloud: Cloud, caller: Account, query: Query) -> Sees:
    projects = query.get("projectid") == "-1"
    if caller.role.account_type not in (1, DOMAIN_ADMIN):
        allowed = {caller.id} | (_member_accounts(cloud, caller) if projects else set())
        return lambda account: account.id in allowed
    if is_true(query, "listall"):
        return lambda account: (projects or not account.is_project) and caller.domain.holds(account.domain)
    return lambda account: (projects or not account.is_project) and account.domain == caller.domain
