"""Both ends of every connection, where a peer file may be the far one."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from vpnaudit.estate.columns import BOOLEAN, STRING
from vpnaudit.estate.ends import file_row
from vpnaudit.estate.peer_sides import start_of
from vpnaudit.estate.tables import records
from vpnaudit.findings import words_by_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd


def with_peer_files(ends: pd.DataFrame, outcomes: pd.DataFrame, peers: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table `both_ends`, answered too where a peer file tells of the far side.

    Args:
        ends: the table `both_ends`.
        outcomes: the table of this name.
        peers: the table of this name.

    Returns:
        The same with told_by, missing where no file tells; far_row and far_table, where the far side stands;
        auto_in_file, the file's cell; auto_far, what its device does when it is loaded, by default too; and, of the
        file where one tells, psk_fingerprint_far and passive_far: it starts nothing by itself.
    """
    files = outcomes.loc[
        (outcomes["far"] == "peers").fillna(value=False), ["source", "id", "far_id", "told_by"]
    ].drop_duplicates()
    rows = ends.merge(files, on=["source", "id"], how="left")
    by_file = rows["told_by"].notna()
    peer_by_file = {file_row(peer["name"], peer["book"]): peer for peer in records(peers)}

    def of_file(cell: Callable[[Mapping[str, Any]], str | None]) -> pd.Series[Any]:
        return rows["told_by"].map({file: cell(peer) for file, peer in peer_by_file.items()}).astype(STRING)

    auto = of_file(start_of)
    return rows.assign(
        answered=rows["answered"].mask(by_file, other=True),
        unanswered=rows["unanswered"].mask(by_file),
        far_row=rows["id_far"].mask(by_file, rows["far_id"]),
        far_table=words_by_condition(rows.index, [(by_file, "peers")], "connections"),
        auto_far=auto,
        auto_in_file=of_file(itemgetter("auto")),
        passive_far=rows["passive_far"].mask(by_file, (auto != "start").astype(BOOLEAN)),
        psk_fingerprint_far=rows["psk_fingerprint_far"].mask(by_file, of_file(itemgetter("psk_fingerprint"))),
    )
