"""plotly.js of the installed package, packed for the page, and kept packed from one report to the next.

Packed is raw LZMA, then base85: 1.4 MB, where gzip and base64 make 2.0. `boot.js` holds the reader, for exactly these
settings. Packing costs more than the rest of a small report, and depends on nothing but the bundle.
"""

from __future__ import annotations

import base64
import hashlib
import lzma
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from vpnaudit.errors import FileError, RenderError
from vpnaudit.private_files import make_folder, write_bytes

_SCRIPT_SAFE = str.maketrans("<&", ",.")  # neither stands in the base85 alphabet, both may stand in a script element
_LZMA = {"id": lzma.FILTER_LZMA1, "preset": 6, "lc": 3, "lp": 0, "pb": 0, "dict_size": 1 << 23}
_FORM = hashlib.sha256(repr(sorted(_LZMA.items())).encode()).hexdigest()[:8]
_DIGEST = 64


class Bundle(NamedTuple):
    """The SHA-256 of the script, the script packed, and its bytes unpacked."""

    sha256: bytes
    packed: str
    size: int


def plotly_bundle(cache: Path | None = None) -> Bundle:
    """The bundle, from the folder `cache` where it was kept there and is whole; else packed, and kept there if that is
    possible.

    A file is kept under the digest of the script and the settings of the packer, and begins with its own digest: no
    other version and no damaged file is ever taken.
    """
    script = _script()
    digest = hashlib.sha256(script)
    place = cache / f"plotly-{digest.hexdigest()[:32]}-{_FORM}" if cache is not None else None
    packed = _kept(place) if place is not None else None
    if packed is None:
        packed = _packed(script)
        if place is not None:
            _keep(place, packed)
    return Bundle(digest.digest(), packed, len(script))


def _script() -> bytes:
    """The bytes of the script; plotly itself is not imported, as nothing else of it is needed."""
    package = find_spec("plotly")
    if package is None or package.origin is None:
        raise RenderError("plotly is not installed here, and draws the report's figures: pip install plotly.")
    return (Path(package.origin).parent / "package_data" / "plotly.min.js").read_bytes()


def _packed(script: bytes) -> str:
    small = lzma.compress(script, format=lzma.FORMAT_RAW, filters=[_LZMA])
    return base64.b85encode(small, pad=True).decode().translate(_SCRIPT_SAFE)


def _kept(place: Path) -> str | None:
    try:
        content = place.read_bytes()
    except OSError:
        return None
    digest, text = content[:_DIGEST], content[_DIGEST:]
    return text.decode("ascii") if digest == _digest(text) else None


def _keep(place: Path, packed: str) -> None:
    text = packed.encode("ascii")
    try:
        make_folder(place.parent)
        write_bytes(place, _digest(text) + text)
    except FileError:  # a full or read-only home costs the next report some seconds, and this one nothing
        return


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode("ascii")
