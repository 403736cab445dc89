"""Files become routers: which belong together, whose log is whose, and what could not be read."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile

import pytest

from tests.evidence.router_files import META, NOTHING_UP, START, folder, log, router, up
from vpnaudit.errors import EvidenceError
from vpnaudit.evidence.routers import read_routers

LINE = "05:40:07 05[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26"
CONF = "conn vpn-192.0.2.26\n left=198.51.100.7\n right=192.0.2.26\n"


def test_two_routers_in_one_folder_are_two(tmp_path):
    for name in ("a", "b"):
        text = log(LINE).replace("r-12", f"r-{name}")
        folder(tmp_path / name, status_txt=up(), meta_txt=META.replace("r-12", f"r-{name}"), log_txt=text)
    first, second = read_routers([tmp_path])
    assert [first.host, second.host] == ["r-a-VM", "r-b-VM"]
    assert first.book != second.book


def test_a_folder_of_archives_is_a_router_each(tmp_path):
    for name in ("a", "b"):
        files = folder(tmp_path / name, status_txt=up(), meta_txt=META, log_txt=log(LINE))
        with tarfile.open(tmp_path / f"{name}.tar.gz", "w:gz") as packed:
            packed.add(files, arcname=f"evidence-{name}")
        shutil.rmtree(files)
    assert [one.book for one in read_routers([tmp_path])] == [f"{tmp_path}/a.tar.gz", f"{tmp_path}/b.tar.gz"]


def test_a_central_log_is_divided_by_host_and_the_others_are_routers_too(tmp_path):
    text = log(f"05:40:00 {START}", LINE) + log(LINE).replace("r-12-VM", "r-99-VM")
    own, other = read_routers([folder(tmp_path, status_txt=up(), meta_txt=META, log_txt=text)])
    assert own.log is not None
    assert other.log is not None
    assert (own.host, own.log.charon_lines, other.host, other.log.charon_lines) == ("r-12-VM", 2, "r-99-VM", 1)
    assert other.status is None


def test_a_log_of_other_hosts_alone_is_none_of_this_router(tmp_path):
    text = log(LINE).replace("r-12-VM", "r-98-VM") + log(LINE).replace("r-12-VM", "r-99-VM")
    own, *others = read_routers([folder(tmp_path, status_txt=up(), meta_txt=META, log_txt=text)])
    assert own.log is None
    assert len(others) == 2
    assert any("no line of its log is of this router" in note for note in own.notes)


def test_a_host_is_taken_from_the_log_where_nothing_else_names_it(tmp_path):
    assert router(tmp_path, status_txt=up(), log_txt=log(LINE)).host == "r-12-VM"


def test_charons_own_log_names_no_host(tmp_path):
    read = router(tmp_path, status_txt=up(), meta_txt=META, log_txt=log(LINE).replace(" r-12-VM charon:", ""))
    assert read.log is not None
    assert read.host == "r-12-VM"


def test_keys_and_other_files_are_noted_and_not_read(tmp_path):
    (tmp_path / "ipsec.secrets").write_text(': PSK "canary"\n')
    (tmp_path / "notes.txt").write_text("words\n")
    read = router(tmp_path, status_txt=up(), meta_txt=META)
    assert sorted(note.partition(": ")[2] for note in read.notes) == [
        "a file of keys; it is not opened",
        "nothing is read of such a file",
    ]
    assert "canary" not in repr(read)


def test_what_cannot_be_read_is_a_fault_and_the_rest_is_read(tmp_path):
    (tmp_path / "link.log").symlink_to("/etc/passwd")
    (tmp_path / "cut.log.gz").write_bytes(gzip.compress(log(LINE).encode() * 99)[:-9])
    read = router(tmp_path, status_txt=up(), meta_txt=META)
    assert read.status is not None
    assert len(read.faults) == 2


def test_a_small_file_that_is_too_large_is_a_fault(tmp_path, monkeypatch):
    from vpnaudit.evidence import bounds

    monkeypatch.setattr(bounds, "LARGEST_TEXT_BYTES", 100)
    read = router(tmp_path, status_txt=up())
    assert read.status is None
    assert "larger than" in read.faults[0]


def test_a_log_that_breaks_off_is_read_up_to_there(tmp_path):
    data = gzip.compress(log(*[f"05:40:0{second} 05[IKE] IKE_SA deleted" for second in range(9)] * 1_500).encode())
    (tmp_path / "daemon.log.gz").write_bytes(data[:-20])
    read = router(tmp_path, meta_txt=META)
    assert read.log is not None
    assert read.log.charon_lines
    assert any("cannot be unpacked" in fault for fault in read.faults)


def test_only_files_of_keys_are_a_router_of_which_nothing_is_known(tmp_path):
    (tmp_path / "ipsec.secrets").write_text("x")
    (only,) = read_routers([tmp_path])
    assert (only.status, only.log, only.connections) == (None, None, ())


def test_an_archive_has_the_routers_times_and_a_copied_folder_has_not(tmp_path):
    files = folder(tmp_path / "files", status_txt=NOTHING_UP, meta_txt=META)
    (files / "ipsec.vpn-192.0.2.26.conf").write_text(CONF)
    with tarfile.open(tmp_path / "a.tar", "w") as packed:
        for path in files.iterdir():
            info = tarfile.TarInfo(path.name)
            info.size, info.mtime = path.stat().st_size, 1_793_000_000
            packed.addfile(info, io.BytesIO(path.read_bytes()))
    packed_one, copied = (read_routers([path])[0].connections[0].modified for path in (tmp_path / "a.tar", files))
    assert (packed_one, copied) == (1_793_000_000.0, None)


def test_years_are_those_of_the_files_where_nothing_says_when(tmp_path):
    read = router(tmp_path, log_txt=log(LINE))
    assert any("nothing says when it was taken" in note for note in read.notes)


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_routers([tmp_path / "none"])


def test_a_host_that_nothing_names_is_the_one_that_loaded_what_the_status_lists(tmp_path):
    added = "05:40:00 05[CFG] added configuration 'vpn-192.0.2.26'"
    own = log(f"05:40:00 {START}", added, LINE)
    other = log(f"05:40:00 {START}", added.replace(".26", ".27")).replace("r-12-VM", "r-99-VM")
    first, second = read_routers([folder(tmp_path / "a", status_txt=up(), log_txt=other + own)])
    assert (first.host, second.host) == ("r-12-VM", "r-99-VM")
    twice = own + own.replace("r-12-VM", "r-99-VM")
    assert read_routers([folder(tmp_path / "b", status_txt=up(), log_txt=twice)])[0].log is None
    undated = up().replace(", since Nov 03 05:40:00 2026", "")
    assert read_routers([folder(tmp_path / "c", status_txt=undated, log_txt=other + own)])[0].log is None
