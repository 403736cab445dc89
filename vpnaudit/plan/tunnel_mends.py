"""What brings the two ends of a connection together, as commands: for the CloudStack side, and for a far side that is a
VPC too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.asking.what_if import KEY as KEYS
from vpnaudit.asking.what_if import PEER
from vpnaudit.plan.customer_gateway import End
from vpnaudit.plan.groups import name_of
from vpnaudit.plan.tunnel_plan import TunnelPlan, words_of
from vpnaudit.plan.wanted import KEY, PARAMETERS, values_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.estate.ends import Ends
    from vpnaudit.plan.estate_index import EstateIndex, Row
    from vpnaudit.plan.remedy import Remedy


def commands(index: EstateIndex, ends: Ends, changes: Mapping[str, str]) -> list[Remedy]:
    """One script that makes these changes (`asking.what_if`) on both ends; none for what no command of CloudStack
    changes.

    A change of the keys is one new key for both ends, since neither of two unequal ones is known here.
    """
    near, far = _gateways(index, ends)
    ours = {name: value for name, value in changes.items() if name in PARAMETERS}
    theirs = {name.removeprefix(PEER): value for name, value in changes.items() if name.startswith(PEER)}
    theirs = {name: value for name, value in theirs.items() if ends.far_router is not None and name in PARAMETERS}
    both = {KEY: "new"} if KEYS in changes else {}
    wanted = [
        (row, {name: value for name, value in asked.items() if values_in_force(row).get(name) != value})
        for row, asked in ((near, ours | both), (far, theirs | both))
        if row is not None
    ]
    wanted = [(row, asked) for row, asked in wanted if asked]
    name = name_of(tuple((str(row["source"]), str(row["id"])) for row, _ in wanted))
    listed = [End(row, asked, (), name, number) for number, (row, asked) in enumerate(wanted, start=1)]
    plan = TunnelPlan(index, name, listed)
    return [plan.remedy(" ".join(words_of(end) for end in listed))] if listed else []


def _gateways(index: EstateIndex, ends: Ends) -> tuple[Row | None, Row | None]:
    """The customer gateways that hold the settings of the near and of the far end, where they were collected."""
    tunnel = index.connections[ends.source, ends.id]
    pair = index.pairs.get((ends.source, ends.id)) or {}
    near = index.customer_gateways.get((ends.source, str(tunnel["customer_gateway_id"])))
    return near, index.customer_gateways.get((str(pair.get("far_source")), str(pair.get("customer_gateway_id_far"))))
