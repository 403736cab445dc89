"""Write the generated pages: one a rule, their index, the tables of an estate, the sandbox. `--check` only compares,
for `make check`.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docs.new_rule import UNWRITTEN
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.estate import DERIVED
from vpnaudit.rules import all_rules
from vpnaudit.sandbox import document

if TYPE_CHECKING:
    from vpnaudit.findings import Rule

DOCS = Path(__file__).parent


def pages() -> dict[Path, str]:
    """Every generated page by path."""
    rules = all_rules()
    made = {DOCS / "rules" / f"{rule.id}.md": rule_page(rule) for rule in rules.values()}
    made[DOCS / "rules" / "README.md"] = rule_index(rules)
    made[DOCS / "tables.md"] = table_page()
    made[DOCS / "sandbox.md"] = document()
    return made


def unwritten(rules: dict[str, Rule]) -> list[str]:
    """The headings that `make rule` left empty, and that nobody has filled in."""
    return [
        f"{rule.id}: {heading}" for rule in rules.values() for heading, text in rule.text.items() if text == UNWRITTEN
    ]


def rule_page(rule: Rule) -> str:
    """One rule: what its docstring says."""
    body = "\n\n".join(f"## {heading}\n{text}" for heading, text in rule.text.items())
    facts = (
        f"Severity: {rule.severity}. About a: {rule.subject}. Reads: {', '.join(f'`{name}`' for name in rule.reads)}."
    )
    steps = (
        f"\n\nSteps back for: {', '.join(f'[{other}]({other}.md)' for other in rule.yields_to)}."
        if rule.yields_to
        else ""
    )
    return f"# {rule.id}\n{rule.title}\n\n{facts}{steps}\n\n{body}\n"


def rule_index(rules: dict[str, Rule]) -> str:
    """All rules in one table."""
    rows = "\n".join(
        f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.subject} | {rule.title} |" for rule in rules.values()
    )
    head = (
        "# The rules\nGenerated from the docstrings in `vpnaudit/rules/` by `make docs`.\n\n| rule | severity | about a"
        " | what |"
    )
    return f"{head}\n|---|---|---|---|\n{rows}\n"


def table_page() -> str:
    """Every table and column of an estate."""
    parts = [
        "# The tables of an estate\nGenerated from `vpnaudit/estate/columns.py` by `make docs`. Missing: not said.\n"
    ]
    for table in TABLES.values():
        source = f" From `{table.command}`." if table.command else " Made by vpnaudit."
        rows = "\n".join(
            f"| `{c.name}` | {c.dtype} | {f'`{c.field}`' if c.field else ''} | {c.meaning} |" for c in table.columns
        )
        meaning = table.meaning[0].upper() + table.meaning[1:]
        parts.append(
            f"## {table.name}\n{meaning}.{source}\n\n| column | type | field of the reply | meaning"
            f" |\n|---|---|---|---|\n{rows}\n"
        )
    parts.append(
        "# Derived tables\nWhat follows from the tables above, computed when first asked for: `estate[NAME]`.\n"
    )
    for name, frame in ((name, Estate()[name]) for name in DERIVED):
        meaning = inspect.getdoc(DERIVED[name][0])
        rows = "\n".join(f"| `{column}` | {dtype} |" for column, dtype in frame.dtypes.items())
        parts.append(f"## {name}\n{meaning}\n\n| column | type |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are stale or not generated any more, and headings that are
    empty.
    """
    made = pages()
    extra = set((DOCS / "rules").glob("*.md")) - set(made)
    stale = [path for path, text in made.items() if not path.is_file() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in sorted([*stale, *extra]):
            sys.stderr.write(f"{path.relative_to(DOCS.parent)} is stale: run `make docs`\n")
        empty = unwritten(all_rules())
        sys.stderr.writelines(f"The rule {heading!r} is to be written: vpnaudit/rules/\n" for heading in empty)
        return int(bool(stale or extra or empty))
    (DOCS / "rules").mkdir(exist_ok=True)
    for path in extra:
        path.unlink()
    for path in stale:
        path.write_text(made[path], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
