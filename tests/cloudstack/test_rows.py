"""Objects of the API become rows: fields by name, and the columns that are worked out."""

from __future__ import annotations

import pandas as pd
import pytest

from tests import replay
from vpnaudit.cloudstack.rows import merged_tiers, to_rows


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
    assert source["collected_utc"] == pd.Timestamp(replay.NOW)


def test_a_connection_has_the_key_facts_of_its_customer_gateway(auditor):
    links = auditor["connections"].merge(
        auditor["customer_gateways"], left_on="customer_gateway_id", right_on="id", suffixes=("", "_far")
    )
    assert len(links) == 33
    assert (links["psk_fingerprint"] == links["psk_fingerprint_far"]).all()
    assert auditor["connections"]["psk_length"].gt(0).all()
    assert auditor["remote_access_vpns"]["psk_length"].tolist() == [24]


def test_a_field_that_the_server_leaves_out_is_no_column_and_so_stays_unknown():
    (row,) = to_rows("zones", "prod", [{"id": "z", "unheard-of": 1}])
    assert row == {"source": "prod", "id": "z"}


@pytest.mark.parametrize(
    ("services", "vpn"), [(None, None), ([], False), ([{"name": "Vpn"}], True), ([{"name": "Dns"}, {}], False)]
)
def test_whether_a_vpc_has_vpn_is_unknown_where_no_services_are_in_the_reply(services, vpn):
    (row,) = to_rows("vpcs", "prod", [{"id": "v", "service": services}])
    assert row["vpn_service"] is vpn


def test_services_of_an_offering_are_names_in_order_each_once():
    vpn = {"name": "Vpn", "provider": [{"name": "VpcVirtualRouter"}, {"name": "VpcVirtualRouter"}, {}]}
    known, unknown = to_rows("vpc_offerings", "prod", [{"service": [vpn, {"name": "Dns"}, {}]}, {"id": "o"}])
    assert (known["services"], known["vpn_provider"]) == ("Dns,Vpn", "VpcVirtualRouter")
    assert not {"services", "vpn_provider"} & set(unknown)


def test_tiers_of_a_machine_are_those_of_its_interfaces():
    nics = [{"networkid": "b"}, {"networkid": "a"}, {"networkid": "b"}, {}]
    with_nics, without = to_rows("virtual_machines", "prod", [{"nic": nics}, {"id": "m", "nic": None}])
    assert with_nics["tier_ids"] == "a,b"
    assert "tier_ids" not in without


def test_a_tier_is_one_row_whether_listed_by_itself_inside_its_vpc_or_both():
    networks = [{"id": "1", "vpcid": "v", "name": "own"}, {"id": "2", "vpcname": "V"}, {"id": "3", "name": "no VPC"}]
    inner = [{"id": "1", "name": "inner"}, {"id": "4", "vpcid": "kept"}]
    vpcs = [{"id": "v", "name": "V", "network": inner}, {"network": [{"id": "5"}]}, {"id": "w", "network": None}]
    tiers = {tier["id"]: tier for tier in merged_tiers(networks, vpcs)}
    assert set(tiers) == {"1", "2", "4", "5"}
    assert tiers["1"] == {"id": "1", "vpcid": "v", "name": "own", "vpcname": "V"}
    assert tiers["4"] == {"id": "4", "vpcid": "kept", "vpcname": "V"}
    assert tiers["5"] == {"id": "5"}
