"""What tests of this room share: the recorded estate as the auditor's key shows it, and a home without files."""

from __future__ import annotations

import pytest

from tests import replay


@pytest.fixture(scope="session")
def auditor():
    return replay.estate_of("auditor")


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A home and a working folder, in which `cs` is at home too."""
    home, cwd = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    cwd.mkdir()
    monkeypatch.chdir(cwd)
    monkeypatch.setenv("HOME", str(home))
    for name in ("ENDPOINT", "KEY", "SECRET", "CONFIG", "REGION", "OVERRIDES"):
        monkeypatch.delenv(f"CLOUDSTACK_{name}", raising=False)
    return home, cwd
