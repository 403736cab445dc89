"""`vpnaudit mail`: checked before it begins, and no password on the command line."""

from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from vpnaudit.cli import mail
from vpnaudit.cli.main import run
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

COMPLETE: dict[str, Any] = {
    "to": ("noc@example.org",),
    "sender": "audit@example.org",
    "server": "smtp://audit@mail.example.org",
    "password_file": None,
    "ca": None,
    "no_tls": False,
    "dry_run": False,
}


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"sender": None}, "needs a sender"),
        ({"server": None}, "needs a server"),
        ({"to": ("noc",)}, "no plain mail address"),
        ({"sender": "a b"}, "no plain mail address"),
        ({"server": "http://x"}, "smtps://user@host:465"),
    ],
)
def test_what_is_missing_or_wrong_is_named(work: Path, change: dict[str, Any], advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        mail.checked_mailing(COMPLETE | change)


def test_the_environment_fills_in_what_the_options_leave_out(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPNAUDIT_MAIL_FROM", "env@example.org")
    monkeypatch.setenv("VPNAUDIT_SMTP", "smtps://mail.example.org")
    mailing = mail.checked_mailing(COMPLETE | {"sender": None, "server": None})
    assert (mailing.sender, mailing.server, mailing.require_tls) == (
        "env@example.org",
        "smtps://mail.example.org",
        True,
    )


def test_a_dry_run_needs_no_server(work: Path) -> None:
    assert mail.checked_mailing(COMPLETE | {"server": None, "dry_run": True}).server is None


class TestSending:
    @pytest.fixture
    def sent(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
        """What would go to the mail server."""
        calls: list[tuple[Any, ...]] = []
        message = EmailMessage()
        monkeypatch.setattr("vpnaudit.deliver.mail.compose", lambda run, **_: message)
        monkeypatch.setattr("vpnaudit.deliver.smtp.send", lambda *given, **more: calls.append((*given, more)))
        return calls

    def options(self, *more: str) -> list[str]:
        return ["--to", "noc@example.org", "--from", "audit@example.org", "--server", "smtp://a@m.example.org", *more]

    def test_the_password_comes_from_a_file(self, work: Path, sent: list[tuple[Any, ...]]) -> None:
        (work / "password").write_text("s3cret \n")
        assert run(["mail", "run", *self.options("--password-file", "password", "--no-tls")]) == 0
        ((_, server, password, more),) = sent
        assert (str(server), password, more["require_tls"]) == ("m.example.org:587", "s3cret ", False)

    def test_or_from_the_environment(
        self, work: Path, sent: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VPNAUDIT_SMTP_PASSWORD", "s3cret")
        assert run(["mail", "run", *self.options()]) == 0
        assert sent[0][2] == "s3cret"

    def test_a_password_file_that_is_not_there_is_named(
        self, work: Path, sent: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["mail", "run", *self.options("--password-file", "nowhere")]) == 3
        assert "nowhere" in capsys.readouterr().err
        assert sent == []

    def test_a_dry_run_writes_a_file_and_sends_nothing(
        self, work: Path, sent: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        (work / "run").mkdir()
        assert run(["mail", "run", *self.options("--dry-run")]) == 0
        assert (work / "run" / "mail.eml").is_file()
        assert "run/mail.eml (not sent)" in capsys.readouterr().err
        assert sent == []


def test_a_folder_that_is_no_run_says_what_to_give(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mail", ".", "--to", "a@example.org", "--from", "b@example.org", "--dry-run"]) == 3
    assert "vpnaudit run" in capsys.readouterr().err
