"""Change a customer gateway: one update with all its parameters, what must happen on the far side before, and what must
be looked at after.

updateVpnCustomerGateway resets what is left out (lifetimes to their defaults, flags to false), so every parameter is
sent. The pre- shared key is one of them, and vpnaudit does not have it: the operator saves it first. An update restarts
each tunnel of the gateway, but sends nothing for a Pending one. A changed peer address needs the connections deleted
first, or the router keeps the tunnel to the old address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpnaudit.hostile import one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan import far_side
from vpnaudit.plan.remedy import Remedy, Script
from vpnaudit.plan.shell import cmk_text, command, identifier, number_or_word
from vpnaudit.plan.wanted import CHOOSE, KEY, PARAMETERS, Wanted

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import EstateIndex, Row

REQUIRED = ("name", "gateway", "cidrlist", "ikepolicy", "esppolicy")
PRESENT_FILE = "/path/to/psk-file"
NEW_FILE = "/path/to/new-psk-file"


def values_in_force(row: Row) -> dict[str, str | None]:
    """The parameters of a customer gateway as they are, as the API writes them; None: the server did not say."""
    values = {parameter: row[column] for parameter, column in PARAMETERS.items()}
    return {
        name: None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


@dataclass(frozen=True)
class End:
    """One customer gateway that an update changes: its row, what changes, and the file that holds its key."""

    row: Row
    changes: dict[str, str]
    file: str

    @property
    def id(self) -> str:
        """Its id as a shell word."""
        return identifier(str(self.row["id"]))

    def update(self, tail: str = "", *, restore: bool = False) -> str:
        """The update command with every parameter: the changed values, or to go back the present ones."""
        now = values_in_force(self.row)
        values = now if restore else now | {k: v for k, v in self.changes.items() if k != KEY}
        words = {name: number_or_word(cmk_text(value)[0]) for name, value in values.items() if value is not None}
        file = PRESENT_FILE if restore else self.file
        ordered = (
            {"id": self.id} | {k: words[k] for k in ("name", "gateway", "cidrlist") if k in words} | {KEY: f"@{file}"}
        )
        return command("update vpncustomergateway", ordered | words | {"filter": "id"}, tail)

    @property
    def unknown(self) -> list[str]:
        """Parameters whose present value is not known and which no finding sets."""
        return [
            name
            for name, value in values_in_force(self.row).items()
            if value is None and name not in self.changes and name != "ikeversion"
        ]

    @property
    def not_carried(self) -> str | None:
        """What cmk cannot carry of the values, in words."""
        values = (values_in_force(self.row) | self.changes).items()
        not_carried = {name: cmk_text(value)[1] for name, value in values if value is not None}
        return next((f"{name}: {text}." for name, text in not_carried.items() if text), None)

    def list_key(self, index: EstateIndex) -> dict[str, str]:
        """Parameters that make listVpnCustomerGateways print the key of this one, whoever owns it."""
        project = index.owner(str(self.row["source"]), None, self.row).get("projectid")
        scope = {"projectid": identifier(project)} if project else {"listall": "true"}
        return {"id": self.id, **scope, "filter": KEY}


def update(
    index: EstateIndex, row: Row, wanted: Wanted, rule: str, own: dict[str, str], *, alone: bool = False
) -> Remedy:
    """The remedy of a finding of `rule` that asks the changes `own`; the command carries all that is `wanted` of the
    gateway.

    `alone`: the far side holds these values already, so only this end changes.
    """
    tunnels = index.connections_of.get((row["source"], row["id"]), [])
    ends = [End(row, wanted.changes, PRESENT_FILE)] if alone else _ends(index, row, wanted, tunnels)
    own_changes = {
        parameter: value for parameter, value in wanted.changes.items() if parameter in own
    } or wanted.changes
    both = not alone and bool(set(wanted.changes) & set(far_side.BOTH_ENDS))
    name = one_line(str(row["name"] or row["id"]))
    if not wanted.changes:
        return Remedy(
            Side.NEAR,
            f"Look at customer gateway {name} again: what is asked is set already.",
            "",
            "Nothing.",
            "None needed.",
        )
    missing = [f for f in REQUIRED if f in ends[0].unknown]
    if missing:
        script = (
            Script()
            .note(f"source: {row['source']}")
            .note(f"Not known: {', '.join(missing)}. Look them up, then run the audit again.")
        )
        script.run("list vpncustomergateways", id=ends[0].id, listall="true")
        return Remedy(Side.OPERATOR, _what(own_changes, name), str(script), "Nothing: it only reads.", "None needed.")
    moves = "gateway" in wanted.changes
    script = _script(index, ends, wanted, rule, tunnels, far=not alone)
    restore = ends[0].update(restore=True)
    rollback = "Delete the connections, send the update below, create the connections again.\n" if moves else ""
    interrupts = _interrupts(index, row, tunnels, moves=moves, ends=len(ends))
    return Remedy(
        Side.BOTH if both else Side.NEAR, _what(own_changes, name), str(script), interrupts, rollback + restore
    )


def _what(changes: dict[str, str], name: str) -> str:
    parts = []
    for parameter, value in changes.items():
        if parameter == KEY:
            parts.append("a new random pre-shared key")
        elif value == CHOOSE:
            parts.append(f"the right {parameter}")
        else:
            parts.append(f"{parameter} to {one_line(value)}")
    return f"Set {' and '.join(parts)} on customer gateway {name}."


def _ends(index: EstateIndex, row: Row, wanted: Wanted, tunnels: list[Row]) -> list[End]:
    """The gateway, and for a tunnel inside the estate the customer gateway that stands for this end on the far one."""
    file = NEW_FILE if wanted.new_key else PRESENT_FILE
    ends = {(row["source"], row["id"]): End(row, wanted.changes, file)}
    mirrored = {name: value for name, value in wanted.changes.items() if name in far_side.MIRRORED}
    for tunnel in tunnels if mirrored else []:
        pair = index.pairs.get((tunnel["source"], tunnel["id"])) or {}
        key = (pair.get("far_source"), pair.get("customer_gateway_id_far"))
        far = index.customer_gateways.get((str(key[0]), str(key[1])))
        if far and (far["source"], far["id"]) not in ends:
            ends[far["source"], far["id"]] = End(
                far, mirrored, file if wanted.new_key else f"/path/to/far-psk-file-{len(ends)}"
            )
    return list(ends.values())


def _script(index: EstateIndex, ends: list[End], wanted: Wanted, rule: str, tunnels: list[Row], *, far: bool) -> Script:
    script = Script()
    sources = sorted({str(end.row["source"]) for end in ends})
    script.note(f"source: {', '.join(sources)}" + (". Send each update to its own" if len(sources) > 1 else ""))
    rules = [one for one in wanted.rules if one != rule]
    if rules:
        script.note(f"Mends also: {', '.join(rules)}.")
    _warn(script, ends, wanted)
    _keys(script, index, ends, wanted)
    if far:
        _far(script, ends, wanted, tunnels)
    moves = "gateway" in wanted.changes
    if moves:
        _delete(script, tunnels)
    script.step("Update with every parameter: what is left out is reset.")
    if len(ends) > 1:
        script.detail("All ends at once, so that they change together.")
        script.lines.extend([*(end.update("&") for end in ends), "wait"])
    else:
        script.lines.append(ends[0].update())
    if moves:
        _create(script, tunnels)
    else:
        _revive(script, tunnels)
    if moves:
        script.step("Verify: list vpnconnections shows the new ids. Within minutes the state must leave Connecting.")
    elif tunnels:
        script.step("Verify: the answer proves only the database. Within minutes the state must leave Connecting.")
        verify(script, tunnels)
    return script


def _warn(script: Script, ends: list[End], wanted: Wanted) -> None:
    for decision in wanted.decisions:
        script.note(decision)
    to_choose = [name for name, value in wanted.changes.items() if value == CHOOSE]
    if to_choose:
        script.note(f"Replace CHOOSE and the marks around it by the right {' and '.join(to_choose)}: only you know it.")
    if "cidrlist" in to_choose:
        script.note("Networks are a comma list without blanks.")
    if "cidrlist" in wanted.changes:
        script.note("The server does not check overlap on update: check against the VPC and its other connections.")
    for end in ends:
        if end.unknown:
            script.note(
                f"The server did not say {', '.join(end.unknown)}: add what list vpncustomergateways shows, or it is"
                " reset."
            )
        if end.not_carried:
            script.note(end.not_carried)


def _keys(script: Script, index: EstateIndex, ends: list[End], wanted: Wanted) -> None:
    script.step("Save the present key: the update or the way back needs it.")
    for end in ends:
        script.run("list vpncustomergateways", **end.list_key(index))
    files = ", ".join(dict.fromkeys(PRESENT_FILE if wanted.new_key else end.file for end in ends))
    script.detail(
        f"Write it with printf %s to {files}, readable by you alone: a line break would become part of the key."
    )
    if wanted.new_key:
        script.step("Make a new key, of characters that no client changes.")
        script.shell("umask 077; openssl rand -hex 32 | tr -d '\\n' >/path/to/new-psk-file")


def _far(script: Script, ends: list[End], wanted: Wanted, tunnels: list[Row]) -> None:
    if len(ends) > 1 or not tunnels:
        return
    lines = far_side.hints(wanted.changes, values_in_force(ends[0].row))
    if lines:
        script.step("Far side first, as strongSwan writes it: old and new together, so that the running tunnel stays.")
        script.detail(*lines, "swanctl --load-conns. Drop the old values when the new ones are in use.")
    if wanted.new_key:
        script.step("Far side, right before the update: the new key, of which there can be no two for the same ids.")
        script.detail(
            "secrets.ike-*.secret, then swanctl --load-creds --clear. The running tunnel lives on until the update."
        )


def _delete(script: Script, tunnels: list[Row]) -> None:
    if not tunnels:
        return
    script.step("Delete its connections first: an update alone leaves the tunnel to the old address on the router.")
    script.detail(
        "First make sure that they can be created again: no overlap with the VPC, limit not reached, same account."
    )
    for tunnel in tunnels:
        if tunnel["state"] == "Pending":
            script.run("reset vpnconnection", id=identifier(str(tunnel["id"])), filter="id")
        script.run("delete vpnconnection", id=identifier(str(tunnel["id"])))


def _create(script: Script, tunnels: list[Row]) -> None:
    if tunnels:
        script.step("Create them again.")
    for tunnel in tunnels:
        create_connection(script, tunnel, passive=bool(tunnel["passive"]))


def create_connection(script: Script, tunnel: Row, *, passive: bool) -> None:
    """The call that creates a connection as `tunnel` was."""
    script.run(
        "create vpnconnection",
        s2svpngatewayid=identifier(str(tunnel["vpn_gateway_id"])),
        s2scustomergatewayid=identifier(str(tunnel["customer_gateway_id"])),
        passive=str(passive).lower(),
        filter="id",
    )


def verify(script: Script, tunnels: list[Row]) -> None:
    """The calls that show the state of these connections."""
    for tunnel in tunnels:
        script.run("list vpnconnections", id=identifier(str(tunnel["id"])), filter="id,state")


def _revive(script: Script, tunnels: list[Row]) -> None:
    pending = [tunnel for tunnel in tunnels if tunnel["state"] == "Pending"]
    if pending:
        script.step("An update sends nothing for a Pending connection: reset it.")
    for tunnel in pending:
        script.run("reset vpnconnection", id=identifier(str(tunnel["id"])), filter="id")


def _interrupts(index: EstateIndex, row: Row, tunnels: list[Row], *, moves: bool, ends: int) -> str:
    scope = "" if index.whole(str(row["source"]), "connections") else " that are known; some were not collected"
    if not tunnels:
        return (
            "Nothing: no connection uses this customer gateway."
            if not scope
            else "The connections of this gateway, which were not collected."
        )
    count = "Its one connection" if len(tunnels) == 1 else f"Each of its {len(tunnels)} connections"
    far = ", at both ends" if ends > 1 else ""
    if moves:
        return f"{count}{scope} is deleted and created anew under a new id: no traffic in between."
    return f"{count}{scope} is stopped and started{far}: no traffic until it is negotiated anew."
