"""A line for each router that serves a tunnel, harmless whatever it is called; and a way where there is no line."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.estates import estate
from vpnaudit.asking.fetch_plan import Fetch, fetch_plan

ROUTER = {
    "id": "r1",
    "name": "r-1-VM",
    "vpc_id": "p1",
    "state": "Running",
    "host": "kvm1",
    "hypervisor": "KVM",
    "link_local_ip": "169.254.1.2",
}
TABLES: dict[str, Any] = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1"}],
    "connections": [{"id": "c1"}],
}


def plan(*routers: dict[str, Any]) -> list[Fetch]:
    return fetch_plan(estate(TABLES | {"routers": list(routers)}))


def test_from_its_host_over_the_link_local_address() -> None:
    (one,) = plan(ROUTER)
    assert one.line == (
        "ssh root@kvm1 'ssh -i .ssh/id_rsa.cloud -p 3922 root@169.254.1.2 sh' < evidence.sh > r-1-VM.tar.gz"
    )
    assert (one.file, one.where, one.otherwise, one.connections) == ("r-1-VM.tar.gz", None, None, 1)


def test_of_vmware_the_management_server_reaches_it() -> None:
    (one,) = plan(ROUTER | {"hypervisor": "VMware", "host": None, "link_local_ip": "10.0.0.9"})
    assert one.where == "the management server"
    assert one.line is not None
    assert "root@10.0.0.9" in one.line


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"state": "Stopped"}, "It is Stopped"),
        ({"link_local_ip": None}, "link-local address is not shown"),
        ({"link_local_ip": "169.254.1.2;id"}, "link-local address is not shown"),
        ({"host": None}, "root admins alone"),
        ({"host": "kvm1; rm -rf /"}, "write the line by hand"),
        ({"host": "-oProxyCommand=x"}, "write the line by hand"),
    ],
)
def test_without_a_line_it_says_how_else(cells: dict[str, Any], why: str) -> None:
    (one,) = plan(ROUTER | cells)
    assert one.line is None
    assert why in (one.otherwise or "")


def test_a_vpc_whose_router_is_not_shown_is_not_forgotten() -> None:
    (one,) = plan()
    assert (one.router, one.line) == (None, None)
    assert "administrator" in (one.otherwise or "")


def test_a_hostile_name_is_a_file_name_and_no_command() -> None:
    (one,) = plan(ROUTER | {"name": "../$(id)\x1b[31m;\n'x"})
    assert one.line is not None
    assert "\x1b" not in one.line
    assert "\n" not in one.line
    words = shlex.split(one.line)
    assert words[-1] == one.file
    assert "/" not in words[-1]


def test_routers_of_one_name_in_two_clouds_fill_two_files() -> None:
    twin = estate(TABLES | {"routers": [ROUTER, ROUTER | {"id": "r2"}]})
    files = {one.file for one in fetch_plan(twin)}
    assert all(file and file != "r-1-VM.tar.gz" for file in files)
