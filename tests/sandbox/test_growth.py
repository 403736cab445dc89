"""The example grows to any size in little time, always the same way."""

import time
from datetime import UTC, datetime

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.sandbox import Sandbox, specimens
from vpnaudit.sandbox.example import build

from .asking import rows

BASE = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_growth_is_quick_and_repeats():
    start = time.process_time()
    grown = build(BASE, vpcs=500, seed=3)
    assert time.process_time() - start < 3  # about one second on an idle machine
    assert sum(len(cloud.rows("vpc")) for cloud in grown.clouds.values()) == 500
    again = build(BASE, vpcs=500, seed=3)
    assert [row for cloud in grown.clouds.values() for row in cloud.rows("vpnconnection")] == [
        row for cloud in again.clouds.values() for row in cloud.rows("vpnconnection")
    ]
    ids = [
        row["id"]
        for cloud in grown.clouds.values()
        for items in cloud.tables.values()
        for row in (i.row for i in items)
        if "id" in row
    ]
    assert len(ids) == len(set(ids))
    assert grown.specimens == sorted(grown.specimens)
    assert len(grown.specimens) == len(specimens())
    used = [row["s2svpngatewayid"] for cloud in grown.clouds.values() for row in cloud.rows("vpnconnection")]
    assert max(used.count(gateway) for gateway in set(used)) == 4


@pytest.mark.parametrize("vpcs", [0, 39, 100_000])
def test_growth_has_limits(vpcs):
    with pytest.raises(ConfigError, match=f"cannot have {vpcs} VPCs"):
        build(BASE, vpcs=vpcs)


def test_a_grown_estate_is_served_in_pages():
    with Sandbox(vpcs=800, unreadable=False) as sandbox:
        plus = {"listall": "true", "isrecursive": "true", "projectid": "-1"}
        pages = [rows(sandbox, "prod", "auditor", "listVPCs", page=str(n), pagesize="300", **plus) for n in (1, 2, 3)]
        assert len({row["id"] for page in pages for row in page}) == sum(map(len, pages)) == 602
