"""A collection from the recording of a real server, and from the sandbox when everything goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pandas as pd
import pytest

from tests import replay
from tests.evidence.router_files import ARCHIVES
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect_estate
from vpnaudit.errors import ConfigError, Refused, Unreachable
from vpnaudit.estate import TABLES, Estate
from vpnaudit.sandbox import Faults, Sandbox


@pytest.fixture(scope="module")
def auditor():
    return replay.estate_of("auditor")


def test_it_works_over_real_http_from_synchronous_code():
    with replay.serving(replay.recording()) as endpoint:
        estate = collect_estate([replay.profile("auditor", endpoint)])
    assert len(estate["connections"]) == 33
    assert not len(estate["gaps"])
    assert estate["requests"]["status"].eq(200).all()
    assert estate["requests"]["sha256"].str.fullmatch("[0-9a-f]{64}").all()


def test_evidence_of_routers_is_collected_with_the_rest_and_what_is_not_read_is_told():
    told: list[str] = []
    archive = ARCHIVES / "little_evidence.tar.gz"
    with replay.serving(replay.recording()) as endpoint:
        profile = replay.profile("auditor", endpoint)
        estate = collect_estate([profile], evidence=[archive], on_progress=told.append)
        silent = collect_estate([profile], evidence=[archive])
    assert len(estate["tunnel_status"]) == len(silent["tunnel_status"]) > 0
    assert set(estate["router_facts"]["book"]) == {archive.as_posix()}
    assert list(estate["gaps"]["text"]) == ["5 connections of router r-12-VM are none of this estate"]
    assert any("it is not opened" in line for line in told)


def test_every_table_has_its_types_and_is_sorted_by_id(auditor):
    for name, table in TABLES.items():
        table.check(auditor[name])
        if "id" in table.key:
            assert auditor[name]["id"].is_monotonic_increasing, name


def test_several_sources_make_one_estate_and_equal_keys_show_across_them():
    estate = replay.estate_of("auditor", "alice")
    assert estate.sources == ["alice", "auditor"]
    assert len(estate["connections"]) == 33 + 14
    links = estate["connections"]
    both = links[links["source"] == "alice"].merge(links[links["source"] == "auditor"], on="id")
    assert len(both) == 14
    assert (both["psk_fingerprint_x"] == both["psk_fingerprint_y"]).all()


@pytest.mark.parametrize("accounts", [[], ["auditor", "auditor"]])
def test_no_source_and_one_name_for_two_are_mistakes_of_the_user(accounts):
    with pytest.raises(ConfigError, match="only once"):
        replay.estate_of(*accounts)


def test_the_same_replies_give_the_same_estate_but_for_fingerprints(auditor):
    assert_same(auditor, replay.estate_of("auditor"))


def assert_same(left, right):
    for name in TABLES:
        if name == "requests":
            continue
        loose = [column for column in ("psk_fingerprint", "collected_utc", "endpoint") if column in left[name]]
        pd.testing.assert_frame_equal(left[name].drop(columns=loose), right[name].drop(columns=loose))
        if "psk_fingerprint" in left[name]:
            assert partition(left[name]) == partition(right[name])


def partition(frame):
    """Which rows share a key: what remains of a fingerprint when its value is another."""
    return sorted(sorted(part["id"]) for _, part in frame.groupby("psk_fingerprint"))


def test_a_source_that_is_down_is_a_gap_for_each_table_and_the_other_is_read():
    def spoil(query, response):
        if query["apikey"] == "admin":
            raise httpx.ConnectError("Connection refused")
        return response

    estate = replay.estate_of("admin", "auditor", spoil=spoil)
    gaps = estate["gaps"]
    assert set(gaps["source"]) == {"admin"}
    assert set(gaps["table"]) == {name for name, table in TABLES.items() if table.command}
    assert len(estate["connections"]) == 33
    assert estate.sources == ["admin", "auditor"]


def test_only_where_no_source_answers_it_is_an_error():
    def down(query, response):
        raise httpx.ConnectError("Connection refused")

    with pytest.raises(Unreachable, match="Connection refused"):
        replay.estate_of("auditor", spoil=down)
    with pytest.raises(Refused, match="wrong key or secret"):
        replay.estate_of("auditor", spoil=replay.refusing(*COMMANDS, status=401, outer="x"))
    with pytest.raises(Refused, match="never recorded"):
        replay.estate_of("nobody-here")


def test_a_certificate_file_that_cannot_be_read_is_a_mistake_of_the_profile(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    profile = Profile("prod", "https://127.0.0.1:1/client/api", "k", "s", verify=str(tmp_path / "ca.pem"))
    with pytest.raises(ConfigError, match="PEM"):
        collect_estate([profile])


def test_texts_that_the_server_encodes_are_decoded(auditor):
    def encoded(value):
        if isinstance(value, dict):
            return {name: encoded(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [encoded(inner) for inner in value]
        return quote(value, safe="*") if isinstance(value, str) else value

    estate = replay.estate_of(
        "auditor", spoil=lambda query, response: httpx.Response(response.status_code, json=encoded(response.json()))
    )
    assert_same(auditor, estate)


def fresh(sandbox):
    """The clock must be right for `expires`; the estate's own time is set to be equal."""
    profiles = [Profile(**profile) for profile in sandbox.profiles("auditor")]
    return collect_estate(profiles, retries=replay.QUICK)


BASE = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def calm():
    with Sandbox(base=BASE, unreadable=False) as sandbox:
        return fresh(sandbox)


def test_a_fifth_of_all_tries_failing_changes_nothing(calm):
    assert not len(calm["gaps"])
    faults = Faults(seed=7, throttled=0.07, failing=0.07, cut=0.06, retry_after_ms=5)
    with Sandbox(base=BASE, unreadable=False, faults=faults) as sandbox:
        estate = fresh(sandbox)
    assert_same(calm, estate)
    assert estate["requests"]["tries"].max() > 1


def test_small_pages_that_shift_while_they_are_read_lose_nothing(calm):
    with Sandbox(
        base=BASE, unreadable=False, page_size=7, faults=Faults(shifting=frozenset({"listVpnConnections"}))
    ) as sandbox:
        estate = fresh(sandbox)
    # The sandbox deletes the first row of a pass for good while it is read; a source that is read in two passes shows
    # it in the other.
    ids, all_ids = set(estate["connections"]["id"]), set(calm["connections"]["id"])
    assert ids < all_ids
    assert len(all_ids - ids) <= 2
    assert len(ids) == len(estate["connections"])
    assert not len(estate["gaps"])


def test_one_forbidden_command_is_a_gap_and_the_rest_is_whole(calm):
    with Sandbox(base=BASE, unreadable=False, faults=Faults(forbidden=frozenset({"listVpnConnections"}))) as sandbox:
        estate = fresh(sandbox)
    assert set(estate["gaps"]["table"]) == {"connections"}
    assert not estate["gaps"]["expected"].any()
    assert len(estate["customer_gateways"]) == len(calm["customer_gateways"])


def test_the_unreadable_object_of_the_sandbox_is_a_gap_with_its_id(calm):
    with Sandbox(base=BASE) as sandbox:
        estate = fresh(sandbox)
    gaps = estate["gaps"]
    assert gaps["subject_id"].notna().all()
    assert len(gaps)
    for table in set(gaps["table"]):
        missing = gaps.loc[gaps["table"] == table, "subject_id"]
        assert not set(missing) & set(estate[table]["id"])


def test_an_interrupted_collection_ends_and_leaves_nothing(tmp_path):
    # Where SIGINT comes in ignored (a background job, nohup), Python leaves it so: the program asks for the handler.
    program = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from vpnaudit.cloudstack.profiles import Profile\nfrom vpnaudit.collect import collect_estate\n"
        "from vpnaudit.sandbox import Faults, Sandbox\n"
        "with Sandbox(faults=Faults(latency_s=0.3)) as sandbox:\n"
        "    profiles = [Profile(**p) for p in sandbox.profiles('auditor')]\n"
        "    print('ready', flush=True)\n"
        f"    collect_estate(profiles).save({str(tmp_path / 'out' / 'snapshot')!r})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.7)
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in words
    assert not (tmp_path / "out").exists()


def test_an_estate_opens_as_it_was_saved(auditor, tmp_path):
    auditor.save(tmp_path / "snapshot")
    assert_same(auditor, Estate.open(tmp_path / "snapshot"))
