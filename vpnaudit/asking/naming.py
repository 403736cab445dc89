"""One connection, from whatever a person has at hand to name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.errors import ConfigError
from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.estate.tables import Tables

_LISTED = 8


def find_connection(estate: Tables, text: str) -> dict[str, Any]:
    """The row of `tunnels`, as a dict with None for missing cells, of the connection that the text names.

    The text is, in this order: an id; `VPC/customer gateway` or the label `VPC ← customer gateway`; the peer's address;
    the customer gateway's name; the unique beginning of an id. Upper and lower case are the same.

    Raises:
        ConfigError: it fits no connection, or several, which are listed.
    """
    tunnels = estate["tunnels"]
    asked = text.strip().lower()
    for fits in _ways(tunnels, asked):
        found = tunnels[fits.fillna(value=False)]
        if len(found) == 1:
            return records(found)[0]
        if len(found):
            shown = [f"  {one_line_of_connection(row)}" for row in records(found.head(_LISTED))]
            more = [f"  and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
            raise ConfigError(
                "\n".join([f"{one_line(text)!r} fits {len(found)} connections; give the id of one:", *shown, *more])
            )
    raise ConfigError(
        f"{one_line(text)!r} is no connection of this snapshot: give an id or its beginning, VPC/customer-gateway, or"
        " the peer's address."
    )


def one_line_of_connection(row: dict[str, Any]) -> str:
    """A connection in one line: id, label, peer, source."""
    return one_line(f"{row['id']}  {row['label']}  {row['gateway'] or 'peer not said'}  ({row['source']})")


def _ways(tunnels: pd.DataFrame, asked: str) -> list[pd.Series]:
    ids, far = tunnels["id"].str.lower(), tunnels["customer_gateway"].str.lower()
    return [
        ids == asked,
        (tunnels["vpc"].str.lower() + "/" + far == asked) | (tunnels["label"].str.lower() == asked),
        tunnels["gateway"].str.lower() == asked,
        far == asked,
        ids.str.startswith(asked) if asked else ids.isna(),
    ]
