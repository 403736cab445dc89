"""What tests of this room share: the example running, and an empty cloud to build in."""

from datetime import UTC, datetime

import pytest

from vpnaudit.sandbox import Sandbox
from vpnaudit.sandbox.builder import Builder
from vpnaudit.sandbox.cloud import ROLES, Cloud
from vpnaudit.sandbox.networks import add_vpc


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def readable():
    """The example estate without the one object that breaks the JSON of its page."""
    with Sandbox(unreadable=False) as running:
        yield running


@pytest.fixture
def builder():
    """A cloud with a zone and one user."""
    builder = Builder(Cloud("prod", "4.22.0.0"), datetime(2026, 11, 24, 12, tzinfo=UTC), 0)
    root = builder.domain("")
    builder.account("alice", root, ROLES["user"])
    builder.zone("ams1", "198.51.100.0/24")
    return builder


@pytest.fixture
def vpc(builder):
    return add_vpc(builder, "shop", "ams1", "10.20.0.0/16", builder.owners["alice"])
