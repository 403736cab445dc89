"""The kernel's own counts of each SA, from `ip -s xfrm state`: packets that came twice, and packets that were not what
their SA signs. Keys that stand in it are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SPI: Final = re.compile(r"\s+proto (?:esp|ah) spi 0x(?P<spi>[0-9a-f]{8})\b.*")
_COUNTS: Final = re.compile(r"\s+replay-window \d+ replay (?P<replayed>\d{1,18}) failed (?P<failed>\d{1,18})")


@dataclass(frozen=True, slots=True)
class XfrmCounts:
    """Of one SA: packets that came a second time, and packets whose integrity failed."""

    replayed: int
    failed: int


def read_xfrm_counts(text: str) -> dict[str, XfrmCounts]:
    """The counts by SPI, in eight hexadecimal digits as charon writes it."""
    counts = {}
    spi = None
    for line in text.splitlines():
        if line.startswith("src "):
            spi = None
        elif state := _SPI.fullmatch(line):
            spi = state["spi"]
        elif spi and (match := _COUNTS.fullmatch(line)):
            counts[spi] = XfrmCounts(int(match["replayed"]), int(match["failed"]))
    return counts
