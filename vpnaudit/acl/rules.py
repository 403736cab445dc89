"""One rule of a VPC network ACL as the API shows it, and a whole list in the order that counts: by `number`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from vpnaudit.errors import EstateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Direction = Literal["ingress", "egress"]
"""`ingress`: remote to tier, the CIDRs are sources; `egress`: tier to remote, the CIDRs are destinations."""
DIRECTIONS: tuple[Direction, Direction] = ("ingress", "egress")

Content = tuple[tuple[Any, ...], ...]
"""What a list says, without ids: equal contents have equal answers."""


@dataclass(frozen=True, slots=True)
class AclRule:
    """One rule as `listNetworkACLs` shows it. `cidrs` None or empty: every address. Ports, type and code None: not
    given.
    """

    number: int
    protocol: str
    direction: Direction
    allow: bool
    cidrs: tuple[str, ...] | None = None
    start_port: int | None = None
    end_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    id: str = ""

    @classmethod
    def from_listing(cls, row: Mapping[str, Any]) -> AclRule:
        """A rule from a row with the API's field names (`number`, `protocol`, `traffictype`, `action`, `cidrlist`, …).

        `cidrlist` may be the comma list of the API or a list. Missing is an absent key, None or an empty text. As the
        server does, a missing `traffictype` is ingress and a missing `action` allows.

        Raises:
            EstateError: the number is missing, a number is no number, or direction or action is an unknown word.
        """
        name = f"ACL rule {_text(row.get('id')) or '(no id)'}"
        numbers = {
            key: _integer(name, key, row.get(key)) for key in ("number", "startport", "endport", "icmptype", "icmpcode")
        }
        if numbers["number"] is None:
            raise EstateError(
                f"{name} has no number, so its place in the list is unknown: collect listNetworkACLs again"
            )
        direction = _one_of(
            name, "traffictype", row.get("traffictype"), {"ingress": "ingress", "egress": "egress", "": "ingress"}
        )
        cidrs = row.get("cidrlist")
        entries = (cidrs.split(",") if isinstance(cidrs, str) else cidrs) or ()
        return cls(
            number=numbers["number"],
            protocol=_text(row.get("protocol")),
            direction="egress" if direction == "egress" else "ingress",
            allow=_one_of(name, "action", row.get("action"), {"allow": "allow", "deny": "deny", "": "allow"})
            == "allow",
            cidrs=tuple(entry for entry in map(_text, entries) if entry) or None,
            start_port=numbers["startport"],
            end_port=numbers["endport"],
            icmp_type=numbers["icmptype"],
            icmp_code=numbers["icmpcode"],
            id=_text(row.get("id")),
        )

    @classmethod
    def from_request(cls, params: Mapping[str, Any]) -> AclRule:
        """A rule as `createNetworkACL` would store it.

        Protocol `1` becomes `icmp`, a start port alone is also the end port, and any action but `deny` allows (4.22
        refuses other words). Updating a rule to protocol `1` does not convert it, which is why `from_listing` leaves it
        as it is (CreateNetworkACLCmd.java; UpdateNetworkACLItemCmd.java).
        """
        stored = dict(params)
        if _text(stored.get("protocol")) == "1":
            stored["protocol"] = "icmp"
        if stored.get("endport") is None:
            stored["endport"] = stored.get("startport")
        if _text(stored.get("action")).lower() != "deny":
            stored["action"] = "allow"
        return cls.from_listing(stored)

    @property
    def content(self) -> tuple[Any, ...]:
        """All that decides packets: everything but the id."""
        ports = (self.start_port, self.end_port, self.icmp_type, self.icmp_code)
        return (self.number, self.protocol, self.direction, self.allow, self.cidrs, *ports)

    def __str__(self) -> str:
        what = self.protocol
        if self.start_port is not None or self.end_port is not None:
            what += f" {self.start_port}" if self.start_port == self.end_port else f" {self.start_port}-{self.end_port}"
        if self.icmp_type is not None:
            what += f" type {self.icmp_type}" + ("" if self.icmp_code is None else f" code {self.icmp_code}")
        side = "from" if self.direction == "ingress" else "to"
        where = ", ".join(self.cidrs) if self.cidrs else "anywhere"
        return f"{self.number} {'allow' if self.allow else 'deny'} {self.direction} {what} {side} {where}"


@dataclass(frozen=True)
class AclList:
    """The rules of one list, sorted by number; empty for a tier without a list (ingress closed, egress open,
    measured).
    """

    rules: tuple[AclRule, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(sorted(self.rules, key=lambda rule: rule.number)))

    @classmethod
    def from_listing(cls, rows: Iterable[Mapping[str, Any]]) -> AclList:
        """A list from rows of `listNetworkACLs`. Rules in state `Revoke` are left out, as the server leaves them
        out.
        """
        return cls(tuple(AclRule.from_listing(row) for row in rows if _text(row.get("state")).lower() != "revoke"))

    @cached_property
    def content(self) -> Content:
        """What the list says, without ids: the key under which answers are remembered."""
        return tuple(rule.content for rule in self.rules)

    def of(self, direction: Direction) -> tuple[tuple[int, AclRule], ...]:
        """The rules of one direction with their position in `rules`, by number."""
        return tuple((position, rule) for position, rule in enumerate(self.rules) if rule.direction == direction)


def rules_of(content: Content) -> AclList:
    """A list with this content and no ids."""
    return AclList(tuple(AclRule(*row) for row in content))


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _integer(name: str, key: str, value: Any) -> int | None:
    text = _text(value)
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise EstateError(
            f"{name}: {key} is {text!r}, which is no whole number: collect listNetworkACLs again"
        ) from error


def _one_of(name: str, key: str, value: Any, words: Mapping[str, str]) -> str:
    text = _text(value).lower()
    if text not in words:
        raise EstateError(f"{name}: {key} is {text!r}; known are {', '.join(sorted(set(words.values())))}")
    return words[text]
