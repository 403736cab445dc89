"""Asks for pages before they are wanted, and gives the answers in order."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable

T = TypeVar("T")


async def answers_in_order(
    pages: Iterable[int], ask: Callable[[int], Coroutine[None, None, T]], places: Callable[[], int]
) -> AsyncGenerator[tuple[int, T], None]:
    """Each page with what `ask` answers to it, which raises nothing. `places` says, each time, how many may be asked
    for at once; `pages` is read no further than that.

    Close it (`contextlib.aclosing`) where you stop early: what was asked for is waited for, as the server works on it
    whether anybody wants it or not. Cancelled, it waits for nothing.
    """
    numbers = iter(pages)
    waiting: deque[tuple[int, asyncio.Task[T]]] = deque()
    try:
        while True:
            while len(waiting) < places() and (number := next(numbers, None)) is not None:
                waiting.append((number, asyncio.create_task(ask(number))))
            if not waiting:
                return
            page, task = waiting.popleft()
            yield page, await task
    except asyncio.CancelledError:
        for _, task in waiting:
            task.cancel()
        raise
    finally:
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)
