"""`--peers`: one definition in every verb, and a file that is broken is known early."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tests.estates import estate
from vpnaudit.cli import peer_options
from vpnaudit.cli.main import run
from vpnaudit.errors import ConfigError
from vpnaudit.psk import Fingerprinter

if TYPE_CHECKING:
    from pathlib import Path


def test_verbs_that_collect_take_the_same_option_as_those_that_read() -> None:
    options = [
        next(
            parameter for parameter in import_module(f"vpnaudit.cli.{verb}").command.params if parameter.name == "peers"
        )
        for verb in ("collect", "run", "tunnel")
    ]
    assert len({str(option.to_info_dict()) for option in options}) == 1


def test_a_path_that_is_not_there_is_a_mistake(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "--peers", "nowhere.toml"]) == 3
    assert "nowhere.toml" in capsys.readouterr().err


def test_a_broken_file_is_refused_without_its_key(book: Path) -> None:
    book.write_text(book.read_text() + 'ike_lifetime = "soon"\n')
    with pytest.raises(ConfigError, match="ike_lifetime") as caught:
        peer_options.check((book,))
    assert "canary" not in str(caught.value)


def test_without_files_the_estate_stays_what_it_is() -> None:
    small = estate({"vpcs": [{"id": "p1"}]})
    assert peer_options.with_peers(small, (), Fingerprinter()) is small
    peer_options.check(())


def test_a_note_about_a_hostile_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    peer_options.print_notes(["a\x1b[31m\nb"])
    assert capsys.readouterr().err.count("\n") == 1
