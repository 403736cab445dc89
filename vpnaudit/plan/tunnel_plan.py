"""One plan a tunnel: one script for all customer gateways of a group, which brings both ends to their values at once.

It looks before it acts: at limits, at values that stay, at what is done already. So it may be run again, it stops at
the first error, and it never sends a value of the collection over one that somebody changed since.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from vpnaudit.hostile import one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan import connection, far_side
from vpnaudit.plan.customer_gateway import REQUIRED, End, keep_keys
from vpnaudit.plan.remedy import FOLDER, Remedy, Script
from vpnaudit.plan.shell import cmk_text, word
from vpnaudit.plan.wanted import CHOOSE, KEY, values_in_force

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import EstateIndex, Key, Row


@dataclass
class TunnelPlan:
    """What shall be done for a group. `name` is the plan's; `passive`, `removals`, `resets` and `answers` are
    connections: created again as passive or active, deleted, reset, and given their other half on the far VPC.

    `refused`: connections that CloudStack would not create again, which therefore stay.
    """

    index: EstateIndex
    name: str
    ends: list[End]
    rules: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    passive: dict[Key, bool] = field(default_factory=dict)
    removals: set[Key] = field(default_factory=set)
    resets: set[Key] = field(default_factory=set)
    answers: set[Key] = field(default_factory=set)
    refused: set[Key] = field(default_factory=set)

    @property
    def tunnels(self) -> list[Row]:
        """The connections of the group that stay, passive ones first: an initiator shall meet a ready responder."""
        rows = [tunnel for end in self.ends for tunnel in self._of(end)]
        return sorted(rows, key=lambda row: row["passive"] is not True)

    def remedy(self, what: str) -> Remedy:
        """The plan as what mends one finding, `what`."""
        missing = [name for end in self.ends if end.changing for name in end.unknown if name in REQUIRED]
        if missing:
            return self._look_up(what, missing)
        return replace(self._remedy, what=what)

    @cached_property
    def _remedy(self) -> Remedy:
        """What all findings that the plan mends have in common: made when the first of them asks."""
        side = Side.BOTH if len(self.ends) > 1 or self._concerns_far else Side.NEAR
        return Remedy(side, "", str(self._script()), self._interrupts(), str(self._way_back()), self.name)

    def _of(self, end: End) -> list[Row]:
        rows = self.index.connections_of.get((end.row["source"], end.row["id"]), [])
        return [row for row in rows if _key(row) not in self.removals]

    @property
    def _concerns_far(self) -> bool:
        return any(set(end.changes) & set(far_side.BOTH_ENDS) for end in self.ends) or bool(self.answers)

    @property
    def _new_key(self) -> bool:
        return any(KEY in end.changes for end in self.ends)

    def _look_up(self, what: str, missing: list[str]) -> Remedy:
        script = Script().note(f"source: {self.ends[0].row['source']}")
        script.note(f"Not known: {', '.join(dict.fromkeys(missing))}. Look them up, then run the audit again.")
        for end in self.ends:
            script.run("list vpncustomergateways", **end.scope(self.index))
        return Remedy(Side.OPERATOR, what, str(script), "Nothing: it only reads.", "None needed.", self.name)

    def _script(self) -> Script:
        script = Script()
        self._name_sources(script)
        if self.rules:
            script.note(f"Mends: {', '.join(self.rules)}.")
        self._warn(script)
        self._far(script)
        script.begin(self.name if self._readable else "")
        for end in self.ends:
            script.lines.extend(end.assignments())
        self._read(script)
        self._answer_limits(script)
        self._delete(script)
        self._update(script)
        self._create(script)
        self._finish(script)
        return script.end()

    def _name_sources(self, script: Script) -> None:
        sources = sorted({str(end.row["source"]) for end in self.ends})
        script.note(f"source: {', '.join(sources)}" + (". Send each call to its own" if len(sources) > 1 else ""))

    def _warn(self, script: Script) -> None:
        for note in self.notes:
            script.note(note)
        to_choose = {name for end in self.ends for name in end.choose}
        for name in sorted(to_choose):
            variables = " and ".join(end.variable(name) for end in self.ends if name in end.choose)
            script.note(f"Only you know the right {name}: put it into {variables} below, which hold the present one.")
        if "cidrlist" in to_choose:
            script.note("Networks are a comma list without blanks.")
        if any("cidrlist" in (*end.changes, *end.choose) for end in self.ends):
            script.note("The server does not check overlap on update: check against the VPC and its other connections.")
        for key in sorted(self.refused & set(self.passive)):
            script.note(
                f"{connection.label(self.index.connections[key])} stays: its networks overlap, so CloudStack would not"
                " create it again."
            )
        for end in self.ends:
            if end.changing and end.unknown:
                script.note(
                    f"The server did not say {', '.join(end.unknown)}: add what list vpncustomergateways shows, or it"
                    " is reset."
                )
            if end.changing and end.not_carried:
                script.note(end.not_carried)

    @property
    def _readable(self) -> list[End]:
        """Ends whose key or values the plan needs."""
        needed = {str(self.index.connections[key]["customer_gateway_id"]) for key in (*self.answers, *self.removals)}
        return [end for end in self.ends if end.changing or str(end.row["id"]) in needed]

    @property
    def _spare(self) -> list[End]:
        """Customer gateways that nothing uses any more once the spare connections are gone."""
        kept = {str(tunnel["customer_gateway_id"]) for tunnel in self.tunnels}
        return [end for end in self.ends if str(end.row["id"]) not in kept and self.removals]

    def _read(self, script: Script) -> None:
        if not self._readable:
            return
        script.step("Look at each end, and save its key: the update or the way back needs it.")
        keep_keys(script, new_key=self._new_key)
        for end in self._readable:
            script.detail(end.name)
            if self._of(end):
                end.look(script, self.index)
            else:  # nothing uses it, so somebody may have deleted it
                connection.look_if_there(script, self.index, end)

    def _far(self, script: Script) -> None:
        """What somebody does by hand at the far side, before the script runs."""
        for end in self.ends:
            for tunnel in self._of(end):
                ends = self.index.ends.get(_key(tunnel))
                if _key(tunnel) in self.answers or (ends is not None and ends.far == "connection"):
                    continue  # an end of the plan itself
                lines = far_side.steps(end.changes, values_in_force(end.row), ends)
                if KEY in end.changes:
                    lines.append(f"Right before: {far_side.key_step(ends)}")
                if lines:
                    script.note(f"First, on the far side of {connection.label(tunnel)}, {far_side.kind_of(ends)}:")
                    script.detail(*lines)

    def _answer_limits(self, script: Script) -> None:
        for key in sorted(self.answers):
            tunnel = self.index.connections[key]
            script.step(f"Give the far VPC its half of {connection.label(tunnel)}, with room for it first.")
            connection.create_far(script, self.index, tunnel, self._end_of(tunnel))

    def _end_of(self, tunnel: Row) -> End:
        return next(end for end in self.ends if str(end.row["id"]) == str(tunnel["customer_gateway_id"]))

    def _moves(self, tunnel: Row) -> str | None:
        """Whether it is created again: None for no, else the condition under which it is not, empty for none."""
        if _key(tunnel) in self.refused:
            return None
        end = self._end_of(tunnel)
        if "gateway" in end.changes or _key(tunnel) in self.passive:
            return ""
        present = word(cmk_text(values_in_force(end.row)["gateway"] or "")[0])
        return f'[ "${end.variable("gateway")}" = {present} ]' if "gateway" in end.choose else None

    def _delete(self, script: Script) -> None:
        again = [tunnel for tunnel in self.tunnels if self._moves(tunnel) is not None]
        spare = [self.index.connections[key] for key in sorted(self.removals)]
        if again:
            script.step("Delete what is created again below: an update alone leaves the old tunnel on the router.")
        for tunnel in again:
            connection.delete(script, self.index, tunnel, self._moves(tunnel) or "")
        if spare:
            script.step("Delete the spare. Both share files on the router, so the kept tunnel goes down as well.")
        for tunnel in spare:
            script.detail(connection.label(tunnel))
            connection.delete(script, self.index, tunnel)

    def _update(self, script: Script) -> None:
        ends = [end for end in self.ends if end.changing and end not in self._spare]
        if ends:
            script.step("Update, where it is still to be done, with every parameter: what is left out is reset.")
        for end in sorted(ends, key=lambda end: not any(row["passive"] is True for row in self._of(end))):
            end.update(script, together=len(ends) > 1)
        if len(ends) > 1:
            script.shell('for job do wait "$job"; done')

    def _create(self, script: Script) -> None:
        again = [tunnel for tunnel in self.tunnels if self._moves(tunnel) is not None]
        if again:
            script.step("Create them again.")
        for tunnel in again:
            passive = self.passive.get(_key(tunnel), bool(tunnel["passive"]))
            connection.create(script, self.index, tunnel, passive=passive)

    def _finish(self, script: Script) -> None:
        stay = [tunnel for tunnel in self.tunnels if self._moves(tunnel) is None]
        pending = [row for row in stay if row["state"] == "Pending" and self._end_of(row).changing]
        if pending:
            script.step("An update sends nothing for a Pending connection: reset it.")
        for tunnel in pending:
            connection.reset_pending(script, self.index, tunnel)
        vain = {_key(row) for row in pending} | {_key(row) for row in stay if self._end_of(row).changing}
        merged = {_key(row) for row in stay if self._shares_peer(row)} - vain
        resets = [row for row in stay if _key(row) in (self.resets - vain) | merged]
        if resets:
            script.step("Stop and start the tunnel, unless it is Connected.")
        for tunnel in resets:
            connection.reset(script, self.index, tunnel)
        if self._spare:
            script.step("Delete the customer gateway that nothing uses any more.")
        for end in self._spare:
            connection.delete_spare_gateway(script, self.index, end)
        if self.tunnels:
            script.step("Verify: within minutes the state must leave Connecting. A passive one waits for traffic.")
        for tunnel in self.tunnels:
            connection.verify(script, self.index, tunnel, anew=self._moves(tunnel) is not None)

    def _shares_peer(self, tunnel: Row) -> bool:
        spare = [self.index.connections[key] for key in self.removals]
        return any(tunnel["vpn_gateway_id"] == row["vpn_gateway_id"] for row in spare)

    def _interrupts(self) -> str:
        whole = all(self.index.whole(str(end.row["source"]), "connections") for end in self.ends)
        scope = "" if whole else " that are known; some were not collected"
        tunnels = self.tunnels
        if not tunnels:
            return (
                "Nothing: no connection uses this customer gateway."
                if not scope
                else "The connections of this gateway, which were not collected."
            )
        count = "Its one connection" if len(tunnels) == 1 else f"Each of its {len(tunnels)} connections"
        if any(self._moves(tunnel) is not None for tunnel in tunnels):
            return f"{count}{scope} is stopped, or deleted and created anew under a new id: no traffic in between."
        return f"{count}{scope} is stopped and started: no traffic until it is negotiated anew."

    def _way_back(self) -> Script:
        script = Script()
        again = [tunnel for tunnel in self.tunnels if self._moves(tunnel) is not None]
        if not any((again, self.removals, self.answers, *(end.changing for end in self.ends))):
            return script.note("None needed: a reset changes no value.")
        self._name_sources(script)
        if again or self.answers:
            script.note("First delete the connections that were created: list vpnconnections shows their ids.")
        script.shell(f"( set -e; p={FOLDER}/{self.name}")
        for end in self.ends:
            if end.changing and end not in self._spare:
                script.lines.append(end.restore())
        for tunnel in again:
            connection.create_again(script, tunnel)
        for key in sorted(self.removals):
            tunnel = self.index.connections[key]
            gateway = self._end_of(tunnel)
            if gateway in self._spare:
                connection.create_gateway(script, self.index, gateway)
            connection.create_again(script, tunnel, anew=gateway in self._spare)
        if self.answers:
            script.note("Then delete the customer gateway of the far VPC.")
        return script.end()


def words_of(end: End, only: set[str] | None = None) -> str:
    """What the plan does to one end, in words; `only` of these parameters, where it changes any of them."""
    parts = []
    changes = end.changes | dict.fromkeys(end.choose, CHOOSE)
    own = {name: value for name, value in changes.items() if only is None or name in only} or changes
    for parameter, value in own.items():
        if parameter == KEY:
            parts.append("a new random pre-shared key")
        elif value == CHOOSE:
            parts.append(f"the right {parameter}")
        else:
            parts.append(f"{parameter} to {one_line(value)}")
    return f"Set {' and '.join(parts)} on customer gateway {end.name}."


def _key(tunnel: Row) -> Key:
    return str(tunnel["source"]), str(tunnel["id"])
