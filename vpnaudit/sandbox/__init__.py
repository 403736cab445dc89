"""An embedded CloudStack API over HTTP on loopback, with an example estate: for the demo, for tests, for learning.

It shares no code with the client, so that it cannot share its mistakes; what it answers was compared with the recorded
replies of a real CloudStack 4.22 management server.

    with Sandbox() as sandbox:
        sandbox.endpoints["prod"], sandbox.profiles("auditor")
"""

from __future__ import annotations

from datetime import UTC, datetime

from vpnaudit.sandbox.example import build
from vpnaudit.sandbox.faults import Faults
from vpnaudit.sandbox.running import Sandbox, serve
from vpnaudit.sandbox.specimens import HostileName, Specimen, page

__all__ = ["Faults", "HostileName", "Sandbox", "Specimen", "document", "hostile_names", "serve", "specimens"]

_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def specimens(seed: int = 0) -> list[Specimen]:
    """Give every fault of the example estate: rule, source, kind of subject, its name and id, and why."""
    return build(_ANY_TIME, seed=seed).specimens


def hostile_names(seed: int = 0) -> list[HostileName]:
    """Give the objects of the example estate whose names mean harm."""
    return build(_ANY_TIME, seed=seed).hostile


def document() -> str:
    """Give the text of `docs/sandbox.md`."""
    estate = build(_ANY_TIME)
    accounts = {name: [account.name for account in cloud.accounts] for name, cloud in estate.clouds.items()}
    return page(estate.specimens, estate.hostile, accounts)
