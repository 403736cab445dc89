"""One connection, from whatever a person has at hand to name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.errors import ConfigError
from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from vpnaudit.estate.tables import Tables

_NAMES_IN_ERROR = 8


def find_connection(estate: Tables, text: str) -> dict[str, Any]:
    """The row of `tunnels`, as a dict with None for missing cells, of the connection that the text names.

    The text is, in this order: an id; `VPC/customer gateway` or the label `VPC ← customer gateway`; the peer's address;
    the customer gateway's name; the unique beginning of an id. Upper and lower case are the same.

    Raises:
        ConfigError: it fits no connection, or several, which are listed.
    """
    tunnels = estate["tunnels"]
    name = text.strip().lower()
    for fits in _ways(tunnels, name):
        matches = tunnels[fits.fillna(value=False)]
        if len(matches) == 1:
            return records(matches)[0]
        if len(matches):
            lines = [f"  {one_line_of_connection(row)}" for row in records(matches.head(_NAMES_IN_ERROR))]
            more = [f"  and {len(matches) - _NAMES_IN_ERROR} more"] if len(matches) > _NAMES_IN_ERROR else []
            raise ConfigError(
                "\n".join([f"{one_line(text)!r} fits {len(matches)} connections; give the id of one:", *lines, *more])
            )
    raise ConfigError(
        f"{one_line(text)!r} is no connection of this snapshot: give an id or its beginning, VPC/customer-gateway, or"
        " the peer's address."
    )


def one_line_of_connection(row: dict[str, Any]) -> str:
    """A connection in one line: id, label, peer, source."""
    return one_line(f"{row['id']}  {row['label']}  {row['gateway'] or 'peer not said'}  ({row['source']})")


def _ways(tunnels: pd.DataFrame, name: str) -> Iterator[pd.Series[bool]]:
    ids = tunnels["id"].str.lower()
    yield ids == name
    far = tunnels["customer_gateway"].str.lower()
    yield (tunnels["vpc"].str.lower() + "/" + far == name) | (tunnels["label"].str.lower() == name)
    yield tunnels["gateway"].str.lower() == name
    yield far == name
    yield ids.str.startswith(name) if name else ids.isna()
