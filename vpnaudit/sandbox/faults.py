"""What may go wrong between a client and a management server, on demand and repeatable."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSIGNED = ("signature", "expires")


@dataclass(frozen=True)
class Faults:
    """Faults of one sandbox.

    Shares are between 0 and 1 and drawn for each try of each request from `seed`, so that the order in which concurrent
    requests arrive does not matter. `latency_s` is added to every answer. `throttled` answers 429, `failing` 502, 503
    or 504 as a proxy does, `cut` ends the connection inside the body, `garbled` sends text that is no JSON. `at_most`
    faults in a row hit one request, then it is answered (0: no such mercy).

    `forbidden` commands are in no role and not in listApis, `unlistable` ones answer 530 whatever is asked, and of a
    `shifting` list the first row is deleted after its first page was read. `texts` are by id of an object what stands
    in its name, description or reason instead; a page with an `incomplete` object, by id, ends with 530.
    """

    seed: int = 0
    latency_s: float = 0.0
    throttled: float = 0.0
    retry_after_ms: int = 50
    failing: float = 0.0
    cut: float = 0.0
    garbled: float = 0.0
    at_most: int = 0
    forbidden: frozenset[str] = field(default_factory=frozenset)
    unlistable: frozenset[str] = field(default_factory=frozenset)
    shifting: frozenset[str] = field(default_factory=frozenset)
    texts: Mapping[str, str] = field(default_factory=dict)
    incomplete: frozenset[str] = field(default_factory=frozenset)


class Dice:
    """Draws the fault of each try: `throttled`, `failing`, `cut`, `garbled` or empty."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._tries: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()
        self._lock = threading.Lock()

    def draw(self, source: str, params: Mapping[str, str]) -> tuple[str, random.Random]:
        """Draw for one request; the generator serves for what the fault itself needs to choose."""
        request = f"{source}?{sorted((k.lower(), v) for k, v in params.items() if k.lower() not in _UNSIGNED)}"
        with self._lock:
            self._tries[request] += 1
            dice = random.Random(f"{self.faults.seed}/{self._tries[request]}/{request}")
            fault = self._pick(dice.random())
            if fault and self.faults.at_most and self._in_a_row[request] >= self.faults.at_most:
                fault = ""
            self._in_a_row[request] = self._in_a_row[request] + 1 if fault else 0
        return fault, dice

    def _pick(self, number: float) -> str:
        for name in ("throttled", "failing", "cut", "garbled"):
            number -= getattr(self.faults, name)
            if number < 0:
                return name
        return ""
