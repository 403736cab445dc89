"""A small run folder in the form that `vpnaudit.report.folder.write_run` gives."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from vpnaudit.audit import OUTPUT

if TYPE_CHECKING:
    from pathlib import Path

REPORT = (
    b"<!DOCTYPE html>\r\n<title>report</title>\n<p>.\n..\n" + "Zürich ← büro".encode() + b"\x00\xff\n" + b"x" * 3000
)

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


def rows(findings: list[tuple[str, str, str, str]], unclear: int) -> pd.DataFrame:
    place = {"source": "estate-a", "zone": "ams-1", "account": "alice", "subject_kind": "connection"}
    listed: list[dict[str, Any]] = [
        place
        | {"rule": rule, "severity": severity, "verdict": "fail", "subject": subject, "sentence": sentence}
        | {"subject_id": f"id-{n}", "fingerprint": hashlib.sha256(f"{n}".encode()).hexdigest()[:16]}
        for n, (rule, severity, subject, sentence) in enumerate(findings)
    ]
    listed += [place | {"rule": "psk-mismatch", "verdict": "cannot-tell", "reason": "no-peer-side"}] * unclear
    listed += [place | {"rule": "dpd-off", "verdict": "pass"}] * 100
    return (
        pd.DataFrame(listed)
        .reindex(columns=[c for c in OUTPUT if c not in ("reasons", "evidence", "changes")])
        .astype("string")
    )


@pytest.fixture
def make_run(tmp_path):
    """Make a run folder; keyword arguments replace keys of run.json."""

    def make(*, findings=tuple(FINDINGS), unclear=20, report=REPORT, **facts: Any) -> Path:
        run = tmp_path / "run"
        run.mkdir(exist_ok=True)
        (run / "report.html").write_bytes(report)
        rows(list(findings), unclear).to_parquet(run / "coverage.parquet", index=False)
        counted = {s: sum(f[1] == s for f in findings) for s in ("critical", "high", "medium", "low", "info")}
        whole = {
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
