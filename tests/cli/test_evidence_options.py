"""`--evidence`: one definition in every verb, and a file that says nothing of a router is known early."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tests.estates import estate
from tests.evidence.router_files import ARCHIVES, META, folder, up
from vpnaudit.cli import evidence_options
from vpnaudit.cli.main import run
from vpnaudit.errors import EvidenceError
from vpnaudit.evidence.joining import with_evidence

if TYPE_CHECKING:
    from pathlib import Path


def test_verbs_that_collect_take_one_option() -> None:
    options = [
        next(one for one in import_module(f"vpnaudit.cli.{verb}").command.params if one.name == "evidence")
        for verb in ("collect", "run", "diagnose")
    ]
    assert len({str(option.to_info_dict()) for option in options}) == 1


def test_a_path_that_is_not_there_is_a_mistake(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "--evidence", "nowhere.tar"]) == 3
    assert "nowhere.tar" in capsys.readouterr().err


def test_what_is_of_a_router_passes_and_nothing_else_does(tmp_path: Path) -> None:
    evidence_options.check(())
    evidence_options.check((folder(tmp_path / "r", status_txt=up()), ARCHIVES / "little_evidence.tar.gz"))
    (tmp_path / "letter\x1b.txt").write_text("Dear Sir")
    with pytest.raises(EvidenceError, match=r"letter.\.txt: holds no status, log or configuration"):
        evidence_options.check((tmp_path / "letter\x1b.txt",))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ipsec.secrets").write_text(': PSK "canary"')
    with pytest.raises(EvidenceError, match="holds no status"):
        evidence_options.check((tmp_path / "keys",))


def test_an_archive_that_is_cut_short_is_damaged(tmp_path: Path) -> None:
    whole = (ARCHIVES / "little_evidence.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EvidenceError, match=r"cut\.tar\.gz"):
        evidence_options.check((tmp_path / "cut.tar.gz",))


def test_routers_and_connections_of_another_estate_are_counted(tmp_path: Path) -> None:
    joined, _ = with_evidence(estate({}), [folder(tmp_path / "r", status_txt=up(), meta_txt=META)])
    texts = evidence_options.unmatched(joined)
    assert texts == [
        f"router r-12-VM of {tmp_path.as_posix()}/r is none of this estate",
        "1 connections of router r-12-VM are none of this estate",
    ]
    assert evidence_options.unmatched(estate({})) == []
