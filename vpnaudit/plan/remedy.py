"""One remedy, and the script that it shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from vpnaudit.ipsec.sides import Side  # noqa: TC001 - a field
from vpnaudit.plan.shell import WIDTH, command, comment, word, wrapped

FOLDER = "$HOME/vpn-keys"
"""Where scripts keep pre-shared keys: a file for each end of a plan, which nobody else may read."""


@dataclass(frozen=True)
class Remedy:
    """What mends a finding: whose work it is, one imperative sentence, the command, what it interrupts, how to go
    back; and the name of the plan that this is a part of, which has one command for all of its findings.
    """

    side: Side
    what: str
    command: str
    interrupts: str
    rollback: str
    plan: str = ""


@dataclass
class Script:
    """Commands with numbered comments between them."""

    lines: list[str] = field(default_factory=list)
    _number: int = 0

    def note(self, text: str) -> Script:
        """A comment; what it quotes cannot leave it."""
        self.lines.append(comment(text))
        return self

    def step(self, text: str) -> Script:
        """A numbered comment: what the following commands do."""
        self._number += 1
        return self.note(f"{self._number}. {text}")

    def detail(self, *texts: str) -> Script:
        """Comments below a step, indented."""
        self.lines.extend(comment(text, "  ") for text in texts)
        return self

    def run(self, call: str, tail: str = "", **parameters: str) -> Script:
        """A cmk call; the values are shell words already."""
        self.lines.append(command(f"cmk {call}", parameters, tail))
        return self

    def ask(self, table: str, **parameters: str) -> Script:
        """Take the answer of a list call as what `has` looks at; the values are shell words already."""
        self.lines.append(command(f"ask {table}", parameters))
        return self

    def has(self, cells: list[str], otherwise: str) -> Script:
        """Do something unless the answer holds all these cells; both are shell words already."""
        self.lines.append(wrapped(["has", *cells, "||", otherwise]))
        return self

    def shell(self, *lines: str) -> Script:
        """Lines of our own that hold nothing of the estate."""
        for line in lines:
            if len(line) > WIDTH or "\n" in line:
                raise ValueError(line)
        self.lines.extend(lines)
        return self

    def begin(self, plan: str = "") -> Script:
        """Open a shell of its own, which an error ends and not the operator's; with what the steps need. `plan` names
        the files of its keys.
        """
        return self.shell(
            "( set -e; umask 077; set --",
            *([f'mkdir -p "{FOLDER}"; p={FOLDER}/{plan}'] if plan else []),
            "stop() { printf '%s\\n' \"$*\" >&2; exit 1; }",
            'ask() { now=$(cmk -o json list "$@"); }',
            'has() { for c do case $now in (*"$c"[[:punct:][:space:]]*) ;;',
            "  (*) return 1 ;; esac; done; }",
        )

    def end(self) -> Script:
        """Close what `begin` opened."""
        return self.shell(")")

    def __str__(self) -> str:
        return "\n".join(self.lines)


def cell(name: str, value: str) -> str:
    r"""A cell of a row as cmk prints it, as a shell word; `value` is JSON.

    >>> cell("dpd", "true")
    '\'"dpd": true\''
    """
    return word(f'"{name}": {value}')
