"""A VPC has one router or a redundant pair, each with an interface for control, the public side and tiers in use."""

from vpnaudit.sandbox.machines import add_machine
from vpnaudit.sandbox.networks import add_tier, add_vpc
from vpnaudit.sandbox.routers import mac_address


def kinds(router):
    return [nic["traffictype"] for nic in router["nic"]]


def test_a_redundant_vpc_has_a_primary_and_a_backup(builder):
    vpc = add_vpc(builder, "pair", "ams1", "10.30.0.0/16", builder.owners["alice"], redundant=True)
    assert [(row["redundantstate"], row["isredundantrouter"]) for row in vpc.routers] == [
        ("PRIMARY", True),
        ("BACKUP", True),
    ]
    add_machine(builder, vpc, add_tier(builder, vpc, "app", None))
    assert [kinds(row) for row in vpc.routers] == [["Control", "Public", "Guest"]] * 2
    addresses = [nic["macaddress"] for row in vpc.routers for nic in row["nic"]]
    assert len(set(addresses)) == len(addresses)


def test_the_fields_of_a_router_are_those_of_its_interfaces(vpc):
    (router,) = vpc.routers
    control, public = router["nic"]
    assert (router["linklocalip"], router["linklocalmacaddress"]) == (control["ipaddress"], control["macaddress"])
    assert (router["publicip"], router["gateway"]) == (public["ipaddress"], public["gateway"])
    assert router["publicip"] == vpc.public_ip
    assert "guestipaddress" not in router


def test_the_first_tier_in_use_fills_the_routers_own_guest_fields(builder, vpc):
    first, second = (add_tier(builder, vpc, name, None) for name in ("web", "db"))
    add_machine(builder, vpc, second)
    add_machine(builder, vpc, first)
    (router,) = vpc.routers
    assert router["guestnetworkid"] == second["id"], "the one that was plugged first"
    assert [nic["networkid"] for nic in router["nic"][2:]] == [second["id"], first["id"]]


def test_an_address_of_an_interface_says_its_kind_and_its_number():
    assert mac_address(30, 258) == "1e:00:00:00:01:02"
