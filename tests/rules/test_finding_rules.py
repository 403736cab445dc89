"""How rules are found: every module of the folder is one, or says what is missing."""

from __future__ import annotations

from pkgutil import ModuleInfo
from types import ModuleType

import pytest

import vpnaudit.rules
from vpnaudit.errors import ConfigError, RuleError


@pytest.mark.parametrize("members", [{}, {"find": lambda estate, policy: None}], ids=["nothing", "no rule"])
def test_a_module_without_a_rule_is_told_and_not_left_out(monkeypatch: pytest.MonkeyPatch, members: dict) -> None:
    monkeypatch.setattr(vpnaudit.rules, "iter_modules", lambda _path: [ModuleInfo(None, "half_written", ispkg=False)])
    module = ModuleType("half_written")
    vars(module).update(members)
    monkeypatch.setattr(vpnaudit.rules, "import_module", lambda _name: module)
    with pytest.raises(RuleError, match=r"half_written.py has no function `find` under @rule"):
        vpnaudit.rules.all_rules.__wrapped__()


@pytest.mark.parametrize(("typed", "near"), [("weak-encription", "weak-encryption"), ("?", "acl-")])
def test_a_mistyped_rule_is_answered_with_names_that_exist(typed: str, near: str) -> None:
    with pytest.raises(ConfigError, match=rf"Near it: .*{near}"):
        vpnaudit.rules.get(typed)
