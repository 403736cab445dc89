"""Random pairs of ends, from a fixed seed: what the API takes on one side, and something near it on the other."""

import gzip
import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path as File

from tests.ipsec.pairs import CHANGES, ROUTER, equal_peer
from vpnaudit.ipsec import blind
from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES
from vpnaudit.ipsec.negotiate import negotiate, peer_from_router
from vpnaudit.ipsec.router import effective_psk
from vpnaudit.ipsec.sides import Path, PeerSide, RouterSide

CASES = File(__file__).parents[1] / "data" / "truth" / "cases.jsonl.gz"

VERDICTS = ("no_ike", "ike_only", "partial", "latent_rekey_failure", "interrupted_later", "ok")
SLOW_GROUPS = {"modp6144", "modp8192"}  # seconds of computing each, which prove nothing more
CIPHERS, HASHES = sorted(API_CIPHERS), sorted(API_HASHES)
GROUPS = sorted(API_GROUPS - SLOW_GROUPS)


@dataclass(frozen=True)
class Pair:
    name: str
    router: RouterSide
    peer: PeerSide
    psk: str
    path: Path

    def verdicts(self):
        path = replace(self.path, userland_esp=True)
        return [negotiate(self.router, self.peer, who, psk=self.psk, path=path).verdict for who in ("router", "peer")]


def random_pairs(count, seed):
    """Pairs of every verdict that a prediction names, in equal parts as far as `count` allows."""
    draw, pairs, count_by_verdict = random.Random(seed), [], Counter()
    each = count // len(VERDICTS)
    while len(pairs) < count:
        pair = _pair(draw, len(pairs))
        verdicts = pair.verdicts()
        if any(count_by_verdict[verdict] < each for verdict in verdicts) or all(
            count_by_verdict[verdict] >= each for verdict in VERDICTS
        ):
            pairs.append(pair)
            count_by_verdict.update(verdicts)
    return pairs


def measured_pairs(count, seed):
    """Some of the pairs whose outcome was measured before, of every verdict, with one peer on an open path."""
    with gzip.open(CASES, "rt") as lines:
        cases = [json.loads(line) for line in lines]
    plain = [
        case
        for case in cases
        if not case["limit"]
        and isinstance(case["a"], dict)
        and isinstance(case["b"], dict)
        and not any(case["env"].get(key) for key in ("net", "kern", "kern_b", "a_local", "a_public", "traffic"))
        and not any(group in case["a"]["ikepolicy"] + "".join(case["b"]["ike_proposals"]) for group in SLOW_GROUPS)
    ]
    draw, pairs = random.Random(seed), []
    verdicts = sorted({case["truth"]["verdict"] for case in plain})
    for number in range(count):
        case = draw.choice(
            [plain_case for plain_case in plain if plain_case["truth"]["verdict"] == verdicts[number % len(verdicts)]]
        )
        key = effective_psk(case["a"]["psk"])
        equal = key is not None and key == blind._peer_key(case["b"]["psk"])
        router, peer = blind._router(case["a"], case["env"]), blind._peer([case["b"]])
        pairs.append(Pair(f"measured {case['q']}", router, peer, "equal" if equal else "unequal", Path()))
    return pairs


def _pair(draw, number):
    router = _router(draw)
    if draw.random() < 0.15:
        far = replace(
            _router(draw),
            publicip=router.gateway,
            gateway=router.publicip,
            vpc_cidr="10.2.0.0/16",
            cidrlist="10.1.0.0/16",
        )
        return Pair(f"random-{number}: two routers", router, peer_from_router(far), "equal", Path())
    peer = equal_peer(router, **_shape(draw, router))
    changed = draw.sample(sorted(CHANGES), draw.choice([0, 0, 1, 1, 1, 2, 3]))
    for name in changed:
        peer = CHANGES[name](peer)
    psk = "unequal" if draw.random() < 0.08 else "equal"
    path = draw.choice([Path()] * 12 + [Path(udp_500=False), Path(udp_4500=False)])
    return Pair(f"random-{number}: {', '.join(changed) or 'equal'}", router, peer, psk, path)


def _router(draw):
    subnets = [f"10.2.{third}.0/24" for third in range(draw.choice([1, 1, 2, 3]))]
    return replace(
        ROUTER,
        cidrlist=",".join(subnets),
        ikepolicy=",".join(_suite(draw, always=True) for _ in range(draw.choice([1, 1, 1, 2]))),
        esppolicy=",".join(_suite(draw, always=False) for _ in range(draw.choice([1, 1, 1, 2]))),
        ikelifetime=draw.choice([300, 3600, 86400]) if draw.random() < 0.2 else 86400,
        esplifetime=draw.choice([300, 3600, 28800]) if draw.random() < 0.2 else 3600,
        ikeversion=draw.choice(["ike", "ikev1", "ikev2"]),
        splitconnections=draw.random() < 0.4,
        dpd=draw.random() < 0.5,
        forceencap=draw.random() < 0.3,
        cloudstackversion=draw.choice(["4.11.1", "4.16.0", "4.22.0.0"]),
    )


def _suite(draw, *, always):
    suite = f"{draw.choice(CIPHERS)}-{draw.choice(HASHES)}"
    return f"{suite};{draw.choice(GROUPS)}" if always or draw.random() < 0.6 else suite


def _shape(draw, router):
    shape = {}
    if draw.random() < 0.2:
        shape["strict"] = False
    if draw.random() < 0.25:
        shape["one_sa_per_pair"] = draw.random() < 0.5
    if draw.random() < 0.2:
        shape["ike_versions"], shape["initiates_with"] = (1, 2), draw.choice([1, 2])
    if draw.random() < 0.15:
        shape["subnets"] = (*router.cidrlist.split(","), "10.2.200.0/24")
    return shape
