"""One customer gateway that a plan changes: what it is compared with, the update, and the way back.

updateVpnCustomerGateway resets what is left out (lifetimes to their defaults, flags to false), so every parameter is
sent. The pre-shared key is one of them, and vpnaudit does not have it: the script reads it and keeps it in a file, one
for each end. An update restarts each tunnel of the gateway even where nothing differs, so it is sent only where
something does; and it is not sent at all where a value that stays is not what was collected.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpnaudit.hostile import one_line
from vpnaudit.plan.remedy import Script, cell
from vpnaudit.plan.shell import cmk_text, command, identifier, number_or_word, word
from vpnaudit.plan.wanted import KEY, values_in_force

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import EstateIndex, Row

REQUIRED = ("name", "gateway", "cidrlist", "ikepolicy", "esppolicy")
_BARE = ("ikelifetime", "esplifetime", "dpd", "forceencap", "splitconnections")
"""Parameters whose values are numbers or booleans in an answer."""


@dataclass(frozen=True)
class End:
    """A customer gateway of a plan: its row, what changes (`KEY` among it: a new key), the parameters whose value only
    a person knows, the name of the plan, and its number there.
    """

    row: Row
    changes: dict[str, str]
    choose: tuple[str, ...]
    plan: str
    number: int

    @property
    def id(self) -> str:
        """Its id as a shell word."""
        return identifier(str(self.row["id"]))

    @property
    def name(self) -> str:
        """Its name on one line."""
        return one_line(str(self.row["name"] or self.row["id"]))

    @property
    def changing(self) -> bool:
        """Whether anything is sent for it."""
        return bool(self.changes or self.choose)

    @property
    def file(self) -> str:
        """The file of the key that it has now, as a shell word."""
        return f'"$p-{self.number}"'

    @property
    def new_file(self) -> str:
        """The file of the plan's new key, as a shell word."""
        return '"$p-new"'

    def variable(self, parameter: str) -> str:
        """The shell variable in which a person puts the right value."""
        return f"{parameter}{self.number}"

    def assignments(self) -> list[str]:
        """The variables with the present values, to be changed by a person."""
        now = values_in_force(self.row)
        return [f"{self.variable(name)}={word(cmk_text(now[name] or '')[0])}" for name in self.choose]

    def scope(self, index: EstateIndex) -> dict[str, str]:
        """Parameters that make listVpnCustomerGateways show this one, whoever owns it."""
        project = index.owner(str(self.row["source"]), None, self.row).get("projectid")
        return {"id": self.id, **({"projectid": identifier(project)} if project else {"listall": "true"})}

    def look(self, script: Script, index: EstateIndex) -> None:
        """Read it; stop where a value that stays is another than was collected; keep its key; note in `u1`, `u2`, …
        whether an update is needed.
        """
        script.ask("vpncustomergateways", **self.scope(index))
        kept = {
            name: value
            for name, value in values_in_force(self.row).items()
            if value is not None
            and name not in ("name", *self.changes, *self.choose)
            and json.dumps(value)[1:-1] == value
        }
        script.has([_cell(name, value) for name, value in kept.items()], "stop 'Not as it was collected: audit again.'")
        script.shell(f"save {self.number}; u{self.number}=")
        wanted = [_cell(name, value) for name, value in self.changes.items() if name != KEY]
        wanted += [_cell_of_variable(name, self.variable(name)) for name in self.choose]
        wanted += ['"\\"ipsecpsk\\": \\"$new\\""'] if KEY in self.changes else []
        if wanted:
            script.has(wanted, f"u{self.number}=y")

    def update(self, script: Script, *, together: bool) -> None:
        """Send it, where an update is needed; `together`: without waiting for its end."""
        script.shell(f'if [ "$u{self.number}" ]; then')
        script.lines.append(self._command(restore=False, tail="&" if together else ""))
        script.shell(*(['set -- "$@" $!'] if together else []), "fi")

    def restore(self) -> str:
        """The update with the values of the collection."""
        return self._command(restore=True)

    def _command(self, *, restore: bool, tail: str = "") -> str:
        now = values_in_force(self.row)
        values = now if restore else now | {name: value for name, value in self.changes.items() if name != KEY}
        words = {name: number_or_word(cmk_text(value)[0]) for name, value in values.items() if value is not None}
        words |= {} if restore else {name: f'"${self.variable(name)}"' for name in self.choose}
        file = self.new_file if KEY in self.changes and not restore else self.file
        ordered = (
            {"id": self.id} | {k: words[k] for k in ("name", "gateway", "cidrlist") if k in words} | {KEY: f"@{file}"}
        )
        return command("cmk update vpncustomergateway", ordered | words | {"filter": "id"}, tail)

    @property
    def unknown(self) -> list[str]:
        """Parameters whose present value is not known and which nothing sets."""
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


def keep_keys(script: Script, *, new_key: bool) -> None:
    """Define `save`, which keeps the key of the last answer in a file, and make the new key, once."""
    if new_key:
        script.shell(
            'if [ -s "$p-new" ]; then :; else new=$(openssl rand -hex 32)',
            '  printf %s "$new" >"$p-new"; fi',
            'IFS= read -r new <"$p-new" || :',
        )
    script.shell(
        'save() { v=; if has \'"ipsecpsk":\'; then v=${now#*\'"ipsecpsk": "\'}',
        "  v=${v%%'\"'*}; fi",
        "  case $v in (''|*[\\\\~]*) [ -s \"$p-$1\" ] ||",
        '    stop "Write the key to $p-$1 with printf %s, and run this again." ;;',
        *(['  ("$new") ;;'] if new_key else []),
        '  (*) printf %s "$v" >"$p-$1" ;; esac; }',
    )


def _cell(name: str, value: str) -> str:
    return cell(name, value if name in _BARE else json.dumps(value))


def _cell_of_variable(name: str, variable: str) -> str:
    return f'"\\"{name}\\": \\"${variable}\\""'
