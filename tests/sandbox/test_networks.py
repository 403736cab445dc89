"""A VPC and what hangs on it have the fields, names and addresses that a server would give them."""

from vpnaudit.sandbox.access_lists import add_list
from vpnaudit.sandbox.networks import add_private_gateway, add_remote_access, add_tier


def test_a_vpc_has_a_source_nat_address_of_its_own_zone(builder, vpc):
    address = next(row for row in builder.cloud.rows("publicipaddress") if row["ipaddress"] == vpc.public_ip)
    assert (address["issourcenat"], address["vpcid"], address["zonename"]) == (True, vpc.row["id"], "ams1")
    assert vpc.row["redundantvpcrouter"] is False


def test_tiers_are_the_next_networks_of_the_vpc_and_stand_in_it(builder, vpc):
    acl = add_list(builder, vpc, "sites")
    web, bare = add_tier(builder, vpc, "web", acl), add_tier(builder, vpc, "bare", None)
    assert (web["cidr"], web["gateway"], bare["cidr"]) == ("10.20.1.0/24", "10.20.1.1", "10.20.2.0/24")
    assert (web["aclid"], web["aclname"]) == (acl["id"], "sites")
    assert not {"aclid", "aclname"} & set(bare), "a tier without a list says so by leaving it out"
    assert vpc.row["network"] == [web, bare]


def test_a_private_gateway_leads_to_the_network_before_its_own(builder, vpc):
    add_private_gateway(builder, vpc, "172.30.1.0/24", add_list(builder, vpc, "sites"))
    (gateway,), (route,) = builder.cloud.rows("privategateway"), builder.cloud.rows("staticroute")
    assert (gateway["gateway"], gateway["ipaddress"]) == ("172.30.1.1", "172.30.1.2")
    assert (route["cidr"], route["vpcgatewayid"]) == ("172.30.0.0/24", gateway["id"])


def test_remote_access_is_at_the_source_nat_address_with_a_key_of_its_own(builder, vpc):
    add_remote_access(builder, vpc)
    (row,) = builder.cloud.rows("remoteaccessvpn")
    assert (row["publicip"], len(row["presharedkey"])) == (vpc.public_ip, 24)
