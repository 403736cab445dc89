"""Diagnose routers whose state is known, without being told: `python -m vpnaudit.evidence.blind ARCHIVES INPUTS OUT`.

ARCHIVES is a folder of archives and folders, each the evidence of one router. Each line of INPUTS is
`{"archive", "connection", "peer"}`, the archive by its name without suffix. Each line of OUT is
`{"archive", "connection", "verdict", "since", "ike", "esp"}`; what the evidence does not tell is null.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.estate import Estate
from vpnaudit.estate.tables import records
from vpnaudit.evidence.joining import with_evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUFFIX: Final = re.compile(r"(?:\.tar)?(?:\.gz|\.tgz|\.tar|\.zip)?")


def answers_to(folder: Path, inputs: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """One answer for one question, in the same order."""
    questions = list(inputs)
    wanted = {question["archive"] for question in questions}
    answers: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(folder.iterdir()):
        name = next((name for name in wanted if _is_archive(path.name, name)), None)
        if name is not None:
            estate, _ = with_evidence(Estate(), [path])
            # Of a central log other hosts tell as well; the router asked about is the one whose status was taken.
            taken = {(row["book"], row["router"]) for row in records(estate["router_facts"]) if row["has_status"]}
            answers |= {
                (name, row["name"]): row
                for row in records(estate["diagnoses"])
                if not taken or (row["book"], row["router"]) in taken
            }
    return [_answer(question, answers.get((question["archive"], question["connection"]))) for question in questions]


def _is_archive(file: str, name: str) -> bool:
    return file.startswith(name) and bool(_SUFFIX.fullmatch(file[len(name) :]))


def _answer(question: dict[str, str], row: dict[str, Any] | None) -> dict[str, Any]:
    row = row or {}
    since = row.get("since_utc")
    return {
        "archive": question["archive"],
        "connection": question["connection"],
        "verdict": row.get("verdict"),
        "since": since.strftime("%Y-%m-%dT%H:%M:%SZ") if since is not None else None,
        "ike": row.get("ike_suite"),
        "esp": row.get("esp_suite"),
    }


def main(archives: str, inputs: str, out: str) -> None:
    """Read a folder and a file, write a file: one JSON object a line."""
    questions = [json.loads(line) for line in Path(inputs).read_text("utf-8").splitlines() if line.strip()]
    answers = answers_to(Path(archives), questions)
    Path(out).write_text("".join(f"{json.dumps(answer)}\n" for answer in answers), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
