"""A change of customer gateways and connections, and the estate after it: what an audit would see once the commands
have run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from vpnaudit.estate import Estate
from vpnaudit.plan.wanted import CHOOSE, KEY, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from vpnaudit.plan.estate_index import Key

_NEW_KEY = {"psk_length": 64, "psk_classes": "lower,digit", "psk_bits": 256, "psk_flags": ""}
"""What is known of a key of 32 random bytes in hexadecimal."""


@dataclass
class Change:
    """What is set, by source and id.

    `gateways` holds parameters of customer gateways, where the value of `KEY` names the new key: equal names are one
    key. `passive` is of connections, `far` holds cells of the table `peers` by book and name of the row, and
    `removals` are connections that go.
    """

    gateways: dict[Key, dict[str, str]] = field(default_factory=dict)
    passive: dict[Key, bool] = field(default_factory=dict)
    far: dict[Key, dict[str, Any]] = field(default_factory=dict)
    removals: set[Key] = field(default_factory=set)


def estate_after(estate: Estate, change: Change) -> Estate:
    """The estate with this change. The frames of `estate` stay as they are; derived tables are made anew."""
    tables = dict(estate.tables)
    gateways, connections, peers = (
        tables[name].reset_index(drop=True) for name in ("customer_gateways", "connections", "peers")
    )
    for key, parameters in change.gateways.items():
        cells = _cells(parameters)
        _set(gateways, key, "id", cells)
        _set(connections, key, "customer_gateway_id", {k: v for k, v in cells.items() if k in connections.columns})
    for key, passive in change.passive.items():
        _set(connections, key, "id", {"passive": passive})
    for key, cells in change.far.items():
        _set(peers, key, "name", cells, first="book")
    gone = _rows(connections, change.removals, "id")
    tables |= {"customer_gateways": gateways, "connections": connections[~gone], "peers": peers}
    return Estate(tables)


def _cells(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Cells of `customer_gateways`, and of each connection of it, which carries the same."""
    cells: dict[str, Any] = {
        PARAMETERS[name]: _typed(value) for name, value in parameters.items() if name in PARAMETERS and value != CHOOSE
    }
    cells.pop("name", None)
    return cells | ({**_NEW_KEY, "psk_fingerprint": parameters[KEY]} if KEY in parameters else {})


def _typed(value: str) -> Any:
    return {"true": True, "false": False}.get(value, int(value) if value.isascii() and value.isdigit() else value)


def _set(frame: pd.DataFrame, key: Key, column: str, cells: Mapping[str, Any], first: str = "source") -> None:
    rows = _rows(frame, {key}, column, first)
    for name, value in cells.items():
        frame[name] = frame[name].mask(rows, value)


def _rows(frame: pd.DataFrame, keys: set[Key], column: str, first: str = "source") -> Any:
    pairs = zip(frame[first], frame[column], strict=True)
    return np.array([pair in keys for pair in pairs], dtype=bool)
