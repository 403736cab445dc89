"""`vpnaudit run`: the whole way; what is wrong with its end is known before its beginning."""

from __future__ import annotations

import email
import email.policy
import json
import os
from typing import TYPE_CHECKING

import pytest

from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--mail-to", "a@example.org", "--mail-dry-run"], "needs a sender"),
        (["--policy", "nosuch"], "neither built in"),
        (["-r", "least_severity"], "NAME=VALUE"),
        (["-r", "peers=x"], "give --peers instead"),
    ],
)
def test_a_mistake_fails_before_a_cloud_is_asked(
    options: list[str], advice: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "-p", "prod", "--quiet", *options]) == 3
    assert advice in capsys.readouterr().err
    assert not (folder / "snapshots").exists()


@pytest.mark.slow
def test_the_whole_way_ends_with_a_report_and_a_mail_for_their_owner_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    present = set(folder.rglob("*"))
    before = os.umask(0)
    try:
        mail = ["--mail-to", "noc@example.org", "--mail-from", "audit@example.org", "--mail-dry-run"]
        assert run(["run", "-p", "prod", "--quiet", "--json", *mail]) == 2
        data = json.loads(capsys.readouterr().out)
        (snapshot,) = folder.glob("snapshots/prod/*")
        assert run(["audit", str(snapshot), "--out", "judged/here"]) == 2
        assert run(["notebook", str(snapshot), "--no-start"]) == 0
    finally:
        os.umask(before)
    (report,) = folder.glob("reports/prod/*/report.html")
    assert (data["snapshot"], data["report"]) == (
        str(snapshot.relative_to(folder)),
        str(report.relative_to(folder)),
    )
    holds_no_script(report.parent / "mail.eml")
    files = {path for path in folder.rglob("*") if path not in present}
    modes = {str(path.relative_to(folder)): path.stat().st_mode & 0o7777 for path in files}
    names = {path.name for path in files}
    assert {"manifest.json", "run.json", "report.html", "audit.ipynb", "mail.eml", "findings.csv"} <= names
    assert {
        name: oct(mode) for name, mode in modes.items() if mode != (0o700 if (folder / name).is_dir() else 0o600)
    } == {}


def holds_no_script(mail: Path) -> None:
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    (attached,) = message.iter_attachments()
    assert b"<script" not in attached.get_payload(decode=True)
    assert b"DecompressionStream" not in attached.get_payload(decode=True)


def test_a_place_that_cannot_take_the_report_is_known_before_a_cloud_is_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "taken").touch()
    for options in (["--out", "taken"], ["--snapshots", "taken/below"]):
        assert run(["run", "-p", "prod", "--quiet", *options]) == 3
        assert "taken cannot be used: File exists. A file stands where a folder is needed" in capsys.readouterr().err
    assert not (folder / "snapshots").exists()
