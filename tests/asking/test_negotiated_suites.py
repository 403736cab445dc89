"""Suites that are really used, and which end's configuration names them."""

from __future__ import annotations

from tests.estates import BOOK, FULL, PAIR, estate, only
from vpnaudit.asking.negotiated_suites import CONFIGURED
from vpnaudit.asking.tunnel import Tunnel, tunnel_of
from vpnaudit.estate.ends import Ends, all_ends

SAME = {
    **FULL,
    "aggressive": False,
    "initiates_with": "ikev2",
    "ike_versions": "ikev2",
    "esp_proposals": "aes256-sha256-modp2048",
}


def near() -> Ends:
    return all_ends(estate(PAIR))[0]


def test_a_suite_that_nobody_configured_is_marked() -> None:
    ends = tunnel_of(near(), {"esppolicy": "aes256-sha512;modp4096", "peer.esppolicy": "3des-md5;modp1024"})
    suites = ends.suites[["used_for", "suite", "configured"]].drop_duplicates().to_numpy().tolist()
    assert ["ESP after a rekey", "aes128-sha256", "neither"] in suites
    assert {row[2] for row in suites} <= set(CONFIGURED)


def test_a_suite_of_one_end_is_marked_and_what_is_not_known_counts_as_equal() -> None:
    used = Tunnel(only({**SAME, "esp_proposals": "aes128-sha256"})).suites
    assert set(used[used["used_for"] == "ESP"]["configured"]) == {"peer"}
    assert Tunnel(only()).used(Tunnel(near()).starts[0].outcome) == []
    assert set(Tunnel(only({**BOOK, "ike_versions": "ikev2"})).suites["configured"]) == {"both"}
