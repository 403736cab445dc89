"""An action that `plan/` has no commands for is refused where a rule names it."""

from __future__ import annotations

import pandas as pd
import pytest

from vpnaudit.errors import RuleError
from vpnaudit.findings.actions import ACTIONS, check_actions, update_with
from vpnaudit.findings.verdicts import verdicts

ROWS = pd.DataFrame({"source": ["s1", "s1"], "id": ["g1", "g2"]}, dtype="string")


@pytest.mark.parametrize(
    "action",
    ["mend-it", pd.Series(["upgrade", "mend-it"], dtype="string")],
    ids=["a constant", "in one row of many"],
)
def test_an_action_that_nobody_knows_is_an_error_even_where_nothing_fails(action) -> None:
    with pytest.raises(RuleError, match="No action is named 'mend-it'"):
        verdicts(ROWS, fails=pd.Series([False, False]), sentence="bad", action=action)


def test_every_action_and_a_missing_one_pass() -> None:
    check_actions(pd.Series([*ACTIONS, None], dtype="string"))
    for action in ACTIONS:
        check_actions(action)


def test_an_update_is_asked_where_there_is_something_to_change() -> None:
    changes = pd.Series([{"dpd": "true"}, None], index=[7, 3], dtype="object")
    update = update_with(changes)
    assert update["action"].to_dict() == {7: "update-customer-gateway", 3: ""}
    assert update["changes"] is changes
