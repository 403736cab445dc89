"""A small run folder in the form that `vpnaudit.report.folder.write_run` gives."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from vpnaudit.deliver.server_url import ServerURL
from vpnaudit.report.exports import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = b'<!DOCTYPE html>\r\n<title>report</title>\n<main id="top">'
REST = b"<p>.\n..\n" + "Zürich ← büro".encode() + b"\x00\xff\n" + b"x" * 3000
REPORT = BEGIN + REST + b"<script>new DecompressionStream('gzip')</script>"
"""A page with a script at its end."""

FINDINGS = [
    (
        "remote-is-everything",
        "critical",
        "payroll ← everything",
        "The remote networks cover every address, those of the VPC too.",
    ),
    (
        "psk-mismatch",
        "critical",
        "hub ← spoke-psk",
        "Both ends hold different pre-shared keys: the tunnel cannot come up.",
    ),
    ("weak-encryption", "high", "museum", "3des is used in phase 1 and phase 2."),
    *(
        ("dpd-off", "medium", f"branch-{n}", "Dead peer detection is off: a dead peer stays shown as Connected.")
        for n in range(10)
    ),
]


def fingerprint(number: int) -> str:
    return hashlib.sha256(f"{number}".encode()).hexdigest()[:16]


def cause_of(number: int, rule: str) -> str:
    """All that dpd-off finds is one cause, as a template of them would be."""
    return "all-of-dpd-off" if rule == "dpd-off" else fingerprint(number)


def rows(findings: list[tuple[str, str, str, str]], unclear: int) -> pd.DataFrame:
    place = {"source": "estate-a", "zone": "ams-1", "account": "alice", "subject_kind": "connection"}
    listed: list[dict[str, Any]] = [
        place
        | {"rule": rule, "severity": severity, "verdict": "fail", "subject": subject, "sentence": sentence}
        | {"subject_id": f"id-{n}", "fingerprint": fingerprint(n), "cause": cause_of(n, rule)}
        for n, (rule, severity, subject, sentence) in enumerate(findings)
    ]
    listed += [place | {"rule": "psk-mismatch", "verdict": "cannot-tell", "reason": "no-peer-side"}] * unclear
    listed += [place | {"rule": "dpd-off", "verdict": "pass"}] * 100
    return pd.DataFrame(listed).reindex(columns=list(COLUMNS)).astype("string")


@pytest.fixture
def make_run(tmp_path):
    """Make a run folder; keyword arguments replace keys of run.json."""

    def make(*, findings=tuple(FINDINGS), unclear=20, report=REPORT, **facts: Any) -> Path:
        run = tmp_path / "run"
        run.mkdir(exist_ok=True)
        (run / "report.html").write_bytes(report)
        rows(list(findings), unclear).to_parquet(run / "coverage.parquet", index=False)
        counted = {s: sum(f[1] == s for f in findings) for s in ("critical", "high", "medium", "low", "info")}
        severity_by_cause = {cause_of(n, f[0]): f[1] for n, f in reversed(list(enumerate(findings)))}
        causes = list(dict.fromkeys(cause_of(n, f[0]) for n, f in enumerate(findings)))
        by_severity = {s: sum(severity_by_cause[c] == s for c in causes) for s in counted}
        whole = {
            "verdict": "2 critical causes affect 30 of 33 connections.",
            "causes": by_severity,
            "causes_in_order": causes,
            "tool": "vpnaudit 0.1.0",
            "status": "complete",
            "manifest_sha256": "5b" * 32,
            "collected_utc": "2026-11-24T08:10:00+00:00",
            "sources": [{"source": "estate-a"}],
            "policy": {"name": "cloudstack-baseline"},
            "verdicts": {"fail": len(findings), "waived": 0, "cannot-tell": unclear, "pass": 100, "not-applicable": 7},
            "severities": counted,
            "coverage_percent": 100 * (len(findings) + 100) // (len(findings) + 100 + unclear),
            "connections": 33,
            "connections_clear": 3,
            "gaps": [
                {
                    "source": "estate-a",
                    "table": "hosts",
                    "subject_id": None,
                    "reason": "not-permitted",
                    "text": "The role may not ask.",
                    "expected": True,
                },
                {
                    "source": "estate-a",
                    "table": "routers",
                    "subject_id": None,
                    "reason": "not-collected",
                    "text": "HTTP 530",
                    "expected": False,
                },
            ],
            "exit_code": 2,
            "files": {"report.html": {"bytes": len(report), "sha256": hashlib.sha256(report).hexdigest()}},
        }
        (run / "run.json").write_text(json.dumps(whole | facts), "utf-8")
        return run

    return make


@pytest.fixture
def listening():
    """Call a function with each connection to a port of this machine; gives the port."""
    listeners = []

    def start(serve) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=attend, args=(line,), daemon=True).start()

        def attend(line: socket.socket) -> None:
            with line:
                try:
                    serve(line)
                except OSError:  # the client left, which is what these tests want
                    return

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def scripted(listening):
    """A server that answers each command by a script (a list: one answer a time, the last for ever; empty: it leaves);
    gives its URL and what it heard.
    """

    def start(
        answers: dict[str, Any], *, greeting: bytes = b"220 me\r\n", scheme: str = "smtp+plain"
    ) -> tuple[ServerURL, list[str]]:
        script = {command: list(a) if isinstance(a, list) else [a] for command, a in answers.items()}
        heard: list[str] = []

        def answer(command: str) -> bytes:
            lines = script.get(command) or [b"250 ok\r\n"]
            return lines.pop(0) if len(lines) > 1 else lines[0]

        def serve(line: socket.socket) -> None:
            line.sendall(greeting)
            in_mail = False
            for text in line.makefile("rb"):
                words = text.decode("latin-1").split()
                if in_mail and words != ["."]:
                    continue
                command = words[0].upper() if len(words[0]) <= len("STARTTLS") else words[0]
                in_mail = command == "DATA"
                heard.append(command)
                reply = answer(command)
                if not reply:
                    return
                line.sendall(reply)

        return ServerURL(scheme, "127.0.0.1", listening(serve)), heard

    return start


@pytest.fixture
def dripping(listening) -> ServerURL:
    """A server that sends its greeting letter by letter, and never comes to its end."""

    def serve(line: socket.socket) -> None:
        line.sendall(b"220-")
        while True:
            line.sendall(b"x")
            time.sleep(0.1)

    return ServerURL("smtp+plain", "127.0.0.1", listening(serve))
