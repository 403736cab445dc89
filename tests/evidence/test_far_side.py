"""The far side is what the log shows of it, each field with its line, and never more than was seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence.router_files import META, NOTHING_UP, PEER, START, log, router
from vpnaudit.evidence.events import Event
from vpnaudit.evidence.far_side import FarSide, _Reading, far_sides
from vpnaudit.knowledge import facts

RECEIVED = f"05:40:07 05[NET] received packet: {PEER.format(500)}"
STARTS = (RECEIVED, "05:40:07 05[IKE] 192.0.2.26 is initiating an IKE_SA")
LOOKS = "05:40:08 05[CFG] looking for peer configs matching 198.51.100.7[{}]...192.0.2.26[gw.example]"
ESTABLISHED = "05:40:08 05[IKE] IKE_SA vpn-192.0.2.26[1] established between 198.51.100.7[a]...192.0.2.26[gw.example]"
CHILD = "05:40:09 05[IKE] CHILD_SA vpn-192.0.2.26{{{0}}} established with SPIs c{0}_i d{0}_o and TS {1} === {2}"
OFFER = "05:40:07 05[CFG] received proposals: "
SUITE = "AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048"


def side(path, *lines: str) -> FarSide:
    read = router(path, log_txt=log(f"05:40:00 {START}", *lines), meta_txt=META, status_txt=NOTHING_UP)
    assert read.log is not None
    (only,) = far_sides(read.log.store.events(), frozenset({"vpn-192.0.2.26"}))
    return only


def values(far: FarSide) -> dict[str, Any]:
    return {name: shown.value for name, shown in far.fields.items()}


def test_a_peer_that_starts_shows_its_offer_its_identity_and_its_networks(tmp_path):
    far = side(
        tmp_path,
        *STARTS,
        f"{OFFER}IKE:{SUITE}, IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024",
        f"05:40:07 05[CFG] selected proposal: IKE:{SUITE}",
        LOOKS.format("198.51.100.7"),
        "05:40:08 05[IKE] authentication of 'gw.example' with pre-shared key successful",
        "05:40:08 05[IKE] peer supports MOBIKE",
        "05:40:08 05[IKE] received strongSwan vendor ID",
        ESTABLISHED,
        CHILD.format(2, "10.1.0.0/16", "10.22.0.0/24"),
    )
    assert values(far) == {
        "address": "192.0.2.26",
        "initiates_with": "ikev2",
        "ike_proposals": "aes256-sha256-modp2048,aes128-sha1-modp1024",
        "ike_strict": True,
        "id": "gw.example",
        "peer_id": "198.51.100.7",
        "peer_address": "198.51.100.7",
        "auth": "psk",
        "mobike": True,
        "implementation": "strongswan",
        "ike_versions": "ikev2",
        "local_subnets": "10.22.0.0/24",
        "remote_subnets": "10.1.0.0/16",
    }
    assert far.undecided is None
    assert {name: shown.event.line for name, shown in far.fields.items()}["id"] == 10


def test_an_identity_that_was_not_asked_for_is_not_expected(tmp_path):
    assert "peer_id" not in values(side(tmp_path, *STARTS, LOOKS.format("%any"), ESTABLISHED))


def test_the_group_is_known_from_a_renewal_and_not_from_the_first_child(tmp_path):
    first = (*STARTS, ESTABLISHED, "05:40:08 05[CFG] selected proposal: ESP:AES_CBC_256/HMAC_SHA2_256_128/NO_EXT_SEQ")
    child = CHILD.format(2, "10.1.0.0/16", "10.22.0.0/24")
    assert "esp_proposals" not in values(side(tmp_path / "a", *first, child))
    again = "05:50:00 05[CFG] selected proposal: ESP:AES_CBC_256/HMAC_SHA2_256_128/MODP_2048/NO_EXT_SEQ"
    assert values(side(tmp_path / "b", *first, child, again))["esp_proposals"] == "aes256-sha256-modp2048"
    other = again.replace("AES_CBC_256", "AES_CBC_128")
    assert "esp_proposals" not in values(side(tmp_path / "c", *first, child, other))


def test_under_ikev1_the_group_is_always_shown(tmp_path):
    lines = (
        RECEIVED,
        "05:40:07 05[IKE] 192.0.2.26 is initiating a Aggressive Mode IKE_SA",
        ESTABLISHED,
        "05:40:08 05[CFG] selected proposal: ESP:AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ",
        "05:40:08 05[IKE] received 10800s lifetime, configured 2400s",
        "05:40:08 05[IKE] received lifetime 86400s does not match configured lifetime 28800s",
    )
    shown = values(side(tmp_path, *lines))
    assert (shown["esp_proposals"], shown["aggressive"], shown["ike_versions"]) == ("aes256-sha1", True, "ikev1")
    assert (shown["esp_lifetime_s"], shown["ike_lifetime_s"]) == (10_800, 86_400)


def test_behind_a_nat_the_address_is_that_of_the_nat(tmp_path):
    shown = values(side(tmp_path, *STARTS, "05:40:07 05[IKE] remote host is behind NAT", ESTABLISHED))
    assert (shown["public_address"], "address" in shown) == ("192.0.2.26", False)


def test_where_the_router_is_behind_a_nat_its_own_address_is_none_that_the_peer_knows(tmp_path):
    near_nat = "05:40:07 05[IKE] local host is behind NAT, sending keep alives"
    assert "peer_address" not in values(side(tmp_path, *STARTS, near_nat, LOOKS.format("%any"), ESTABLISHED))


def test_what_the_peer_chose_is_no_offer(tmp_path):
    lines = (
        "05:40:07 05[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26",
        RECEIVED,
        f"{OFFER}IKE:{SUITE}",
        f"05:40:07 05[CFG] selected proposal: IKE:{SUITE}",
        ESTABLISHED,
    )
    shown = values(side(tmp_path, *lines))
    assert shown["ike_proposals"] == "aes256-sha256-modp2048"
    assert "initiates_with" not in shown


def test_an_algorithm_without_a_keyword_is_left_out(tmp_path):
    assert "ike_proposals" not in values(side(tmp_path, *STARTS, f"{OFFER}IKE:ROT_13/HMAC_NEW/MODP_2048", ESTABLISHED))


def test_several_children_show_all_their_networks_once(tmp_path):
    two = (CHILD.format(2, "10.1.0.0/16", "10.22.0.0/24"), CHILD.format(3, "10.1.0.0/16", "10.23.0.0/24"))
    shown = values(side(tmp_path, *STARTS, ESTABLISHED, *two))
    assert (shown["local_subnets"], shown["remote_subnets"]) == ("10.22.0.0/24,10.23.0.0/24", "10.1.0.0/16")


def test_networks_that_were_refused_are_the_peers_without_the_packet_before_them(tmp_path):
    near, far = "10.1.1.10/32[icmp/8] 10.1.0.0/16", "10.9.0.10/32[icmp/8] 10.9.0.0/24"
    line = f"05:40:08 05[IKE] traffic selectors {near} === {far} unacceptable"
    shown = values(side(tmp_path, *STARTS, ESTABLISHED, line))
    assert (shown["local_subnets"], shown["remote_subnets"]) == ("10.9.0.0/24", "10.1.0.0/16")


@pytest.mark.parametrize("message", ["INFORMATIONAL request 3 [ ]", "INFORMATIONAL_V1 request 3 [ HASH N(DPD) ]"])
def test_a_peer_that_asks_whether_the_router_is_there_has_dead_peer_detection(tmp_path, message):
    assert values(side(tmp_path, *STARTS, f"05:41:00 05[ENC] parsed {message}"))["dpd"] is True


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((RECEIVED, "05:40:08 05[IKE] received NO_PROPOSAL_CHOSEN notify error"), "refused phase 1"),
        ((RECEIVED, "05:40:08 05[IKE] tried 1 shared key for 'a' - 'b', but MAC mismatched"), "keys differ"),
        ((), "no answer"),
        ((RECEIVED, ESTABLISHED, "05:40:09 05[IKE] received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built"), "phase 2"),
    ],
)
def test_where_a_refusal_does_not_say_what_it_would_take_nothing_is_predicted(tmp_path, lines, why):
    far = side(tmp_path, "05:40:07 05[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26", *lines)
    assert far.undecided is not None
    assert why in far.undecided


def test_where_the_router_refused_an_offer_that_is_shown_the_outcome_is_decided(tmp_path):
    refused = "05:40:07 05[IKE] received proposals unacceptable"
    assert side(tmp_path, *STARTS, f"{OFFER}IKE:{SUITE}", refused).undecided is None
    child = f"{OFFER}ESP:AES_CBC_128/HMAC_MD5_96/NO_EXT_SEQ"
    second = side(tmp_path / "b", *STARTS, ESTABLISHED, child, "05:40:09 05[IKE] no acceptable proposal found")
    assert (second.undecided, values(second)["esp_proposals"]) == (None, "aes128-md5")


def test_a_log_of_other_connections_shows_nothing(tmp_path):
    read = router(tmp_path, log_txt=log(f"05:40:00 {START}", *STARTS), meta_txt=META, status_txt=NOTHING_UP)
    assert read.log is not None
    assert far_sides(read.log.store.events(), frozenset()) == []


def test_a_line_that_no_packet_goes_before_shows_no_address():
    def event(identifier: str, **fields: str) -> Event:
        return Event(identifier, None, 1, fields, "log", 1, "a")

    some = [event("peer_initiating"), event("nat_theirs"), event("authenticated", method="EAP", their_id="x")]
    (far,) = far_sides([*some, event("lifetime_auth", seconds="600")], frozenset({"a"}))
    assert values(far) == {"initiates_with": "ikev2", "ike_rekey_s": 600}
    unknown = event("proposal_selected", suite="IKE:ROT_13", protocol="IKE")
    assert far_sides([unknown], frozenset({"a"})) == []


def test_no_line_of_the_knowledge_table_is_named_as_what_a_reading_holds():
    reading = _Reading(FarSide("a"))
    held = {name.removeprefix("_") for name, value in vars(reading).items() if not callable(value)}
    assert held.isdisjoint(facts("charon_log"))
