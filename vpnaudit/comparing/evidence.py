"""Reasons and cells of rules that compare the two ends of a tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.ends import file_row
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Cell, Reason
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOLDERS = {"router": Side.NEAR, "peer": Side.FAR, "either": Side.EITHER, "network": Side.NETWORK}


def reasons_of_differences(rows: pd.DataFrame, differences: pd.DataFrame, fields: Sequence[str]) -> list[Reason]:
    """A reason for each of these fields, for the rows whose two ends differ in it; `differences` is the table
    `differences`.
    """
    found = {field: difference_in(rows, differences, field) for field in fields}
    return [
        Reason(field, ours=one["ours"], theirs=one["theirs"], who=one["who"].map(_HOLDERS), when=one["different"])
        for field, one in found.items()
    ]


_FAR_COLUMNS = {
    "ike_policy": "ike_proposals",
    "esp_policy": "esp_proposals",
    "split_connections": "one_sa_per_pair",
    "cidr_list": "local_subnets",
}


def cells_of_both_ends(
    rows: pd.DataFrame, links: pd.DataFrame, peers: pd.DataFrame, columns: Sequence[str]
) -> list[Cell]:
    """The cells of both ends that a verdict about both rests on.

    `rows` are those of `predictions_by_connection`, `links` and `peers` the tables `tunnels` and `peers`, `columns`
    those of `tunnels`. A far side out of a file has its own columns.
    """
    is_link = (rows["far"] == "connection").fillna(value=False)
    table = pd.Series("peers", index=rows.index).mask(is_link, "connections")
    there = links.drop_duplicates("id").set_index("id")
    book = peers.set_axis([file_row(name, file) for name, file in zip(peers["name"], peers["book"], strict=True)])
    cells = [Cell("connections", rows["id"], column, rows[column]) for column in columns]
    for column in columns:
        other = _FAR_COLUMNS.get(column, column)
        linked, told = there[column].to_dict(), book[other].to_dict()
        ends = zip(is_link, rows["far_id"], rows["told_by"], strict=True)
        values = pd.Series(
            [linked.get(far) if link else told.get(by) for link, far, by in ends], index=rows.index, dtype="object"
        )
        cells.append(Cell(table, rows["far_id"], pd.Series(other, index=rows.index).mask(is_link, column), values))
    return cells


def reasons_and_cells_of_start(rows: pd.DataFrame, passive: str, auto: str) -> tuple[list[Reason], list[Cell]]:
    """Why nobody or everybody starts a tunnel, and the two cells that say so; `rows` as `with_files` gives them.

    One end is to change: to this `passive`, or a device to this `auto`. Of two VPCs it is the one with the lower id,
    the same in every run: were both changed, the other fault followed.
    """
    by_file = rows["told_by"].notna()
    near, far = rows["passive"], rows["passive_far"].astype("object")
    reason = Reason(
        "passive",
        ours=near,
        theirs=far.mask(by_file, "auto=" + rows["auto_far"]),
        expected=pd.Series(f"{passive} on one end", index=rows.index).mask(
            by_file, f"{passive} here, or auto={auto} there"
        ),
        who=pd.Series(Side.FAR, index=rows.index).mask((rows["id"] < rows["id_far"]).fillna(value=False), Side.NEAR),
    )
    column = pd.Series("passive", index=rows.index).mask(by_file, "auto")
    there = Cell(rows["far_table"], rows["far_row"], column, far.mask(by_file, rows["auto_said"]))
    return [reason], [Cell("connections", rows["id"], "passive", near), there]
