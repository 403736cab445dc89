"""What an operator set up before any tenant came: capabilities, offerings, settings; and what an older release does not
know.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from vpnaudit.sandbox.cloud import Cloud, Row, shaped, shapes

if TYPE_CHECKING:
    from vpnaudit.sandbox.builder import Builder

# The release in which a key came to a list, or to all lists ("*"). Where only the range is known, its later end stands
# here.
_SINCE: dict[str, dict[str, str]] = {
    "*": {"hasannotations": "4.16", "arch": "4.20", "softwareversion": "4.16", "healthchecksfailed": "4.14",
          "apikeyaccess": "4.20", "publicmtu": "4.18", "privatemtu": "4.18", "supportsvmautoscaling": "4.18",
    "gputotal": "4.21", "gpuused": "4.21"}, "zone": {"allowuserspecifyvrmtu": "4.18",
             "routerprivateinterfacemaxmtu": "4.18", "routerpublicinterfacemaxmtu": "4.18", "isnsxenabled": "4.20",
    "ismultiarch": "4.20", "routedmodeenabled": "4.20", "asnrange": "4.20"}, "vpcoffering": {"fornsx": "4.20",
    "networkmode": "4.20", "specifyasnumber": "4.20", "internetprotocol": "4.17"}, "vpngateway": {"vpcname": "4.13.2",
    "domainpath": "4.19.2"}, "vpncustomergateway": {"ikeversion": "4.15.1", "splitconnections": "4.15.1",
    "domainpath": "4.19.2"}, "vpnconnection": {"ikeversion": "4.15.1", "splitconnections": "4.15.1",
    "domainpath": "4.19.2"}, "networkacllist": {"vpcname": "4.15"},
    "publicipaddress": {"vpcname": "4.13.2", "forprovider": "4.20"},
    "privategateway": {"vpcname": "4.13.2", "domainpath": "4.19.2"},
    "staticroute": {"vpcgatewayip": "4.21", "nexthop": "4.21", "domainpath": "4.19.2"},
    "configuration": {"group": "4.18", "subgroup": "4.18", "displaytext": "4.18", "type": "4.18", "options": "4.18",
                      "parent": "4.18", "defaultvalue": "4.16"},
}  # fmt: skip


@cache
def _settings() -> list[Row]:
    settings: list[Row] = json.loads(files(__package__).joinpath("data/settings.json").read_text("utf-8"))
    return settings


def add_platform(builder: Builder) -> None:
    """Add capabilities, VPC offerings, the two offerings for routers, and the settings by name."""
    cloud = builder.cloud
    cloud.add("capability", shapes()["capability"] | {"cloudstackversion": cloud.version})
    for offering in shapes()["vpcofferings"]:
        created = builder.time(builder.number())
        cloud.add("vpcoffering", offering | {"id": builder.id("vpcoffering", offering["name"]), "created": created})
    for storage in ("local", "shared"):
        name = "System Offering For Software Router" + (" - Local Storage" if storage == "local" else "")
        cloud.add("serviceoffering", shaped(
            "serviceoffering", id=builder.id("routeroffering", storage), name=name,
            created=builder.time(builder.number()), storagetype=storage, diskofferingid=builder.id("diskoffering",
            storage), diskofferingname=name,
        ))  # fmt: skip
    for setting in _settings():
        row: dict[str, Any] = {key: value for key, value in setting.items() if key != "domain_scope"}
        if setting["name"] == "default.page.size":
            row["value"] = str(cloud.page_size)
        cloud.add("configuration", row)
        if setting["domain_scope"]:
            cloud.domain_settings.add(setting["name"])


def as_of_version(cloud: Cloud) -> None:
    """Take away the keys that a release as old as the cloud's does not send."""
    release = _parts(cloud.version)
    for table, items in cloud.tables.items():
        young = {key for key, since in {**_SINCE["*"], **_SINCE.get(table, {})}.items() if _parts(since) > release}
        for item in items if young else ():
            for key in young & item.row.keys():
                del item.row[key]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
