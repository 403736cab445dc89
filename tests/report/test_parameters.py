"""Parameters: typed, with advice for a mistyped name; a running notebook finds what nobody declared."""

from __future__ import annotations

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.report.parameters import accept, assigned_in, audit_namespace, declared_in

DECLARED = {"snapshot": "str", "most": "int", "share": "float", "full": "bool"}
CELL = 'snapshot: str = "x"  # where\nmost: int = 3\n'


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("snapshot", "a", "a"),
        ("most", "12", 12),
        ("most", 12, 12),
        ("share", "0.5", 0.5),
        ("share", 1, 1),
        ("full", "true", True),
        ("full", "no", False),
    ],
)
def test_text_is_read_as_its_type(name, given, read) -> None:
    assert accept(DECLARED, {name: given}, "audit") == {name: read}


@pytest.mark.parametrize(
    ("name", "given"),
    [("most", "twelve"), ("most", 1.5), ("most", True), ("full", "maybe"), ("snapshot", 7), ("share", "a")],
)
def test_a_value_of_another_type_is_refused(name, given) -> None:
    with pytest.raises(ConfigError, match=f"Parameter {name} of notebook audit is of type"):
        accept(DECLARED, {name: given}, "audit")


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no parameter 'snapshott'; did you mean 'snapshot'"):
        accept(DECLARED, {"snapshott": "x"}, "audit")
    with pytest.raises(ConfigError, match=r"no parameter 'zzz'\. It has: snapshot \(str\)"):
        accept(DECLARED, {"zzz": "x"}, "audit")


def test_a_cell_declares_by_annotation() -> None:
    assert declared_in(CELL) == {"snapshot": "str", "most": "int"}
    assert assigned_in("# Parameters\nsnapshot = 'y'\nextra = 1\n") == ["snapshot", "extra"]
    assert declared_in("x: int = 1\ny = 2") == {"x": "int"}
    assert declared_in("%magic\nx: int = 1") == {}


def test_finds_names_that_were_injected_and_not_declared() -> None:
    space = {
        "In": ["", CELL, "# Parameters\nsnapshot = 'y'\nextra = 1\n", "seen = 1"],
        "snapshot": "y",
        "most": 3,
        "extra": 1,
        "seen": 1,
    }
    assert audit_namespace(space) == ({"snapshot": "y", "most": 3}, ["extra"])


def test_refuses_a_value_of_another_type_inside_the_notebook() -> None:
    with pytest.raises(ConfigError, match="Parameter most is 'many'; the notebook needs a value of type int"):
        audit_namespace({"In": [CELL], "snapshot": "y", "most": "many"})


def test_without_ipython_there_is_nothing_to_say() -> None:
    assert audit_namespace({}) == ({}, [])
