"""plotly.js: packed once, taken from where it is kept only if it is whole and of this version."""

from __future__ import annotations

import base64
import hashlib
import lzma
import stat
from typing import TYPE_CHECKING

import pytest
from plotly.offline import get_plotlyjs

from vpnaudit.errors import RenderError
from vpnaudit.report import plotly_bundle as module
from vpnaudit.report.plotly_bundle import plotly_bundle

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = b"const plotly = 1;" * 50


@pytest.fixture
def packings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is packed, in order."""
    packed: list[bytes] = []
    pack = module._packed
    monkeypatch.setattr(module, "_script", lambda: SCRIPT)
    monkeypatch.setattr(module, "_packed", lambda script: (packed.append(script), pack(script))[1])
    return packed


def unpacked(text: str, size: int) -> bytes:
    raw = base64.b85decode(text.translate(str.maketrans(",.", "<&")))
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[module._LZMA]).decompress(raw, size)


def test_it_is_the_script_of_the_installed_package() -> None:
    assert module._script() == get_plotlyjs().encode()


def test_it_unpacks_to_the_script_it_names(packings: list[bytes]) -> None:
    bundle = plotly_bundle()
    assert unpacked(bundle.packed, bundle.size) == SCRIPT
    assert bundle.sha256 == hashlib.sha256(SCRIPT).digest()
    assert not set("<&") & set(bundle.packed)


def test_it_is_packed_once_and_kept_for_the_owner_alone(packings: list[bytes], tmp_path: Path) -> None:
    first = plotly_bundle(tmp_path / "cache")
    assert plotly_bundle(tmp_path / "cache") == first
    assert packings == [SCRIPT]
    (file,) = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + b"\xff"])
def test_what_is_damaged_is_packed_anew(packings: list[bytes], tmp_path: Path, damage) -> None:
    first = plotly_bundle(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert plotly_bundle(tmp_path) == first
    assert len(packings) == 2
    assert plotly_bundle(tmp_path) == first
    assert len(packings) == 2


def test_another_version_is_another_file(
    packings: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plotly_bundle(tmp_path)
    monkeypatch.setattr(module, "_script", lambda: SCRIPT[1:])
    assert plotly_bundle(tmp_path).size == len(SCRIPT) - 1
    assert packings == [SCRIPT, SCRIPT[1:]]


def test_where_nothing_can_be_kept_it_is_packed_each_time(packings: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert plotly_bundle(tmp_path / "file" / "cache") == plotly_bundle(tmp_path / "file" / "cache")
    assert len(packings) == 2


def test_without_plotly_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(RenderError, match="pip install plotly"):
        module._script()
