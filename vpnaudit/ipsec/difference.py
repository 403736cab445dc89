"""One field in which the ends differ, and how such fields are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vpnaudit.ipsec.sides import Case

State = Literal["different", "unknown"]
Who = Literal["router", "peer", "either", "network"]

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which the ends differ, or of which one end is not known.

    `ours` is the router's value, `theirs` the peer's, both as text; `who` can change it; `repair` makes the peer (or
    the path) agree.
    """

    field: str
    ours: str
    theirs: str
    state: State
    who: Who
    repair: Callable[[Case], Case]


def compared(
    field: str,
    ours: str | None,
    theirs: str | None,
    who: Who,
    equal: Callable[[Case], Case],
    *,
    same: Callable[[str, str], bool] = str.__eq__,
) -> Iterator[Difference]:
    """The difference between two values; nothing where they are the same, and one that is not known where either is."""
    if ours is None or theirs is None:
        yield Difference(field, ours or UNKNOWN, theirs or UNKNOWN, "unknown", who, equal)
    elif not same(ours, theirs):
        yield Difference(field, ours, theirs, "different", who, equal)


def on_peer(**changes: object) -> Callable[[Case], Case]:
    """A repair that sets these fields of the peer."""
    return lambda case: case.with_peer(**changes)
