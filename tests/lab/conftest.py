import pytest

from vpnaudit.lab import requirements


@pytest.fixture(scope="session")
def here():
    """The lab can run on this machine; where it cannot, that is a failure and not a test less."""
    if missing := requirements():
        pytest.fail(
            f"The lab's tests need two real daemons. {' '.join(missing)} Where that is forbidden: make test-no-lab",
            pytrace=False,
        )
