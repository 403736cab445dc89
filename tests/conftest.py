"""What several rooms' tests share: the example cloud, collected and judged once a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vpnaudit.audit import Audit, audit
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect_estate
from vpnaudit.policy import load
from vpnaudit.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vpnaudit.estate import Estate


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The example cloud over real HTTP: two sources."""
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def example_estate(sandbox: Sandbox) -> Estate:
    """What the auditor's keys see of it."""
    return collect_estate([Profile(**given) for given in sandbox.profiles("auditor")])


@pytest.fixture(scope="session")
def example_audit(example_estate: Estate) -> Audit:
    """Judged under the default policy."""
    return audit(example_estate, load())


@pytest.fixture(scope="session")
def example_snapshot(example_estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frozen."""
    place = tmp_path_factory.mktemp("snapshots") / "example"
    example_estate.save(place)
    return place
