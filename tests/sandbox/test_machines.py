"""A machine starts in a tier, which is in use from then on."""

from vpnaudit.sandbox.machines import add_machine, add_static_nat
from vpnaudit.sandbox.networks import add_tier


def test_the_first_machine_of_a_tier_plugs_it_in_and_the_next_does_not_again(builder, vpc):
    tier = add_tier(builder, vpc, "app", None)
    assert tier["state"] == "Allocated"
    add_machine(builder, vpc, tier)
    assert tier["state"] == "Implemented"
    before = len(vpc.routers[0]["nic"])
    add_machine(builder, vpc, tier)
    assert len(vpc.routers[0]["nic"]) == before


def test_a_machine_is_in_its_tier_and_its_owners(builder, vpc):
    tier = add_tier(builder, vpc, "app", None)
    machine = add_machine(builder, vpc, tier)
    (nic,) = machine["nic"]
    assert (nic["networkid"], nic["ipaddress"], machine["ipaddress"]) == (tier["id"], "10.20.1.20", "10.20.1.20")
    assert machine["username"] == machine["account"] == "alice"


def test_static_nat_gives_a_machine_a_public_address_that_names_it(builder, vpc):
    machine = add_machine(builder, vpc, add_tier(builder, vpc, "app", None))
    add_static_nat(builder, vpc, machine)
    address = builder.cloud.rows("publicipaddress")[-1]
    assert (address["isstaticnat"], address["virtualmachineid"]) == (True, machine["id"])
    assert machine["publicip"] == machine["nic"][0]["publicip"] == address["ipaddress"] != vpc.public_ip
