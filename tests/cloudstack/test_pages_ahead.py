"""Pages asked for ahead: in order, never more at once than there are places, and none left behind."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from vpnaudit.cloudstack.pages_ahead import answers_in_order


class Server:
    """Answers later pages sooner; notes what is asked and how many are asked at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.answered: list[int] = []
        self.at_once = self.most_at_once = 0

    async def ask(self, page: int) -> str:
        self.asked.append(page)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0.001 * (3 - page % 3))
            self.answered.append(page)
        finally:
            self.at_once -= 1
        return f"page {page}"


async def read(server: Server, pages: range, places: int, *, stop_at: int | None = None) -> list[tuple[int, str]]:
    answers = []
    async with aclosing(answers_in_order(pages, server.ask, lambda: places)) as ahead:
        async for page, answer in ahead:
            answers.append((page, answer))
            if page == stop_at:
                break
    return answers


@pytest.mark.parametrize("places", [1, 3, 50])
def test_answers_come_in_order_and_so_many_at_once_as_there_are_places(places: int) -> None:
    server = Server()
    answers = asyncio.run(read(server, range(2, 22), places))
    assert answers == [(page, f"page {page}") for page in range(2, 22)]
    assert server.most_at_once == min(places, 20)


def test_who_stops_early_has_asked_no_further_and_leaves_no_request_open() -> None:
    server = Server()
    asyncio.run(read(server, range(1, 1_000_000), 4, stop_at=3))
    assert server.asked == [1, 2, 3, 4, 5, 6]
    assert sorted(server.answered) == server.asked


def test_places_may_grow_on_the_way() -> None:
    server, taken = Server(), []

    async def go() -> None:
        async with aclosing(answers_in_order(range(10), server.ask, lambda: 1 if len(taken) < 2 else 8)) as ahead:
            async for page, _ in ahead:
                taken.append(page)
                if len(taken) <= 2:
                    assert server.most_at_once == 1

    asyncio.run(go())
    assert taken == list(range(10))
    assert server.most_at_once == 8


def test_interrupted_it_ends_at_once_and_leaves_nothing_running() -> None:
    server = Server()

    async def go() -> int:
        task = asyncio.create_task(read(server, range(100), 5))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(go()) == 0
    assert server.answered == []
