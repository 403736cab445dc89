"""Reset, delete and create connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.hostile import file_name, one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan.customer_gateway import PRESENT_FILE, End, create_connection, values_in_force, verify
from vpnaudit.plan.remedy import Remedy, Script
from vpnaudit.plan.shell import cmk_text, identifier, number_or_word, word

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import EstateIndex, Row

_RESTART = "This connection is stopped and started: no traffic until it is negotiated anew."
_NEW_ID = "This connection is deleted and created anew under a new id: no traffic in between."


def reset(index: EstateIndex, tunnel: Row) -> Remedy:
    """Stop and start: works from any state."""
    script = _script(tunnel)
    bare = not index.tiers_in.get((tunnel["source"], tunnel["vpc_id"])) and index.whole(str(tunnel["source"]), "tiers")
    if bare:
        script.step("The VPC has no tier, so nothing brings the tunnel up: start a machine in a tier of it first.")
    script.step("Stop and start the tunnel.")
    _reset(script, tunnel)
    script.step("Look after it: within minutes the state must leave Connecting.")
    verify(script, [tunnel])
    script.detail("Where it stays down, the far side can start it: swanctl --initiate --child NAME")
    return Remedy(
        Side.NEAR,
        f"Reset the connection {_label(tunnel)}.",
        str(script),
        _RESTART,
        "None needed: a reset changes no value.",
    )


def recreate(tunnel: Row, changes: dict[str, str]) -> Remedy:
    """Delete and create with another `passive`, which no update can change."""
    wanted = changes.get("passive")
    passive = bool(tunnel["passive"]) if wanted is None else wanted == "true"
    script = _script(tunnel)
    script.step("Make sure that it can be created again: no overlap with the VPC, limit not reached, same account.")
    if tunnel["state"] == "Pending":
        script.step("Deleting a Pending connection leaves its files on the router: reset it first.")
        _reset(script, tunnel)
    script.step("Delete it and create it again at once.")
    _delete(script, tunnel)
    create_connection(script, tunnel, passive=passive)
    script.step("Verify: the new connection must leave Connecting within minutes. A passive one waits for traffic.")
    script.run("list vpnconnections", listall="true", filter="id,gateway,passive,state")
    what = f"Create the connection {_label(tunnel)} again as {'a passive' if passive else 'an active'} one."
    rollback = Script()
    rollback.note("Delete the new connection, then:")
    create_connection(rollback, tunnel, passive=bool(tunnel["passive"]))
    return Remedy(Side.NEAR, what, str(script), _NEW_ID, str(rollback))


def delete(index: EstateIndex, tunnel: Row, twin: Row | None) -> Remedy:
    """Delete a connection; where a twin has the same peer address, keep the older of both, with the networks of
    both.
    """
    if twin is None:
        script = _script(tunnel)
        script.step("Delete the connection.")
        _delete(script, tunnel)
        rollback = Script()
        create_connection(rollback, tunnel, passive=bool(tunnel["passive"]))
        return Remedy(
            Side.NEAR, f"Delete the connection {_label(tunnel)}.", str(script), "This tunnel ends.", str(rollback)
        )
    older, spare = sorted((tunnel, twin), key=lambda row: (str(row["created_utc"]), str(row["id"])))
    script = _script(older)
    script.note(f"Kept: {_label(older)}, the older. Deleted: {_label(spare)}.")
    gateway = index.customer_gateways.get((older["source"], str(older["customer_gateway_id"])))
    networks = _union(older["cidr_list"], spare["cidr_list"])
    widened = gateway is not None and networks != older["cidr_list"]
    if gateway is not None and widened:
        script.step(f"Save the present key of the one that stays, to {PRESENT_FILE} with printf %s.")
        script.run("list vpncustomergateways", **End(gateway, {}, PRESENT_FILE).list_key(index))
    script.step("Delete the spare. Both share files on the router, so the kept tunnel goes down as well.")
    if spare["state"] == "Pending":
        _reset(script, spare)
    _delete(script, spare)
    script.step("At once bring up the kept one" + (", with the networks of both." if widened else "."))
    if gateway is not None and widened:
        script.lines.append(End(gateway, {"cidrlist": networks}, PRESENT_FILE).update())
        script.detail("The far side merges its children likewise.")
    if gateway is None or not widened or older["state"] == "Pending":
        _reset(script, older)
    script.step("Delete the customer gateway that nothing uses any more, if nothing else does.")
    script.run("delete vpncustomergateway", id=identifier(str(spare["customer_gateway_id"])))
    script.step("Look after the kept tunnel.")
    verify(script, [older])
    what = f"Merge the two connections to {one_line(str(older['gateway']))} into {_label(older)}."
    rollback = Script()
    rollback.note(
        "Send the kept gateway its present networks, create the spare customer gateway with its saved key, then:"
    )
    create_connection(rollback, spare, passive=bool(spare["passive"]))
    return Remedy(
        Side.BOTH,
        what,
        str(script),
        "Both tunnels stop; the kept one starts again after the second command.",
        str(rollback),
    )


def create_far_connection(index: EstateIndex, tunnel: Row) -> Remedy:
    """Give the far VPC of the estate its half of the tunnel: a customer gateway for the near end, and a connection."""
    pair = index.pairs.get((tunnel["source"], tunnel["id"]))
    near = index.customer_gateways.get((tunnel["source"], str(tunnel["customer_gateway_id"])))
    what = f"Create the connection back to {_label(tunnel)} on the far VPC."
    if pair is None or near is None:
        return Remedy(Side.FAR, what, "", "Nothing elsewhere.", "Delete what was created.")
    source, vpc_id = str(pair["far_source"]), str(pair["far_vpc_id"])
    vpc = index.vpcs.get((source, vpc_id), {})
    name = f"back-to-{file_name(str(tunnel['vpc'] or tunnel['public_ip']))}"
    script = Script().note(f"source: {source}, far VPC: {vpc.get('name') or vpc_id}")
    script.step(
        f"Save the present key of the near end, to {PRESENT_FILE} with printf %s, from source {near['source']}."
    )
    script.run("list vpncustomergateways", **End(near, {}, PRESENT_FILE).list_key(index))
    script.step("Create the near end as a customer gateway of the owner of the far VPC.")
    values = {k: v for k, v in values_in_force(near).items() if v is not None}
    values |= {"name": name, "gateway": str(tunnel["public_ip"]), "cidrlist": str(tunnel["vpc_cidr"])}
    words = {k: number_or_word(cmk_text(v)[0]) for k, v in values.items()}
    owner = {k: identifier(v) for k, v in index.owner(source, vpc_id, {}).items()}
    script.run("create vpncustomergateway", **(words | {"ipsecpsk": f"@{PRESENT_FILE}"} | owner | {"filter": "id"}))
    script.step("Look up its id.")
    script.run("list vpncustomergateways", keyword=word(name), listall="true", filter="id,name")
    script.step("Connect. One end is passive, so that both do not start at once.")
    script.run(
        "create vpnconnection",
        s2svpngatewayid=identifier(str(pair["far_vpn_gateway_id"])),
        s2scustomergatewayid="'ID OF STEP 3'",
        passive=str(not tunnel["passive"]).lower(),
        filter="id",
    )
    if tunnel["passive"] is not True:
        script.step("Start the near end again.")
        _reset(script, tunnel)
    return Remedy(
        Side.FAR,
        what,
        str(script),
        "Nothing but this tunnel.",
        "Delete the new connection, then the new customer gateway.",
    )


def _script(tunnel: Row) -> Script:
    return Script().note(f"source: {tunnel['source']}")


def _label(tunnel: Row) -> str:
    return one_line(str(tunnel["label"]))


def _reset(script: Script, tunnel: Row) -> None:
    script.run("reset vpnconnection", id=identifier(str(tunnel["id"])), filter="id")


def _delete(script: Script, tunnel: Row) -> None:
    script.run("delete vpnconnection", id=identifier(str(tunnel["id"])))


def _union(*lists: str | None) -> str:
    return ",".join(dict.fromkeys(cidr.strip() for text in lists if text for cidr in text.split(",") if cidr.strip()))
