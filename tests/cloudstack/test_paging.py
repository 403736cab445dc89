"""A list is read whole, whatever the server does to its pages."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from tests import replay
from vpnaudit.cloudstack.client import Client, Retries
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.paging import read_list
from vpnaudit.errors import Malformed, Refused
from vpnaudit.psk import Fingerprinter

ZONES = COMMANDS["listZones"]


def zone_id(number):
    return f"00000000-0000-4000-8000-{number:012d}"


class Server:
    """A list of `rows` zones. `broken` are numbers whose page is no JSON, `failing` numbers whose page is 530."""

    def __init__(self, rows, *, largest_page=500, broken=(), failing=(), count="all"):
        self.rows = [{"id": zone_id(n), "name": f"z{n}"} for n in range(rows)]
        self.largest_page, self.broken, self.failing, self.count = largest_page, broken, failing, count
        self.pages = []

    def __call__(self, request):
        query = replay.parameters(request)
        page, size = int(query["page"]), int(query["pagesize"])
        self.pages.append((page, size))
        if size > self.largest_page:
            text = f"Page size can't exceed max allowed page size value: {self.largest_page}"
            return httpx.Response(
                431, json={"listzonesresponse": {"errorcode": 431, "cserrorcode": 4350, "errortext": text}}
            )
        page_rows = self.rows[(page - 1) * size : page * size]
        ids = {row["id"] for row in page_rows}
        if ids & {zone_id(n) for n in self.failing}:
            return httpx.Response(530, json={"listzonesresponse": {"errorcode": 530, "errortext": "null"}})
        count = len(self.rows) if self.count == "all" else len(page_rows)
        text = json.dumps({"listzonesresponse": {"count": count, **({"zone": page_rows} if page_rows else {})}})
        for number in self.broken:
            text = text.replace(f'"z{number}"', '"\\A"')
        self.after(page)
        return httpx.Response(200, text=text)

    def after(self, page):
        """What happens to the list when a page has been read."""


class Slow(Server):
    """Answers after a moment; `rounds` are how many requests it has at once, each time."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.at_once, self.rounds = 0, []

    async def __call__(self, request):
        self.at_once += 1
        await asyncio.sleep(0.01)
        self.rounds.append(self.at_once)
        answer = super().__call__(request)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        return answer


def test_all_pages_after_the_first_are_asked_for_at_once_within_the_clients_places():
    server = Slow(12_000)
    listing, client = read(server)
    assert numbers(listing) == list(range(12_000))
    assert server.pages[0] == (1, 500)
    assert sorted(server.pages) == [(page, 500) for page in range(1, 26)]
    assert (server.rounds[0], max(server.rounds)) == (1, 8)
    assert len(client.requests) == 25


def test_both_halves_of_a_page_are_asked_for_at_once():
    server = Slow(100, broken=[70])
    listing, _ = read(server)
    assert len(listing.rows) == 99
    assert server.pages[:3] == [(1, 500)] * 3  # a page that is no JSON is asked for three times
    assert server.pages[3:5] == [(1, 250), (2, 250)]


def read(server, command=ZONES):
    async def go():
        quick = Retries(tries=3, wait_initial_s=0, wait_max_s=0, jitter_s=0)
        async with Client(
            replay.profile("auditor"), Fingerprinter(), transport=httpx.MockTransport(server), retries=quick
        ) as client:
            return await read_list(client, command, {}), client

    return asyncio.run(go())


def numbers(listing):
    return [int(row["id"][-12:]) for row in listing.rows]


@pytest.mark.parametrize("rows", [0, 1, 499, 500, 501, 1000, 1203])
@pytest.mark.parametrize("count", ["all", "page"])
def test_every_length_is_read_once_and_ends_with_a_short_page(rows, count):
    server = Server(rows, count=count)
    listing, _ = read(server)
    assert numbers(listing) == list(range(rows))
    assert not listing.holes
    assert len(server.pages) == rows // 500 + 1


def test_the_servers_maximum_is_learnt_once_for_all_lists():
    server = Server(95, largest_page=20)
    listing, client = read(server)
    assert numbers(listing) == list(range(95))
    assert client.page_size == 20
    assert server.pages == [(1, 500), *((page, 20) for page in range(1, 6))]


@pytest.mark.parametrize(("rows", "bad"), [(1, 0), (500, 0), (500, 499), (700, 311), (1000, 500), (501, 500)])
def test_one_unreadable_object_is_isolated_with_its_id(rows, bad):
    server = Server(rows, broken=[bad])
    listing, _ = read(server)
    assert numbers(listing) == [n for n in range(rows) if n != bad]
    (hole,) = listing.holes
    assert hole.subject_id == zone_id(bad)
    assert isinstance(hole.error, Malformed)
    assert len(server.pages) < 60


def test_a_530_is_isolated_too_without_an_id():
    listing, _ = read(Server(120, failing=[7, 77]))
    assert numbers(listing) == [n for n in range(120) if n not in (7, 77)]
    assert [hole.subject_id for hole in listing.holes] == [None, None]


def test_a_list_of_nothing_but_trouble_is_given_up():
    server = Server(300, failing=range(300))
    with pytest.raises(Refused, match="530"):
        read(server)
    assert len(server.pages) < 20
    many, _ = read(Server(500, failing=range(1, 500)))
    assert numbers(many) == [0]
    assert len(many.holes) == 101


def test_a_page_size_that_is_prime_can_be_split():
    listing, _ = read(Server(30, largest_page=13, broken=[17]))
    assert numbers(listing) == [n for n in range(30) if n != 17]


def test_a_list_that_shrinks_between_pages_is_read_again():
    class Shrinking(Server):
        def after(self, page):
            if page == 1 and len(self.rows) == 1100:
                del self.rows[0]

    listing, _ = read(Shrinking(1100))
    assert numbers(listing) == list(range(1, 1100))
    assert not listing.holes


def test_a_list_that_never_stops_shrinking_is_a_hole_but_what_was_seen_is_kept():
    class Melting(Server):
        def after(self, page):
            del self.rows[0]

    listing, _ = read(Melting(1200))
    assert len(listing.rows) > 1000
    assert sorted(numbers(listing)) == list(range(1200)), "the union of what the readings saw"
    (hole,) = listing.holes
    assert "shrank" in hole.error.text


def test_a_list_that_grows_is_taken_with_each_object_once():
    class Growing(Server):
        def after(self, page):
            self.rows.insert(0, {"id": zone_id(10_000 + len(self.rows)), "name": "new"})

    listing, _ = read(Growing(1200))
    assert set(numbers(listing)) >= set(range(1200))
    assert len(numbers(listing)) == len(set(numbers(listing)))
    assert not listing.holes


def test_what_java_says_to_a_dollar_sign_is_one_objects_fault_and_other_refusals_are_not():
    class Dollar(Server):
        text = "Illegal group reference"

        def __call__(self, request):
            query = replay.parameters(request)
            page, size = int(query["page"]), int(query["pagesize"])
            if (page - 1) * size <= 3 < page * size:
                return httpx.Response(431, json={"listzonesresponse": {"errorcode": 431, "errortext": self.text}})
            return super().__call__(request)

    listing, _ = read(Dollar(10))
    assert numbers(listing) == [n for n in range(10) if n != 3]
    Dollar.text = "no such parameter"
    with pytest.raises(Refused, match="no such parameter"):
        read(Dollar(10))


class Scripted(Server):
    """Answers each request with the next of these inner objects, the last for ever."""

    def __init__(self, *replies):
        super().__init__(0)
        self.replies = list(replies)

    def __call__(self, request):
        query = replay.parameters(request)
        self.pages.append((int(query["page"]), int(query["pagesize"])))
        fields = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(fields, int):
            return httpx.Response(fields, json={"listzonesresponse": {"errorcode": fields, "errortext": "no"}})
        return httpx.Response(200, json={"listzonesresponse": fields})


def zones(*numbers):
    return [{"id": zone_id(n), "name": f"z{n}"} for n in numbers]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"count": 999, "zone": zones(0, 1)}, "the server counts 999 objects and sent 2"),
        ({"count": 1, "zone": zones(0, 1)}, "the server counts 1 objects and sent 2"),
        ({"count": 2, "zone": zones(0, 0)}, "the server counts 2 objects and sent 1"),
        ({"count": 4}, "the server counts 4 objects and sent 0"),
        ({"zone": zones(0)}, "does not say how many"),
        ({"count": "1", "zone": zones(0)}, "does not say how many"),
        ({"count": True, "zone": zones(0)}, "does not say how many"),
        ({"count": -1, "zone": zones(0)}, "does not say how many"),
        ({"count": None}, "does not say how many"),
    ],
)
def test_a_count_that_does_not_agree_with_the_array_is_read_again_and_then_a_hole(fields, words):
    server = Scripted(fields)
    listing, _ = read(server)
    assert numbers(listing) == sorted({int(row["id"][-12:]) for row in fields.get("zone", [])})
    (hole,) = listing.holes
    assert words in hole.error.text
    assert len(server.pages) == 3


def test_a_count_that_agrees_the_second_time_is_no_hole():
    listing, _ = read(Scripted({"count": 2, "zone": zones(0)}, {"count": 2, "zone": zones(0, 1)}))
    assert numbers(listing) == [0, 1]
    assert not listing.holes


@pytest.mark.parametrize("fields", [{}, {"count": 0}, {"zone": []}, {"count": 0, "zone": []}])
def test_nothing_is_an_empty_list(fields):
    server = Scripted(fields)
    listing, _ = read(server)
    assert (listing.rows, listing.holes, len(server.pages)) == ([], [], 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"count": 1, "zones": zones(0)},
        {"zones": zones(0)},
        {"count": 1, "zone": None},
        {"count": 1, "zone": {"0": zones(0)[0]}},
        {"count": 1, "zone": "z0"},
        {"jobid": "1"},
    ],
)
def test_an_array_that_is_not_where_it_belongs_is_an_error(fields):
    with pytest.raises(Malformed, match="zone"):
        read(Scripted(fields))


def test_an_entry_that_is_no_object_is_a_hole_of_its_own():
    listing, _ = read(Scripted({"count": 4, "zone": [None, *zones(1), "z2", *zones(3)]}))
    assert numbers(listing) == [1, 3]
    assert len(listing.holes) == 2


def test_what_was_read_before_a_page_failed_is_kept():
    listing, _ = read(Scripted({"count": 700, "zone": zones(*range(500))}, 431))
    assert len(listing.rows) == 500
    (hole,) = listing.holes
    assert hole.error.status == 431


@pytest.mark.parametrize("count", [500, 10**6])
def test_the_same_full_page_for_ever_ends_soon(count):
    server = Scripted({"count": count, "zone": zones(*range(500))})
    listing, _ = read(server)
    assert len(listing.rows) == 500
    (hole,) = listing.holes
    assert "does not end" in hole.error.text
    assert len(server.pages) == 4


@pytest.mark.parametrize(("bound", "most"), [("_MOST_ROWS", 1_700), ("_MOST_PAGES", 3)])
def test_new_pages_for_ever_end_at_a_bound(monkeypatch, bound, most):
    monkeypatch.setattr(f"vpnaudit.cloudstack.paging.{bound}", most)
    server = Server(100_000)
    listing, _ = read(server)
    assert len(listing.rows) == 2_000
    (hole,) = listing.holes
    assert "does not end" in hole.error.text


def test_a_list_without_pages_is_held_to_its_count_too():
    def server(request):
        return httpx.Response(200, json={"listapisresponse": {"count": 3, "api": [{"name": "listZones"}]}})

    listing, _ = read(server, COMMANDS["listApis"])
    assert [row["name"] for row in listing.rows] == ["listZones"]
    (hole,) = listing.holes
    assert "counts 3" in hole.error.text


def test_odd_fields_are_noted_and_the_list_is_whole():
    listing, client = read(Scripted({"count": 2, "zone": [{"id": zone_id(0), "name": 5}, {"id": []}]}))
    assert numbers(listing) == [0]
    assert not listing.holes
    assert [oddity.column_names for oddity in client.oddities] == [("name",), ()]
