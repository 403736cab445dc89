"""Findings and the estate that they are about, as the audit would give them, without any rule."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pandas as pd
import pytest

from tests.rules.harness import estate
from vpnaudit.audit import OUTPUT, Audit
from vpnaudit.plan import remedies
from vpnaudit.policy import load

BASH = shutil.which("bash") or "bash"
SHOW = "cmk() { printf '%s\\0' \"$@\"; printf '\\1'; }\n"


def uuid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


@pytest.fixture
def plan():
    """Remedies by rule for findings `(rule, kind, subject, action, changes…)` on the estate of these tables."""

    def make(tables: dict[str, list[dict[str, Any]]], *findings: dict[str, Any]) -> dict[str, dict[str, str]]:
        defaults = dict.fromkeys(OUTPUT) | {
            "severity": "high",
            "verdict": "fail",
            "source": "s1",
            "reasons": [],
            "evidence": [],
            "action": "",
        }
        rows = [defaults | {"fingerprint": f"{n:016x}"} | finding for n, finding in enumerate(findings)]
        frame = remedies(Audit(estate(tables), load(), pd.DataFrame(rows, columns=list(OUTPUT)), ()))
        assert (frame.dtypes == "string").all()
        assert list(frame["fingerprint"]) == [row["fingerprint"] for row in rows]
        return {row["rule"]: remedy for row, remedy in zip(rows, frame.to_dict("records"), strict=True)}

    return make


def calls(command: str) -> list[tuple[str, dict[str, str]]]:
    """What a shell would run: each cmk call as its verb and parameters. Anything that is no cmk call must not run at all."""
    lines = [line.removesuffix(" &") for line in command.split("\n") if not line.startswith("umask")]  # in turn, so that the order is known
    done = subprocess.run(
        [BASH, "--noprofile", "--norc", "-c", SHOW + "\n".join(lines)], capture_output=True, check=False, env={"PATH": "/nowhere"}
    )
    assert done.stderr == b""
    assert done.returncode == 0
    found = []
    for call in done.stdout.decode("utf-8", "surrogateescape").split("\x01")[:-1]:
        words = call.split("\0")[:-1]
        found.append((" ".join(words[:2]), dict(word.split("=", 1) for word in words[2:])))
    return found
