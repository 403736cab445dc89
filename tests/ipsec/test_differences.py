"""Every difference is named, and called a cause only where it is one: over random pairs."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.ipsec.pairs import CHANGES, ROUTER, differing, equal_peer, initiators, modest, routers
from vpnaudit.ipsec.differences import _read, _with, differences
from vpnaudit.ipsec.negotiate import RANK, _equal, negotiate, peer_from_router
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.sides import Case


def how_far(outcome):
    steps = outcome.renewals
    return RANK[outcome.verdict], [steps.child_by_router.ok, steps.child_by_peer.ok, steps.ike_by_router.ok].count(True)


@modest
@given(routers(), initiators)
def test_equal_sides_always_come_up(router, initiator):
    outcome = negotiate(router, equal_peer(router), initiator, psk="equal")
    assert outcome.verdict == "ok"
    assert outcome.api_state == "Connected"
    assert outcome.reasons == ()
    assert outcome.lost == ()


@modest
@given(routers(cidrs=3), initiators, st.sampled_from(sorted(CHANGES)))
def test_one_changed_field_is_the_only_one_named_and_a_cause_only_if_it_matters(router, initiator, field):
    peer = equal_peer(router)
    assume(not (field == "aggressive" and peer.ike_versions == (2,)))
    before = negotiate(router, peer, initiator, psk="equal")
    after = negotiate(router, CHANGES[field](peer), initiator, psk="equal")
    assert differing(after) == {field}
    (reason,) = (reason for reason in after.reasons if reason.state == "different")
    assert reason.ours != reason.theirs
    assert reason.cause is (how_far(after) < how_far(before))


@modest
@given(
    routers(cidrs=3),
    initiators,
    st.sets(st.sampled_from(sorted(set(CHANGES) - {"aggressive"})), min_size=3, max_size=3),
)
def test_three_changed_fields_are_all_named(router, initiator, fields):
    peer = equal_peer(router)
    whole = negotiate(router, peer, initiator, psk="equal")
    for field in sorted(fields):
        peer = CHANGES[field](peer)
    outcome = negotiate(router, peer, initiator, psk="equal")
    assert differing(outcome) == fields
    if how_far(outcome) < how_far(whole):
        assert any(reason.cause for reason in outcome.reasons)


@modest
@given(routers(cidrs=3), routers(cidrs=3), initiators)
def test_two_routers_see_one_negotiation_from_both_ends(near, far, initiator):
    far = replace(far, publicip=near.gateway, gateway=near.publicip, vpc_cidr="10.2.0.0/23", cidrlist=near.vpc_cidr)
    ours = negotiate(near, peer_from_router(far), initiator, psk="equal")
    theirs = negotiate(far, peer_from_router(near), "peer" if initiator == "router" else "router", psk="equal")
    assert (ours.ike_version, ours.ike_suites, ours.stopped_at, ours.error) == (
        theirs.ike_version,
        theirs.ike_suites,
        theirs.stopped_at,
        theirs.error,
    )
    assert [(c.suite, c.selectors) for c in ours.children] == [(c.suite, c.selectors.turned()) for c in theirs.children]


@modest
@given(routers(ikeversion="ikev2", cloudstackversion="4.22.0"), st.sampled_from(sorted(CHANGES)), st.booleans())
def test_ikev2_does_not_care_who_starts(router, field, strict):
    peer = replace(CHANGES[field](equal_peer(router)), strict=strict)
    verdicts = {negotiate(router, peer, initiator, psk="equal").verdict for initiator in ("router", "peer")}
    assert len(verdicts) == 1


@modest
@given(routers(), initiators)
def test_an_unknown_field_is_taken_as_equal_and_listed(router, initiator):
    peer = equal_peer(
        router,
        id=None,
        peer_id=None,
        esp_proposals=None,
        ike_proposals=None,
        subnets=None,
        dpd=None,
        one_sa_per_pair=None,
    )
    outcome = negotiate(router, replace(peer, remote_subnets=None, ike_versions=None, initiates_with=None), initiator)
    assert outcome.verdict == "ok"
    assert {
        "id",
        "peer_id",
        "esp_proposals",
        "ike_proposals",
        "cidrlist",
        "vpc_cidr",
        "dpd",
        "ikeversion",
        "ipsecpsk",
    } <= set(outcome.assumed)
    assert outcome.causes == ()


words = st.sampled_from(
    [
        "aes256",
        "aes128",
        "3des",
        "aes256gcm16",
        "sha256",
        "sha1",
        "md5",
        "prfsha384",
        "modp2048",
        "modp1024",
        "ecp384",
        "junk",
    ]
)
lists = st.lists(st.lists(words, min_size=2, max_size=5).map("-".join), max_size=3).map(tuple)
subnets = st.lists(
    st.sampled_from(["10.2.0.0/16", "10.2.1.0/24", "10.2.2.0/24", "0.0.0.0/0", "10.3.0.0/16", "name"]), max_size=3
).map(tuple)


@modest
@given(
    router=routers(cidrs=3),
    initiator=initiators,
    ike=lists,
    esp=lists,
    nets=subnets,
    strict=st.booleans(),
    split=st.booleans(),
    psk=st.sampled_from(["equal", "unequal", "unknown"]),
)
def test_every_peer_gets_an_answer_and_repairing_it_ends_all_differences(
    *, router, initiator, ike, esp, nets, strict, split, psk
):
    peer = equal_peer(router, ike_proposals=ike, esp_proposals=esp, subnets=nets, strict=strict, one_sa_per_pair=split)
    outcome = negotiate(router, peer, initiator, psk=psk)
    assert outcome.api_state == ("Disconnected" if outcome.verdict == "no_ike" else "Connected")
    assert (outcome.verdict in ("no_ike", "ike_only")) == (not outcome.children)
    case = Case(router, peer, psk)
    config = router_config(router)
    assert differences(_equal(case, config, differences(case, config)), config) == ()


hostile = st.sampled_from(
    [
        "",
        ",",
        "0.0.0.0/0",
        "10.2.0.0/16, 10.3.0.0/24",
        "\u202e10.2.0.0/16",
        "<script>",
        "=cmd|x",
        "10.2.0.0/33",
        "a\nb",
        "::/0",
    ]
)


@modest
@given(
    gateway=hostile,
    cidrlist=hostile,
    vpc_cidr=hostile,
    policy=hostile,
    lifetime=st.integers(-90000, 90000),
    ikeversion=st.sampled_from(["", "ikev9", "IKEv2"]),
    initiator=initiators,
)
def test_no_value_of_a_tenant_breaks_a_prediction(
    *, gateway, cidrlist, vpc_cidr, policy, lifetime, ikeversion, initiator
):
    router = replace(
        ROUTER,
        gateway=gateway,
        cidrlist=cidrlist,
        vpc_cidr=vpc_cidr,
        ikepolicy=policy,
        esppolicy=policy,
        ikeversion=ikeversion,
    )
    outcome = negotiate(replace(router, ikelifetime=lifetime, esplifetime=-lifetime), equal_peer(ROUTER), initiator)
    assert outcome.verdict in RANK


def test_where_the_router_has_one_proposal_without_a_group_the_mended_peer_has_one_too():
    case = Case(ROUTER, equal_peer(ROUTER, esp_proposals=("aes256-sha256-modp3072",)), "equal")
    mended = _with("esp_proposals", "esp", "group", _read(("aes256-sha256-modp2048", "aes128-sha1"), "esp"))(case)
    assert mended.peer.esp_proposals == ("aes256-sha256", "aes256-sha256-modp2048")
