"""A snapshot opens as it was written, in full, or it does not open."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.estates import estate
from vpnaudit.errors import EstateError
from vpnaudit.estate import Estate, snapshot

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def whole() -> Estate:
    return estate({"connections": [{"id": "c1", "gateway": "\u202e<b>\n", "dpd": "?"}], "gaps": [{"table": "hosts"}]})


@pytest.fixture
def place(tmp_path: Path, whole: Estate) -> Path:
    whole.save(tmp_path / "deep" / "snap")
    return tmp_path / "deep" / "snap"


def forge(place: Path, **changed: object) -> None:
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    (place / "manifest.json").write_text(json.dumps(manifest | changed), "utf-8")


def test_opens_as_it_was_written(place: Path, whole: Estate) -> None:
    again = Estate.open(place)
    for name, frame in whole.tables.items():
        pd.testing.assert_frame_equal(again[name], frame)
    assert again.digest == whole.digest == hashlib.sha256((place / "manifest.json").read_bytes()).hexdigest()


def test_the_manifest_names_sources_gaps_and_the_hash_of_each_file(place: Path) -> None:
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    assert manifest["format"] == 1
    assert manifest["sources"][0]["source"] == "s1"
    assert manifest["gaps"][0]["table"] == "hosts"
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((place / f"{name}.parquet").read_bytes()).hexdigest() == entry["sha256"]
    assert manifest["files"]["connections"]["rows"] == 1


def test_an_empty_estate_is_a_snapshot_too(tmp_path: Path) -> None:
    Estate().save(tmp_path / "snap")
    assert Estate.open(tmp_path / "snap")["vpcs"].empty


def test_is_never_overwritten(place: Path, whole: Estate) -> None:
    with pytest.raises(EstateError, match="exists already"):
        whole.save(place)


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, whole: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(snapshot, "_manifest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        whole.save(tmp_path / "snap")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EstateError, match="is no snapshot"):
        Estate.open(tmp_path)


@pytest.mark.parametrize("text", [b"{", b"\xff"])
def test_a_cut_manifest_is_refused(place: Path, text: bytes) -> None:
    (place / "manifest.json").write_bytes(text)
    with pytest.raises(EstateError, match="is not JSON any more"):
        Estate.open(place)


@pytest.mark.parametrize("text", ["[]", '{"format": 2}'])
def test_another_format_is_refused(place: Path, text: str) -> None:
    (place / "manifest.json").write_text(text)
    with pytest.raises(EstateError, match="another snapshot format"):
        Estate.open(place)


def test_a_changed_byte_is_refused(place: Path) -> None:
    path = place / "connections.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(EstateError, match="has changed since it was collected"):
        Estate.open(place)


def test_a_missing_file_is_refused(place: Path) -> None:
    (place / "vpcs.parquet").unlink()
    with pytest.raises(EstateError, match="lacks the table vpcs"):
        Estate.open(place)


def test_a_manifest_without_the_table_is_refused(place: Path) -> None:
    forge(place, files={})
    with pytest.raises(EstateError, match="lacks the table"):
        Estate.open(place)


def test_a_file_with_other_columns_is_refused_although_its_hash_fits(place: Path) -> None:
    path = place / "vpcs.parquet"
    pq.write_table(pa.table({"id": ["p1"]}), path)
    files = json.loads((place / "manifest.json").read_text("utf-8"))["files"]
    forge(place, files=files | {"vpcs": {"rows": 1, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}})
    with pytest.raises(EstateError, match="has other columns"):
        Estate.open(place)
