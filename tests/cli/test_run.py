"""`vpnaudit run`: the whole way; what is wrong with its end is known before its beginning."""

from __future__ import annotations

import email
import email.policy
import json
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
def test_the_whole_way_ends_with_a_report_and_a_mail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = ["--mail-to", "noc@example.org", "--mail-from", "audit@example.org", "--mail-dry-run"]
    assert run(["run", "-p", "prod", "--quiet", "--json", *mail]) == 2
    data = json.loads(capsys.readouterr().out)
    (snapshot,) = folder.glob("snapshots/prod/*")
    (report,) = folder.glob("reports/prod/*/report.html")
    assert (data["snapshot"], data["report"]) == (
        str(snapshot.relative_to(folder)),
        str(report.relative_to(folder)),
    )
    message = email.message_from_bytes((report.parent / "mail.eml").read_bytes(), policy=email.policy.default)
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [report.read_bytes()]
