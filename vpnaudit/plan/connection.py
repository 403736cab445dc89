"""Steps of a script that reset, delete and create connections, each only where it is still to be done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vpnaudit.hostile import file_name, one_line
from vpnaudit.plan.remedy import Script, cell
from vpnaudit.plan.shell import cmk_text, command, identifier, number_or_word
from vpnaudit.plan.wanted import KEY, values_in_force

if TYPE_CHECKING:
    from vpnaudit.plan.customer_gateway import End
    from vpnaudit.plan.estate_index import EstateIndex, Row

LIMIT = "site2site.vpn.vpngateway.connection.limit"
LIMIT_BY_DEFAULT = 4


def label(tunnel: Row) -> str:
    """Its name on one line."""
    return one_line(str(tunnel["label"]))


def scope(index: EstateIndex, source: str, vpc_id: str | None) -> dict[str, str]:
    """Parameters that make a list call show what belongs to this VPC, whoever owns it."""
    project = index.owner(source, vpc_id, {}).get("projectid")
    vpc = {"vpcid": identifier(vpc_id)} if vpc_id else {}
    return vpc | ({"projectid": identifier(project)} if project else {"listall": "true"})


def _list(script: Script, index: EstateIndex, tunnel: Row) -> None:
    script.ask("vpnconnections", **scope(index, str(tunnel["source"]), tunnel["vpc_id"]))


def _one(script: Script, index: EstateIndex, tunnel: Row) -> None:
    project = index.owner(str(tunnel["source"]), tunnel["vpc_id"], tunnel).get("projectid")
    script.ask(
        "vpnconnections", id=_id(tunnel), **({"projectid": identifier(project)} if project else {"listall": "true"})
    )


def delete(script: Script, index: EstateIndex, tunnel: Row, unless: str = "") -> None:
    """Delete it where it is still there. Deleting a Pending one leaves its files on the router: that is reset before.

    `unless`: a condition of the shell under which it stays.
    """
    _list(script, index, tunnel)
    script.lines += [f"if {unless}; then :; else"] if unless else []
    script.lines.append(f"if has {cell('id', _json(tunnel['id']))}; then")
    if tunnel["state"] == "Pending":
        script.run("reset vpnconnection", id=_id(tunnel), filter="id")
    script.run("delete vpnconnection", id=_id(tunnel))
    script.shell("fi", *(["fi"] if unless else []))


def create(script: Script, index: EstateIndex, tunnel: Row, *, passive: bool) -> None:
    """Create it again where its customer gateway has none at this VPN gateway."""
    _list(script, index, tunnel)
    script.lines.append(f"has {cell('s2scustomergatewayid', _json(tunnel['customer_gateway_id']))} ||")
    script.run("create vpnconnection", **_again(tunnel, passive=passive))


def create_again(script: Script, tunnel: Row, *, anew: bool = False) -> None:
    """The call that creates it as it was; `anew`: with the customer gateway of `create_gateway`."""
    new = {"s2scustomergatewayid": '"$g"'} if anew else {}
    script.run("create vpnconnection", **(_again(tunnel, passive=bool(tunnel["passive"])) | new))


def create_gateway(script: Script, index: EstateIndex, end: End) -> None:
    """Create a customer gateway as it was, and keep its id in `g`."""
    words = {k: number_or_word(cmk_text(v)[0]) for k, v in values_in_force(end.row).items() if v is not None}
    owner = {k: identifier(v) for k, v in index.owner(str(end.row["source"]), None, end.row).items()}
    _create_gateway(script, words | {KEY: f"@{end.file}"} | owner)


def _create_gateway(script: Script, parameters: dict[str, str]) -> None:
    script.shell("g=$(")
    script.lines.append(command("cmk -o json create vpncustomergateway", parameters))
    script.shell(")", "g=${g#*'\"id\": \"'}; g=${g%%'\"'*}")


def reset_pending(script: Script, index: EstateIndex, tunnel: Row) -> None:
    """An update sends nothing for a Pending connection."""
    _one(script, index, tunnel)
    script.lines.append(f"if has {cell('state', _json('Pending'))}; then")
    script.run("reset vpnconnection", id=_id(tunnel), filter="id")
    script.shell("fi")


def reset(script: Script, index: EstateIndex, tunnel: Row) -> None:
    """Stop and start it unless it is Connected: that works from any state."""
    bare = not index.tiers_in.get((tunnel["source"], tunnel["vpc_id"])) and index.whole(str(tunnel["source"]), "tiers")
    if bare:
        script.detail("The VPC has no tier, so nothing brings the tunnel up: start a machine in a tier of it first.")
    _one(script, index, tunnel)
    script.lines.append(f"has {cell('state', _json('Connected'))} ||")
    script.run("reset vpnconnection", id=_id(tunnel), filter="id")


def verify(script: Script, index: EstateIndex, tunnel: Row, *, anew: bool) -> None:
    """The call that shows its state; created anew it has another id."""
    if anew:
        script.run(
            "list vpnconnections",
            **scope(index, str(tunnel["source"]), tunnel["vpc_id"]),
            filter="id,gateway,passive,state",
        )
    else:
        script.run("list vpnconnections", id=_id(tunnel), filter="id,state")


def delete_spare_gateway(script: Script, index: EstateIndex, end: End) -> None:
    """Delete a customer gateway that no connection uses any more, where it is still there."""
    _if_there(script, index, end)
    script.run("delete vpncustomergateway", id=end.id)
    script.shell("fi")


def look_if_there(script: Script, index: EstateIndex, end: End) -> None:
    """As `End.look`, where it is still there."""
    script.shell(f"u{end.number}=")
    _if_there(script, index, end)
    end.look(script, index)
    script.shell("fi")


def _if_there(script: Script, index: EstateIndex, end: End) -> None:
    script.ask("vpncustomergateways", **{name: value for name, value in end.scope(index).items() if name != "id"})
    script.lines.append(f"if has {cell('id', _json(end.row['id']))}; then")


def limit_of(index: EstateIndex, source: str) -> int:
    """How many connections a VPN gateway of this source may have, as far as the setting was collected."""
    value = str(index.settings.get((source, LIMIT), {}).get("value"))
    return int(value) if value.isascii() and value.isdigit() else LIMIT_BY_DEFAULT


def create_far(script: Script, index: EstateIndex, tunnel: Row, end: End) -> None:
    """Give the far VPC of the estate its half of the tunnel, if it has none: a customer gateway for the near end with
    the values that `end` shall have, and a connection. Where the connection is refused, the customer gateway goes
    again.
    """
    pair = index.pairs[tunnel["source"], tunnel["id"]]
    source, vpc_id = str(pair["far_source"]), str(pair["far_vpc_id"])
    used = index.connections_at[source, pair["far_vpn_gateway_id"]]
    if used >= limit_of(index, source):
        script.detail(
            f"The far gateway was full: {used} connections. The operator raises the limit first and restarts the"
            " management server."
        )
    script.shell(
        f"l={limit_of(index, source)}",
        "if now=$(cmk -o json list configurations \\",
        f"  name={LIMIT})",
        'then if has \'"value":\'; then l=${now#*\'"value": "\'}',
        "l=${l%%'\"'*}; fi; fi",
    )
    script.ask("vpnconnections", **scope(index, source, vpc_id))
    script.lines.append(f"if has {cell('gateway', _json(tunnel['public_ip']))}; then :; else")
    script.shell("n=${now#*'\"count\": '}; n=${n%%[^0-9]*}")
    script.shell('[ "${n:-0}" -lt "$l" ] || stop "The far gateway is full."')
    values = {k: v for k, v in (values_in_force(end.row) | end.changes).items() if v is not None and k != KEY}
    values |= {"name": _name(tunnel), "gateway": str(tunnel["public_ip"]), "cidrlist": str(tunnel["vpc_cidr"])}
    words = {k: number_or_word(cmk_text(v)[0]) for k, v in values.items()}
    owner = {k: identifier(v) for k, v in index.owner(source, vpc_id, {}).items()}
    file = end.new_file if KEY in end.changes else end.file
    _create_gateway(script, words | {KEY: f"@{file}"} | owner)
    script.run(
        "create vpnconnection",
        s2svpngatewayid=identifier(str(pair["far_vpn_gateway_id"])),
        s2scustomergatewayid='"$g"',
        passive=str(not tunnel["passive"]).lower(),
        filter="id",
        tail="|| {",
    )
    script.shell('cmk delete vpncustomergateway id="$g"', 'stop "Refused, and nothing is left behind."; }')
    if tunnel["passive"] is not True:
        script.run("reset vpnconnection", id=_id(tunnel), filter="id")
    script.shell("fi")


def _name(tunnel: Row) -> str:
    return f"back-to-{file_name(str(tunnel['vpc'] or tunnel['public_ip']))}"


def _again(tunnel: Row, *, passive: bool) -> dict[str, str]:
    return {
        "s2svpngatewayid": identifier(str(tunnel["vpn_gateway_id"])),
        "s2scustomergatewayid": identifier(str(tunnel["customer_gateway_id"])),
        "passive": str(passive).lower(),
        "filter": "id",
    }


def _id(tunnel: Row) -> str:
    return identifier(str(tunnel["id"]))


def _json(value: object) -> str:
    return json.dumps(str(value))
