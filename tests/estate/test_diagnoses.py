"""The table has one row for each connection of each router, with its suites and its reasons."""

from __future__ import annotations

import json

from tests.evidence.router_files import META, START, folder, log, up
from vpnaudit.estate import Estate
from vpnaudit.estate.diagnoses import BASE, COLUMNS
from vpnaudit.estate.estate import DERIVED
from vpnaudit.estate.tables import records
from vpnaudit.evidence.joining import with_evidence


def test_an_estate_without_evidence_has_no_diagnosis():
    frame = Estate()["diagnoses"]
    assert list(frame.columns) == list(COLUMNS)
    assert frame.empty


def test_the_table_rests_on_what_it_says():
    assert DERIVED["diagnoses"][1] == BASE


def test_the_suites_are_of_the_newest_child_and_of_its_ike_sa(tmp_path):
    older = up(2).partition("Security")[2].partition("\n")[2].replace("[1]", "[7]").replace("MODP_2048", "MODP_3072")
    text = f"{up(9)}{older}"
    estate, _ = with_evidence(
        Estate(), [folder(tmp_path, status_txt=text, meta_txt=META, log_txt=log(f"05:40:00 {START}"))]
    )
    (row,) = records(estate["diagnoses"])
    assert (row["ike_suite"], row["esp_suite"]) == ("aes256-sha256-modp2048", "aes256-sha256")
    assert all(set(ground) == {"says", "place"} for ground in json.loads(row["rests_on"]))


def test_without_a_child_the_suite_is_of_the_newest_ike_sa(tmp_path):
    text = up(2).partition("vpn-192.0.2.26{2}")[0]
    estate, _ = with_evidence(Estate(), [folder(tmp_path, status_txt=text, meta_txt=META)])
    (row,) = records(estate["diagnoses"])
    assert (row["ike_suite"], row["esp_suite"], row["verdict"]) == ("aes256-sha256-modp2048", None, None)
