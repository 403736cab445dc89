"""What brings the two ends of a connection together, as commands: for the CloudStack side, and for a far side that is a
VPC too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.asking.what_if import KEY as KEYS
from vpnaudit.asking.what_if import PEER
from vpnaudit.plan import customer_gateway
from vpnaudit.plan.wanted import KEY, PARAMETERS, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.estate.ends import Ends
    from vpnaudit.plan.estate_index import EstateIndex, Row
    from vpnaudit.plan.remedy import Remedy


def commands(index: EstateIndex, ends: Ends, changes: Mapping[str, str]) -> list[Remedy]:
    """The updates that make these changes (`asking.what_if`), the near end's first; none for what no command of
    CloudStack changes.

    A change of the keys is one new key for both ends, since neither of two unequal ones is known here.
    """
    near, far = _gateways(index, ends)
    if KEYS in changes and near is not None:
        return [customer_gateway.update(index, near, Wanted({KEY: "new"}), "", {KEY: "new"})]
    ours = {name: value for name, value in changes.items() if name in PARAMETERS}
    theirs = {name.removeprefix(PEER): value for name, value in changes.items() if name.startswith(PEER)}
    theirs = {name: value for name, value in theirs.items() if ends.far_router is not None and name in PARAMETERS}
    return [
        customer_gateway.update(index, row, Wanted(wanted), "", wanted, alone=True)
        for row, wanted in ((near, ours), (far, theirs))
        if row is not None and wanted
    ]


def _gateways(index: EstateIndex, ends: Ends) -> tuple[Row | None, Row | None]:
    """The customer gateways that hold the settings of the near and of the far end, where they were collected."""
    tunnel = index.connections[ends.source, ends.id]
    pair = index.pairs.get((ends.source, ends.id)) or {}
    near = index.customer_gateways.get((ends.source, str(tunnel["customer_gateway_id"])))
    return near, index.customer_gateways.get((str(pair.get("far_source")), str(pair.get("customer_gateway_id_far"))))
