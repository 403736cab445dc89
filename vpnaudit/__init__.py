"""Audit and report the Site-to-Site (IPsec) VPNs of Apache CloudStack estates. It only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.version import __version__

__all__ = ["Estate", "VpnAuditError", "__version__", "open"]

if TYPE_CHECKING:
    from vpnaudit.errors import VpnAuditError
    from vpnaudit.estate import Estate
    from vpnaudit.explore import open_snapshot as open  # noqa: A004 - vpnaudit.open(path) reads as it should

_PLACES = {"Estate": "estate", "VpnAuditError": "errors", "open": "explore"}


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for: pandas costs half a second, and `--help` needs none of it."""
    if name not in _PLACES:
        raise AttributeError(f"module 'vpnaudit' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(f"vpnaudit.{_PLACES[name]}"), "open_snapshot" if name == "open" else name)
