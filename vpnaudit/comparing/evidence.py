"""Reasons and cells of rules that compare the two ends of a tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.ends import file_row
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Cell, Reason, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOLDERS = {"router": Side.NEAR, "peer": Side.FAR, "either": Side.EITHER, "network": Side.NETWORK}


def reasons_of_differences(rows: pd.DataFrame, differences: pd.DataFrame, fields: Sequence[str]) -> list[Reason]:
    """A reason for each of these fields, for the rows whose two ends differ in it; `differences` is the table
    `differences`.
    """
    by_field = {field: difference_in(rows, differences, field) for field in fields}
    return [
        Reason(field, ours=one["ours"], theirs=one["theirs"], who=one["who"].map(_HOLDERS), when=one["different"])
        for field, one in by_field.items()
    ]


_FAR_COLUMNS = {
    "ike_policy": "ike_proposals",
    "esp_policy": "esp_proposals",
    "split_connections": "one_sa_per_pair",
    "cidr_list": "local_subnets",
    "gateway": "id",
    "public_ip": "peer_id",
    "ike_version": "ike_versions",
}


def cells_of_both_ends(
    rows: pd.DataFrame, tunnels: pd.DataFrame, peers: pd.DataFrame, columns: Sequence[str]
) -> list[Cell]:
    """The cells of both ends that a verdict about both rests on.

    `rows` are those of `predictions_by_connection`, `tunnels` and `peers` the tables of these names, `columns`
    those of `tunnels`. A far side out of a file has its own columns.
    """
    is_connection = (rows["far"] == "connection").fillna(value=False)
    table = words_by_condition(rows.index, [(is_connection, "connections")], "peers")
    connection_by_id = tunnels.drop_duplicates("id").set_index("id")
    peer_by_file = peers.set_axis(
        [file_row(name, file) for name, file in zip(peers["name"], peers["book"], strict=True)]
    )
    cells = [Cell("connections", rows["id"], column, rows[column]) for column in columns]
    for column in columns:
        peer_column = _FAR_COLUMNS.get(column, column)
        by_id, by_file = connection_by_id[column].to_dict(), peer_by_file[peer_column].to_dict()
        far_ends = zip(is_connection, rows["far_id"], rows["told_by"], strict=True)
        values = pd.Series(
            [by_id.get(far_id) if by_router else by_file.get(file) for by_router, far_id, file in far_ends],
            index=rows.index,
            dtype="object",
        )
        far_column = words_by_condition(rows.index, [(is_connection, column)], peer_column)
        cells.append(Cell(table, rows["far_id"], far_column, values))
    return cells


def reasons_and_cells_of_start(rows: pd.DataFrame, passive: str, auto: str) -> tuple[list[Reason], list[Cell]]:
    """Why nobody or everybody starts a tunnel, and the two cells that say so; `rows` as `with_peer_files` gives them.

    One end is to change: to this `passive`, or a device to this `auto`. Of two VPCs it is the one with the lower id,
    the same in every run: were both changed, the other fault followed.
    """
    by_file = rows["told_by"].notna()
    near, far = rows["passive"], rows["passive_far"].astype("object")
    reason = Reason(
        "passive",
        ours=near,
        theirs=far.mask(by_file, "auto=" + rows["auto_far"]),
        expected=words_by_condition(
            rows.index, [(by_file, f"{passive} here, or auto={auto} there")], f"{passive} on one end"
        ),
        who=words_by_condition(rows.index, [(rows["id"] < rows["id_far"], Side.NEAR)], Side.FAR),
    )
    column = words_by_condition(rows.index, [(by_file, "auto")], "passive")
    far_cell = Cell(rows["far_table"], rows["far_row"], column, far.mask(by_file, rows["auto_in_file"]))
    return [reason], [Cell("connections", rows["id"], "passive", near), far_cell]
