"""Evidence is there in full or not at all, and nothing is mixed into it."""

import hashlib
import json

import pytest

from tests.lab.measurements import PROBE, as_predicted, predicted, proof
from vpnaudit.errors import FileError, LabError
from vpnaudit.lab.proof import check_evidence, write_evidence


@pytest.fixture
def held():
    files = {"up.txt": "established\n", "router/charon.log": "log\n"}
    return proof(as_predicted(predicted(), PROBE, files=files))


def test_evidence_is_every_file_with_its_sum_and_the_values_compared(held, tmp_path):
    folder = tmp_path / "new" / "evidence"
    write_evidence(held, folder)
    sums = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
    present = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} - {"SHA256SUMS"}
    assert set(sums) == present
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    assert present == {
        "inputs.json",
        "prediction.json",
        "outcome.json",
        "README.txt",
        "router-starts/up.txt",
        "router-starts/router/charon.log",
    }
    outcome = json.loads((folder / "outcome.json").read_text())
    assert outcome["runs"][0]["fields"]["verdict"] == {"predicted": "ok", "measured": "ok"}
    assert (outcome["held"], outcome["assumed"], outcome["limits"]) == (True, ["id"], ["a limit"])
    assert list(folder.parent.iterdir()) == [folder], "the draft is gone"


def test_a_proof_holds_where_every_run_does():
    agreeing, differing = as_predicted(predicted(), PROBE), as_predicted(predicted(), PROBE, api_state="Disconnected")
    assert proof(agreeing, agreeing).held
    both = proof(agreeing, differing)
    assert not both.held
    assert [(who, one.field) for who, one in both.differences] == [("router", "api_state")]
    data = both.as_data()
    assert [run["held"] for run in data["runs"]] == [True, False]
    assert data["runs"][1]["differences"][0]["measured"] == "Disconnected"
    assert data["runs"][0]["ended_utc"] is None


@pytest.mark.parametrize("content", ["file", "folder"])
def test_what_is_there_already_is_neither_mixed_nor_replaced(held, tmp_path, content):
    place = tmp_path / "evidence"
    if content == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine").write_text("mine")
    for write in (lambda: check_evidence(place), lambda: write_evidence(held, place)):
        with pytest.raises(LabError, match="never mixed"):
            write()


def test_an_empty_folder_may_be_filled(held, tmp_path):
    write_evidence(held, tmp_path)
    assert (tmp_path / "outcome.json").exists()


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(held, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="file cannot be made: File exists"):
        write_evidence(held, tmp_path / "file" / "evidence")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vpnaudit.lab.proof._fill", full)
    with pytest.raises(LabError, match="No space left on device"):
        write_evidence(held, tmp_path / "evidence")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
