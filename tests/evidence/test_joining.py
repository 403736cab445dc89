"""Evidence joins the connections whose addresses it has; what matches nothing is counted, and nothing is read twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.estates import estate
from tests.evidence.router_files import META, START, folder, log, up
from vpnaudit.estate.tables import records
from vpnaudit.evidence.joining import EVIDENCE_TABLES, with_evidence

if TYPE_CHECKING:
    from pathlib import Path

LINES = (
    f"05:40:00 {START}",
    "05:40:07 05[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26",
    "05:40:08 05[IKE] IKE_SA vpn-192.0.2.26[1] established between 198.51.100.7[198.51.100.7]...192.0.2.26[192.0.2.26]",
    "05:40:08 05[IKE] CHILD_SA vpn-192.0.2.26{2} established with SPIs c1_i c2_o and TS 10.1.0.0/16 === 10.22.0.0/24",
)
OURS = {"public_ip": "198.51.100.7", "gateway": "192.0.2.26", "cidr_list": "10.22.0.0/24"}


def files(path: Path, *lines: str, host: str = "r-12-VM") -> Path:
    text = log(*LINES, *lines).replace("r-12-VM", host)
    return folder(path, status_txt=up(), meta_txt=META.replace("r-12-VM", host), log_txt=text)


def joined(path: Path, connection: dict[str, Any], **tables: list[dict[str, Any]]):
    case = {"given": "stranger", "connections": [{"id": "c1", **connection}], **tables}
    return with_evidence(estate(case), [files(path)])[0]


def ids(whole, table: str) -> set[str | None]:
    return {row["connection_id"] for row in records(whole[table]) if row["name"]}


def test_a_connection_is_joined_by_both_addresses(tmp_path):
    whole = joined(tmp_path, OURS)
    assert ids(whole, "tunnel_status") == ids(whole, "log_events") == ids(whole, "peer_fields") == {"c1"}
    (diagnosis,) = records(whole["diagnoses"])
    assert (diagnosis["connection_id"], diagnosis["verdict"]) == ("c1", "up")


def test_a_connection_of_another_peer_or_router_is_none(tmp_path):
    assert ids(joined(tmp_path / "a", {**OURS, "gateway": "192.0.2.27"}), "tunnel_status") == {None}
    two = [{"id": "c1", **OURS, "public_ip": "198.51.100.8"}, {"id": "c2", **OURS, "public_ip": "198.51.100.9"}]
    whole, _ = with_evidence(estate({"given": "stranger", "connections": two}), [files(tmp_path / "b")])
    assert ids(whole, "tunnel_status") == {None}


def test_the_routers_name_goes_before_its_address(tmp_path):
    routers = [{"id": "r1", "name": "r-12-VM", "vpc_id": "p1"}]
    whole = joined(tmp_path, {**OURS, "public_ip": "203.0.113.1"}, routers=routers)
    assert ids(whole, "tunnel_status") == {"c1"}
    assert records(whole["router_facts"])[0]["router_id"] == "r1"


def test_what_is_none_of_the_estate_is_a_gap_with_its_count(tmp_path):
    gaps = records(joined(tmp_path, {**OURS, "gateway": "192.0.2.27"})["gaps"])
    assert [(gap["table"], gap["text"], gap["expected"]) for gap in gaps] == [
        ("tunnel_status", "1 connections of router r-12-VM are none of this estate", True)
    ]


def test_lines_that_name_nobody_are_a_gap_and_what_could_not_be_read_is_one_that_counts(tmp_path):
    files(tmp_path, "05:50:00 09[IKE] giving up after 5 retransmits")
    (tmp_path / "link").symlink_to("/etc/passwd")
    whole, notes = with_evidence(estate({"given": "stranger", "connections": [{"id": "c1", **OURS}]}), [tmp_path])
    texts = {gap["text"]: gap["expected"] for gap in records(whole["gaps"])}
    assert texts["1 lines of r-12-VM name no connection"] is True
    (fault,) = (text for text, expected in texts.items() if not expected)
    assert "is a link" in fault
    assert fault in notes


def test_evidence_that_is_read_again_is_there_once(tmp_path):
    first = joined(tmp_path, OURS)
    again, _ = with_evidence(first, [tmp_path])
    for table in ("router_facts", "tunnel_status", "log_events", "peer_fields", "peers"):
        assert len(again[table]) == len(first[table]), table


def test_the_far_side_of_a_log_is_a_row_of_peers_and_is_predicted_with(tmp_path):
    whole = joined(tmp_path, OURS)
    (peer,) = records(whole["peers"])
    assert (peer["dialect"], peer["connection_id"], peer["complete"]) == ("router-log", "c1", False)
    assert (peer["local_subnets"], peer["ike_versions"], peer["psk_fingerprint"]) == ("10.22.0.0/24", "ikev2", None)
    prediction = records(whole["predictions_by_connection"])[0]
    assert (prediction["far"], prediction["verdict_router"]) == ("peers", "ok")
    assert "esp_proposals" in prediction["assumed_router"]


def test_a_file_of_the_far_side_is_believed_before_the_log(tmp_path):
    told = {"book": "b", "name": "branch", "dialect": "book", "connection_id": "c1", "ike_versions": "ikev1"}
    whole = joined(tmp_path, OURS, peers=[told])
    assert {row["dialect"] for row in records(whole["peers"])} == {"book", "router-log"}
    assert {row["far_id"] for row in records(whole["predictions_by_connection"])} == {"branch"}


def test_a_router_of_no_estate_is_kept_with_what_it_showed(tmp_path):
    whole = joined(tmp_path, {**OURS, "gateway": "192.0.2.27"})
    assert len(whole["peers"]) == 0
    assert len(whole["peer_fields"])


KEY = "Tr0ub4dor-canary"


def test_a_key_in_any_file_gets_no_further_than_its_reader(tmp_path):
    planted = (
        f"05:41:00 05[CFG]   loaded IKE secret for %any: {KEY}",
        f"05:41:00 05[IKE] shared key: {KEY}",
        f"05:41:00 05[LIB] -----BEGIN PRIVATE KEY----- {KEY}",
        f"05:41:00 05[IKE] XAuth authentication of 'bob' with password '{KEY}' failed",
        f"05:41:00 05[CFG] rereading {KEY}",
    )
    path = files(tmp_path, *planted)
    (path / "ipsec.secrets").write_text(f': PSK "{KEY}"\n')
    (path / "private").mkdir()
    (path / "private/router.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{KEY}\n")
    (path / "a.conf").write_text(
        f"conn vpn-192.0.2.26\n right=192.0.2.26\n xauth_password={KEY}\n leftcert={KEY}\n# {KEY}\n"
    )
    (path / "rules.txt").write_text(
        f"*filter\n:A - [0:0]\n[1:2] -A A -s 10.22.0.0/24 -m comment --comment {KEY} -j DROP\n"
    )
    (path / "status.txt").write_text(f"{up()}vpn-192.0.2.26[1]: Remote XAuth identity: {KEY}\n")
    (path / "meta.txt").write_text(f"{META}# packages\nstrongswan-charon 5.9.8\n{KEY} 1\n# cat x\n{KEY}\n")
    whole, notes = with_evidence(estate({"given": "stranger", "connections": [{"id": "c1", **OURS}]}), [path])
    cells = [whole[name].to_csv() for name in (*EVIDENCE_TABLES, "peers", "gaps", "diagnoses")]
    assert not [text for text in (*cells, *notes) if KEY in text]
