"""`vpnaudit notebook`: copies that know the snapshot and the far ends, and a JupyterLab beside them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from typing import TYPE_CHECKING, Any

from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def parameters(path: Path) -> dict[str, str]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    (source,) = ["".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    values: dict[str, Any] = {}
    exec(source, values)  # our own notebook
    return {name: value for name, value in values.items() if not name.startswith("__")}


def test_every_copy_opens_the_snapshot_with_the_far_ends(
    snapshot: Path, book: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["notebook", str(snapshot), "--no-start", "--peers", "peers.toml"]) == 0
    for name in ("audit", "connection", "estate"):
        values = parameters(work / "work" / f"{name}.ipynb")
        assert (values["snapshot"], values["peers"]) == (str(snapshot), str(book))
    assert capsys.readouterr().err == ""


def test_without_peers_what_stands_in_the_copy_stays(snapshot: Path, book: Path, work: Path) -> None:
    run(["notebook", "--no-start", "--peers", "peers.toml"])
    run(["notebook", "--no-start"])
    assert parameters(work / "work" / "audit.ipynb")["peers"] == str(book)


def test_an_older_copy_that_cannot_take_far_ends_is_named(
    snapshot: Path, book: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["notebook", "--no-start"])
    copy = work / "work" / "audit.ipynb"
    notebook = json.loads(copy.read_text("utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = [line for line in cell["source"] if not line.startswith("peers:")]
    copy.write_text(json.dumps(notebook), "utf-8")
    capsys.readouterr()
    assert run(["notebook", str(snapshot), "--no-start", "--peers", "peers.toml"]) == 0
    assert capsys.readouterr().err == (
        "work/audit.ipynb: has no parameter peers. Delete this copy to get a new one that has it.\n"
    )


def test_a_path_that_no_notebook_can_take_is_refused(
    snapshot: Path, book: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book.rename(work / "a,b.toml")
    assert run(["notebook", str(snapshot), "--no-start", "--peers", "a,b.toml"]) == 3
    assert "without a comma" in capsys.readouterr().err


def test_jupyterlab_starts_in_the_folder_of_the_copies(
    snapshot: Path, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = [0, 1]
    commands: list[list[str]] = []

    def start(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, codes.pop(0))

    monkeypatch.setattr(subprocess, "run", start)
    assert run(["notebook", str(snapshot), "--folder", "mine"]) == 0
    assert run(["notebook", str(snapshot), "--folder", "mine"]) == 3, "1 means findings"
    assert "JupyterLab ended with code 1" in capsys.readouterr().err
    assert commands[0][1:] == ["-m", "jupyterlab", f"--ServerApp.root_dir={work / 'mine'}"]


def test_without_jupyterlab_it_says_how_to_get_it(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert run(["notebook", str(snapshot)]) == 3
    assert "pip install 'vpnaudit[lab]'" in capsys.readouterr().err
