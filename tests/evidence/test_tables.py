"""What stands in a router's files becomes rows that the tables take, harmless whatever stands in them."""

from __future__ import annotations

import json

from tests.evidence.router_files import META, START, log, router, up
from vpnaudit.estate import TABLES
from vpnaudit.evidence.tables import rows

CONF = (
    "conn vpn-192.0.2.26\n left=198.51.100.7\n right=192.0.2.26\n rightsubnet=10.22.0.0/24\n keyexchange=ikev2\n"
    " dpddelay=30\n dpdaction=restart\n"
)
RULES = "*filter\n:ACL_INBOUND_eth2 - [0:0]\n[3:240] -A ACL_INBOUND_eth2 -s 10.22.0.0/24 -j DROP\n"
LINKS = "1: lo: <UP> mtu 65536 q\n2: eth1: <UP> mtu 1500 q\n3: eth2: <UP> mtu 1450 q\n"
LINES = (
    f"05:40:00 {START}",
    "05:40:07 05[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26",
    "05:40:08 06[IKE] giving up after 5 retransmits",
    "05:40:09 06[JOB] spawning 16 worker threads",
)


def tables(path, *lines: str, **files: str):
    return rows(router(path, log_txt=log(*LINES, *lines), meta_txt=META, status_txt=up(), **files))


def test_every_row_fits_its_table(tmp_path):
    files = {"a_conf": CONF, "rules_txt": RULES, "links_txt": LINKS, "cpu_txt": "flags : aes fpu\n"}
    read = tables(tmp_path, **files)
    for name, some in read.items():
        assert all(set(row) - {"router"} <= set(TABLES[name].dtypes) for row in some), name
        TABLES[name].check(TABLES[name].frame(some))
    assert {name: len(some) for name, some in read.items()} == {
        "router_facts": 1,
        "peers": 1,
        "peer_fields": 1,
        "tunnel_status": 4,
        "log_events": 3,
        "packet_counters": 1,
    }


def test_the_facts_count_what_became_of_every_line(tmp_path):
    (facts,) = tables(tmp_path, a_conf=CONF, rules_txt=RULES, links_txt=LINKS, cpu_txt="flags : aes fpu\n")[
        "router_facts"
    ]
    assert (facts["lines"], facts["charon_lines"], facts["unknown_lines"], facts["unjoined_lines"]) == (4, 4, 1, 1)
    assert json.loads(facts["unknown_shapes"]) == {"spawning … worker threads": 1}
    assert (facts["aes_ni"], facts["mtu_bytes"], facts["strongswan_version"]) == (True, 1450, "5.9.8")
    assert (facts["has_status"], facts["has_files"], facts["has_counters"]) == (True, True, True)


def test_what_was_not_there_is_missing_and_not_no(tmp_path):
    (facts,) = rows(router(tmp_path, log_txt=log(*LINES)))["router_facts"]
    assert (facts["aes_ni"], facts["mtu_bytes"], facts["zone_offset_s"], facts["clock_jump_s"]) == (None,) * 4
    assert (facts["has_status"], facts["has_files"], facts["has_counters"]) == (False, False, False)
    assert facts["strongswan_version"] == "5.9.8"
    (bare,) = rows(router(tmp_path / "b", status_txt=up()))["router_facts"]
    assert (bare["lines"], bare["log_first_utc"], bare["unjoined_lines"]) == (None, None, None)


def test_a_child_without_packets_has_none_and_one_without_counts_is_unknown(tmp_path):
    children = [row for row in tables(tmp_path)["tunnel_status"] if row["kind"] == "child"]
    assert (children[0]["packets_in"], children[0]["ours"]) == (10, "198.51.100.7")
    text = up(use="0 bytes_i, 0 bytes_o")
    (none,) = [row for row in rows(router(tmp_path / "b", status_txt=text))["tunnel_status"] if row["kind"] == "child"]
    assert (none["packets_in"], none["used_in_utc"]) == (0, None)
    (unknown,) = [
        row for row in rows(router(tmp_path / "c", status_txt=up(use="x")))["tunnel_status"] if row["kind"] == "child"
    ]
    assert unknown["packets_in"] is None


def test_names_from_tenants_turn_nothing_and_hide_nothing(tmp_path):
    line = "05:40:10 07[IKE] authentication of 'a\x1b[31m\u202eb' with pre-shared key successful"
    name = "05:40:11 07[IKE] initiating IKE_SA \x1b[2Jvpn[2] to 192.0.2.99"
    events = tables(tmp_path, line, name)["log_events"]
    text = json.dumps(events, default=str, ensure_ascii=False)
    assert "\\u001b" not in text
    assert "\u202e" not in text


def test_a_peer_of_a_log_without_files_is_known_by_its_name(tmp_path):
    lines = (
        *LINES,
        "05:41:00 08[IKE] initiating IKE_SA L2TP-PSK[9] to 192.0.2.9",
        "05:41:00 09[IKE] initiating IKE_SA own[9] to b",
    )
    read = rows(router(tmp_path, log_txt=log(*lines), meta_txt=META))
    assert [row["name"] for row in read["peers"]] == ["vpn-192.0.2.26"]
    (shown,) = read["peer_fields"]
    assert (shown["field"], shown["value"], shown["event"], shown["line"]) == ("address", "192.0.2.26", "initiating", 2)
