"""A report of the example cloud, made once a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import once
from vpnaudit.plan import remedies
from vpnaudit.report.folder import write_run
from vpnaudit.report.options import ReportOptions

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.audit import Audit


@pytest.fixture(scope="session")
def example_run(example_audit: Audit, example_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the example cloud, as `vpnaudit report` writes it."""

    def make(out: Path) -> None:
        judged = (example_audit, remedies(example_audit))
        write_run(example_audit.estate, lambda: judged, example_snapshot, ReportOptions(out=out))

    (run,) = once(tmp_path_factory, "reports", make).glob("dr-prod/*")
    return run
