"""What several tests of this room share: the recorded estate, as the auditor's key shows it."""

from __future__ import annotations

import pytest

from tests import replay


@pytest.fixture(scope="session")
def auditor():
    return replay.estate_of("auditor")
