"""The cells that a verdict about both ends names exist: of the far connection, or of the row of a peer file."""

from __future__ import annotations

import pytest

from tests.estates import FAR, FULL, PAIR, estate
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_and_cells_of_start, reasons_of_differences
from vpnaudit.comparing.peer_files import with_peer_files
from vpnaudit.ipsec.sides import Side

NEAR = {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR]}
TO_FILE = {**NEAR, "peers": [{**FULL, "dpd": False}]}


def test_of_two_vpcs_the_far_cell_is_the_far_connections() -> None:
    whole = estate(PAIR)
    near, far = cells_of_both_ends(whole["predictions_by_connection"], whole["tunnels"], whole["peers"], ["cidr_list"])
    assert near.value.tolist() == ["10.2.0.0/16", "10.1.0.0/16"]
    assert (far.table.tolist(), far.id.tolist()) == (["connections"] * 2, ["c2", "c1"])
    assert (far.column.tolist(), far.value.tolist()) == (["cidr_list"] * 2, ["10.1.0.0/16", "10.2.0.0/16"])


@pytest.mark.parametrize(
    ("column", "of_peers", "value"),
    [("cidr_list", "local_subnets", FULL["local_subnets"]), ("esp_policy", "esp_proposals", FULL["esp_proposals"])],
)
def test_of_a_file_the_far_cell_is_the_one_of_its_own_column(column: str, of_peers: str, value: str) -> None:
    whole = estate(TO_FILE)
    _, far = cells_of_both_ends(whole["predictions_by_connection"], whole["tunnels"], whole["peers"], [column])
    assert (far.table.tolist(), far.id.tolist(), far.column.tolist()) == (["peers"], ["branch"], [of_peers])
    assert far.value.tolist() == [value]


def test_a_reason_for_each_field_holds_where_the_ends_differ() -> None:
    whole = estate(TO_FILE)
    dpd, version = reasons_of_differences(
        whole["predictions_by_connection"], whole["differences"], ["dpd", "splitconnections"]
    )
    assert (dpd.ours.tolist(), dpd.theirs.tolist(), dpd.when.tolist()) == (["yes"], ["no"], [True])
    assert version.when.tolist() == [False]


def test_of_two_vpcs_one_and_the_same_end_is_to_change() -> None:
    whole = estate(PAIR)
    rows = with_peer_files(whole["both_ends"], whole["outcomes"], whole["peers"])
    (reason,), (near, far) = reasons_and_cells_of_start(rows, "true", "route")
    assert reason.who.tolist() == [Side.NEAR, Side.FAR]
    assert reason.expected.tolist() == ["true on one end"] * 2
    assert (near.column, far.column.tolist()) == ("passive", ["passive"] * 2)


def test_of_a_file_the_cell_is_auto_as_it_stands_there() -> None:
    whole = estate({**NEAR, "peers": [FULL]})
    rows = with_peer_files(whole["both_ends"], whole["outcomes"], whole["peers"])
    (reason,), (_, far) = reasons_and_cells_of_start(rows, "true", "route")
    assert (reason.theirs.tolist(), reason.who.tolist()) == (["auto=add"], [Side.FAR])
    assert (far.table.tolist(), far.column.tolist(), far.value.tolist()) == (["peers"], ["auto"], ["add"])
