"""Lines that name nobody are joined to the connection whose job they are of, and to no other."""

from __future__ import annotations

import pytest

from tests.evidence.router_files import NOTHING_UP, PEER, START, events
from vpnaudit.evidence import attribution

OTHER = "from 192.0.2.99[500] to 198.51.100.7[500] (80 bytes)"
TWO = NOTHING_UP.replace(
    "Security",
    "vpn-192.0.2.99:  198.51.100.7...192.0.2.99  IKEv2\n"
    "vpn-192.0.2.99-2:   child:  10.1.0.0/16 === 10.3.0.0/24 TUNNEL\nSecurity",
)


def joined(path, *lines: str) -> list[tuple[str, str | None, str | None]]:
    """Line id, connection and child of each event but packets."""
    some = events(path, f"05:40:00 {START}", *lines, status_txt=TWO)
    quiet = ("daemon_start", "packet_received", "packet_sent")
    return [(one.id, one.connection, one.child) for one in some if one.id not in quiet]


def test_lines_after_a_packet_are_of_its_peer(tmp_path):
    assert joined(
        tmp_path,
        f"05:40:07 05[NET] received packet: {PEER.format(500)}",
        f"05:40:07 06[NET] received packet: {OTHER}",
        "05:40:07 05[IKE] received AUTHENTICATION_FAILED notify error",
        "05:40:07 06[IKE] received NO_PROPOSAL_CHOSEN notify error",
    ) == [("notify_error", "vpn-192.0.2.26", None), ("notify_error", "vpn-192.0.2.99", None)]


def test_a_timer_is_of_the_peer_to_which_its_thread_sends_next(tmp_path):
    assert joined(
        tmp_path,
        "05:40:07 05[IKE] sending DPD request",
        "05:40:07 06[IKE] retransmit 1 of request with message ID 0",
        "05:40:07 05[NET] sending packet: from 198.51.100.7[4500] to 192.0.2.26[4500] (80 bytes)",
        "05:40:07 06[NET] sending packet: from 198.51.100.7[500] to 192.0.2.99[500] (80 bytes)",
    ) == [("dpd_sent", "vpn-192.0.2.26", None), ("retransmit", "vpn-192.0.2.99", None)]


def test_giving_up_is_of_the_peer_that_was_silent_longest(tmp_path):
    lines = [
        "05:40:07 05[IKE] retransmit 5 of request with message ID 0",
        "05:40:07 05[NET] sending packet: from 198.51.100.7[500] to 192.0.2.99[500] (80 bytes)",
        "05:40:09 06[IKE] retransmit 5 of request with message ID 0",
        "05:40:09 06[NET] sending packet: from 198.51.100.7[500] to 192.0.2.26[500] (80 bytes)",
        "05:41:22 07[IKE] giving up after 5 retransmits",
        "05:41:22 07[IKE] establishing IKE_SA failed, peer not responding",
        "05:41:24 07[IKE] giving up after 5 retransmits",
        "05:41:30 08[IKE] giving up after 5 retransmits",
    ]
    rows = [one for one in joined(tmp_path, *lines) if one[0] == "gave_up"]
    assert [one[1] for one in rows] == ["vpn-192.0.2.99", "vpn-192.0.2.26", None]


def test_an_answer_ends_the_silence(tmp_path):
    lines = [
        "05:40:07 05[IKE] retransmit 5 of request with message ID 0",
        "05:40:07 05[NET] sending packet: from 198.51.100.7[500] to 192.0.2.26[500] (80 bytes)",
        f"05:40:08 06[NET] received packet: {PEER.format(500)}",
        "05:41:22 07[IKE] giving up after 5 retransmits",
    ]
    assert joined(tmp_path, *lines)[-1] == ("gave_up", None, None)


def test_a_refusal_of_a_child_is_of_the_one_that_was_asked_for(tmp_path):
    assert joined(
        tmp_path,
        "05:40:07 05[IKE] initiating IKE_SA vpn-192.0.2.99[1] to 192.0.2.99",
        "05:40:07 05[IKE] establishing CHILD_SA vpn-192.0.2.99-2{4} reqid 5",
        f"05:40:07 06[NET] received packet: {OTHER}",
        "05:40:07 06[IKE] received TS_UNACCEPTABLE notify, no CHILD_SA built",
        "05:40:08 07[KNL] creating acquire job for policy 10.1.1.10/32[icmp] === 10.3.0.1/32[icmp] with reqid {5}",
    ) == [
        ("initiating", "vpn-192.0.2.99", None),
        ("child_attempt", "vpn-192.0.2.99", "vpn-192.0.2.99-2"),
        ("no_child_built", "vpn-192.0.2.99", "vpn-192.0.2.99-2"),
        ("acquire", "vpn-192.0.2.99", "vpn-192.0.2.99-2"),
    ]


def test_an_spi_tells_the_child(tmp_path):
    established = "CHILD_SA vpn-192.0.2.26{2} established with SPIs c1_i c2_o and TS 10.1.0.0/16 === 10.22.0.0/24"
    rows = joined(
        tmp_path,
        f"05:40:07 05[IKE] {established}",
        "05:50:07 06[KNL] creating rekey job for CHILD_SA ESP/0x000000c1/198.51.100.7",
        "05:50:08 06[KNL] creating rekey job for CHILD_SA ESP/0xc1/198.51.100.7",
        "05:50:09 07[IKE] received DELETE for ESP CHILD_SA with SPI c2",
    )
    assert rows[1:] == [
        ("rekey_due", None, None),
        ("rekey_due", "vpn-192.0.2.26", "vpn-192.0.2.26"),
        ("child_delete_received", "vpn-192.0.2.26", "vpn-192.0.2.26"),
    ]


def test_ike_name_says_it_outright(tmp_path):
    rows = joined(
        tmp_path,
        "05:40:07 05[IKE] <vpn-192.0.2.26|1> giving up after 5 retransmits",
        "05:40:07 05[IKE] <vpn-192.0.2.99|2> establishing CHILD_SA vpn-192.0.2.99-2{4} reqid 5",
    )
    assert rows == [
        ("gave_up", "vpn-192.0.2.26", None),
        ("child_attempt", "vpn-192.0.2.99", "vpn-192.0.2.99-2"),
    ]


def test_the_main_thread_is_nobodys(tmp_path):
    assert joined(tmp_path, "05:40:07 00[CFG]   loaded IKE secret for 198.51.100.7 192.0.2.26") == [
        ("secret_loaded", None, None)
    ]


def test_a_connection_that_no_file_tells_of_is_learnt_from_its_first_line(tmp_path):
    assert joined(
        tmp_path,
        "05:40:07 05[IKE] initiating IKE_SA other[1] to 192.0.2.50",
        "05:40:08 06[NET] received packet: from 192.0.2.50[500] to 198.51.100.7[500] (80 bytes)",
        "05:40:08 06[IKE] received AUTHENTICATION_FAILED notify error",
    )[1] == ("notify_error", "other", None)


@pytest.mark.parametrize("bound", ["_MOST_THREADS", "_MOST_SPIS", "_MOST_SILENT", "_MOST_WAITING"])
def test_a_log_beyond_any_bound_loses_a_join_and_no_line(tmp_path, monkeypatch, bound):
    monkeypatch.setattr(attribution, bound, 1)
    established = (
        "CHILD_SA vpn-192.0.2.26{{{0}}} established with SPIs c{0}_i d{0}_o and TS 10.1.0.0/16 === 10.22.0.0/24"
    )
    lines = [f"05:40:0{number} 0{number}[IKE] {established.format(number)}" for number in range(1, 5)]
    lines += [f"05:41:0{number} 0{number}[IKE] sending DPD request" for number in range(1, 5)]
    lines += [
        f"05:42:0{number} 0{number}[IKE] <x{number}|1> retransmit 1 of request with message ID 0"
        for number in range(1, 5)
    ]
    counts = {"child_established": 0, "dpd_sent": 0, "retransmit": 0}
    for one in events(tmp_path, *lines, status_txt=TWO):
        counts[one.id] += one.count
    assert counts == dict.fromkeys(counts, 4)
