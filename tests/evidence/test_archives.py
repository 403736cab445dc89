"""Archives are read where they lie: nothing is written, whatever they hold and however they are built."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.errors import EvidenceError
from vpnaudit.evidence import archives, bounds
from vpnaudit.evidence.archives import EvidenceFile, PassedOver, evidence_files

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files by name with what is in them, and what was passed over with the reason."""
    files: dict[str, bytes] = {}
    passed: dict[str, str] = {}
    with ExitStack() as stack:
        for entry in evidence_files(path, stack):
            if isinstance(entry, PassedOver):
                passed[entry.label] = entry.why
            else:
                with entry.open() as stream:
                    files[entry.name] = stream.read()
    return files, passed


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mtime = kind, link, 1_700_000_000
    return info


LOG = (member("log/a.log"), b"one\n")


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_a_tar_is_read_and_what_is_rotated_in_it_is_unpacked(tmp_path, mode):
    path = tar(
        tmp_path / "a.tar",
        LOG,
        (member("b.1.gz"), gzip.compress(b"two\n")),
        (member("d", tarfile.DIRTYPE), b""),
        mode=mode,
    )
    assert read(path) == ({"log/a.log": b"one\n", "b.1.gz": b"two\n"}, {})


def test_a_zip_is_read_and_what_is_rotated_in_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", "one\n")
        archive.writestr("b.gz", gzip.compress(b"two\n"))
        archive.mkdir("folder")
    assert read(tmp_path / "a.zip") == ({"a.log": b"one\n", "b.gz": b"two\n"}, {})


def test_a_folder_a_file_and_a_packed_file_are_read(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.log").write_text("one\n")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"two\n"))
    assert read(tmp_path) == ({"in/a.log": b"one\n", "b.gz": b"two\n"}, {})
    assert read(tmp_path / "in/a.log")[0] == {"a.log": b"one\n"}
    with ExitStack() as stack:
        (file,) = evidence_files(tmp_path / "in/a.log", stack)
        assert isinstance(file, EvidenceFile)
        assert file.label == "a.log"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\..\\b"])
def test_a_name_that_climbs_is_passed_over_and_nothing_is_written(tmp_path, name):
    path = tar(tmp_path / "a.tar.gz", (member(name), b"x"), LOG)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, "x")
    before = sorted(tmp_path.rglob("*"))
    for one in (path, tmp_path / "a.zip"):
        files, passed = read(one)
        assert name not in files
        assert list(passed.values()) == ["has a name that leads out of the archive"]
    assert sorted(tmp_path.rglob("*")) == before


def test_links_and_devices_are_passed_over(tmp_path):
    path = tar(
        tmp_path / "a.tar.gz",
        (member("link", tarfile.SYMTYPE, "/etc/shadow"), b""),
        (member("hard", tarfile.LNKTYPE, "log/a.log"), b""),
        (member("null", tarfile.CHRTYPE), b""),
        (member("pipe", tarfile.FIFOTYPE), b""),
    )
    assert set(read(path)[1].values()) == {"is a link or a device"}
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/shadow")
    assert read(tmp_path / "a.zip") == ({}, {"a.zip/link": "is a link or a device"})
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/link").symlink_to("/etc/passwd")
    assert set(read(tmp_path / "folder")[1].values()) == {"is a link or no regular file"}


def test_a_file_of_a_zip_that_is_encrypted_is_passed_over(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("secret", "x")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert read(tmp_path / "a.zip") == ({}, {"a.zip/secret": "is encrypted"})


def test_more_files_than_any_router_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 2)
    path = tar(tmp_path / "a.tar.gz", *[(member(str(number)), b"") for number in range(4)])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(4):
            archive.writestr(str(number), "")
    (tmp_path / "folder").mkdir()
    for number in range(4):
        (tmp_path / f"folder/{number}").touch()
    for one in (path, tmp_path / "a.zip", tmp_path / "folder"):
        with pytest.raises(EvidenceError, match="more than 2 files"):
            read(one)


def test_a_damaged_archive_takes_nothing_from_the_other_files_of_its_folder(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(30))
    (tmp_path / "b.log").write_text("one\n")
    files, passed = read(tmp_path)
    assert files == {"b.log": b"one\n"}
    assert "damaged archive" in passed[f"{tmp_path}/a.zip"]


def test_a_zip_whose_list_of_files_is_too_large_is_never_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_LARGEST_DIRECTORY_BYTES", 50)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a" * 60, "")
    with pytest.raises(EvidenceError, match="its list of files is larger"):
        read(tmp_path / "a.zip")


def test_a_bomb_is_refused_in_every_packing(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "_FREE_BYTES", 1000)
    zeros = bytes(4 * 2**20)
    (tmp_path / "a.gz").write_bytes(gzip.compress(zeros))
    tar(tmp_path / "b.tar.gz", (member("zeros"), zeros))
    tar(tmp_path / "c.tar", (member("zeros.gz"), gzip.compress(zeros)), mode="w")
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", zeros)
    for name in ("a.gz", "b.tar.gz", "c.tar", "d.zip"):
        with pytest.raises(EvidenceError, match="unpacks to more than"):
            read(tmp_path / name)


def test_a_header_that_claims_any_size_takes_no_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "LARGEST_READ_BYTES", 1024)
    info = member("x", tarfile.GNUTYPE_LONGNAME)
    path = tar(tmp_path / "a.tar.gz", (info, b"y" * 4096), LOG)
    with pytest.raises(EvidenceError, match="claims 4096 bytes"):
        read(path)


@pytest.mark.parametrize("keep", [100, 300, 520])
def test_a_cut_archive_is_an_error_or_what_is_left_of_it(tmp_path, keep):
    tar(tmp_path / "whole.tar", LOG, mode="w")
    (tmp_path / "cut.tar").write_bytes((tmp_path / "whole.tar").read_bytes()[:keep])
    try:
        names = set(read(tmp_path / "cut.tar")[0])
    except EvidenceError:
        names = set()
    assert names <= {"cut.tar", "log/a.log"}


def test_a_zip_without_an_end_is_an_error(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(30))
    with pytest.raises(EvidenceError, match="damaged archive"):
        read(tmp_path / "a.zip")


def test_a_path_that_is_not_there_or_no_file_is_an_error(tmp_path):
    with pytest.raises(EvidenceError, match="cannot be read"):
        read(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EvidenceError, match="no file and no folder"):
        read(tmp_path / "pipe")


@given(st.binary(max_size=600), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", bytes(257) + b"ustar"]))
@modest
def test_no_bytes_break_the_reader(tmp_path_factory, data, head):
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(head + data)
    with suppress(EvidenceError):
        read(path)


def test_a_file_of_a_zip_whose_header_is_damaged_is_an_error(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.log", "one\n")
        archive.writestr("b.log", "two\n")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    second = data.rindex(b"PK\x03\x04")
    data[second : second + 4] = b"junk"
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(EvidenceError, match=r"b\.log: cannot be unpacked"):
        read(tmp_path / "a.zip")
