"""`vpnaudit tunnel`: readable in a terminal, honest about what is not known, and harmless whatever tenants call
things.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.estates import FULL, PAIR, estate
from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["tunnel", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    assert "canary" not in out
    return out


def test_a_rekey_that_will_fail_is_told_with_its_time_its_cause_and_the_command(
    snapshot: Path, book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = answer(capsys, "203.0.113.2", "--snapshot", str(snapshot), "--peers", str(book))
    assert all(len(line) <= 80 for line in text.splitlines() if "peers.toml" not in line), (
        "but for a path, which stays whole"
    )
    for expected in (
        "Far side: Wien of",
        "esppolicy         aes256-sha256-modp2048    aes256-sha256-modp3072    DIFFERENT",
        "ipsecpsk          not shown                 not known                 unknown",
        "Whoever starts: works until a renewal, which fails (latent_rekey_failure,",
        "  after 42 to 51 min:           FAILS child rekey:",
        "  after 60 min:                 FAILS child expiry:",
        "  CAUSE     esp_group         CloudStack side modp2048; far side modp3072.",
        "To mend it on the CloudStack side: then it works",
        "    cmk update vpncustomergateway id='g1'",
        "  set esp_proposals=aes256-sha256-modp2048 on the far side",
        "not known, taken as equal     ipsecpsk, ",
    ):
        assert expected in text


def test_what_if_tells_what_comes_and_what_goes(snapshot: Path, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["c1", "--snapshot", str(snapshot), "--peers", str(book)]
    text = answer(capsys, *options, "--if", "esppolicy=aes256-sha256;modp3072")
    assert "What if:  esppolicy = aes256-sha256;modp3072" in text
    assert "was       works until a renewal, which fails\n    would be  works\n" in text
    assert "was       cause: modp2048, far side modp3072\n    would be  nothing\n" in text
    assert "The change changes nothing of the prediction." in answer(capsys, *options, "--if", "passive=true")


def test_json_says_the_same_to_machines(snapshot: Path, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["c1", "--snapshot", str(snapshot), "--peers", str(book), "--json"]
    data = json.loads(answer(capsys, *options))
    assert [start["verdict"] for start in data["starts"]] == ["latent_rekey_failure", "latent_rekey_failure"]
    assert data["starts"][0]["timeline"][1]["earliest_s"] == 2520
    assert [mend["side"] for mend in data["mends"]] == ["CloudStack side", "far side"]
    assert "update vpncustomergateway" in data["mends"][0]["commands"][0]["command"]
    changed = json.loads(answer(capsys, *options, "--if", "psk=unequal"))
    assert changed["changes"] == {"psk": "unequal"}
    assert {row["what"] for row in changed["difference"]} >= {"whoever starts: verdict"}


def test_without_a_far_side_it_says_what_to_give(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "c1", "--snapshot", str(snapshot))
    assert "No prediction is possible" in text
    assert "--peers" in text
    assert json.loads(answer(capsys, "c1", "--snapshot", str(snapshot), "--json"))["starts"] == []


def test_equal_ends_differ_in_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estate(PAIR).save(tmp_path / "pair")
    text = answer(
        capsys, "c1", "--snapshot", str(tmp_path / "pair"), "--if", "psk=equal", "--if", "cloudstackversion=4.22.0.0"
    )
    assert "Reasons: the two ends differ in nothing." in text


def test_a_limit_of_the_release_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = {**PAIR, "sources": [{"source": "s1", "cloudstack_version": "4.19.2.0"}]}
    estate(tables).save(tmp_path / "old")
    assert "bad duration value" in answer(capsys, "c1", "--snapshot", str(tmp_path / "old"))


def test_a_router_that_is_not_known_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    near, far = PAIR["connections"]
    estate({**PAIR, "connections": [{**near, "esp_policy": "?"}, far], "peers": [FULL]}).save(tmp_path / "hole")
    text = answer(capsys, "c1", "--snapshot", str(tmp_path / "hole"))
    assert "No prediction is possible: connection c1 came without esppolicy." in text
    assert "--peers" not in text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("esp=3des", "Its fields are"),
        ("esppolicy=3des", "what CloudStack takes"),
        ("dpd", "FIELD=VALUE"),
        ("peer.x=1", "not known"),
    ],
)
def test_a_change_that_cannot_be_read_is_a_mistake(
    snapshot: Path, change: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tunnel", "c1", "--snapshot", str(snapshot), "--if", change]) == 3
    assert text in capsys.readouterr().err
