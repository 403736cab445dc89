"""What several rooms' tests share: the example cloud, collected and judged once a session."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

from tests.report.explorations import judged
from vpnaudit.audit import Audit, audit
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect_estate
from vpnaudit.estate import Estate
from vpnaudit.policy import load
from vpnaudit.report.folder import write_run
from vpnaudit.report.options import ReportOptions
from vpnaudit.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# For `make mutants`: whether a property fails matters, not on which smallest example or how slowly.
settings.register_profile("mutants", deadline=None, database=None, phases=[Phase.explicit, Phase.generate])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests first: else one worker ends alone with the longest of them."""
    long = {item.path for item in items if any(item.iter_markers("slow")) or any(item.iter_markers("lab"))}
    items.sort(key=lambda item: item.path not in long)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker that needs it makes, for all workers of this run."""
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            draft = place.with_suffix(".draft")
            make(draft)
            draft.rename(place)
    return place


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The example cloud over real HTTP: two sources."""
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def example_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the auditor's keys see of it, frozen."""
    return once(tmp_path_factory, "example", _collect)


def _collect(place: Path) -> None:
    with Sandbox() as running:
        collect_estate([Profile(**given) for given in running.profiles("auditor")]).save(place)


@pytest.fixture(scope="session")
def example_estate(example_snapshot: Path) -> Estate:
    """The same, opened."""
    return Estate.open(example_snapshot)


@pytest.fixture(scope="session")
def example_audit(example_estate: Estate) -> Audit:
    """Judged under the default policy."""
    return audit(example_estate, load())


@pytest.fixture(scope="session")
def example_run(example_audit: Audit, example_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the example cloud, as `vpnaudit report` writes it."""

    def make(out: Path) -> None:
        write_run(judged(example_audit), example_snapshot, ReportOptions(out=out))

    (run,) = once(tmp_path_factory, "reports", make).glob("dr-prod/*")
    return run
