"""A connection shows what its customer gateway says, and its VPC lets in what it names."""

from vpnaudit.sandbox.access_lists import add_list
from vpnaudit.sandbox.tunnels import Far, add_connection, add_customer_gateway, add_vpn_gateway, admit_remotes


def connected(builder, vpc, name, *cidrs, **values):
    far = Far("203.0.113.2", cidrs, **values)
    return add_connection(builder, vpc, add_customer_gateway(builder, vpc, name, far), far)


def admitted(builder, vpc):
    acl = add_list(builder, vpc, "sites")
    admit_remotes(builder, vpc, acl)
    return [row["cidrlist"] for row in builder.cloud.rows("networkacl") if row["aclid"] == acl["id"]]


def test_a_connection_shows_the_settings_of_its_customer_gateway(builder, vpc):
    row = connected(builder, vpc, "berlin", "10.2.0.0/16", "10.3.0.0/16", dpd=False, state="Disconnected", passive=True)
    (gateway,) = builder.cloud.rows("vpncustomergateway")
    assert (row["gateway"], row["cidrlist"], row["dpd"]) == ("203.0.113.2", "10.2.0.0/16,10.3.0.0/16", False)
    assert (row["state"], row["passive"], row["ipsecpsk"]) == ("Disconnected", True, gateway["ipsecpsk"])
    assert "name" not in row


def test_the_first_connection_brings_the_vpn_gateway_and_the_next_shares_it(builder, vpc):
    rows = [connected(builder, vpc, name, f"10.{number}.0.0/16") for number, name in enumerate(("a", "b"), 2)]
    (gateway,) = builder.cloud.rows("vpngateway")
    assert {row["s2svpngatewayid"] for row in rows} == {gateway["id"]}
    assert gateway["publicip"] == vpc.public_ip


def test_what_is_so_old_that_its_events_are_gone_has_none(builder, vpc):
    before = len(builder.cloud.rows("event"))
    add_customer_gateway(builder, vpc, "old", Far("203.0.113.2", ("10.2.0.0/16",)), remembered=False)
    assert len(builder.cloud.rows("event")) == before
    add_vpn_gateway(builder, vpc)
    assert len(builder.cloud.rows("event")) == before + 3


def test_a_network_inside_another_gets_no_rule_of_its_own(builder, vpc):
    connected(builder, vpc, "a", "10.2.0.0/16", "10.2.3.0/24")
    connected(builder, vpc, "b", "10.2.0.0/16", "192.168.0.0/24")
    assert admitted(builder, vpc) == ["10.2.0.0/16", "192.168.0.0/24"]


def test_a_vpc_without_connections_serves_the_world(builder, vpc):
    assert admitted(builder, vpc) == ["0.0.0.0/0"]
