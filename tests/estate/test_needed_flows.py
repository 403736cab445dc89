"""Needed flows of a policy file: typed, and refused where nobody could mean them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.policy import load

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = 'name = "orders"\nfrom = "192.168.10.0/24"\nto = "web"\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(f"[[needed_flows]]\n{text}", "utf-8")
    return path


def test_a_flow_is_read_with_its_ends_and_ports(tmp_path: Path) -> None:
    (flow,) = load(written(tmp_path, f'{WHOLE}port = 8000\nport_last = 8100\nvpc = "payroll"\n')).needed_flows
    assert (flow.name, flow.from_, flow.to, flow.vpc) == ("orders", "192.168.10.0/24", "web", "payroll")
    assert (flow.protocol, flow.port, flow.port_last) == ("tcp", 8000, 8100)


def test_a_policy_that_declares_none_has_none() -> None:
    assert load().needed_flows == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('protocol = "tpc"', "no protocol"),
        ('protocol = "gre"\nport = 1', "no ports"),
        ("port_last = 5", "port_last"),
        ("port = 6\nport_last = 5", "port_last"),
        ("port = 65536", "port"),
        ('port = "443"', "port"),
        ('via = "x"', "via"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, line: str, says: str) -> None:
    path = written(tmp_path, f"{WHOLE}{line}\n")
    with pytest.raises(ConfigError) as failure:
        load(path)
    assert "needed_flows.0" in str(failure.value)
    assert says in str(failure.value)
