"""Predictions of the pairs that people get wrong, with what they say about it."""

from dataclasses import replace
from typing import get_args

import pytest

from tests.ipsec.pairs import ROUTER, differing, equal_peer, meet
from vpnaudit.ipsec.negotiate import RANK, negotiate, peer_from_router
from vpnaudit.ipsec.renewal import Verdict
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.sides import Path, PeerSide, RouterSide

THREE = "10.2.0.0/24,10.2.1.0/24,10.2.2.0/24"


def test_no_pfs_on_both_sides_is_no_mismatch():
    outcome = meet(replace(ROUTER, esppolicy="aes256-sha256"))
    assert (outcome.verdict, outcome.reasons, outcome.esp_suites) == ("ok", (), ("aes256-sha256",))
    assert outcome.renewals.child_by_router.pfs is False


def test_a_pfs_mismatch_works_until_the_first_rekey_under_ikev2():
    outcome = meet(esp_proposals=("aes256-sha256-modp3072",))
    assert outcome.verdict == "latent_rekey_failure"
    assert outcome.api_state == "Connected"
    assert [(r.field, r.ours, r.theirs, r.cause) for r in outcome.reasons] == [
        ("esp_group", "modp2048", "modp3072", True)
    ]
    events = {event.what: event for event in outcome.timeline}
    assert events["now"].ok
    assert (events["child rekey"].earliest_s, events["child rekey"].latest_s, events["child rekey"].ok) == (
        2520,
        3060,
        False,
    )
    assert events["child expiry"].earliest_s == 3600


def test_a_pfs_mismatch_fails_at_once_under_ikev1():
    outcome = meet(replace(ROUTER, ikeversion="ikev1"), esp_proposals=("aes256-sha256-modp3072",))
    assert (outcome.verdict, outcome.error, outcome.api_state) == ("ike_only", "NO_PROPOSAL_CHOSEN", "Connected")


def test_pfs_is_lost_silently_where_the_peer_has_none():
    outcome = meet(esp_proposals=("aes256-sha256",))
    assert outcome.verdict == "ok"
    assert [(r.field, r.cause) for r in outcome.reasons] == [("esp_group", False)]
    assert outcome.renewals.child_by_router.pfs is False
    assert "without PFS" in outcome.timeline[1].says


def test_two_different_causes_are_both_named():
    outcome = meet(psk="unequal", ike_proposals=("aes256-md5-modp1024",), esp_proposals=("3des-md5-modp2048",))
    assert {reason.field for reason in outcome.causes} == {
        "ipsecpsk",
        "ike_integrity",
        "ike_group",
        "esp_encryption",
        "esp_integrity",
    }


def test_lists_that_hold_the_same_words_in_other_pairs_differ_as_a_whole():
    router = replace(ROUTER, esppolicy="aes256-sha256,aes128-sha1")
    outcome = meet(router, esp_proposals=("aes256-sha1", "aes128-sha256"))
    assert differing(outcome) == {"esp_proposals"}
    assert meet(router, esp_proposals=("aes128-sha1", "aes256-sha256")).reasons == (), "order is a preference"


def test_a_group_for_one_element_only_is_repaired_for_that_element():
    router = replace(ROUTER, esppolicy="aes256-sha256,aes128-sha1;modp1024")
    outcome = meet(router, esp_proposals=("3des-md5-modp3072",))
    assert differing(outcome) == {"esp_encryption", "esp_integrity", "esp_group"}
    assert {reason.field for reason in outcome.causes} == {"esp_encryption", "esp_integrity", "esp_group"}


def test_an_aead_is_one_difference_and_not_two():
    outcome = meet(esp_proposals=("aes256gcm16-modp2048",), ike_proposals=("aes256gcm16-prfsha384-modp2048",))
    assert differing(outcome) == {"ike_encryption", "ike_prf", "esp_encryption"}
    assert outcome.ike_suites == ("aes256gcm16-prfsha384-modp2048",)


def test_the_peers_defaults_are_named_as_such():
    outcome = meet(ike_proposals=(), esp_proposals=())
    assert [(r.field, r.theirs) for r in outcome.reasons] == [
        ("ike_proposals", "the peer's defaults"),
        ("esp_proposals", "the peer's defaults"),
    ]
    assert outcome.verdict == "ok"


def test_the_version_mismatch_depends_on_who_starts():
    router = replace(ROUTER, ikeversion="ike")
    assert meet(router, "router", ike_versions=(1,), initiates_with=1).stopped_at == "version"
    assert meet(router, "peer", ike_versions=(1,), initiates_with=1).verdict == "ok"
    outcome = meet(router, "peer", initiates_with=1)
    assert differing(outcome) == {"initiates_with"}
    assert outcome.ike_version == 1


def test_several_subnets_under_ikev1_are_the_routers_own_fault():
    outcome = meet(replace(ROUTER, ikeversion="ikev1", cidrlist=THREE))
    assert outcome.verdict == "partial"
    assert [(r.field, r.state, r.cause) for r in outcome.reasons] == [("splitconnections", "own", True)]
    assert [str(pair.remote) for pair in outcome.lost] == ["10.2.1.0/24", "10.2.2.0/24"]
    assert meet(replace(ROUTER, ikeversion="ikev1", cidrlist=THREE, splitconnections=True)).verdict == "ok"


def test_split_against_one_sa_for_all_is_named_where_there_are_several_pairs():
    outcome = meet(replace(ROUTER, cidrlist=THREE), one_sa_per_pair=True)
    assert [(r.field, r.cause) for r in outcome.reasons] == [("splitconnections", True)]
    assert meet(one_sa_per_pair=True).reasons == ()


def test_split_children_meet_a_pfs_mismatch_at_once():
    router = replace(ROUTER, cidrlist=THREE, splitconnections=True)
    outcome = meet(router, esp_proposals=("aes256-sha256-modp3072",))
    assert outcome.verdict == "partial"
    assert len(outcome.children) == 1
    assert "2 more failed" in outcome.timeline[0].says


def test_exact_proxy_ids_refuse_what_strongswan_would_narrow():
    narrow = {"subnets": ("10.2.5.0/24",)}
    assert meet(**narrow).verdict == "partial"
    assert meet(exact_selectors=True, **narrow).verdict == "ike_only"
    assert meet(initiator="peer", exact_selectors=True, subnets=("10.0.0.0/8",)).verdict == "ike_only"
    assert meet(exact_selectors=True).verdict == "ok"


def test_everything_as_a_remote_subnet_is_no_pair_of_its_own():
    assert meet(subnets=("0.0.0.0/0",)).verdict == "ok"


def test_the_split_bug_stops_before_anything_is_written():
    outcome = meet(replace(ROUTER, cloudstackversion="4.20.0.0", splitconnections=True))
    assert (outcome.verdict, outcome.stopped_at, outcome.ike_version, outcome.api_state) == (
        "no_ike",
        "file",
        None,
        "Error",
    )
    assert [(r.field, r.cause) for r in outcome.reasons if r.state == "own"] == [("splitconnections", True)]


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ({"ikepolicy": "aes256-sha256;modp2048,"}, {"ikepolicy": "an empty element"}),
        ({"ikepolicy": ",aes256-sha256;modp2048"}, {"ikepolicy": "an empty element"}),
        ({"esppolicy": "aes256-sha256;modp2048;junk"}, {"esppolicy": "aes256-sha256-modp2048-junk"}),
        ({"ikepolicy": "aes256-sha256;modp2048,aes256-sha2;modp2048"}, {"ikepolicy": "aes256-sha2-modp2048"}),
        ({"ikepolicy": "aes256;modp2048", "esppolicy": ","}, {"ikepolicy": "aes256-modp2048", "esppolicy": "an empty"}),
    ],
)
@pytest.mark.parametrize("initiator", ["router", "peer"])
def test_one_element_that_the_router_cannot_read_and_nothing_of_the_connection_is_loaded(policies, said, initiator):
    """Measured with strongSwan 5.9.8: "skipped invalid proposal string", then no such connection."""
    broken = replace(ROUTER, **policies)
    outcome = negotiate(broken, equal_peer(ROUTER), initiator, psk="equal")
    assert (outcome.verdict, outcome.stopped_at, outcome.api_state) == (
        "no_ike",
        "router-configuration",
        "Disconnected",
    )
    assert outcome.confidence == "measured here"
    own = {reason.field: reason.ours for reason in outcome.reasons if reason.state == "own" and reason.cause}
    assert set(own) == set(said)
    assert all(own[field].startswith(words) and "does not load" in own[field] for field, words in said.items())
    far = negotiate(replace(ROUTER), peer_from_router(broken), initiator, psk="equal")
    assert (far.verdict, far.stopped_at) == ("no_ike", "peer-configuration")
    assert negotiate(replace(broken, cloudstackversion=None), equal_peer(ROUTER), initiator).confidence.startswith(
        "dep"
    )


@pytest.mark.parametrize(
    "policies",
    [{"ikepolicy": ""}, {"esppolicy": " "}, {"esppolicy": "aes256-sha256;"}, {"esppolicy": "aes256;modp2048"}],
)
def test_what_the_router_loads_though_it_looks_broken(policies):
    """Measured with strongSwan 5.9.8: a setting without any text leaves its defaults."""
    assert meet(replace(ROUTER, **policies)).stopped_at != "router-configuration"


def test_a_gateway_that_is_a_name_is_not_compared():
    outcome = meet(replace(ROUTER, gateway="vpn.example.com"), address="203.0.113.2")
    assert outcome.verdict == "ok"
    assert outcome.assumed == ("gateway",)
    assert meet(replace(ROUTER, gateway="vpn.example.com"), address="203.0.113.2", id="203.0.113.2").assumed == (
        "gateway",
        "id",
    )


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({"esp_proposals": ("aes128-sha256-modp2048",)}, "either"),
        ({"esp_proposals": ("aes256-sha256-ecp384",)}, "peer"),
        ({"esp_proposals": ("aes256-sha256",)}, "either"),
        ({"ike_proposals": ("aes256-sha256-prfsha384-modp2048",)}, "peer"),
        ({"ike_proposals": ("camellia256-sha256-modp2048",)}, "peer"),
        ({"ike_proposals": ("aes256-aesxcbc-modp2048",)}, "peer"),
        ({"ike_proposals": ("aes256-sha256-modp4096",)}, "either"),
        ({"remote_subnets": ("10.1.1.0/24",)}, "peer"),
        ({"id": "@fw"}, "peer"),
        ({"dpd": True}, "either"),
    ],
)
def test_who_can_change_it(changes, who):
    """The API takes few algorithms, the router sends the whole VPC and its public address: what it cannot hold, the
    peer must change.
    """
    assert {reason.who for reason in meet(**changes).reasons if reason.field != "ike_integrity" or who == "peer"} == {
        who
    }


@pytest.mark.parametrize(
    ("router", "changes", "confidence"),
    [
        (ROUTER, {}, "measured here"),
        (replace(ROUTER, cloudstackversion="4.16.0"), {}, "follows from the standard"),
        (
            replace(ROUTER, cloudstackversion="4.16.0"),
            {"esp_proposals": ("aes128-sha256",)},
            "depends on the peer's implementation",
        ),
        (ROUTER, {"dpd": None}, "follows from the standard"),
        (ROUTER, {"implementation": "asa"}, "follows from the standard"),
        (ROUTER, {"implementation": "asa", "subnets": ("10.2.5.0/24",)}, "depends on the peer's implementation"),
        (ROUTER, {"implementation": None, "esp_proposals": ("aes128-sha256",)}, "depends on the peer's implementation"),
        (replace(ROUTER, cidrlist=THREE), {"implementation": "asa"}, "depends on the peer's implementation"),
        (ROUTER, {"implementation": "asa", "id": "@fw"}, "follows from the standard"),
    ],
)
def test_a_prediction_says_how_sure_it_is(router, changes, confidence):
    assert meet(router, **changes).confidence == confidence


def test_two_routers_that_differ_meet_on_a_suite_that_neither_names():
    near = replace(ROUTER, ikepolicy="3des-md5;modp1024", esppolicy="3des-md5")
    far = RouterSide(
        publicip="203.0.113.2",
        vpc_cidr="10.2.0.0/16",
        gateway="198.51.100.1",
        cidrlist="10.1.0.0/16",
        ikepolicy="aes128-md5;modp1536",
        esppolicy="aes128-md5",
        ikeversion="ikev2",
        local_ip="192.168.66.2",
    )
    outcome = negotiate(near, peer_from_router(far), "router", psk="equal")
    assert (outcome.ike_suites, outcome.esp_suites) == (("aes128-sha256-curve25519",), ("aes128-sha256",))
    assert outcome.verdict == "ok"
    assert not any(reason.cause for reason in outcome.reasons)


def test_a_router_as_a_peer_keeps_all_that_it_holds():
    far = RouterSide(
        publicip="203.0.113.2",
        vpc_cidr="10.2.0.0/16",
        gateway="198.51.100.1",
        cidrlist="10.1.0.0/16,10.3.0.0/16",
        ikepolicy="aes128-sha1;modp1536",
        esppolicy="3des-md5",
        ikelifetime=7200,
        esplifetime=1800,
        dpd=True,
        forceencap=True,
        passive=True,
        ikeversion="ikev1",
        cloudstackversion="4.22.0.0",
    )
    config = router_config(far)
    assert peer_from_router(far) == PeerSide(
        address="203.0.113.2",
        public_address=None,
        id=config.own_id,
        peer_address="198.51.100.1",
        peer_id="198.51.100.1",
        ike_versions=(1,),
        initiates_with=1,
        ike_proposals=config.ike,
        esp_proposals=config.esp,
        strict=False,
        subnets=("10.2.0.0/16",),
        remote_subnets=("10.1.0.0/16", "10.3.0.0/16"),
        one_sa_per_pair=False,
        exact_selectors=False,
        ike_lifetime_s=config.ike_lifetime_s,
        esp_lifetime_s=config.esp_lifetime_s,
        dpd=True,
        forceencaps=True,
        passive=True,
        refused=None,
        implementation="cloudstack",
    )
    split = peer_from_router(replace(far, splitconnections=True))
    assert split == replace(peer_from_router(far), one_sa_per_pair=True)
    off = peer_from_router(replace(far, dpd=False, forceencap=False, passive=False))
    assert (off.dpd, off.forceencaps, off.passive) == (False, False, False)


@pytest.mark.parametrize(
    ("keyexchange", "versions", "first"), [("ike", (1, 2), 2), ("ikev1", (1,), 1), ("ikev2", (2,), 2)]
)
def test_a_router_as_a_peer_speaks_the_versions_that_it_is_told(keyexchange, versions, first):
    peer = peer_from_router(replace(ROUTER, ikeversion=keyexchange))
    assert (peer.ike_versions, peer.initiates_with) == (versions, first)


def test_a_router_behind_nat_is_a_peer_with_two_addresses():
    peer = peer_from_router(replace(ROUTER, local_ip="192.168.66.2"))
    assert (peer.address, peer.public_address) == ("192.168.66.2", "198.51.100.1")


def test_the_pairs_that_should_have_traffic_are_those_that_either_side_configures():
    outcome = meet(remote_subnets=("10.1.0.0/16", "10.9.0.0/16"), subnets=("10.2.0.0/16", "10.8.0.0/16"))
    assert outcome.verdict == "partial"
    assert {pair.text for pair in outcome.lost} == {
        "10.1.0.0/16 > 10.8.0.0/16",
        "10.9.0.0/16 > 10.2.0.0/16",
        "10.9.0.0/16 > 10.8.0.0/16",
    }


@pytest.mark.parametrize(
    ("router", "confidence"),
    [
        (ROUTER, "depends on the peer's implementation"),
        (replace(ROUTER, ikepolicy="aes256-sha256;modp2048,"), "measured here"),
    ],
)
def test_what_was_not_read_of_the_peer_lowers_the_confidence_unless_the_router_fails_by_itself(router, confidence):
    outcome = negotiate(router, equal_peer(ROUTER, unread=("leftikeport",)), "router", psk="equal")
    assert outcome.confidence == confidence


@pytest.mark.parametrize("by_router", [False, True])
@pytest.mark.parametrize("by_peer", [False, True])
@pytest.mark.parametrize("udp_4500", [False, True])
def test_that_one_end_encapsulates_is_looked_at_where_it_matters(by_router, by_peer, udp_4500):
    """Nothing of an earlier case is taken for this one: IKEv1 without a NAT needs UDP 4500 for encapsulation alone."""
    router = replace(ROUTER, ikeversion="ikev1", forceencap=by_router)
    assert meet(replace(ROUTER, ikeversion="ikev1"), path=Path(udp_4500=udp_4500)).verdict == "ok"
    outcome = meet(router, path=Path(udp_4500=udp_4500), forceencaps=by_peer)
    assert outcome.verdict == ("ok" if udp_4500 or not (by_router or by_peer) else "no_ike")


def test_each_verdict_comes_further_than_the_one_before_it():
    assert sorted(RANK, key=RANK.__getitem__) == list(get_args(Verdict))
    assert len(set(RANK.values())) == len(RANK)
