"""`--peers` and `--evidence` while collecting: read early, frozen with the snapshot, comparable by key, and without a
key anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.estates import FAR, estate
from tests.evidence.router_files import ARCHIVES
from vpnaudit.cli import collecting
from vpnaudit.cli.main import run
from vpnaudit.errors import ConfigError, EvidenceError
from vpnaudit.estate import Estate
from vpnaudit.estate.ends import all_ends

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.psk import Fingerprinter

CANARY = "canary-KEY-collecting"
BOOK = f'[[peer]]\nname = "Wien"\naddress = "203.0.113.2"\npeer_address = "198.51.100.1"\npsk = "{CANARY}"\n'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "peers.toml"
    path.write_text(BOOK)
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cloud with one connection that has the key of the book; remembers that it was asked."""
    calls: list[str] = []

    def collect_estate(profiles: list[Any], *, fingerprinter: Fingerprinter, **_: Any) -> Estate:
        calls.append("asked")
        link = {**FAR, "psk_fingerprint": fingerprinter.facts(CANARY).fingerprint}
        return estate({"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [link]})

    monkeypatch.setattr("vpnaudit.collect.collect_estate", collect_estate)
    return calls


def test_far_sides_are_frozen_and_their_keys_compare(book: Path, asked: list[str], tmp_path: Path) -> None:
    _, place = collecting.gather([], snapshots=tmp_path / "snapshots", quiet=True, peers=(book,))
    (ends,) = all_ends(Estate.open(place))
    assert (ends.far_id, ends.psk) == ("Wien", "equal")
    assert not [path for path in place.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_without_peers_the_table_is_empty(asked: list[str], tmp_path: Path) -> None:
    seen, _ = collecting.gather([], snapshots=tmp_path / "snapshots", quiet=True)
    assert seen["peers"].empty


def test_a_broken_book_fails_before_a_cloud_is_asked(book: Path, asked: list[str], tmp_path: Path) -> None:
    book.write_text(BOOK + 'esp_proposals = "aes257"\n')
    with pytest.raises(ConfigError, match=r"peer\[1\].esp_proposals") as caught:
        collecting.gather([], snapshots=tmp_path / "snapshots", quiet=True, peers=(book,))
    assert asked == []
    assert CANARY not in repr(caught.value)
    assert not (tmp_path / "snapshots").exists()


@pytest.mark.parametrize("verb", ["collect", "run"])
def test_both_verbs_take_it(
    verb: str, book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[tuple[Path, ...]] = []

    def collect(profiles: tuple[str, ...], *, peers: tuple[Path, ...], evidence: tuple[Path, ...], **_: Any) -> None:
        given.extend((peers, evidence))
        raise ConfigError("far enough")

    monkeypatch.setattr(collecting, "collect", collect)
    assert run([verb, "-p", "prod", "--quiet", "--peers", str(book), "--evidence", str(book)]) == 3
    assert given == [(book,), (book,)]
    assert "far enough" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "--peers", "nowhere.toml"]) == 3
    assert "nowhere.toml" in capsys.readouterr().err


def test_evidence_is_frozen_with_the_snapshot_and_what_matched_nothing_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = ARCHIVES / "little_evidence.tar.gz"
    run(["collect", "-p", "prod", "--quiet", "--evidence", str(archive)])
    out, err = capsys.readouterr()
    assert "evidence of 1 router, which shows 1 connection of this estate" in out
    assert f"note: router r-12-VM of {archive} is none of this estate" in err
    assert "note: 4 connections of router r-12-VM are none of this estate" in err
    assert "it is not opened" in err, "its files of keys"
    (snapshot,) = folder.glob("snapshots/prod/*")
    assert len(Estate.open(snapshot)["diagnoses"]) == 5


def test_evidence_that_says_nothing_fails_before_a_cloud_is_asked(asked: list[str], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir")
    with pytest.raises(EvidenceError, match="holds no status"):
        collecting.gather([], snapshots=tmp_path / "s", quiet=True, evidence=(tmp_path / "letter.txt",))
    assert asked == []
