"""`vpnaudit demo`: the whole way against the example cloud, with nothing set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_ends_with_a_report_of_both_clouds(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--quiet"]) == 2, "one object of the example cannot be read"
    (report,) = work.glob("reports/dr-prod/*/report.html")
    text = capsys.readouterr().out
    assert f"Report:   {report.relative_to(work)}" in text
    assert "Why:      vpnaudit explain " in text
    assert text.splitlines()[-1].startswith("Exit code 2, less was seen than was asked for: ")
