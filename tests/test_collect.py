"""A collection from the recording of a real server, and from the sandbox when everything goes wrong."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import logging
import signal
import subprocess
import sys
import traceback
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pandas as pd
import pytest

from tests import replay
from vpnaudit.cloudstack.client import Retries
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect, collect_estate
from vpnaudit.errors import ConfigError, Refused, Unreachable
from vpnaudit.estate import TABLES, Estate
from vpnaudit.sandbox import Faults, Sandbox

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUICK = Retries(tries=12, wait_initial_s=0.001, wait_max_s=0.01, jitter_s=0.005, total_s=60)

# What each account may see: the union of every pass that was recorded for it.
SEEN = {
    "admin": {
        "vpcs": 20,
        "connections": 33,
        "customer_gateways": 34,
        "tiers": 17,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 19,
    },
    "auditor": {
        "vpcs": 20,
        "connections": 33,
        "customer_gateways": 34,
        "tiers": 17,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 19,
    },
    "acme-admin": {
        "vpcs": 16,
        "connections": 27,
        "customer_gateways": 28,
        "tiers": 13,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 15,
    },
    "globex-admin": {
        "vpcs": 4,
        "connections": 6,
        "customer_gateways": 6,
        "tiers": 4,
        "acl_lists": 2,
        "acl_rules": 4,
        "vpn_gateways": 4,
    },
    "alice": {
        "vpcs": 6,
        "connections": 14,
        "customer_gateways": 15,
        "tiers": 11,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 5,
    },
}
ROOT_ONLY = {"hosts", "service_offerings", "settings"}
UNSEEN = {
    "admin": set(),
    "auditor": set(),
    "acme-admin": ROOT_ONLY,
    "globex-admin": ROOT_ONLY,
    "alice": ROOT_ONLY | {"routers", "domains"},
}


def replayed(who, spoil=None, **more):
    transport = replay.transport(replay.recording(), spoil)
    return asyncio.run(collect([replay.profile(who)], transport=transport, clock=lambda: NOW, retries=QUICK, **more))


def recorded_union(who, table):
    """The ids of every object that any recorded pass of that account shows."""
    command = TABLES[table].command
    found = set()
    for record in replay.recording().records:
        if record["as"] == who and record["command"] == command and record["status"] == 200 and "what" not in record:
            arrays = [value for value in next(iter(record["body"].values())).values() if isinstance(value, list)]
            found |= {row["id"] for array in arrays for row in array}
    return found


@pytest.fixture(scope="module")
def auditor():
    return replayed("auditor")


@pytest.mark.parametrize("who", replay.ACCOUNTS)
def test_each_account_gets_the_union_of_its_passes_and_only_the_gaps_of_its_role(who):
    estate = replayed(who)
    assert {table: len(estate[table]) for table in SEEN[who]} == SEEN[who]
    for table in (
        "vpcs",
        "connections",
        "customer_gateways",
        "vpn_gateways",
        "routers",
        "public_ips",
        "projects",
        "virtual_machines",
    ):
        assert set(estate[table]["id"]) == recorded_union(who, table), table
    gaps = estate["gaps"]
    assert set(gaps["table"]) == UNSEEN[who]
    assert gaps["expected"].all()
    assert set(gaps["reason"]) <= {"not-permitted"}


def test_it_works_over_real_http_from_synchronous_code():
    with replay.serving(replay.recording()) as endpoint:
        estate = collect_estate([replay.profile("auditor", endpoint)])
    assert len(estate["connections"]) == 33
    assert not len(estate["gaps"])
    assert estate["requests"]["status"].eq(200).all()
    assert estate["requests"]["sha256"].str.fullmatch("[0-9a-f]{64}").all()


def test_every_table_has_its_types_and_is_sorted_by_id(auditor):
    for name, table in TABLES.items():
        table.check(auditor[name])
        if "id" in table.key:
            assert auditor[name]["id"].is_monotonic_increasing, name


def test_columns_that_are_worked_out(auditor):
    assert auditor["vpcs"]["vpn_service"].all()
    offerings = auditor["vpc_offerings"].set_index("name")
    assert "Vpn" in offerings.loc["Default VPC offering", "services"].split(",")
    assert offerings.loc["Default VPC offering", "vpn_provider"] == "VpcVirtualRouter"
    machines = auditor["virtual_machines"]
    assert machines["tier_ids"].isin(auditor["tiers"]["id"]).all()
    tiers = auditor["tiers"].merge(auditor["vpcs"], left_on="vpc_id", right_on="id", suffixes=("", "_vpc"))
    assert (tiers["vpc"] == tiers["name_vpc"]).all()
    source = auditor["sources"].iloc[0]
    assert (source["account"], source["role"], source["role_type"]) == ("auditor", "Read-Only Admin - Default", "Admin")
    assert source["cloudstack_version"] == "4.22.0.0-SNAPSHOT"
    assert source["collected_utc"] == pd.Timestamp(NOW)


def test_a_connection_has_the_key_facts_of_its_customer_gateway(auditor):
    links = auditor["connections"].merge(
        auditor["customer_gateways"], left_on="customer_gateway_id", right_on="id", suffixes=("", "_far")
    )
    assert len(links) == 33
    assert (links["psk_fingerprint"] == links["psk_fingerprint_far"]).all()
    assert auditor["connections"]["psk_length"].gt(0).all()
    assert auditor["remote_access_vpns"]["psk_length"].tolist() == [24]


def test_settings_are_the_named_ones_and_events_bear_on_tunnels(auditor):
    names = set(auditor["settings"]["name"])
    assert {"site2site.vpn.vpngateway.connection.limit", "default.page.size"} <= names
    assert not any("provider.exclude" in name or "encryption" in name for name in names)
    assert auditor["events"]["type"].str.match(r"VPN\.S2S|NETWORK\.ACL\.ITEM\.UPDATE|ROUTER|VPC\.RESTART").all()


def test_several_sources_make_one_estate_and_equal_keys_show_across_them():
    transport = replay.transport(replay.recording())
    profiles = [replay.profile("auditor"), replay.profile("alice")]
    estate = asyncio.run(collect(profiles, transport=transport, clock=lambda: NOW))
    assert estate.sources == ["alice", "auditor"]
    assert len(estate["connections"]) == 33 + 14
    links = estate["connections"]
    both = links[links["source"] == "alice"].merge(links[links["source"] == "auditor"], on="id")
    assert len(both) == 14
    assert (both["psk_fingerprint_x"] == both["psk_fingerprint_y"]).all()
    with pytest.raises(ConfigError, match="only once"):
        asyncio.run(collect([profiles[0], profiles[0]], transport=transport))


def test_the_same_replies_give_the_same_estate_but_for_fingerprints(auditor):
    assert_same(auditor, replayed("auditor"))


def assert_same(one, other):
    for name in TABLES:
        if name == "requests":
            continue
        loose = [column for column in ("psk_fingerprint", "collected_utc", "endpoint") if column in one[name]]
        pd.testing.assert_frame_equal(one[name].drop(columns=loose), other[name].drop(columns=loose))
        if "psk_fingerprint" in one[name]:
            assert partition(one[name]) == partition(other[name])


def partition(frame):
    """Which rows share a key: what remains of a fingerprint when its value is another."""
    return sorted(sorted(part["id"]) for _, part in frame.groupby("psk_fingerprint"))


# --- what fails -------------------------------------------------------------------------------------------------------


def refuse(command, status=432, outer="errorresponse"):
    def spoil(query, response):
        if query["command"] == command:
            return httpx.Response(
                status, json={outer: {"uuidList": [], "errorcode": status, "errortext": f"The API [{command}] no"}}
            )
        return response

    return spoil


def test_a_call_that_listapis_does_not_name_is_not_asked_and_is_a_gap():
    asked = []

    def spoil(query, response):
        asked.append(query["command"])
        if query["command"] == "listApis":
            apis = [api for api in response.json()["listapisresponse"]["api"] if api["name"] != "listVpnConnections"]
            return httpx.Response(200, json={"listapisresponse": {"count": len(apis), "api": apis}})
        return response

    estate = replayed("auditor", spoil)
    assert "listVpnConnections" not in asked
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["reason"], gap["expected"]) == ("connections", "not-permitted", False)
    assert len(estate["customer_gateways"]) == 34


def test_a_refused_call_is_one_gap_with_status_code_and_words_and_its_dangling_ids_are_not_told_again():
    estate = replayed("auditor", refuse("listVpnCustomerGateways"))
    gaps = estate["gaps"]
    assert set(gaps["table"]) == {"customer_gateways"}
    assert gaps["subject_id"].isna().all()
    assert gaps.iloc[0][["command", "reason", "status", "code"]].tolist() == [
        "listVpnCustomerGateways",
        "not-permitted",
        432,
        432,
    ]
    assert "The API [listVpnCustomerGateways] no" in gaps.iloc[0]["text"]
    assert len(estate["connections"]) == 33


def test_a_call_that_this_version_does_not_know_says_so():
    estate = replayed("auditor", refuse("listHosts", 401))
    assert estate["gaps"][["table", "reason"]].to_numpy().tolist() == [["hosts", "not-in-this-version"]]


def test_a_gap_that_the_profile_lists_is_expected():
    transport = replay.transport(replay.recording(), refuse("listHosts"))
    profile = replay.profile("auditor", expected_gaps=("hosts",))
    estate = asyncio.run(collect([profile], transport=transport, retries=QUICK))
    assert estate["gaps"][["table", "expected"]].to_numpy().tolist() == [["hosts", True]]


def test_without_listapis_everything_is_asked_and_refusals_become_gaps():
    estate = replayed("alice", refuse("listApis"))
    gaps = estate["gaps"].set_index("table")
    assert set(gaps.index) == UNSEEN["alice"]
    assert gaps.loc["routers", "status"] == 432
    assert gaps["expected"].all()


def test_where_the_role_cannot_be_learnt_all_passes_are_made():
    estate = replayed("acme-admin", refuse("listAccounts"))
    assert pd.isna(estate["sources"].iloc[0]["role_type"])
    assert len(estate["vpcs"]) == 16
    assert not estate["gaps"].loc[estate["gaps"]["table"] == "accounts", "expected"].any()


def test_where_all_projects_at_once_are_refused_each_is_asked():
    def spoil(query, response):
        if query.get("projectid") == "-1":
            return httpx.Response(531, json={"x": {"errorcode": 531, "cserrorcode": 4365, "errortext": "no"}})
        return response

    for who in ("auditor", "alice"):
        estate = replayed(who, spoil)
        assert len(estate["connections"]) == SEEN[who]["connections"]
        assert set(estate["gaps"]["table"]) == UNSEEN[who]


def test_an_id_that_leads_nowhere_is_a_gap_of_that_object():
    victim = {}

    def spoil(query, response):
        if query["command"] == "listVpnCustomerGateways":
            ((outer, inner),) = response.json().items()
            victim["id"] = inner["vpncustomergateway"][3]["id"]
            del inner["vpncustomergateway"][3]
            inner["count"] -= 1
            return httpx.Response(200, json={outer: inner})
        return response

    estate = replayed("auditor", spoil)
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["subject_id"], gap["reason"]) == ("customer_gateways", victim["id"], "not-collected")


def test_one_object_that_breaks_the_json_is_isolated_and_the_rest_is_there():
    victim = next(iter(sorted(recorded_union("auditor", "customer_gateways"))))

    def spoil(query, response):
        if query["command"] == "listVpnCustomerGateways" and victim.encode() in response.content:
            marked = response.content.replace(victim.encode() + b'"', victim.encode() + b'", "name": "\\A"')
            return httpx.Response(200, content=marked)
        return response

    estate = replayed("auditor", spoil)
    assert len(estate["customer_gateways"]) == 33
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["subject_id"], gap["reason"], gap["status"]) == (
        "customer_gateways",
        victim,
        "not-collected",
        200,
    )
    assert "rename" in gap["text"]


def test_a_list_that_cannot_be_listed_is_one_gap_and_soon():
    asked = []

    def spoil(query, response):
        asked.append(query["command"])
        if query["command"] == "listNetworkACLs":
            return httpx.Response(
                530, json={"listnetworkaclsresponse": {"errorcode": 530, "cserrorcode": 4250, "errortext": "null"}}
            )
        return response

    estate = replayed("auditor", spoil)
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["status"], gap["code"], gap["subject_id"]) == ("acl_rules", 530, 530, None)
    assert asked.count("listNetworkACLs") < 25


def test_a_source_that_is_down_is_a_gap_for_each_table_and_the_other_is_read():
    def spoil(query, response):
        if query["apikey"] == "admin":
            raise httpx.ConnectError("Connection refused")
        return response

    transport = replay.transport(replay.recording(), spoil)
    estate = asyncio.run(
        collect([replay.profile("admin"), replay.profile("auditor")], transport=transport, retries=QUICK)
    )
    gaps = estate["gaps"]
    assert set(gaps["source"]) == {"admin"}
    assert set(gaps["table"]) == {name for name, table in TABLES.items() if table.command}
    assert len(estate["connections"]) == 33
    assert estate.sources == ["admin", "auditor"]


def test_only_where_no_source_answers_it_is_an_error():
    def down(query, response):
        raise httpx.ConnectError("Connection refused")

    with pytest.raises(Unreachable, match="Connection refused"):
        replayed("auditor", down)
    with pytest.raises(Refused, match="wrong key or secret"):
        replayed("auditor", lambda query, response: refuse(query["command"], 401, "x")(query, response))
    with pytest.raises(Refused, match="never recorded"):
        replayed("nobody-here")


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

    estate = replayed(
        "auditor", lambda query, response: httpx.Response(response.status_code, json=encoded(response.json()))
    )
    assert_same(auditor, estate)


# --- the sandbox ------------------------------------------------------------------------------------------------------


def sandboxed(sandbox, role="auditor"):
    return collect_estate(
        [Profile(**profile) for profile in sandbox.profiles(role)], clock=lambda: sandbox.base, retries=QUICK
    )


def fresh(sandbox):
    """The clock must be right for `expires`; the estate's own time is set to be equal."""
    profiles = [Profile(**profile) for profile in sandbox.profiles("auditor")]
    return collect_estate(profiles, retries=QUICK)


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
    seen, whole = set(estate["connections"]["id"]), set(calm["connections"]["id"])
    assert seen < whole
    assert len(whole - seen) <= 2
    assert len(seen) == len(estate["connections"])
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


# --- interruption and secrets
# ------------------------------------------------------------------------------------------------------------


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


def disguises(secret):
    """A secret as it would look in JSON, HTML, a URL and Base64."""
    plain = secret.encode()
    yield from {
        secret,
        json.dumps(secret)[1:-1],
        html.escape(secret),
        quote(secret),
        quote(secret, safe=""),
        plain.hex(),
    }
    for shift in range(3):
        middle = base64.b64encode(b"x" * shift + plain)[4:-4].decode()
        if len(middle) >= 8:
            yield middle


def written(estate):
    yield repr(estate)
    yield estate._repr_html_()
    for name in TABLES:
        yield estate[name].to_csv()


@pytest.mark.parametrize("who", ["auditor", "acme-admin"])
def test_no_key_and_no_secret_is_in_a_table_a_log_or_an_error(who, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    with replay.serving(replay.recording()) as endpoint:
        estate = collect_estate([replay.profile(who, endpoint)])
    estate.save(tmp_path / "snapshot")
    everything = "\n".join([*written(estate), caplog.text, *(str(vars(record)) for record in caplog.records)])
    everything += "".join(path.read_bytes().decode("latin-1") for path in (tmp_path / "snapshot").iterdir())
    assert "send_request_headers" in caplog.text
    secrets = {key for key in replay.recording().canaries if len(key) >= 8} | {f"canary-api-secret-{who}"}
    assert len(secrets) > 10
    for secret in secrets:
        assert not [disguise for disguise in disguises(secret) if disguise in everything]
    assert "signature=" not in everything
    short = replay.recording().canaries - secrets
    for name, table in TABLES.items():
        for column, dtype in table.dtypes.items():
            if dtype == "string":
                assert not set(estate[name][column].dropna()) & short, (name, column)


def test_errors_hold_no_secret_even_with_the_locals_of_every_frame():
    def spoil(query, response):
        if query["command"] == "listApis":
            return httpx.Response(
                401,
                json={"x": {"errorcode": 401, "errortext": f"bad {query['apikey']} signature={query['signature']}"}},
            )
        return response

    profile = Profile("prod", "http://127.0.0.1:1/client/api", "the-api-key-canary", "the-secret-canary")
    with pytest.raises(Refused) as caught:
        asyncio.run(collect([profile], transport=replay.transport(replay.recording(), spoil), retries=QUICK))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(told.format())
    assert "the-secret-canary" not in text
    assert "the-api-key-canary" not in text
    assert "signature=[removed]" in str(caught.value)


def test_an_estate_opens_as_it_was_saved(auditor, tmp_path):
    auditor.save(tmp_path / "snapshot")
    assert_same(auditor, Estate.open(tmp_path / "snapshot"))
