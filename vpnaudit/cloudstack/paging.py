"""Reads one list to its end, page by page, around what cannot be read.

`page` and `pagesize` always go together; the server's maximum is learnt from its refusal. The list ends with a short
page. The first page says how many objects there are, so the others are asked for at once: as many as the client has
places, and few until the first of them have shown that they bring something new. `count` and array are held against
each other: `count` is how many objects there are in all, on some versions the size of the page (CloudStack issue 3890),
which is taken for that where it is so on every page. Where `count` changes on the way, objects have moved between
pages; where it names more or fewer objects than came, one may have come or gone between the server's two queries: the
list is read anew. What still does not agree is a hole, beside all that any of the readings brought. A list that grows
each time is whole: what moves back by one is seen twice, not missed.

One object can make its page unreadable: a name with a backslash and `u0041` in it leaves the server as invalid JSON,
and an object with a null where the server expects none ends its list call with 530. Then the page is read in smaller
pages, down to single objects; what remains is a hole.
"""

from __future__ import annotations

import json
import re
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.cells import fit_objects
from vpnaudit.cloudstack.pages_ahead import answers_in_order
from vpnaudit.cloudstack.replies import UnreadableReply
from vpnaudit.errors import CloudStackError, Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping

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
_OK = 200
# An estate of 100,000 machines fits; what sends for ever does not.
_MOST_ROWS = 200_000
_MOST_PAGES = 5_000
_MOST_IDLE_PAGES = 3
_MOST_HOLES = 100
# Pages asked for at once: both halves of one that cannot be read, but of more parts none, as the first may be hopeless;
# of a list, until its first pages have shown that it is one, no more than are read before it is given up as endless.
_HALVES = 2
_FIRST_PAGES = 1 + _MOST_IDLE_PAGES
_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Hole:
    """Something that is in the list and could not be read: one object (`subject_id` where it can be told), or an
    unknown number.
    """

    subject_id: str | None
    error: CloudStackError
    is_open: bool = True
    """Whether it may be more than one object."""


@dataclass(slots=True)
class Listing:
    """The objects of a list, each once, in the server's order, and what is missing among them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)


class _Smaller(Exception):  # noqa: N818 - a signal, never seen outside
    """The server's maximum is below our page size; the client knows it now."""


async def read_list(client: Client, command: Command, params: Mapping[str, str]) -> Listing:
    """The whole list, each field as its column can hold it; what is not so is noted in `client.oddities`. Raises
    `CloudStackError` where not one object could be read.
    """
    listing = await _read_list(client, command, params)
    if command.table:
        listing.rows, oddities = fit_objects(command.name, command.table, listing.rows, client.now())
        client.oddities += oddities
    return listing


async def _read_list(client: Client, command: Command, params: Mapping[str, str]) -> Listing:
    readings: list[_Walk] = []
    while True:
        walk = _Walk(client, command, params)
        try:
            await walk.to_the_end()
        except _Smaller:
            continue
        readings.append(walk)
        agrees = walk.disagreement is None
        last = len(readings) == _READINGS or walk.is_endless
        if agrees and (last or not walk.moved):
            return Listing(list(walk.rows.values()), walk.holes)
        if last:
            rows = {key: row for reading in readings for key, row in reading.rows.items()}
            hole = Hole(None, Malformed(command.name, str(walk.disagreement), status=_OK))
            return Listing(list(rows.values()), [*walk.holes, hole])


def _identity(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("name") or json.dumps(row, sort_keys=True))


class _Walk:
    """One reading of a list."""

    def __init__(self, client: Client, command: Command, params: Mapping[str, str]) -> None:
        self._client, self._command, self._params = client, command, params
        self.rows: dict[str, dict[str, Any]] = {}
        self.holes: list[Hole] = []
        self._entries = self._pages = 0
        self._counts: list[tuple[int, int]] = []  # what each page says, and how much it holds
        self._uncounted = self.is_endless = False
        self._idle_pages = 0  # in a row

    async def to_the_end(self) -> None:
        """Read it. Raises `CloudStackError` only where no object was read before."""
        if not self._command.paged:
            self._take(await self._client.ask(self._command, self._params))
            return
        try:
            await self._from_the_first_page(self._client.page_size)
        except CloudStackError as error:
            if not self.rows:
                raise
            self.holes.append(Hole(None, error))

    async def _from_the_first_page(self, size: int) -> None:
        if await self._ends(1, size, await self._answer(1, size)):
            return
        last = max(self._totals, default=0) // size + 1  # as far as the count goes; it may be no more than this page's
        ended = await self._end_among(range(2, last + 1), size, self._places_ahead)
        page = max(last, 1)
        while not ended:
            page += 1
            ended = await self._ends(page, size, await self._answer(page, size))

    def _places_ahead(self) -> int:
        return _AHEAD if self._pages >= _FIRST_PAGES else max(_FIRST_PAGES - self._pages, 1)

    @property
    def _totals(self) -> list[int]:
        """The counts of the pages, unless each is the size of its page."""
        if all(count == entries for count, entries in self._counts):
            return []
        return [count for count, _ in self._counts]

    @property
    def moved(self) -> bool:
        """Whether objects came or went while the list was read."""
        return len(set(self._totals)) > 1

    @property
    def disagreement(self) -> str | None:
        """In which way the pages and what they say of themselves do not agree."""
        if self.is_endless:
            return f"the list does not end: after {self._entries} objects its pages bring the same, or ever more"
        if self._uncounted:
            return "the reply does not say how many objects there are, as every version does: objects may be missing"
        if any(later < earlier for earlier, later in pairwise(self._totals)):
            return (
                f"the list shrank each time it was read ({_READINGS} times): objects may be missing, and some of these"
                " be gone. Collect again at a quieter time"
            )
        if any(hole.is_open for hole in self.holes):
            return None  # it is a gap of unknown size already
        least = self._totals[0] if self._totals else self._entries
        objects = len(self.rows) + len(self.holes)
        if objects == least or (self.moved and objects > least):
            return None
        return f"the server counts {least} objects and sent {objects}: objects are missing, or its count is wrong"

    async def _end_among(self, pages: Iterable[int], size: int, places: Callable[[], int]) -> bool:
        """Read these pages in order, up to the end of the list; True: it ends in one of them."""
        async with aclosing(self._answers(pages, size, places)) as answers:
            async for page, answer in answers:
                if await self._ends(page, size, answer):
                    return True
        return False

    def _answers(
        self, pages: Iterable[int], size: int, places: Callable[[], int]
    ) -> AsyncGenerator[tuple[int, Reply | CloudStackError], None]:
        return answers_in_order(pages, lambda page: self._answer(page, size), places)

    async def _answer(self, page: int, size: int) -> Reply | CloudStackError:
        try:
            return await self._client.ask(self._command, self._params, page=page, size=size)
        except CloudStackError as error:
            return error

    async def _ends(self, page: int, size: int, answer: Reply | CloudStackError) -> bool:
        """Take in one page; True: the list ends in it."""
        if not isinstance(answer, CloudStackError):
            return self._take(answer) < size or self.is_endless
        self._learn(answer, size)
        if not is_one_object(answer):
            raise answer
        return await self._around(page, size, answer)

    def _take(self, reply: Reply) -> int:
        """Take in what a page holds; gives how many entries that are."""
        entries, before = reply.entries(self._command), len(self.rows)
        for entry in entries:
            if isinstance(entry, dict):
                self.rows[_identity(entry)] = entry
            else:
                text = "an entry of the list is no object: what it was cannot be known"
                self.holes.append(Hole(None, Malformed(self._command.name, text, status=reply.status), is_open=False))
        self._entries += len(entries)
        self._pages += 1
        if reply.count is not None:
            self._counts.append((reply.count, len(entries)))
        elif not self._command.single and (entries or "count" in reply.body):
            self._uncounted = True
        self._idle_pages = self._idle_pages + 1 if entries and len(self.rows) == before else 0
        self.is_endless = (
            self._idle_pages >= _MOST_IDLE_PAGES or len(self.rows) > _MOST_ROWS or self._pages > _MOST_PAGES
        )
        return len(entries)

    async def _around(self, page: int, size: int, trouble: CloudStackError) -> bool:
        """Read a page that cannot be read in smaller ones; True: the list ends in it."""
        if size == 1:
            self.holes.append(Hole(getattr(trouble, "first_id", None), trouble, is_open=False))
            if not self.rows and len(self.holes) >= _HOPELESS:
                raise trouble
            return False
        smaller = _largest_divisor(size)
        first_page = (page - 1) * size // smaller + 1
        pages = range(first_page, first_page + size // smaller)
        wanted = takewhile(lambda number: not self._is_past_the_end(number, smaller), pages)
        async with aclosing(self._answers(wanted, smaller, lambda: _HALVES if 2 * smaller == size else 1)) as answers:
            async for number, answer in answers:
                if len(self.holes) >= _MOST_HOLES:
                    self.holes.append(Hole(None, trouble))
                    return True
                if await self._ends(number, smaller, answer):
                    return True
        return self._is_past_the_end(pages[-1], smaller)

    def _is_past_the_end(self, page: int, size: int) -> bool:
        return bool(self._totals) and (page - 1) * size >= max(self._totals)

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
