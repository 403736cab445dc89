"""Phase 1 does not stand: refused for a reason that a line gives, silent, or never asked."""

from __future__ import annotations

import pytest

from tests.evidence.router_files import NOTHING_UP, PEER, START, diagnosis_of

BEGIN = f"05:40:00 {START}"
INITIATE = (
    "05:40:07 06[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26",
    "05:40:07 06[NET] sending packet: from 198.51.100.7[500] to 192.0.2.26[500] (1316 bytes)",
)
ANSWER = f"05:40:08 07[NET] received packet: {PEER.format(500)}"
SECOND = "05:40:08 07[NET] sending packet: from 198.51.100.7[4500] to 192.0.2.26[4500] (496 bytes)"
ANSWER_4500 = f"05:40:09 08[NET] received packet: {PEER.format(4500)}"
SILENCE = (
    "05:42:40 09[IKE] retransmit 5 of request with message ID 0",
    "05:42:40 09[NET] sending packet: from 198.51.100.7[500] to 192.0.2.26[500] (1316 bytes)",
    "05:43:56 10[IKE] giving up after 5 retransmits",
)
LATER_SILENCE = tuple(line.replace("05:4", f"05:{tens}") for tens in (5, 5, 5) for line in SILENCE)
STATUS_V1 = NOTHING_UP.replace("IKEv2", "IKEv1")


def verdict(path, *lines: str, status: str = NOTHING_UP) -> tuple[str | None, str | None]:
    row = diagnosis_of(path, BEGIN, *lines, status_txt=status)
    return row["verdict"], None if row["since_utc"] is None else row["since_utc"].strftime("%H:%M:%S")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("received AUTHENTICATION_FAILED notify error", "wrong_key"),
        ("received AUTHENTICATION_FAILED notify error, destroying IKE_SA", "wrong_key"),
        ("received PAYLOAD_MALFORMED error notify", "wrong_key"),
        ("received INVALID_HASH_INFORMATION error notify", "wrong_key"),
        ("tried 1 shared key for '198.51.100.7' - '192.0.2.26', but MAC mismatched", "wrong_key"),
        ("no shared key found for '198.51.100.7' - '192.0.2.26'", "wrong_key"),
        ("no shared key found for 198.51.100.7 - 192.0.2.26", "wrong_key"),
        ("calculated HASH does not match HASH payload", "wrong_key"),
        ("invalid HASH_V1 payload length, decryption failed?", "wrong_key"),
        ("received NO_PROPOSAL_CHOSEN notify error", "proposal_phase1"),
        ("received NO_PROPOSAL_CHOSEN error notify", "proposal_phase1"),
        ("received proposals unacceptable", "proposal_phase1"),
        ("received proposals inacceptable", "proposal_phase1"),
        ("no proposal found", "proposal_phase1"),
        ("requested DH group MODP_1024 not contained in any of our proposals", "proposal_phase1"),
        ("no matching peer config found", "identity"),
        ("no peer config found", "identity"),
        ("IDir '192.0.2.9' does not match to '192.0.2.26'", "identity"),
        ("received IDr 192.0.2.9, but require 192.0.2.26", "identity"),
        ("constraint check failed: identity '192.0.2.26' required", "identity"),
        ("received INVALID_MAJOR_VERSION notify error", "version"),
    ],
)
def test_a_refusal_is_named_by_its_line(tmp_path, line, name):
    assert verdict(tmp_path, *INITIATE, ANSWER, f"05:40:08 07[IKE] {line}") == (name, "05:40:08")


def test_what_only_the_peer_says_may_be_more_than_one_thing(tmp_path):
    refusal = "05:40:08 07[IKE] received {} notify error"
    bare = diagnosis_of(
        tmp_path / "a", BEGIN, *INITIATE, ANSWER, refusal.format("AUTHENTICATION_FAILED"), status_txt=NOTHING_UP
    )
    assert bare["may_be"] == "identity"
    own = "05:40:08 07[IKE] tried 1 shared key for 'a' - 'b', but MAC mismatched"
    sure = diagnosis_of(tmp_path / "b", BEGIN, *INITIATE, ANSWER, own, status_txt=NOTHING_UP)
    assert sure["may_be"] is None
    proposal = diagnosis_of(
        tmp_path / "c", BEGIN, *INITIATE, ANSWER, refusal.format("NO_PROPOSAL_CHOSEN"), status_txt=NOTHING_UP
    )
    assert proposal["may_be"] == "version,identity"


def test_the_routers_own_line_says_more_than_the_peers_notify(tmp_path):
    lines = (
        ANSWER,
        "05:40:08 07[IKE] received AUTHENTICATION_FAILED notify error",
        ANSWER_4500,
        "05:40:09 08[CFG] no matching peer config found",
    )
    row = diagnosis_of(tmp_path, BEGIN, *INITIATE, *lines, status_txt=NOTHING_UP)
    assert row["verdict"] == "identity"
    assert "AUTHENTICATION_FAILED" in row["against"]


@pytest.mark.parametrize(
    ("exchange", "status", "name"),
    [("IKE_SA_INIT", STATUS_V1, "version"), ("ID_PROT", NOTHING_UP, "version"), ("IKE_SA_INIT", NOTHING_UP, None)],
)
def test_the_other_version_is_known_by_the_peers_first_message(tmp_path, exchange, status, name):
    lines = (
        ANSWER,
        f"05:40:08 07[ENC] parsed {exchange} request 0 [ SA KE No ]",
        "05:40:08 07[IKE] no IKE config found for 198.51.100.7...192.0.2.26, sending NO_PROPOSAL_CHOSEN",
    )
    assert verdict(tmp_path, *lines, status=status)[0] == name


def test_a_version_is_believed_without_the_message(tmp_path):
    line = "05:40:08 07[IKE] no IKE config found for 198.51.100.7...192.0.2.26, sending NO_PROPOSAL_CHOSEN"
    assert verdict(tmp_path, ANSWER, line)[0] == "version"


def test_nothing_ever_comes(tmp_path):
    row = diagnosis_of(tmp_path, BEGIN, *INITIATE, *SILENCE, status_txt=NOTHING_UP)
    assert (row["verdict"], row["may_be"]) == ("no_answer", "wrong_peer_address")
    assert row["since_utc"].strftime("%H:%M:%S") == "05:40:07"


def test_a_log_that_ends_within_the_first_try_does_not_tell(tmp_path):
    row = diagnosis_of(tmp_path, BEGIN, *INITIATE, status_txt=NOTHING_UP)
    assert row["verdict"] is None
    assert "ends before an attempt is over" in row["unknown"]


def test_500_is_answered_and_4500_is_not(tmp_path):
    assert verdict(tmp_path, *INITIATE, ANSWER, SECOND, *SILENCE) == ("no_answer_4500", "05:40:07")


def test_a_half_open_attempt_of_the_peer_is_one_on_4500(tmp_path):
    lines = (
        ANSWER,
        "05:40:08 07[IKE] 192.0.2.26 is initiating an IKE_SA",
        "05:40:38 08[JOB] deleting half open IKE_SA with 192.0.2.26 after timeout",
    )
    assert verdict(tmp_path, *lines)[0] == "no_answer_4500"
    again = "05:40:12 09[IKE] received retransmit of request with ID 0, retransmitting response"
    repeated = (lines[0], lines[1], f"05:40:12 09[NET] received packet: {PEER.format(500)}", again, lines[2])
    assert verdict(tmp_path / "b", *repeated)[0] is None


def test_packets_that_lead_to_nothing_do_not_tell(tmp_path):
    assert verdict(tmp_path, *INITIATE, ANSWER, SECOND, ANSWER_4500)[0] is None
    assert verdict(tmp_path / "b", *INITIATE, ANSWER)[0] is None


def test_a_peer_that_refused_once_and_is_gone_now_is_gone(tmp_path):
    refused = (*INITIATE, ANSWER, "05:40:08 07[IKE] received AUTHENTICATION_FAILED notify error")
    assert verdict(tmp_path, *refused, *SILENCE)[0] == "wrong_key"
    gone = verdict(tmp_path / "b", *refused, *LATER_SILENCE)[0]
    assert gone is None


UP = (
    *INITIATE,
    "05:40:09 08[IKE] IKE_SA vpn-192.0.2.26[1] established between 198.51.100.7[198.51.100.7]...192.0.2.26[192.0.2.26]",
    "05:40:09 08[IKE] CHILD_SA vpn-192.0.2.26{2} established with SPIs c1_i c2_o and TS 10.1.0.0/16 === 10.22.0.0/24",
)


def test_a_tunnel_that_was_up_and_got_no_answer_is_dead_since_the_first_request(tmp_path):
    lines = (
        "05:45:00 05[IKE] sending DPD request",
        "05:45:00 05[NET] sending packet: from 198.51.100.7[4500] to 192.0.2.26[4500] (80 bytes)",
        "05:45:04 06[IKE] retransmit 1 of request with message ID 3",
        "05:45:04 06[NET] sending packet: from 198.51.100.7[4500] to 192.0.2.26[4500] (80 bytes)",
        "05:47:45 07[IKE] giving up after 5 retransmits",
        "05:47:45 07[IKE] restarting CHILD_SA vpn-192.0.2.26",
    )
    assert verdict(tmp_path, *UP, *lines) == ("dpd_dead", "05:45:04")


def test_under_ikev1_dead_is_what_timed_out(tmp_path):
    lines = (
        "05:45:00 05[JOB] DPD check timed out, enforcing DPD action",
        "05:45:00 05[IKE] restarting CHILD_SA vpn-192.0.2.26",
    )
    dpd = " dpddelay=30\n dpdtimeout=120\n dpdaction=restart\n"
    conf = f"conn vpn-192.0.2.26\n left=198.51.100.7\n right=192.0.2.26\n{dpd}"
    row = diagnosis_of(tmp_path, BEGIN, *UP, *lines, status_txt=STATUS_V1, ipsec_conf=conf)
    assert (row["verdict"], row["since_utc"].strftime("%H:%M:%S")) == ("dpd_dead", "05:43:00")
    assert verdict(tmp_path / "b", *UP, *lines, status=STATUS_V1) == ("dpd_dead", "05:43:00")


def test_a_tunnel_that_was_closed_and_finds_nobody_later_is_dead_since_then(tmp_path):
    closed = (
        "05:44:00 05[IKE] deleting IKE_SA vpn-192.0.2.26[1] between 198.51.100.7[198.51.100.7]...192.0.2.26[192.0.2.26]"
    )
    again = tuple(line.replace("05:4", "05:5").replace("[1]", "[2]") for line in (*INITIATE, *SILENCE))
    assert verdict(tmp_path, *UP, closed, *again) == ("dpd_dead", "05:52:40")
    assert verdict(tmp_path / "b", *UP, closed)[0] is None


def test_a_peer_that_remote_access_took_shows_another_identity(tmp_path):
    took = "IKE_SA L2TP-PSK[1] established between 198.51.100.7[198.51.100.7]...192.0.2.26[{}]"
    lines = (*INITIATE, ANSWER, SECOND, ANSWER_4500)
    assert verdict(tmp_path, *lines, f"05:40:09 08[IKE] {took.format('gw.example')}")[0] == "identity"
    assert verdict(tmp_path / "b", *lines, f"05:40:09 08[IKE] {took.format('192.0.2.26')}")[0] is None
