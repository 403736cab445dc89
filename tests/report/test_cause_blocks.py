"""A command stands once on a page: what the same plan mends elsewhere refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.plan import remedies
from vpnaudit.report.cause_blocks import blocks

if TYPE_CHECKING:
    from vpnaudit.audit import Audit


def test_a_command_stands_once_and_what_shares_its_plan_refers_to_it(example_audit: Audit) -> None:
    page = blocks(example_audit, remedies(example_audit))
    commands = [mend.command for block in page for mend in block.mends if mend.command]
    assert len(commands) == len(set(commands))
    place = {mend.plan: block.id for block in page for mend in block.mends if mend.command and mend.plan}
    referring = [(block.id, mend) for block in page for mend in block.mends if mend.printed_in]
    assert referring
    for block, mend in referring:
        assert mend.printed_in == place[mend.plan] != block
        assert (mend.command, mend.rollback) == ("", "")
        assert mend.what
