"""The progress line: beside the result, never in it."""

from __future__ import annotations

import click
import pytest

from vpnaudit.cli.progress import progress


@pytest.mark.parametrize("quiet", [True, False])
def test_results_can_be_piped(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Asking", quiet=quiet) as tell:
        tell("[red]zone\n\x1b[31m 1")
        click.echo("result")
    out, err = capsys.readouterr()
    assert out == "result\n"
    assert "\x1b[31m" not in err, "no name from a tenant steers the terminal"
    assert not (quiet and err)
