"""One rule of a VPC network ACL as the API shows it, and a whole list in the order that counts: by `number`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from vpnaudit.errors import EstateError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

Direction = Literal["ingress", "egress"]
"""`ingress`: remote to tier, the CIDRs are sources; `egress`: tier to remote, the CIDRs are destinations."""
DIRECTIONS: tuple[Direction, Direction] = ("ingress", "egress")

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")
_Word = TypeVar("_Word", bound=str)

_DIRECTIONS_BY_WORD: Mapping[str, Direction] = {"ingress": "ingress", "egress": "egress", "": "ingress"}
_ACTIONS = {"allow": "allow", "deny": "deny", "": "allow"}


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
        number = _integer(row, "number")
        if number is None:
            raise EstateError(
                f"{_name(row)} has no number, so its place in the list is unknown: collect listNetworkACLs again"
            )
        direction = _one_of(row, "traffictype", _DIRECTIONS_BY_WORD)
        listed = row.get("cidrlist")
        entries = (listed.split(",") if isinstance(listed, str) else listed) or ()
        allow = _one_of(row, "action", _ACTIONS) == "allow"
        cidrs = tuple(entry for entry in map(_text, entries) if entry) or None
        start_port, end_port = _integer(row, "startport"), _integer(row, "endport")
        icmp_type, icmp_code = _integer(row, "icmptype"), _integer(row, "icmpcode")
        ports = start_port, end_port, icmp_type, icmp_code
        return cls(number, _text(row.get("protocol")), direction, allow, cidrs, *ports, _text(row.get("id")))

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

    def with_id(self, rule_id: str) -> AclRule:
        """The rule with another id; without one it is as in a content."""
        return self if rule_id == self.id else AclRule(*self.content, rule_id)  # type: ignore[call-arg] # all but the id

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
        """What the list says, without ids: where answers about it are remembered."""
        return Content.of(rule.with_id("") for rule in self.rules)

    def of(self, direction: Direction) -> tuple[tuple[int, AclRule], ...]:
        """The rules of one direction with their position in `rules`, by number."""
        return tuple((position, rule) for position, rule in enumerate(self.rules) if rule.direction == direction)


class Content:
    """What a list says, without ids: its rules, sorted by number. Equal contents are one object, and what was worked
    out about one is kept with it: as long as a list has this content, and no longer. `actions`: for each position,
    whether the rule allows.
    """

    __slots__ = ("__weakref__", "_answers", "actions", "rules")

    def __init__(self, rules: tuple[AclRule, ...]) -> None:
        self.rules = rules
        self.actions = tuple(rule.allow for rule in rules)
        self._answers: dict[Hashable, Any] = {}

    @classmethod
    def of(cls, rules: Iterable[AclRule]) -> Content:
        """The content with these rules, which have no id and are sorted by number."""
        key = tuple(rules)
        return _CONTENTS.setdefault(key, cls(key))

    def with_ids(self, ids: Iterable[str]) -> AclList:
        """The list with this content whose rules have these ids."""
        rules = zip(self.rules, ids, strict=True)
        acl = AclList(tuple(rule.with_id(rule_id) for rule, rule_id in rules))
        vars(acl)["content"] = self
        return acl


_CONTENTS: WeakValueDictionary[tuple[AclRule, ...], Content] = WeakValueDictionary()


def once_a_content(
    work: Callable[Concatenate[Content, _Arguments], _Answer],
) -> Callable[Concatenate[Content, _Arguments], _Answer]:
    """A function of a content that answers each question about it once."""

    @wraps(work)
    def remembered(content: Content, /, *args: _Arguments.args, **options: _Arguments.kwargs) -> _Answer:
        answers, question = content._answers, (work, args, *options.values())  # noqa: SLF001 - the other half of Content
        if question not in answers:
            answers[question] = work(content, *args, **options)
        answer: _Answer = answers[question]
        return answer

    return remembered


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _name(row: Mapping[str, Any]) -> str:
    return f"ACL rule {_text(row.get('id')) or '(no id)'}"


def _integer(row: Mapping[str, Any], key: str) -> int | None:
    value = row.get(key)
    if value is None or type(value) is int:
        return value
    text = _text(value)
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise EstateError(
            f"{_name(row)}: {key} is {text!r}, which is no whole number: collect listNetworkACLs again"
        ) from error


def _one_of(row: Mapping[str, Any], key: str, words: Mapping[str, _Word]) -> _Word:
    text = _text(row.get(key)).lower()
    if text not in words:
        raise EstateError(f"{_name(row)}: {key} is {text!r}; known are {', '.join(sorted(set(words.values())))}")
    return words[text]
