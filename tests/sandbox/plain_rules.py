"""The rules in their plainest form, pair by pair over the API's rows: a second opinion on the list of specimens."""

import ipaddress
from collections import Counter, defaultdict

from .asking import rows

PASS = {"listall": "true", "isrecursive": "true", "projectid": "-1"}


def everything(sandbox, command):
    """All rows of all sources, each with its source; for the old source the projects need a second pass."""
    rows_of_all = []
    for source in sandbox.endpoints:
        rows_by_id = {}
        for params in ({"listall": "true", "isrecursive": "true"}, PASS):
            page = 1
            while page_rows := rows(sandbox, source, "auditor", command, page=str(page), pagesize="500", **params):
                rows_by_id |= {row["id"]: row | {"source": source} for row in page_rows}
                page += 1
        rows_of_all += rows_by_id.values()
    return rows_of_all


def nets(text):
    return [ipaddress.IPv4Network(cidr) for cidr in text.split(",")]


def overlap(left, right):
    return any(a.overlaps(b) for a in nets(left) for b in nets(right))


def address(text):
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def is_private(peer):
    return any(
        peer in ipaddress.IPv4Network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    )


def customer_gateway_faults(gateway, shared):
    """The rules that one customer gateway breaks on its own."""
    both = gateway["ikepolicy"] + "," + gateway["esppolicy"]
    groups = [int(word.split("modp")[1]) for word in both.replace(",", ";").split(";") if "modp" in word]
    ike_group = int(gateway["ikepolicy"].split("modp")[1])
    ike, esp = gateway["ikelifetime"], gateway["esplifetime"]
    peer = address(gateway["gateway"])
    dotted = all(char in "0123456789." for char in gateway["gateway"])
    psk = gateway["ipsecpsk"]
    return {
        "weak-encryption": "3des" in both or "aes128" in both,
        "weak-integrity": "md5" in both or "sha1" in both,
        "weak-dh-group": min(groups) < 2048,
        "pfs-off": ";" not in gateway["esppolicy"],
        "pfs-weaker-than-ike": ";" in gateway["esppolicy"] and int(gateway["esppolicy"].split("modp")[1]) < ike_group,
        "ike-v1": gateway.get("ikeversion") in ("ike", "ikev1"),
        "unusable-value": gateway.get("ikeversion", "ike") not in ("ike", "ikev1", "ikev2") or min(ike, esp) <= 0,
        "lifetime-over-policy": ike > 28800 or esp > 3600,
        "lifetime-not-applied": bool(ike % 60 or esp % 60 or min(ike, esp) < 1080),
        "dpd-off": not gateway["dpd"],
        "weak-psk": len(psk) < 20,
        "fragile-psk": any(char in psk for char in '"\n') or psk != psk.strip(),
        "shared-psk": psk in shared,
        "peer-identity": (peer is None and not dotted)
        or (peer is not None and is_private(peer) and not gateway["forceencap"]),
        "peer-address-mistyped": peer is None and dotted,
        "remote-is-everything": any(net.prefixlen <= 4 for net in nets(gateway["cidrlist"])),
    }


def shared_keys(gateways, public_ips):
    """Keys of more than one site; the two ends of a tunnel between VPCs may share theirs."""
    count = Counter(gateway["ipsecpsk"] for gateway in gateways if gateway["gateway"] not in public_ips)
    return {key for key, times in count.items() if times > 1}


def connection_faults(connections, vpcs, gateways):
    """The rules that connections break, alone or in pairs: rule → set of ids."""
    ids_by_rule = defaultdict(set)
    vpc_of = {row["id"]: vpcs[gateways[row["s2svpngatewayid"]]["vpcid"]] for row in connections}
    for row in connections:
        vpc = vpc_of[row["id"]]
        peer = address(row["gateway"])
        faults = {
            "remote-overlaps-vpc": overlap(row["cidrlist"], vpc["cidr"]),
            "peer-inside-selector": peer is not None and any(peer in net for net in nets(row["cidrlist"])),
            "multi-cidr-ikev1": "," in row["cidrlist"]
            and row.get("ikeversion") in ("ike", "ikev1")
            and not row["splitconnections"],
            "connection-down": row["state"] == "Disconnected",
            "connection-stuck": row["state"] in ("Pending", "Error", "Connecting"),
        }
        for rule, broken in faults.items():
            if broken:
                ids_by_rule[rule].add(row["id"])
        for other in connections:
            if other["id"] != row["id"]:
                for rule in pair_faults(row, other, vpc, vpc_of[other["id"]]):
                    ids_by_rule[rule].add(row["id"])
        opposite = [
            other
            for other in connections
            if other["gateway"] == row["publicip"] and other["publicip"] == row["gateway"]
        ]
        if not opposite and row["gateway"] in {gateway["publicip"] for gateway in gateways.values()}:
            ids_by_rule["one-sided-connection"].add(row["id"])
    return ids_by_rule


def pair_faults(row, other, vpc, other_vpc):
    same = row["s2svpngatewayid"] == other["s2svpngatewayid"]
    if same and overlap(row["cidrlist"], other["cidrlist"]):
        yield "remote-overlaps-sibling"
    if same and row["gateway"] == other["gateway"]:
        yield "duplicate-peer"
    if (
        not same
        and overlap(vpc["cidr"], other_vpc["cidr"])
        and (row["gateway"] == other["gateway"] or row["cidrlist"] == other["cidrlist"])
    ):
        yield "twin-vpcs-one-site"
    if row["gateway"] == other["publicip"] and other["gateway"] == row["publicip"]:
        if row["ipsecpsk"] != other["ipsecpsk"]:
            yield "psk-mismatch"
        if {row.get("ikeversion"), other.get("ikeversion")} == {"ikev1", "ikev2"}:
            yield "ike-version-mismatch"
        if row["passive"] and other["passive"]:
            yield "both-passive"
        if not row["passive"] and not other["passive"]:
            yield "both-active"
        yield from differing(row, other)
        if (row["cidrlist"], other["cidrlist"]) != (other_vpc["cidr"], vpc["cidr"]):
            yield "selector-mismatch"


DIFFERING = {
    "suite-not-as-configured": (
        "ikepolicy",
        "esppolicy",
    ),  # two routers that differ always meet on what one of them did not name
    "lifetime-mismatch": ("ikelifetime", "esplifetime"),
    "dpd-mismatch": ("dpd",),
    "encapsulation-mismatch": ("forceencap",),
}


def differing(row, other):
    return (rule for rule, fields in DIFFERING.items() if any(row[field] != other[field] for field in fields))
