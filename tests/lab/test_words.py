"""The recorded answers to words and settings are still those of the daemon that is installed."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from vpnaudit.lab.configuration import EndFiles
from vpnaudit.lab.daemon import End

pytestmark = pytest.mark.lab
MEASURED = Path(__file__).parent.parent / "data" / "strongswan"
BASE = {"left": "203.0.113.2", "authby": "secret", "auto": "add"}


def rows(name: str) -> list[dict[str, str]]:
    with (MEASURED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines_and_answers() -> list[tuple[str, bool]]:
    """Every seventh proposal that can stand in an `ipsec.conf`, and every fifth setting of one."""
    proposals = [
        row for row in rows("proposals.csv") if "!" not in row["proposal"] and row["proposal"].lower() != "default"
    ]
    settings = [row for row in rows("settings.csv") if row["file"] == "ipsec.conf"]
    return [
        *((f"{row['protocol']}={row['proposal']}!", row["taken"] == "yes") for row in proposals[::7]),
        *((row["setting"], row["loaded"] == "yes") for row in settings[::5]),
    ]


@pytest.mark.usefixtures("here")
def test_the_daemon_still_takes_what_it_took(tmp_path: Path) -> None:
    lines = lines_and_answers()
    text = "config setup\n"
    for number, (line, _) in enumerate(lines):
        settings = {**BASE, "right": f"198.51.{number // 200}.{number % 200 + 1}"}
        settings.pop(line.partition("=")[0], None)
        text += f"\nconn c{number}\n" + "".join(f" {key}={value}\n" for key, value in settings.items()) + f" {line}\n"
    expected = {f"c{number}" for number, (_, taken) in enumerate(lines) if taken}
    end = End(tmp_path / "end", EndFiles({"ipsec.conf": text, "ipsec.secrets": ""}, tuple(sorted(expected))), {})
    try:
        end.launch()
        end.ready()
        deadline = time.monotonic() + 20
        while not (loaded := end.status().loaded) >= expected and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        end.close()
    assert loaded == expected
    assert len(lines) > 150
