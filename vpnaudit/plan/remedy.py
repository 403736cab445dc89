"""One remedy, and the script that it shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from vpnaudit.ipsec.sides import Side  # noqa: TC001 - a field
from vpnaudit.plan.shell import WIDTH, command, comment


@dataclass(frozen=True)
class Remedy:
    """What mends a finding: whose work it is, one imperative sentence, the command, what it interrupts, how to go
    back.
    """

    side: Side
    what: str
    command: str
    interrupts: str
    rollback: str


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
        self.lines.append(command(call, parameters, tail))
        return self

    def shell(self, line: str) -> Script:
        """A line of our own that holds nothing of the estate."""
        if len(line) > WIDTH or "\n" in line:
            raise ValueError(line)
        self.lines.append(line)
        return self

    def __str__(self) -> str:
        return "\n".join(self.lines)
