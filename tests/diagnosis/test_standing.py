"""A CHILD_SA stands: up is only what carries both ways, and what is in the way is named where a counter shows it."""

from __future__ import annotations

import pytest

from tests.diagnosis.test_phase_one import BEGIN, UP
from tests.evidence.router_files import PEER, diagnosis_of, up
from vpnaudit.diagnosis.life import life_of
from vpnaudit.diagnosis.observation import Observation, Sighting, StandingChild
from vpnaudit.diagnosis.standing import standing_child

RULES = """*filter
:FORWARD DROP [0:0]
[50:4200] -A FORWARD -s 10.22.0.0/24 -d 10.1.0.0/16 -j MARK --set-xmark 0x524/0xffffffff
{}
COMMIT
"""
IN = "840 bytes_i (10 pkts, 3s ago), 0 bytes_o"
OUT = "0 bytes_i, 840 bytes_o (10 pkts, 3s ago)"
NONE = "0 bytes_i, 0 bytes_o"


def row(path, use: str, *lines: str, number: int = 2, **files: str):
    return diagnosis_of(path, BEGIN, *UP, *lines, status_txt=up(number, use), **files)


def verdict(path, use: str, *lines: str, number: int = 2, **files: str) -> tuple[str | None, str | None]:
    answer = row(path, use, *lines, number=number, **files)
    return answer["verdict"], None if answer["since_utc"] is None else answer["since_utc"].strftime("%H:%M:%S")


def test_packets_both_ways_are_up_since_the_first_child(tmp_path):
    assert verdict(tmp_path, "840 bytes_i (10 pkts, 3s ago), 840 bytes_o (10 pkts, 3s ago)") == ("up", "05:40:09")


@pytest.mark.parametrize("use", [NONE, "252 bytes_i (3 pkts, 1190s ago), 252 bytes_o (3 pkts, 1190s ago)"])
def test_nothing_but_the_first_packets_is_idle(tmp_path, use):
    assert verdict(tmp_path, use) == ("idle", "05:40:09")


def test_few_packets_that_are_new_are_traffic(tmp_path):
    assert verdict(tmp_path, "252 bytes_i (3 pkts, 9s ago), 252 bytes_o (3 pkts, 9s ago)")[0] == "up"


def test_packets_out_and_none_in_ever_do_not_return(tmp_path):
    assert verdict(tmp_path, OUT) == ("no_return", "05:40:09")


def test_packets_that_stopped_to_come_in_stopped_then(tmp_path):
    use = "840 bytes_i (10 pkts, 600s ago), 8400 bytes_o (100 pkts, 3s ago)"
    assert verdict(tmp_path, use) == ("no_return", "05:50:00")
    assert verdict(tmp_path / "b", use.replace("600s", "60s"))[0] == "up"
    assert verdict(tmp_path / "c", "840 bytes_i (10 pkts), 8400 bytes_o (100 pkts)")[0] == "up"


TS = "TS 10.1.0.0/16 === 10.22.0.0/24"
RENEWED = (
    f"05:55:00 09[IKE] inbound CHILD_SA vpn-192.0.2.26{{3}} established with SPIs c3_i c4_o and {TS}",
    f"05:55:00 09[IKE] closing CHILD_SA vpn-192.0.2.26{{2}} with SPIs c1_i (8400 bytes) c2_o (0 bytes) and {TS}",
)
ASKED = tuple(
    line
    for time in (
        "05:50:20",
        "05:50:50",
        "05:51:20",
        "05:51:50",
        "05:52:20",
        "05:52:50",
        "05:53:20",
        "05:53:50",
        "05:54:20",
        "05:54:50",
    )
    for line in (
        f"{time} 11[IKE] sending DPD request",
        f"{time} 11[NET] sending packet: from 198.51.100.7[4500] to 192.0.2.26[4500] (80 bytes)",
        f"{time} 12[NET] received packet: {PEER.format(4500)}",
    )
)


def test_the_requests_since_then_tell_when_a_renewed_child_stopped(tmp_path):
    assert verdict(tmp_path, OUT, *ASKED, *RENEWED, number=3) == ("no_return", "05:50:20")


def test_without_requests_it_is_the_end_of_the_last_child_with_any(tmp_path):
    assert verdict(tmp_path, OUT, *RENEWED, number=3) == ("no_return", "05:55:00")


def test_requests_that_ended_before_the_child_did_are_another_pause(tmp_path):
    assert verdict(tmp_path, OUT, *ASKED[:6], *RENEWED, number=3) == ("no_return", "05:55:00")


def test_a_child_of_a_minute_says_nothing_yet(tmp_path):
    young = tuple(line.replace("05:55:00", "05:59:30") for line in RENEWED)
    assert verdict(tmp_path, NONE, *young, number=3)[0] == "up"
    assert verdict(tmp_path / "b", OUT, *young, number=3)[0] == "up"
    silent = tuple(line.replace("8400 bytes", "0 bytes") for line in young)
    forwarded = RULES.format("").replace("-s 10.22.0.0/24 -d 10.1.0.0/16", "-s 10.1.0.0/16 -d 10.22.0.0/24")
    assert verdict(tmp_path / "c", NONE, *silent, number=3, rules_txt=forwarded)[0] == "no_return"
    assert verdict(tmp_path / "d", NONE, *silent, number=3)[0] == "idle"


DROP = "[{}:840] -A ACL_INBOUND_eth2 {}-j {}"


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        ([DROP.format(10, "-s 10.22.0.0/24 ", "DROP")], "acl_blocked"),
        ([DROP.format(10, "-s 10.22.0.0/24 ", "REJECT")], "acl_blocked"),
        ([DROP.format(0, "-s 10.22.0.0/24 ", "ACCEPT"), DROP.format(10, "", "DROP")], "acl_blocked"),
        ([DROP.format(10, "-s 10.99.0.0/24 ", "DROP"), DROP.format(0, "", "DROP")], None),
        ([DROP.format(10, "-s 10.22.0.0/24 ", "ACCEPT"), DROP.format(10, "", "DROP")], None),
        ([DROP.format(10, "", "ACCEPT"), DROP.format(10, "", "DROP")], None),
        ([DROP.format(10, "-s 10.22.0.0/24 ", "LOG")], None),
        ([], None),
    ],
)
def test_what_the_access_list_drops_is_named_with_its_rule(tmp_path, rules, name):
    answer = row(tmp_path, IN, rules_txt=RULES.format("\n".join(rules)))
    assert answer["verdict"] == name
    assert ("packets dropped by ACL_INBOUND_eth2" in answer["rests_on"]) is (name is not None)


def test_packets_that_only_the_router_saw_arrive_are_packets(tmp_path):
    rules = RULES.format(DROP.format(10, "-s 10.22.0.0/24 ", "DROP"))
    assert verdict(tmp_path, NONE, rules_txt=rules)[0] == "acl_blocked"
    assert verdict(tmp_path / "b", NONE, rules_txt=rules.replace("[50:4200]", "[0:0]"))[0] == "idle"


def test_packets_in_alone_without_counters_do_not_tell_why(tmp_path):
    assert verdict(tmp_path, IN)[0] is None


def test_a_status_without_counts_does_not_tell(tmp_path):
    assert verdict(tmp_path, "some other words")[0] is None


def test_without_a_log_nobody_knows_whether_it_stays_up(tmp_path):
    answer = diagnosis_of(tmp_path, status_txt=up())
    assert (answer["verdict"], answer["may_be"]) == (None, "up")
    assert "no log" in answer["unknown"]


def test_a_log_that_begins_later_is_said_and_the_status_tells_the_age(tmp_path):
    late = tuple(line.replace("05:55:00", "05:50:00") for line in RENEWED)
    answer = diagnosis_of(tmp_path, *late, status_txt=up(3))
    assert answer["verdict"] == "up"
    assert answer["since_utc"].strftime("%H:%M") == "05:41"
    assert "log begins after" in answer["against"]


def test_a_clock_that_was_set_does_not_move_the_moment(tmp_path):
    requests = tuple(line.replace("05:5", "03:5", 1) if number > 11 else line for number, line in enumerate(ASKED))
    renewed = tuple(line.replace("05:55", "03:55") for line in RENEWED)
    meta_after = up(3, OUT).replace("since Nov 03 05:40:00", "since Nov 03 03:40:00")
    text = diagnosis_of(tmp_path, BEGIN, *UP, *requests, *renewed, status_txt=meta_after)
    assert (text["verdict"], text["since_utc"].strftime("%H:%M:%S")) == ("no_return", "05:50:20")


def test_requests_without_a_time_tell_no_moment():
    events = (
        Sighting("ike_established", 0.0, 0, {"ike_number": "1"}, "a"),
        Sighting("child_established", 0.0, 1, {"child_number": "1"}, "a"),
        Sighting("dpd_sent", None, 2, {}, "a"),
        Sighting("child_established", 90.0, 3, {"child_number": "2"}, "a"),
        Sighting("child_closing", 90.0, 4, {"child_number": "1", "bytes_in": "9"}, "a"),
    )
    child = StandingChild(2, packets_in=0, packets_out=50, used_out=900.0)
    observation = Observation(
        "a", "a", sightings=events, children=(child,), taken=1_000.0, log_first=0.0, daemon_start=0.0
    )
    diagnosis = standing_child(observation, life_of(observation))
    assert (diagnosis.verdict, diagnosis.since) == ("no_return", 90.0)


def test_a_child_whose_start_the_log_does_not_have_is_not_young(tmp_path):
    assert verdict(tmp_path, OUT, *RENEWED, number=9)[0] == "no_return"
