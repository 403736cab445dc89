"""One connection has one verdict, asked for in order; what was not seen never makes a better one."""

from __future__ import annotations

import shutil
import tarfile
from datetime import UTC, datetime

import pytest

from tests.diagnosis.test_phase_one import BEGIN, INITIATE, UP
from tests.evidence.router_files import ARCHIVES, IKE_UP, NOTHING_UP, diagnosis_of, up
from vpnaudit.estate import Estate
from vpnaudit.estate.tables import records
from vpnaudit.evidence.joining import with_evidence
from vpnaudit.knowledge import facts

CONF = "conn {}\n left=198.51.100.7\n leftsubnet=10.1.0.0/16\n right={}\n rightsubnet=10.22.0.0/24\n"
LISTING = "-rw-r--r--  1 0 0 380 1793685000 ipsec.vpn-192.0.2.77.conf\n"


def test_a_file_that_the_daemon_does_not_know_is_not_loaded_since_it_was_written(tmp_path):
    files = {"a_conf": CONF.format("vpn-192.0.2.77", "192.0.2.77"), "b_txt": LISTING}
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ipsec.vpn-192.0.2.77.conf").write_text(files["a_conf"])
    row = diagnosis_of(tmp_path, BEGIN, name="vpn-192.0.2.77", status_txt=NOTHING_UP, listing_txt=LISTING)
    assert row["verdict"] == "not_loaded"
    assert row["since_utc"] == datetime.fromtimestamp(1_793_685_000, UTC)


def test_without_a_status_nobody_knows_what_is_loaded(tmp_path):
    row = diagnosis_of(tmp_path, BEGIN, ipsec_conf=CONF.format("vpn-192.0.2.26", "192.0.2.26"))
    assert row["verdict"] is None


def test_a_connection_that_nobody_asked_for_is_not_started_since_the_daemon(tmp_path):
    row = diagnosis_of(tmp_path, BEGIN, status_txt=NOTHING_UP)
    assert (row["verdict"], row["since_utc"].strftime("%H:%M:%S")) == ("not_started", "05:40:00")


def test_a_log_that_begins_later_does_not_tell_whether_anybody_asked(tmp_path):
    row = diagnosis_of(tmp_path, "05:50:00 05[JOB] spawning 16 worker threads", status_txt=NOTHING_UP)
    assert row["verdict"] is None


def test_a_status_older_than_the_log_is_not_believed(tmp_path):
    networks = "TS 10.1.0.0/16 === 10.22.0.0/24"
    ended = (
        f"05:50:00 10[IKE] closing CHILD_SA vpn-192.0.2.26{{2}} with SPIs c1_i (1 bytes) c2_o (1 bytes) and {networks}"
    )
    assert diagnosis_of(tmp_path, BEGIN, *UP, ended, status_txt=up())["verdict"] == "child_dead"
    renewed = f"05:49:59 10[IKE] inbound CHILD_SA vpn-192.0.2.26{{3}} established with SPIs c3_i c4_o and {networks}"
    assert diagnosis_of(tmp_path / "b", BEGIN, *UP, renewed, ended, status_txt=up())["verdict"] == "up"


def test_a_log_alone_tells_that_it_stands_and_not_whether_it_carries(tmp_path):
    row = diagnosis_of(tmp_path, BEGIN, *UP)
    assert row["verdict"] is None
    assert "no status" in row["unknown"]


def test_nothing_stands_and_no_line_says_why(tmp_path):
    row = diagnosis_of(tmp_path, BEGIN, "05:40:07 06[IKE] sending DPD request", INITIATE[1], status_txt=NOTHING_UP)
    assert row["verdict"] is None


def test_only_phase_one_stands_and_there_is_no_log(tmp_path):
    assert diagnosis_of(tmp_path, status_txt=IKE_UP)["verdict"] is None


@pytest.mark.parametrize("archive", ["mixed_day", "nat", "router_events"])
def test_taking_any_file_away_never_makes_a_tunnel_carry(tmp_path, archive):
    with tarfile.open(ARCHIVES / f"{archive}.tar.gz") as packed:
        packed.extractall(tmp_path / "all", filter="data")
    (root,) = (tmp_path / "all").iterdir()
    carries = {name for name, row in facts("diagnoses").items() if row["carries"]}

    def verdicts() -> dict[str, str | None]:
        estate, _ = with_evidence(Estate(), [tmp_path / "all"])
        return {row["name"]: row["verdict"] for row in records(estate["diagnoses"])}

    whole = verdicts()
    assert set(whole.values()) & carries
    looked_at = ("ipsec_statusall.txt", "iptables_save.txt", "meta.txt", "etc_ls.txt", "etc/ipsec.d", "log")
    for name in looked_at:
        shutil.move(root / name, tmp_path / "away")
        left = verdicts()
        assert {one for one, verdict in left.items() if verdict in carries and whole[one] not in carries} == set(), name
        shutil.move(tmp_path / "away", root / name)
