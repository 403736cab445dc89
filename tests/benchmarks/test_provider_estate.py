import pandas as pd
import pytest

from benchmarks.provider_estate import VARIANTS, provider_estate
from vpnaudit.estate import TABLES, Estate

CONNECTIONS, RULES = 200, 4000


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def provider(variant) -> Estate:
    return provider_estate(CONNECTIONS, RULES, variant)


def test_every_table_is_as_its_schema_says(provider):
    for name, table in TABLES.items():
        table.check(provider[name])


def test_no_reference_leads_nowhere(provider):
    connections = provider["connections"]
    assert connections["vpn_gateway_id"].isin(provider["vpn_gateways"]["id"]).all()
    assert connections["customer_gateway_id"].isin(provider["customer_gateways"]["id"]).all()
    assert provider["tiers"]["acl_id"].isin(provider["acl_lists"]["id"]).all()
    assert provider["acl_rules"]["acl_id"].isin(provider["acl_lists"]["id"]).all()
    for name in ("tiers", "vpn_gateways", "routers"):
        assert provider[name]["vpc_id"].isin(provider["vpcs"]["id"]).all()


def test_a_fifth_of_the_connections_joins_two_vpcs_of_which_each_comes_back(provider):
    assert len(provider["connections"]) == CONNECTIONS
    assert len(provider["pairs"]) == CONNECTIONS / 5
    assert provider["pairs"]["id_far"].notna().all()


def test_one_list_in_ten_is_distinct_and_has_fifty_rules(provider):
    rules = provider["acl_rules"]
    rules = rules[~rules["acl"].str.startswith("default")].sort_values(["acl_id", "number"])
    of_list = rules.drop(columns=["id", "acl_id", "acl"]).groupby(rules["acl_id"])
    assert (of_list.size() == 50).all()
    assert of_list.apply(lambda one: one.to_csv(index=False)).nunique() == RULES // 50 // 10


def test_files_tell_of_half_or_all_of_the_sites(provider, variant):
    known = provider["outcomes"].query("far == 'peers'")["id"].nunique()
    sites = CONNECTIONS * 4 / 5
    assert known == sites if variant == "all-known" else sites / 3 < known < sites * 2 / 3


def test_tenants_share_one_network_only_in_the_variant_of_that_name(provider, variant):
    networks = provider["vpcs"]["cidr"]
    assert (networks == "10.1.0.0/16").all() if variant == "one-network" else networks.is_unique


def test_equal_arguments_give_equal_tables_and_another_seed_others():
    first, second, other = (provider_estate(50, 500, seed=seed) for seed in (1, 1, 2))
    for name in TABLES:
        pd.testing.assert_frame_equal(first[name], second[name])
    assert not first["connections"].equals(other["connections"])


def test_the_smallest_estate_has_two_vpcs_and_the_servers_own_lists():
    small = provider_estate(1, 0)
    assert len(small["vpcs"]) == 2
    assert set(small["tiers"]["acl"]) == {"default_allow"}
