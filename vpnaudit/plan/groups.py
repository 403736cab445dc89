"""Which findings one plan is about, and which customer gateways one plan must hold together: those that are the two
ends of a tunnel between VPCs of the estate, and those of connections that share one peer.

What one of them is given, the other has to follow: two plans for the two ends would each undo the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings.verdicts import fingerprint
from vpnaudit.plan.asks import ON_TUNNELS, gateway_of, list_of, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.plan.estate_index import EstateIndex, Key, Row

Group = tuple["Key", ...]


def groups(index: EstateIndex, findings: Iterable[Row]) -> dict[Key, Group]:
    """The group of every customer gateway, by its source and id. A group is in order, and the same for all its
    members.
    """
    leader = {key: key for key in index.customer_gateways}
    for one, other in (*_ends_of_pairs(index), *_twins(index, findings)):
        if one in leader and other in leader:
            first, second = sorted((_leader(leader, one), _leader(leader, other)))
            leader[second] = first
    members: dict[Key, list[Key]] = {}
    for key in sorted(leader):
        members.setdefault(_leader(leader, key), []).append(key)
    return {key: tuple(group) for group in members.values() for key in group}


def plan_names(index: EstateIndex, findings: list[Row]) -> list[str]:
    """For each finding a name that it shares with all that the same plan is about; empty where no plan can be.

    It is told by what the findings ask, before any plan is made: whether a plan mends one is known only then.
    """
    group_of = groups(index, findings)
    answered = {
        (str(pair["far_source"]), str(pair["far_vpn_gateway_id"])): gateway_of(index, finding)
        for finding in findings
        if finding["action"] == "create-connection-back" and (pair := index.pairs.get(subject_of(finding)))
    }
    names = []
    for finding in findings:
        gateway = gateway_of(index, finding) if finding["action"] in ON_TUNNELS else None
        if finding["action"] == "delete-vpn-gateway":  # either its connection is created, or it is deleted
            gateway = answered.get(subject_of(finding))
        acl = list_of(index, finding)
        names.append(name_of(group_of[gateway]) if gateway else fingerprint("list", *acl) if acl else "")
    return names


def name_of(group: Group) -> str:
    """A short name that stays while its members stay: 12 hexadecimal digits.

    >>> name_of((("prod", "1d4f"),))
    '2b3d4dd59cf1'
    """
    return fingerprint("plan", *(part for key in group for part in key))[:12]


def _leader(leader: dict[Key, Key], key: Key) -> Key:
    while leader[key] != key:
        key = leader[key]
    return key


def _ends_of_pairs(index: EstateIndex) -> list[tuple[Key, Key]]:
    return [
        (
            (str(row["source"]), str(row["customer_gateway_id"])),
            (str(row["far_source"]), str(row["customer_gateway_id_far"])),
        )
        for row in index.pairs.values()
        if row["id_far"] is not None
    ]


def _twins(index: EstateIndex, findings: Iterable[Row]) -> list[tuple[Key, Key]]:
    joined = []
    for finding in findings:
        if finding["action"] == "delete-connection" and finding["other_id"] is not None:
            source = str(finding["source"])
            rows = [index.connections.get((source, str(finding[name]))) for name in ("subject_id", "other_id")]
            keys = [(source, str(row["customer_gateway_id"])) for row in rows if row]
            joined += [(keys[0], keys[1])] if len(keys) > 1 else []
    return joined
