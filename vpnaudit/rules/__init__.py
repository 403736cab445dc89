"""The rules, one file each: the file's name is the rule's id. A new file in this folder is a new rule; there is no list
to keep.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from vpnaudit.errors import RuleError
from vpnaudit.rule_files import known_id

if TYPE_CHECKING:
    from vpnaudit.findings import Rule


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by id, in the order of their names."""
    by_id: dict[str, Rule] = {}
    for module in sorted(iter_modules(__path__), key=lambda m: m.name):
        rule = getattr(import_module(f"{__name__}.{module.name}"), "find", None)
        if rule is None or not hasattr(rule, "find"):
            raise RuleError(
                f"vpnaudit/rules/{module.name}.py has no function `find` under @rule(…). `make rule NAME=…` writes the"
                " form."
            )
        by_id[rule.id] = rule
    return by_id


def get(rule_id: str) -> Rule:
    """One rule by id; raises `ConfigError` with the nearest ids."""
    return all_rules()[known_id(rule_id, all_rules())]
