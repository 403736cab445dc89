"""Reads one list to its end, page by page, around what cannot be read.

`page` and `pagesize` always go together; the server's maximum is learnt from its refusal. The list ends with a short
page: `count` is the size of the page on some versions (CloudStack issue 3890). Where `count` changes on the way,
objects have moved between pages, and the list is read anew. A list that grows each time is taken as it is: what moves
back by one is seen twice, not missed.

One object can make its page unreadable: a name with a backslash and `u0041` in it leaves the server as invalid JSON,
and an object with a null where the server expects none ends its list call with 530. Then the page is read in smaller
pages, down to single objects; what remains is a hole.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.replies import UnreadableReply
from vpnaudit.errors import CloudStackError, Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.cloudstack.client import Client
    from vpnaudit.cloudstack.commands import Command
    from vpnaudit.cloudstack.replies import Reply

_MAXIMUM = re.compile(r"max allowed page size value: (\d+)")
# What Java says when a text with a dollar sign or backslash serves as a replacement: the server's un-escaping of
# `\u0024` does that.
_REPLACEMENT = re.compile(r"group reference|capturing group|character to be escaped")
_INTERNAL = 530
_PARAMETER = 431
_READINGS = 3
_HOPELESS = 8
_MOST_HOLES = 100


@dataclass(frozen=True, slots=True)
class Hole:
    """Something that is in the list and could not be read: one object (`subject_id` where it can be told), or an
    unknown number.
    """

    subject_id: str | None
    error: CloudStackError


@dataclass(slots=True)
class Listing:
    """The objects of a list, each once, in the server's order, and what is missing among them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)


class _Smaller(Exception):  # noqa: N818 - a signal, never seen outside
    """The server's maximum is below our page size; the client knows it now."""


async def read_list(client: Client, command: Command, params: Mapping[str, str]) -> Listing:
    """The whole list. Raises `CloudStackError` where not one object could be read."""
    if not command.paged:
        return Listing((await client.ask(command, params)).rows(command.key))
    readings = 0
    while True:
        walk = _Walk(client, command, params)
        try:
            await walk.to_the_end()
        except _Smaller:
            continue
        if walk.moved and readings + 1 < _READINGS:
            readings += 1
            continue
        if walk.shrank:
            text = (
                f"the list shrank each time it was read ({_READINGS} times): objects may be missing. Collect again at a"
                " quieter time"
            )
            walk.holes.append(Hole(None, Malformed(command.name, text, status=200)))
        return Listing(_each_once(walk.rows), walk.holes)


def _each_once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({_identity(row): row for row in reversed(rows)}.values())[::-1]


def _identity(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("name") or json.dumps(row, sort_keys=True))


class _Walk:
    """One reading of a list."""

    def __init__(self, client: Client, command: Command, params: Mapping[str, str]) -> None:
        self._client, self._command, self._params = client, command, params
        self.rows: list[dict[str, Any]] = []
        self.holes: list[Hole] = []
        self._total: int | None = None
        self.moved = self.shrank = False

    async def to_the_end(self) -> None:
        page, size = 1, self._client.page_size
        while not await self._span(page, size):
            page += 1

    async def _span(self, page: int, size: int) -> bool:
        """Read one page; True: the list ends in it."""
        trouble = None
        try:
            reply = await self._client.ask(self._command, self._params, page=page, size=size)
        except CloudStackError as error:
            trouble = error
        if trouble is None:
            rows = reply.rows(self._command.key)
            self.rows += rows
            self._check_count(reply, page, size)
            return len(rows) < size
        self._learn(trouble, size)
        if not is_one_object(trouble):
            raise trouble
        return await self._around(page, size, trouble)

    async def _around(self, page: int, size: int, trouble: CloudStackError) -> bool:
        """Read a page that cannot be read in smaller ones; True: the list ends in it."""
        if size == 1:
            self.holes.append(Hole(getattr(trouble, "first_id", None), trouble))
            if not self.rows and len(self.holes) >= _HOPELESS:
                raise trouble
            return False
        smaller = _largest_divisor(size)
        first_page = (page - 1) * size // smaller + 1
        for number in range(first_page, first_page + size // smaller):
            if self._total is not None and (number - 1) * smaller >= self._total:
                return True
            if len(self.holes) >= _MOST_HOLES:
                self.holes.append(Hole(None, trouble))
                return True
            if await self._span(number, smaller):
                return True
        return False

    def _check_count(self, reply: Reply, page: int, size: int) -> None:
        rows, count = len(reply.rows(self._command.key)), reply.count
        if count is None or (count == rows and not (page == 1 and rows < size)):
            return  # the size of the page, by which nothing can be told
        if self._total is not None and count != self._total:
            self.moved, self.shrank = True, self.shrank or count < self._total
        self._total = count

    def _learn(self, error: CloudStackError, size: int) -> None:
        maximum = _MAXIMUM.search(error.text) if error.status == _PARAMETER else None
        if maximum and 0 < int(maximum[1]) < size:
            self._client.page_size = int(maximum[1])
            raise _Smaller from None


def is_one_object(error: CloudStackError) -> bool:
    """Whether one object of the page may be what the server stumbles over."""
    return breaks_text(error) or (isinstance(error, Refused) and error.status == _INTERNAL)


def breaks_text(error: CloudStackError) -> bool:
    """Whether a text of one object, un-escaped by the server, breaks the reply that holds it."""
    return isinstance(error, UnreadableReply) or (
        isinstance(error, Refused) and error.status == _PARAMETER and bool(_REPLACEMENT.search(error.text))
    )


def _largest_divisor(size: int) -> int:
    return next(size // factor for factor in range(2, size + 1) if size % factor == 0)
