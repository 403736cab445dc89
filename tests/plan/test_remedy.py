"""A script is commands with numbered comments; only lines of our own pass as they are."""

from __future__ import annotations

import pytest

from vpnaudit.plan.remedy import Script
from vpnaudit.plan.shell import WIDTH


def test_steps_are_numbered_and_notes_are_not():
    script = Script().note("first").step("one").detail("more", "still more").step("two").run("list vpcs", id="1")
    assert str(script).split("\n") == [
        "# first",
        "# 1. one",
        "#   more",
        "#   still more",
        "# 2. two",
        "cmk list vpcs id=1",
    ]


def test_a_line_of_our_own_fits_and_is_one_line():
    assert str(Script().shell("umask 077")) == "umask 077"
    for line in ("x" * (WIDTH + 1), "umask\n077"):
        with pytest.raises(ValueError, match=line[:4]):
            Script().shell(line)
