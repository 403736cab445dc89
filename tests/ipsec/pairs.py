"""Pairs of ends that agree in everything, random ones, and the single changes that make them differ."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st

from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES
from vpnaudit.ipsec.negotiate import negotiate
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.sides import PeerSide, RouterSide

# The machine's load is not what these tests are about.
modest = settings(max_examples=60, deadline=None)

ROUTER = RouterSide(
    publicip="198.51.100.1",
    vpc_cidr="10.1.0.0/16",
    gateway="203.0.113.2",
    cidrlist="10.2.0.0/16",
    ikepolicy="aes256-sha256;modp2048",
    esppolicy="aes256-sha256;modp2048",
    ikelifetime=28800,
    ikeversion="ikev2",
    cloudstackversion="4.22.0.0",
)
VERSIONS = {"ike": (1, 2), "ikev1": (1,), "ikev2": (2,)}


def equal_peer(router: RouterSide, **changes) -> PeerSide:
    """A strict peer that holds exactly what the router holds."""
    config = router_config(router)
    versions = VERSIONS[config.keyexchange]
    peer = PeerSide(
        address=router.gateway,
        id=router.gateway,
        peer_address=router.publicip,
        peer_id=config.own_id,
        ike_versions=versions,
        initiates_with=max(versions),
        ike_proposals=config.ike,
        esp_proposals=config.esp,
        subnets=tuple(router.cidrlist.split(",")),
        remote_subnets=(router.vpc_cidr,),
        one_sa_per_pair=len(config.children) > 1,
        ike_lifetime_s=config.ike_lifetime_s,
        esp_lifetime_s=config.esp_lifetime_s,
        dpd=router.dpd,
        forceencaps=router.forceencap,
        implementation="strongswan",
    )
    return replace(peer, **changes)


def meet(router=ROUTER, initiator="router", psk="equal", path=None, **changes):
    """Negotiate a router with its equal peer, changed in some fields."""
    return negotiate(router, equal_peer(router, **changes), initiator, psk=psk, path=path)


def differing(outcome) -> set[str]:
    return {reason.field for reason in outcome.reasons if reason.state == "different"}


suites = st.builds("{}-{}".format, st.sampled_from(sorted(API_CIPHERS)), st.sampled_from(sorted(API_HASHES)))
groups = st.sampled_from(sorted(API_GROUPS))
ike_policies = st.builds("{};{}".format, suites, groups)
esp_policies = st.one_of(suites, ike_policies)
initiators = st.sampled_from(["router", "peer"])


def routers(cidrs=1, **fixed):
    """Random connections that the API would take, with `cidrs` remote subnets at most."""
    subnets = st.integers(1, cidrs).map(lambda count: ",".join(f"10.2.{number}.0/24" for number in range(count)))
    parts = {
        "cidrlist": subnets,
        "ikepolicy": ike_policies,
        "esppolicy": esp_policies,
        "ikeversion": st.sampled_from(["ike", "ikev1", "ikev2"]),
        "splitconnections": st.booleans(),
        "dpd": st.booleans(),
        "forceencap": st.booleans(),
        "passive": st.booleans(),
        "cloudstackversion": st.sampled_from(["4.11.1", "4.16.0", "4.22.0.0", "4.23.0", None]),
    }
    return st.builds(
        lambda **drawn: replace(ROUTER, **drawn), **parts | {name: st.just(value) for name, value in fixed.items()}
    )


def swap(texts, position, value):
    """The proposals with one word replaced (or added, where there is none)."""
    changed = []
    for text in texts:
        words = text.split("-")
        words[position : position + 1] = [value] if value else []
        changed.append("-".join(words))
    return tuple(changed)


def other(options, current):
    return next(option for option in options if option != current)


# The name of the field that a reason must carry, and the change at the peer that makes it differ.
CHANGES = {
    "gateway": lambda p: replace(p, address="203.0.113.77"),
    "peer_address": lambda p: replace(p, peer_address="198.51.100.99"),
    "peer_id": lambda p: replace(p, peer_id="198.51.100.98"),
    "id": lambda p: replace(p, id="@fw.example.com"),
    "ikeversion": lambda p: (
        replace(p, ike_versions=(1,), initiates_with=1)
        if p.ike_versions == (2,)
        else replace(p, ike_versions=(2,), initiates_with=2)
    ),
    "aggressive": lambda p: replace(p, aggressive=True),
    "ike_encryption": lambda p: replace(p, ike_proposals=_word(p.ike_proposals, 0, ("aes128", "3des"))),
    "ike_integrity": lambda p: replace(p, ike_proposals=_word(p.ike_proposals, 1, ("sha256", "md5"))),
    "ike_group": lambda p: replace(p, ike_proposals=_word(p.ike_proposals, 2, ("modp3072", "modp1024"))),
    "esp_encryption": lambda p: replace(p, esp_proposals=_word(p.esp_proposals, 0, ("aes128", "3des"))),
    "esp_integrity": lambda p: replace(p, esp_proposals=_word(p.esp_proposals, 1, ("sha256", "md5"))),
    "esp_group": lambda p: replace(p, esp_proposals=_word(p.esp_proposals, 2, ("modp3072", "ecp256"))),
    "cidrlist": lambda p: replace(p, subnets=("10.2.0.0/25", *p.subnets[1:])),
    "vpc_cidr": lambda p: replace(p, remote_subnets=("10.1.1.0/24",)),
    "ikelifetime": lambda p: replace(p, ike_lifetime_s=12345),
    "esplifetime": lambda p: replace(p, esp_lifetime_s=2345),
    "dpd": lambda p: replace(p, dpd=not p.dpd),
    "forceencap": lambda p: replace(p, forceencaps=not p.forceencaps),
}


def _word(texts, position, options):
    words = texts[0].split("-")
    return swap(texts, position, other(options, words[position] if len(words) > position else None))
