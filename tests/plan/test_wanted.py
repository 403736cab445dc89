"""Several findings on one gateway become one update; what could not be had by all is said."""

from __future__ import annotations

from vpnaudit.plan.wanted import CHOOSE, KEY, PARAMETERS, Ask, merge, values_in_force

PRESENT = {
    "ikepolicy": "3des-md5;modp1024",
    "esppolicy": "3des-md5",
    "dpd": "false",
    "ikelifetime": "86400",
    "cidrlist": "10.0.0.0/8",
}


def test_findings_about_parts_of_a_suite_all_get_their_part():
    asks = [
        Ask("weak-encryption", {"ikepolicy": "aes256-md5;modp1024", "esppolicy": "aes256-md5"}),
        Ask("weak-integrity", {"ikepolicy": "3des-sha256;modp1024", "esppolicy": "3des-sha256"}),
        Ask("weak-dh-group", {"ikepolicy": "3des-md5;modp2048"}),
        Ask("pfs-off", {"esppolicy": "3des-md5;modp2048"}),
    ]
    wanted = merge(asks, PRESENT)
    assert wanted.changes == {"ikepolicy": "aes256-sha256;modp2048", "esppolicy": "aes256-sha256;modp2048"}
    assert wanted.decisions == []


def test_of_two_values_for_one_part_the_stronger_is_used_and_it_is_said():
    asks = [
        Ask("suite-not-as-configured", {"ikepolicy": "aes192-md5;modp2048"}),
        Ask("weak-encryption", {"ikepolicy": "aes256-md5;modp1024"}),
        Ask("operator-policy", {"ikepolicy": "3des-md5;modp3072"}),
    ]
    wanted = merge(asks, PRESENT)
    assert wanted.changes == {"ikepolicy": "aes256-md5;modp3072"}
    assert wanted.decisions == [
        "ikepolicy, encryption: aes256 is used, the strongest. suite-not-as-configured asks aes192.",
        "ikepolicy, group: modp3072 is used, the strongest. suite-not-as-configured asks modp2048.",
    ]


def test_of_two_lifetimes_the_lower_is_used():
    wanted = merge([Ask("a", {"ikelifetime": "28800"}), Ask("b", {"ikelifetime": "3600"})], PRESENT)
    assert wanted.changes == {"ikelifetime": "3600"}
    assert "the lowest" in wanted.decisions[0]


def test_a_list_of_proposals_is_replaced_whole():
    wanted = merge(
        [Ask("mixed", {"esppolicy": "aes256-sha256;modp2048"})], PRESENT | {"esppolicy": "aes128-sha1,3des-md5"}
    )
    assert wanted.changes == {"esppolicy": "aes256-sha256;modp2048"}


def test_two_whole_values_that_differ_are_decided_and_said():
    wanted = merge([Ask("a", {"cidrlist": "192.168.0.0/24"}), Ask("b", {"cidrlist": "192.168.1.0/24"})], PRESENT)
    assert wanted.changes == {"cidrlist": "192.168.0.0/24"}
    assert wanted.decisions


def test_what_is_so_already_is_no_change():
    assert merge([Ask("a", {"dpd": "false"})], PRESENT).changes == {}


def test_a_value_beats_a_blank_to_fill_in():
    wanted = merge([Ask("a", {"cidrlist": CHOOSE}), Ask("b", {"cidrlist": "192.168.1.0/24"})], PRESENT)
    assert wanted.changes == {"cidrlist": "192.168.1.0/24"}
    assert merge([Ask("a", {"cidrlist": CHOOSE})], PRESENT).changes == {"cidrlist": CHOOSE}


def test_a_new_key_is_a_change():
    wanted = merge([Ask("weak-psk", {KEY: "new"}), Ask("dpd-off", {"dpd": "true"})], PRESENT)
    assert wanted.changes == {KEY: "new", "dpd": "true"}
    assert wanted.rules == ("weak-psk", "dpd-off")


def test_present_values_are_written_as_the_api_writes_them():
    row = dict.fromkeys(PARAMETERS.values()) | {"dpd": False, "ike_lifetime_s": 3600, "gateway": "192.0.2.1"}
    values = values_in_force(row)
    assert {name: value for name, value in values.items() if value is not None} == {
        "dpd": "false",
        "ikelifetime": "3600",
        "gateway": "192.0.2.1",
    }
