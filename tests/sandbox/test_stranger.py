"""A client that knows nothing of this project, PyPI's `cs`, lists everything as every account."""

import pytest
from cs import CloudStack, CloudStackApiException, read_config

from vpnaudit.sandbox.lists import LISTINGS

ACCOUNTS = ("admin", "auditor", "acme-admin", "alice")
SCOPED = sorted(command for command, listing in LISTINGS.items() if listing.scoped)
UNSCOPED = ("listZones", "listVPCOfferings", "listAccounts", "listProjects")


def client(profile):
    return CloudStack(endpoint=profile["endpoint"], key=profile["key"], secret=profile["secret"], timeout=30)


@pytest.mark.parametrize("role", ACCOUNTS)
def test_lists_everything_a_role_may_ask(readable, role):
    for profile in readable.profiles(role):
        stranger = client(profile)
        allowed = {api["name"] for api in stranger.listApis()["api"]}
        rows_by_command = {
            command: getattr(stranger, command)(listall="true", isrecursive="true", fetch_list=True)
            for command in (*SCOPED, *UNSCOPED)
            if command in allowed
        }
        assert len(rows_by_command["listVpnConnections"]) == len(
            {row["id"] for row in rows_by_command["listVpnConnections"]}
        )
        assert rows_by_command["listZones"]
        assert rows_by_command["listVPCs"]
        assert stranger.listCapabilities()["capability"]["cloudstackversion"]
        assert ("listRouters" in rows_by_command) is (role != "alice")


def test_the_auditor_sees_all_of_both_sources(readable):
    prod, recovery = (client(profile) for profile in readable.profiles("auditor"))
    everything = {"listall": "true", "isrecursive": "true", "projectid": "-1", "fetch_list": True}
    assert len(prod.listVPCs(**everything)) == 32
    assert len(prod.listVpnConnections(**everything)) == 62
    plain = {"listall": "true", "isrecursive": "true", "fetch_list": True}
    assert len(recovery.listVPCs(**plain)) == 7
    assert len(prod.listHosts(type="Routing", fetch_list=True)) == 6
    assert len(prod.listEvents(**everything)) > 500


def test_refusals_reach_it_as_they_are(readable):
    with pytest.raises(CloudStackApiException) as refused:
        client(readable.profiles("alice")[0]).listHosts()
    assert refused.value.response.status_code == 432
    assert refused.value.error["errortext"].startswith("The API [listHosts] does not exist")
    wrong = readable.profiles("admin")[0] | {"secret": "wrong"}
    with pytest.raises(CloudStackApiException) as refused:
        client(wrong).listZones()
    assert refused.value.response.status_code == 401


def test_post(readable):
    profile = readable.profiles("auditor")[0]
    stranger = CloudStack(endpoint=profile["endpoint"], key=profile["key"], secret=profile["secret"], method="post")
    assert len(stranger.listZones(fetch_list=True)) == 3


def test_it_reads_the_profiles_as_written(readable, tmp_path, monkeypatch):
    path = readable.write_profiles(tmp_path / "cloudstack.ini")
    monkeypatch.setenv("CLOUDSTACK_CONFIG", str(path))
    for section, zones in (("prod", 3), ("dr", 1), ("prod-alice", 3), ("dr-acme-admin", 1), ("prod-admin", 3)):
        config = read_config(section)
        assert len(CloudStack(**config).listZones(fetch_list=True)) == zones
