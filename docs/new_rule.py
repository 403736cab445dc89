"""`make rule NAME=tunnel-down`: the two files of a new rule. Its first case fails until the rule is written, and `make
check` fails until nothing is left of `UNWRITTEN`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

UNWRITTEN = "…"

RULE = '''"""Say in one sentence what is wrong where this rule fails.

What it finds: …

Why it matters: …

How to fix it: …

What it cannot see: …

References: …
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="medium", subject="connection", reads=("tunnels",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - a limit is read: drop this
    """See the module."""
    tunnels = estate["tunnels"]
    # A limit is the policy's: age > policy.connecting_max_s. A new one: CONTRIBUTING.md, "Add a policy value".
    # About both ends: read predictions_by_connection, differences and peers too, and compare with
    # vpnaudit.estate.outcomes.difference_in(rows, differences, FIELD); dpd_mismatch.py is the shortest example.
    return verdicts(
        tunnels,
        fails=tunnels["state"] == "…",
        sentence="…",
        why="the server did not say …",
        reasons=[Reason("state", ours=tunnels["state"], expected="…")],
        evidence=[Cell("connections", tunnels["id"], "state", tunnels["state"])],
    )
'''

CASES = """# Rows of tables; columns that are left out are healthy, "?" is a missing value. About both ends of a tunnel:
# given = "pair", "one-sided", "branch" or "stranger", then only the cells that differ (tests/estates.py).
# A case may set limits: policy = { connecting_max_s = 60 }.
[[fires]]
name = "…"
connections = [{ id = "c1", state = "a value that is wrong" }]
expect = ["c1"]

[[silent]]
name = "healthy"
connections = [{ id = "c1" }]

[[unknown]]
name = "the server did not say"
connections = [{ id = "c1", state = "?" }]
expect = ["c1"]
reason = "unknown-value"
"""


def write(name: str, root: Path = ROOT) -> list[Path]:
    """Write the two files of rule `name`; raises `SystemExit` with advice where the name is no rule id or is taken."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise SystemExit(
            f"{name!r} is no rule id: small letters, digits and dashes, as in tunnel-down. make rule NAME=tunnel-down"
        )
    module = name.replace("-", "_")
    files = {root / "vpnaudit/rules" / f"{module}.py": RULE, root / "tests/rules/cases" / f"{module}.toml": CASES}
    taken = [path for path in files if path.exists()]
    if taken:
        raise SystemExit(f"{taken[0].relative_to(root)} exists already.")
    for path, text in files.items():
        path.write_text(text, "utf-8")
    return list(files)


def next_step(name: str) -> str:
    """What CONTRIBUTING.md says comes after `make rule`."""
    return (
        "Next: fill in the headings and the expression of the rule, then its cases, until this is green:\n"
        f"  make test T='tests/rules -k {name}'\n"
        'Then, for its page: make docs check. CONTRIBUTING.md, "Add a rule in ten minutes", has each step.\n'
    )


if __name__ == "__main__":
    for path in write(sys.argv[1]):
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    sys.stdout.write(next_step(sys.argv[1]))
