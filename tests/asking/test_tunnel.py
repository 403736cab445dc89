"""A tunnel as a person reads it: by who starts, causes first, with what mends it and what a change would do."""

from __future__ import annotations

from tests.estates import FULL, PAIR, estate, only
from vpnaudit.asking.tunnel import Tunnel, tunnel_of, worst_connection
from vpnaudit.estate.ends import Ends, all_ends

SAME = {
    **FULL,
    "aggressive": False,
    "initiates_with": "ikev2",
    "ike_versions": "ikev2",
    "esp_proposals": "aes256-sha256-modp2048",
}
LATER = {**SAME, "esp_proposals": "aes256-sha256-modp1024", "esp_lifetime_s": 3600}


def near() -> Ends:
    return all_ends(estate(PAIR))[0]


def test_equal_predictions_are_told_once() -> None:
    tunnel = Tunnel(near())
    assert [title for title, _ in tunnel.groups] == ["whoever starts"]
    assert [start.title for start in tunnel.starts] == ["the router starts", "the peer starts"]
    assert tunnel.far_side == "the connection back, c2"
    assert tunnel.limits == []
    assert set(tunnel.suites["configured"]) == {"both"}
    assert tunnel.difference.empty


def test_a_peer_that_takes_both_versions_is_told_by_version() -> None:
    tunnel = Tunnel(only({**SAME, "ike_versions": "ikev1,ikev2", "initiates_with": "?"}))
    assert [start.title for start in tunnel.starts] == [
        "the router starts",
        "the peer starts with IKEv2",
        "the peer starts with IKEv1",
    ]
    assert [title for title, _ in tunnel.groups] == [
        "the router starts or the peer starts with IKEv2",
        "the peer starts with IKEv1",
    ]
    assert tunnel.starts[2].outcome.verdict == "no_ike"
    assert tunnel.reasons["cause_when"].iloc[0] == "the peer starts with IKEv1"


def test_a_failing_rekey_is_seen_before_it_comes() -> None:
    tunnel = Tunnel(only(LATER))
    assert tunnel.timeline[["starts", "when", "what", "ok"]].head(4).to_numpy().tolist() == [
        ["the router starts", "now", "now", True],
        ["the router starts", "after 42 to 51 min", "child rekey", False],
        ["the router starts", "after 60 min", "child expiry", False],
        ["the router starts", "after 7.7 to 7.85 h", "ike reauthentication", True],
    ]
    assert tunnel.lines[0].reason.field == "esp_group"
    assert tunnel.pairs.to_numpy().tolist() == [
        [start.title, "10.1.0.0/16", "10.2.0.0/24", "carried"] for start in tunnel.starts
    ]
    assert [(mend.side, dict(mend.changes), mend.works) for mend in tunnel.mends] == [
        ("far side", {"peer.esp_proposals": "aes256-sha256-modp2048"}, True),
    ]


def test_a_far_side_that_is_not_known_gives_no_prediction() -> None:
    tunnel = Tunnel(only())
    assert tunnel.far_side.startswith("not known: the far side is no VPC")
    assert (tunnel.starts, tunnel.groups, tunnel.mends, tunnel.lines) == ([], [], [], [])
    assert tunnel.timeline.empty
    assert len(tunnel.sides) == 16


def test_a_change_is_told_as_a_difference() -> None:
    tunnel = tunnel_of(only(LATER), {"esppolicy": "aes256-sha256;modp1024"})
    assert tunnel.before is not None
    rows = {row["what"]: (row["was"], row["would_be"]) for row in tunnel.difference.to_dict("records")}
    assert rows["whoever starts: verdict"] == ("works until a renewal, which fails", "works")
    assert rows["reason esp_group"] == ("cause: modp2048, far side modp1024", "")
    assert list(rows)[-1] == "reason esp_group"


def test_a_difference_of_one_who_starts_is_told_for_that_one() -> None:
    both = only({**SAME, "ike_versions": "ikev1,ikev2", "initiates_with": "?"})
    rows = tunnel_of(both, {"ikeversion": "ike"}).difference
    assert "the peer starts with IKEv1: verdict" in set(rows["what"])
    assert tunnel_of(near(), {"passive": "true"}).difference.empty


def test_the_decimal_hours_are_named_as_a_limit() -> None:
    tables = {**PAIR, "sources": [{"source": "s1", "cloudstack_version": "4.19.2.0"}]}
    tunnel = Tunnel(all_ends(estate(tables))[0])
    assert "bad duration value" in tunnel.limits[0]
    assert set(tunnel.timeline["when"]) == {"now", "at no known time"}
    assert Tunnel(only(esp_policy="?")).limits == []


def test_the_worst_is_one_whose_far_side_is_known() -> None:
    tables = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "connections": [
            {"id": name, "gateway": f"203.0.113.{number}", "cidr_list": "10.2.0.0/24"}
            for number, name in enumerate("abc", 1)
        ],
        "peers": [
            {**SAME, "name": "b", "connection_id": "b", "address": "203.0.113.2"},
            {**SAME, "name": "c", "connection_id": "c"},
        ],
    }
    worst = worst_connection(estate(tables))
    assert worst is not None
    assert worst.id == "c"
    first = worst_connection(estate({**tables, "peers": []}))
    assert first is not None
    assert first.id == "a"
    assert worst_connection(estate({})) is None
