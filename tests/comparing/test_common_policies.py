"""A policy for both ends is as strong as the stronger of them, within the limits, and one that the API writes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.comparing.common_policies import bits, common_policies
from vpnaudit.estate.proposal_table import meets
from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES, read_cloudstack_proposals
from vpnaudit.policy import load

POLICY = load()
LAX = POLICY.model_copy(update={"pfs_required": False})


def test_the_stronger_algorithm_of_each_kind_is_taken():
    assert common_policies(
        ["aes256-sha256;modp2048", "aes128-sha512;modp3072"], ["aes256-sha256;modp2048", "3des-md5"], POLICY
    ) == {"ikepolicy": "aes256-sha512;modp3072", "esppolicy": "aes256-sha256;modp3072"}


def test_what_is_below_the_limits_becomes_the_least_that_is_not():
    assert common_policies(["3des-md5;modp1024"], ["aes192-sha1"], POLICY) == {
        "ikepolicy": "aes256-sha256;modp2048",
        "esppolicy": "aes256-sha256;modp2048",
    }


def test_a_group_for_esp_is_a_matter_of_the_limits_and_of_the_ends():
    assert common_policies(["aes256-sha256;modp2048"], ["aes256-sha256"], LAX)["esppolicy"] == "aes256-sha256"
    with_one = common_policies(["aes256-sha256;modp4096"], ["aes256-sha256", "aes256-sha256;modp2048"], LAX)
    assert with_one["esppolicy"] == "aes256-sha256;modp4096"


def test_where_the_api_can_write_none_within_the_limits_there_is_none():
    assert common_policies([], [], POLICY.model_copy(update={"dh_min_strength_bits": 999})) is None
    assert common_policies([], [], POLICY.model_copy(update={"encryption_min_bits": 999})) is None
    assert common_policies([], [], POLICY.model_copy(update={"integrity_min_bits": 999})) is None


def test_what_nothing_is_known_of_has_no_strength():
    assert bits("group", "modp2048") > bits("group", None) == bits("group", "quantum") == 0


TEXTS = st.lists(
    st.builds(
        lambda cipher, digest, group: f"{cipher}-{digest}" + (f";{group}" if group else ""),
        st.sampled_from([*sorted(API_CIPHERS), "aes256gcm16", "nonsense"]),
        st.sampled_from(sorted(API_HASHES)),
        st.sampled_from([*sorted(API_GROUPS), "", "ecp256"]),
    ),
    max_size=3,
)


@given(TEXTS, TEXTS)
def test_any_ends_get_one_policy_that_the_api_takes_and_that_grows_no_more(ike, esp):
    both = common_policies(ike, esp, POLICY)
    outer, inner = (read_cloudstack_proposals(both[name]).elements for name in ("ikepolicy", "esppolicy"))
    assert len(outer) == len(inner) == 1
    assert all(one.accepted_by_api(group_required=True) for one in (*outer, *inner))
    for one in (*outer, *inner):
        assert meets("encryption", one.encryption, POLICY)
        assert meets("integrity", one.integrity, POLICY)
        assert meets("group", one.dh_group, POLICY)
    assert bits("group", inner[0].dh_group) >= bits("group", outer[0].dh_group)
    assert common_policies([*ike, both["ikepolicy"]], [*esp, both["esppolicy"]], POLICY) == both
