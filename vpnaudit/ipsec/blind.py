"""Predict measured negotiations without their outcome: `python -m vpnaudit.ipsec.blind INPUTS OUT`.

Each line of INPUTS is `{"q", "a", "b", "initiator", "env"}`: a connection as CloudStack holds it (or a list of one
VPC's), the peer as it holds it (or a list), who starts (`a` the router, `b` the peer, `n` nobody), and the network
between. A line without `q` gets the one that its inputs have: the beginning of their hash. Whatever else a line holds,
such as the outcome, is not looked at. Each line of OUT is one prediction: `{"q", "verdict", "ike", "esp", "ts",
"api"}`. The inputs carry test keys, which this module alone compares.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.errors import ConfigError
from vpnaudit.ipsec.negotiate import negotiate
from vpnaudit.ipsec.router import effective_psk
from vpnaudit.ipsec.selectors import Selectors, networks
from vpnaudit.ipsec.sides import Initiator, Path, PeerSide, Psk, RouterSide

if TYPE_CHECKING:
    from vpnaudit.ipsec.outcome import Outcome

# The two addresses that the measured topology fixes and the inputs do not name: the router's, and the outer one of the
# NAT before the peer.
ROUTER: Final = "198.51.100.1"
NAT: Final = "198.51.100.254"
VERSIONS: Final = {"ikev1": 1, "ikev2": 2}
INPUTS: Final = ("a", "b", "initiator", "env")

Row = dict[str, Any]


def predict(row: Row) -> Row:
    """One prediction for one line of input."""
    routers, peers, env = _scored_list(row["a"]), _scored_list(row["b"]), row["env"]
    path, initiator = _path(env), _initiator(row)
    files = {
        side["gateway"]: side for side in routers
    }  # one file a gateway: a later connection replaces an earlier one
    outcomes = {gateway: _outcome(side, peers, env, path, initiator) for gateway, side in files.items()}
    api = {gateway: outcome.api_state if outcome else "Disconnected" for gateway, outcome in outcomes.items()}
    up = [outcome for outcome in outcomes.values() if outcome]
    children = [child for outcome in up for child in outcome.children]
    return {
        "q": row.get("q") or _hash(row),
        "verdict": _verdict(up, _probes(routers, peers), [child.selectors for child in children]),
        "ike": sorted({suite for outcome in up for suite in outcome.ike_suites}),
        "esp": sorted({str(child.suite) for child in children}),
        "ts": [
            [[str(net) for net in child.selectors.local], [str(net) for net in child.selectors.remote]]
            for child in children
        ],
        "api": api if len(api) > 1 else next(iter(api.values())),
    }


def _hash(row: Row) -> str:
    """The name of a case by its inputs, without `psk_class`, which would tell how the keys compare."""
    inputs = {name: row[name] for name in INPUTS}
    for name in ("a", "b"):
        sides = [{key: cell for key, cell in side.items() if key != "psk_class"} for side in _scored_list(row[name])]
        inputs[name] = sides if isinstance(row[name], list) else sides[0]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def _scored_list(value: Row | list[Row]) -> list[Row]:
    return value if isinstance(value, list) else [value]


def _path(env: Row) -> Path:
    net = env.get("net") or ""
    return Path(
        udp_500=net not in {"block500", "block500_b2a", "blockboth"},
        udp_4500=net not in {"block4500", "blockboth"},
        fragments=net != "blockfrag",
        peer_nat="masquerade" if net == "b_masq" else "forwarded" if net == "b_masq_dnat" else "none",
        userland_esp=env.get("kern") != "netlink",
    )


def _initiator(row: Row) -> Initiator | None:
    """Who really starts: traffic starts the router only where the kernel reports it, `auto=start` the peer."""
    if row["initiator"] != "n":
        return "router" if row["initiator"] == "a" else "peer"
    if row["env"].get("traffic") and row["env"].get("kern") == "netlink":
        return "router"
    return "peer" if any(peer["auto"] == "start" for peer in _scored_list(row["b"])) else None


def _outcome(side: Row, peers: list[Row], env: Row, path: Path, initiator: Initiator | None) -> Outcome | None:
    if initiator is None:
        return None
    public = NAT if path.peer_nat != "none" else None
    meant = [peer for peer in peers if (public or peer["address"]) == side["gateway"]] or peers[:1]
    key = effective_psk(side["psk"])
    psk: Psk = "equal" if key is not None and key == _peer_key(meant[0]["psk"]) else "unequal"
    return negotiate(_router(side, env), replace(_peer(meant), public_address=public), initiator, psk=psk, path=path)


def _router(side: Row, env: Row) -> RouterSide:
    return RouterSide.from_connection(
        {**side, "publicip": env.get("a_public") or ROUTER},
        vpc_cidr=side["vpc_cidr"],
        cloudstackversion=side["cs_version"],
        local_ip=env.get("a_local"),
        remote_access=bool(env.get("l2tp_left")),
    )


def _peer(entries: list[Row]) -> PeerSide:
    """One peer; several connections of it become one with an SA for each pair of subnets."""
    peer = entries[0]
    return PeerSide(
        address=peer["address"],
        id=peer["id"],
        peer_address=peer["peer_address"],
        peer_id=peer["peer_id"],
        ike_versions=tuple(VERSIONS[name] for name in peer["ike_versions"]),
        initiates_with=VERSIONS[peer["initiates_with"]],
        ike_proposals=tuple(peer["ike_proposals"]),
        esp_proposals=tuple(peer["esp_proposals"]),
        strict=peer["strict"],
        subnets=tuple(dict.fromkeys(net for entry in entries for net in entry["subnets"])),
        remote_subnets=tuple(dict.fromkeys(net for entry in entries for net in entry["remote_subnets"])),
        one_sa_per_pair=peer["one_sa_per_pair"] or len(entries) > 1,
        ike_lifetime_s=peer["ike_lifetime"],
        esp_lifetime_s=peer["esp_lifetime"],
        dpd=peer["dpd"],
        forceencaps=peer["forceencaps"],
        aggressive=peer["aggressive"],
        implementation="strongswan",
    )


def _peer_key(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("raw:")) if text.startswith("raw:") else text.encode()


def _probes(routers: list[Row], peers: list[Row]) -> list[Selectors]:
    """The packets that decided whether a tunnel counted as whole: between the fifth addresses of every two subnets of
    either side.
    """
    near = dict.fromkeys(
        cidr for cidr in (*(r["vpc_cidr"] for r in routers), *(c for p in peers for c in p["remote_subnets"]))
    )
    far = dict.fromkeys(
        cidr
        for cidr in (*(c for r in routers for c in r["cidrlist"].split(",")), *(c for p in peers for c in p["subnets"]))
    )
    return [Selectors((one,), (other,)) for one in _hosts(list(near)) for other in _hosts(list(far))]


def _hosts(cidrs: list[str]) -> list[Any]:
    """The fifth address of each subnet, as a network of one; 0.0.0.0/0 says nothing about a subnet and counts for
    none.
    """
    wanted = [net for net in networks(cidrs) if net.prefixlen]
    return [host for net in wanted for host in networks([str(net[5] if net.num_addresses > 5 else net[0])])]  # noqa: PLR2004 - the fifth


def _verdict(up: list[Outcome], probes: list[Selectors], carried: list[Selectors]) -> str:
    """The verdict of the measurement, which watched for seconds: what only a lifetime would end had not ended."""
    if not any(outcome.ike_suites for outcome in up):
        return "no_ike"
    if not carried:
        return "ike_only"
    reached = [any(_carries(child, probe) for child in carried) for probe in probes]
    if not all(reached) or any(not outcome.children for outcome in up):
        return "partial"
    return "latent_rekey_failure" if any(outcome.renewal_fails for outcome in up) else "ok"


def _carries(child: Selectors, probe: Selectors) -> bool:
    return any(probe.local[0].subnet_of(net) for net in child.local) and any(
        probe.remote[0].subnet_of(net) for net in child.remote
    )


def rows_of(path: File) -> list[Row]:
    """The lines of a file of inputs. Raises `ConfigError` for one that is no object, or that lacks an input."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise ConfigError(
                f"{path}, line {number} is no JSON object; a line holds {', '.join(INPUTS)}, and may hold q."
            )
        absent = [name for name in INPUTS if row.get(name) is None]
        if absent:
            raise ConfigError(f"{path}, line {number} has no {', '.join(absent)}; a line holds {', '.join(INPUTS)}.")
        rows.append(row)
    return rows


def main(arguments: list[str]) -> int:
    """Read INPUTS, write OUT."""
    if len(arguments) != 2:  # noqa: PLR2004 - two files
        raise ConfigError("usage: python -m vpnaudit.ipsec.blind INPUTS OUT")
    predictions = [json.dumps(predict(row), ensure_ascii=False) for row in rows_of(File(arguments[0]))]
    File(arguments[1]).write_text("".join(f"{line}\n" for line in predictions), encoding="utf-8")
    return 0


if __name__ == "__main__":  # pragma: no cover - run by the interpreter
    try:
        sys.exit(main(sys.argv[1:]))
    except ConfigError as error:
        sys.exit(str(error))
