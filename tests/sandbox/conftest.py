import pytest

from vpnaudit.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def readable():
    """The example estate without the one object that breaks the JSON of its page."""
    with Sandbox(unreadable=False) as running:
        yield running
