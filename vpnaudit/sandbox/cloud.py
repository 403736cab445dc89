"""What one management server of the sandbox knows: domains, accounts, projects and the rows of every list call."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

Row = dict[str, Any]

ROOT_ADMIN, DOMAIN_ADMIN, USER, PROJECT = 1, 2, 0, 5


@dataclass(frozen=True)
class Role:
    """A role of CloudStack. `letter` is its column in `data/apis.json`, `account_type` what the server calls
    `accounttype`.
    """

    name: str
    type: str
    letter: str
    account_type: int


ROLES = {
    "root": Role("Root Admin", "Admin", "R", ROOT_ADMIN),
    "read-only": Role("Read-Only Admin - Default", "Admin", "O", ROOT_ADMIN),
    "domain-admin": Role("Domain Admin", "DomainAdmin", "D", DOMAIN_ADMIN),
    "user": Role("User", "User", "U", USER),
    "project": Role("", "", "", PROJECT),
}


@dataclass(frozen=True)
class Domain:
    """A domain; `path` is `ROOT/acme/emea`, `number` the internal id."""

    id: str
    number: int
    name: str
    path: str
    parent: Domain | None = None

    def holds(self, other: Domain) -> bool:
        """Say whether `other` is this domain or lies below it."""
        return other.path == self.path or other.path.startswith(f"{self.path}/")


@dataclass(frozen=True)
class Account:
    """An account with its one user and key pair. A project's account has neither."""

    id: str
    number: int
    name: str
    domain: Domain
    role: Role
    user_id: str = ""
    api_key: str = ""
    secret: str = field(default="", repr=False)

    @property
    def is_admin(self) -> bool:
        """Whether the account is of type Admin: sees the whole cloud and unmasked errors."""
        return self.role.type == "Admin"

    @property
    def is_project(self) -> bool:
        """Whether this is the account behind a project."""
        return self.role.account_type == PROJECT


@dataclass(frozen=True)
class Project:
    """A project, its account, and the ids of the accounts that are its members."""

    id: str
    name: str
    account: Account
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Item:
    """One row and the account that owns it (None: it is everybody's)."""

    row: Row
    owner: Account | None = None


@dataclass
class Cloud:
    """One source.

    `tables` holds the rows in the order in which they were made, by response key (`vpc`, `vpnconnection`, …);
    `object_ids` the ids that a parameter may name, `domain_settings` the settings that a domain administrator is shown.
    """

    name: str
    version: str
    page_size: int = 500
    domains: list[Domain] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    tables: dict[str, list[Item]] = field(default_factory=dict)
    object_ids: set[str] = field(default_factory=set)
    domain_settings: set[str] = field(default_factory=set)

    def add(self, table: str, row: Row, owner: Account | None = None) -> Row:
        """Keep a row and remember its id as that of an object that exists."""
        self.tables.setdefault(table, []).append(Item(row, owner))
        if "id" in row:
            self.object_ids.add(row["id"])
        return row

    def rows(self, table: str) -> list[Row]:
        """Give the rows of a table, whoever owns them."""
        return [item.row for item in self.tables.get(table, [])]


@cache
def shapes() -> dict[str, Any]:
    """Give `data/shapes.json`: for each list its keys in the server's order, with the values that are the same in every
    row.
    """
    shape: dict[str, Any] = json.loads(files(__package__).joinpath("data/shapes.json").read_text("utf-8"))
    return shape


def shaped(table: str, **values: Any) -> Row:
    """Make a row of `table`: constants from the shapes, `values` on top, keys without a value left out as the server
    does.
    """
    return {key: value for key, value in {**shapes()["rows"][table], **values}.items() if value is not None}


def object_id(*what: object) -> str:
    """Make the id of an object from its name: the same name gives the same UUID, whatever is built before it."""
    return str(uuid.UUID(bytes=hashlib.blake2b("/".join(map(str, what)).encode(), digest_size=16).digest(), version=4))
