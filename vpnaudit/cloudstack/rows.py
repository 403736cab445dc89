"""Objects of the API become rows of the estate's tables: fields by name, and the few columns that are worked out
here. The objects are those of `cells.fit_objects`: what they hold is what their columns can hold.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from vpnaudit.estate import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Row = dict[str, Any]

_PSK = ("psk_length", "psk_classes", "psk_bits", "psk_flags", "psk_fingerprint")


def to_rows(table: str, source: str, objects: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Rows keyed by column name, in the order of the objects."""
    fields, derive = _fields(table), _DERIVED.get(table)
    rows = []
    for thing in objects:
        row: Row = {column: thing[field] for column, field in fields if field in thing}
        row["source"] = source
        if derive is not None:
            row |= derive(thing)
        rows.append(row)
    return rows


def merged_tiers(networks: Iterable[Mapping[str, Any]], vpcs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Networks of VPCs, each once: those of listNetworks, and those inside the objects of listVPCs, which carry no VPC
    themselves.

    A key that may not see the VPC gets no `vpcid`, but its name: such a network is a tier too.
    """
    tiers = {str(n.get("id")): dict(n) for n in networks if n.get("vpcid") or n.get("vpcname")}
    for vpc in vpcs:
        inner = vpc.get("network")
        for network in inner or ():
            tier = tiers.setdefault(str(network.get("id")), dict(network))
            for name, value in (("vpcid", vpc.get("id")), ("vpcname", vpc.get("name"))):
                if value is not None:
                    tier.setdefault(name, value)
    return list(tiers.values())


@cache
def _fields(table: str) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, column.field) for column in TABLES[table].columns if column.field)


def _names(things: Any) -> list[str]:
    return [str(thing["name"]) for thing in things or () if "name" in thing]


def _vpc(thing: Mapping[str, Any]) -> Row:
    services = thing.get("service")
    return {"vpn_service": None if services is None else "Vpn" in _names(services)}


def _vpc_offering(thing: Mapping[str, Any]) -> Row:
    services = thing.get("service")
    if services is None:
        return {}
    providers = [
        name for service in services if service.get("name") == "Vpn" for name in _names(service.get("provider"))
    ]
    return {"services": ",".join(sorted(set(_names(services)))), "vpn_provider": ",".join(sorted(set(providers)))}


def _machine(thing: Mapping[str, Any]) -> Row:
    interfaces = thing.get("nic")
    if interfaces is None:
        return {}
    return {"tier_ids": ",".join(sorted({str(nic["networkid"]) for nic in interfaces if "networkid" in nic}))}


def _key(thing: Mapping[str, Any]) -> Row:
    return {column: thing.get(column) for column in _PSK}


_DERIVED: dict[str, Callable[[Mapping[str, Any]], Row]] = {
    "vpcs": _vpc,
    "vpc_offerings": _vpc_offering,
    "virtual_machines": _machine,
    "customer_gateways": _key,
    "connections": _key,
    "remote_access_vpns": _key,
}
