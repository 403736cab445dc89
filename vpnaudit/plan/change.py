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
    from collections.abc import Iterable, Mapping

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
    cells = {key: _cells(parameters) for key, parameters in change.gateways.items()}
    _set(gateways, ("source", "id"), cells)
    _set(connections, ("source", "customer_gateway_id"), cells)
    _set(connections, ("source", "id"), {key: {"passive": passive} for key, passive in change.passive.items()})
    _set(peers, ("book", "name"), change.far)
    stays = [key not in change.removals for key in _keys(connections, ("source", "id"))]
    tables |= {
        "customer_gateways": gateways,
        "connections": connections[np.array(stays, dtype=bool)],
        "peers": peers,
    }
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


def _set(frame: pd.DataFrame, columns: tuple[str, str], cells: Mapping[Key, Mapping[str, Any]]) -> None:
    """Set cells by column in the rows that have one of these keys in `columns`; what is no column is left out."""
    places: dict[str, list[int]] = {}
    values: dict[str, list[Any]] = {}
    for place, key in enumerate(_keys(frame, columns) if cells else ()):
        for name, value in cells.get(key, {}).items():
            places.setdefault(name, []).append(place)
            values.setdefault(name, []).append(value)
    for name in places.keys() & set(frame.columns):
        column = frame[name].array.copy()
        column[places[name]] = values[name]
        frame[name] = column


def _keys(frame: pd.DataFrame, columns: tuple[str, str]) -> Iterable[Key]:
    return zip(*(frame[name].to_numpy(dtype="object") for name in columns), strict=True)
