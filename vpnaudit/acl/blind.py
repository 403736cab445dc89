"""Predictions for blind scoring: `python -m vpnaudit.acl.blind INPUTS OUT`.

INPUTS holds one JSON object a line: `q` (echoed), `remote_cidrs`, `tiers` (name, cidr, `acl`: null or rules as
`createNetworkACL` takes them) and `probes` (id, `dir` in or out, tier, src, dst, proto, `dport` or `itype` and
`icode`). OUT gets one line a `q`: for each probe the outcome on 4.23 with the deciding rule of the chain that it meets,
and the outcome on 4.11.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit.acl import services
from vpnaudit.acl.decision import decision_of_packet
from vpnaudit.acl.packets import Packet
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vpnaudit.acl.rules import Direction


def packet_of(probe: Mapping[str, Any]) -> tuple[Packet, Direction]:
    """The packet of a probe and the chain that it meets."""
    direction: Direction = "ingress" if probe["dir"] == "in" else "egress"
    remote = probe["src"] if direction == "ingress" else probe["dst"]
    kind = {"port": probe.get("dport"), "icmp_type": probe.get("itype", 8), "icmp_code": probe.get("icode", 0)}
    if probe["proto"] not in (services.TCP, services.UDP):
        kind["port"] = None
    return Packet.of(remote, probe["proto"], **kind), direction


def lists_of(case: Mapping[str, Any]) -> dict[str, AclList]:
    """The list of each tier of a case, by the tier's name."""
    return {
        tier["name"]: AclList(tuple(AclRule.from_request(rule) for rule in tier["acl"] or ())) for tier in case["tiers"]
    }


def predict(case: Mapping[str, Any]) -> dict[str, Any]:
    """The prediction for one case, in the form that the scoring takes."""
    lists = lists_of(case)
    predictions = {}
    for probe in case["probes"]:
        packet, direction = packet_of(probe)
        now = decision_of_packet(lists[probe["tier"]], packet, direction, Semantics.V4_23)
        before = decision_of_packet(lists[probe["tier"]], packet, direction, Semantics.V4_11)
        decided: list[Any] = [None, "DROP" if direction == "ingress" else "no match"]
        if now.rule is not None:
            decided = [now.rule.number, "ACCEPT" if now.rule.allow else "DROP"]
        predictions[str(probe["id"])] = {
            "outcome": now.verdict,
            "outcome_411": before.verdict,
            "decided": {direction: decided},
        }
    return {"q": case["q"], "probes": predictions}


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, one a line; a file named `.gz` is unpacked."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def main(inputs: str, out: str) -> None:
    """Read the inputs, write the predictions."""
    with Path(out).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(predict(case), sort_keys=True) + "\n" for case in read_lines(Path(inputs)))


if __name__ == "__main__":
    main(*sys.argv[1:])
