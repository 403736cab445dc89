"""How much is read at most: evidence comes from strangers, and may be made to fill a disk, a memory or a day."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final

from vpnaudit.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FILES: Final = 10_000
"""Files of one archive or folder; a router has about forty."""
LARGEST_TEXT_BYTES: Final = 8 * 2**20
"""Of a file that is read whole: all but logs."""
LONGEST_LINE_BYTES: Final = 16 * 2**10
"""Of a line; the longest of charon are lists of proposals, about 2 KiB. What is longer is cut."""
LARGEST_READ_BYTES: Final = 16 * 2**20
"""Of one read: an archive's header may claim any size."""
_FREE_BYTES: Final = 64 * 2**20
_MOST_TIMES: Final = 250
"""How many times its packed size a file may have: logs pack 10 to 100 times, zeros 1000 times."""
_CHUNK_BYTES: Final = 2**20


class Bounded(io.RawIOBase):
    """A packed stream that refuses to grow out of all proportion to the bytes it is packed in."""

    def __init__(self, stream: BinaryIO, packed_bytes: int, label: str) -> None:
        super().__init__()
        self._stream, self._label = stream, label
        self._most_bytes = max(_FREE_BYTES, _MOST_TIMES * packed_bytes)

    def readable(self) -> bool:
        """A stream to read from."""
        return True

    def seekable(self) -> bool:
        """As the stream below: going back means to unpack again."""
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; raises `EvidenceError` beyond the bound, where unpacking would not end."""
        if whence == io.SEEK_SET and offset > self._most_bytes:
            raise self._too_large()
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """How many bytes were unpacked before this place."""
        return self._stream.tell()

    def read(self, size: int | None = -1) -> bytes:
        """As of any stream; raises `EvidenceError` for a bomb, and for bytes that cannot be unpacked."""
        if size is None or size < 0 or size > LARGEST_READ_BYTES:
            size = LARGEST_READ_BYTES
        try:
            data = self._stream.read(size)
            place = self._stream.tell()
        except (OSError, EOFError, ValueError, RuntimeError) as error:  # what gzip, zlib and zipfile raise
            raise EvidenceError(f"{self._label}: cannot be unpacked: {error}. Fetch it again.") from None
        if place > self._most_bytes:
            raise self._too_large()
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # typeshed wants any buffer
        """As `read`, into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()

    def _too_large(self) -> EvidenceError:
        return EvidenceError(
            f"{self._label}: unpacks to more than {self._most_bytes >> 20} MiB, {_MOST_TIMES} times what it is packed"
            " in. No log does; it is not read."
        )


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """The lines of a stream: number, bytes without the end, and whether it was cut at the bound.

    What a cut line has beyond the bound is passed over in chunks, so that memory stays the same whatever comes.
    """
    number = 0
    while line := stream.readline(LONGEST_LINE_BYTES):
        number += 1
        cut = len(line) == LONGEST_LINE_BYTES and not line.endswith(b"\n")
        rest = line if cut else b"\n"
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(_CHUNK_BYTES)
        yield number, line.rstrip(b"\r\n"), cut


def text_of(stream: BinaryIO, label: str) -> str:
    """A small file whole, as text; raises `EvidenceError` where it is no small file."""
    data = b""
    while len(data) <= LARGEST_TEXT_BYTES and (chunk := stream.read(_CHUNK_BYTES)):
        data += chunk
    if len(data) > LARGEST_TEXT_BYTES:
        raise EvidenceError(
            f"{label}: larger than {LARGEST_TEXT_BYTES >> 20} MiB, and no log. Name the files of the router alone."
        )
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
