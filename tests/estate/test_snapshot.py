"""A snapshot opens as it was written, in full, or it does not open."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.estates import estate
from vpnaudit.errors import EstateError, FileError
from vpnaudit.estate import Estate, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
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


def files_of(place: Path) -> dict[str, object]:
    files: dict[str, object] = json.loads((place / "manifest.json").read_text("utf-8"))["files"]
    return files


def entry_of(path: Path) -> dict[str, object]:
    return {"rows": 0, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


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


@pytest.mark.parametrize("files", [{}, [], None, {"vpcs": {}}])
def test_a_manifest_without_sources_and_gaps_is_refused_since_no_gap_could_be_written_down(
    place: Path, files: object
) -> None:
    forge(place, files=files)
    with pytest.raises(EstateError, match="does not list the tables gaps and sources, which every release writes"):
        Estate.open(place)


def test_an_entry_that_says_nothing_is_refused(place: Path) -> None:
    forge(place, files=files_of(place) | {"vpcs": None})
    with pytest.raises(EstateError, match="lacks the table vpcs"):
        Estate.open(place)


def test_a_table_of_a_newer_release_is_refused_and_says_with_what_to_open_it(place: Path) -> None:
    forge(place, files=files_of(place) | {"moons\n": {}}, tool="vpnaudit 9.1\x1b")
    with pytest.raises(
        EstateError, match=r"tables that this vpnaudit does not know: moons�\. .* written by vpnaudit 9\.1�:"
    ):
        Estate.open(place)


def test_a_file_that_the_manifest_does_not_list_is_refused(place: Path) -> None:
    files = files_of(place)
    files.pop("vpcs")
    forge(place, files=files)
    with pytest.raises(EstateError, match=r"files that its manifest does not list: vpcs\.parquet\. Move them away"):
        Estate.open(place)


@pytest.mark.parametrize("name", ["vpcs", "notes.txt", "vpcs.parquet.parquet"])
def test_a_file_of_any_other_name_is_refused_too(place: Path, name: str) -> None:
    (place / name).write_bytes(b"x")
    with pytest.raises(EstateError, match="does not list"):
        Estate.open(place)


def test_hidden_files_of_a_file_manager_are_not_the_snapshot_s(place: Path, whole: Estate) -> None:
    (place / ".DS_Store").write_bytes(b"x")
    assert Estate.open(place).digest == whole.digest


class TestAFileWhoseHashFits:
    """The manifest was written anew beside it, so only what the file holds can tell."""

    def swapped(self, place: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
        path = place / "vpcs.parquet"
        pq.write_table(change(pq.read_table(path)), path)
        forge(place, files=files_of(place) | {"vpcs": entry_of(path)})
        return place

    def test_with_columns_of_a_newer_release_is_refused(self, place: Path) -> None:
        self.swapped(place, lambda table: table.append_column("moons\n", pa.array([], pa.string())))
        with pytest.raises(
            EstateError, match=r"columns that this vpnaudit does not know: moons�.*vpnaudit 0\.[\d.]+: "
        ):
            Estate.open(place)

    def test_with_a_column_of_another_type_is_refused(self, place: Path) -> None:
        number = pa.array([], pa.int64())
        self.swapped(place, lambda table: table.set_column(table.schema.get_field_index("cidr"), "cidr", number))
        with pytest.raises(EstateError, match=r"holds cidr as int64, where string is written"):
            Estate.open(place)

    def test_with_a_column_twice_is_refused(self, place: Path) -> None:
        self.swapped(place, lambda table: table.append_column("cidr", pa.array([], pa.string())))
        with pytest.raises(EstateError, match="cannot be read as Parquet"):
            Estate.open(place)

    def test_without_its_key_is_refused(self, place: Path) -> None:
        self.swapped(place, lambda table: table.drop_columns(["id"]))
        with pytest.raises(EstateError, match="lacks its key"):
            Estate.open(place)

    def test_that_is_no_parquet_is_refused(self, place: Path) -> None:
        path = place / "vpcs.parquet"
        path.write_bytes(b"PAR1")
        forge(place, files=files_of(place) | {"vpcs": entry_of(path)})
        with pytest.raises(EstateError, match="cannot be read as Parquet"):
            Estate.open(place)

    def test_opens_with_its_columns_in_another_order(self, place: Path, whole: Estate) -> None:
        self.swapped(place, lambda table: table.select(sorted(table.column_names)))
        pd.testing.assert_frame_equal(Estate.open(place)["vpcs"], whole["vpcs"])


def test_a_pipe_in_the_place_of_the_manifest_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.json")
    with pytest.raises(FileError, match="no regular file"):
        Estate.open(tmp_path)
