"""Each tunnel of the twelve routers is diagnosed as what it was, since when it was, on the suites that it had."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest

from tests.evidence.router_files import ARCHIVES, TRUTH
from vpnaudit.estate import Estate
from vpnaudit.estate.tables import records
from vpnaudit.evidence import blind
from vpnaudit.evidence.blind import answers_to, main
from vpnaudit.evidence.joining import EVIDENCE_TABLES, with_evidence

SLACK_S = 120


def wrong(truth: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """The fields of an answer that are not what was."""
    fields = [field for field in ("ike", "esp") if answer[field] != truth[field]]
    fields += ["verdict"] if answer["verdict"] not in (truth["verdict"], *truth["also"]) else []
    since = answer["since"] and datetime.fromisoformat(answer["since"]).timestamp()
    low, high = (datetime.fromisoformat(truth[f"since_{end}"]).timestamp() for end in ("from", "to"))
    return fields if since and low - SLACK_S <= since <= high + SLACK_S else [*fields, "since"]


def test_every_tunnel_is_diagnosed_as_it_was(estates, monkeypatch) -> None:
    read_once = {path.name: estates[path.name.split(".")[0]] for path in ARCHIVES.glob("*.*z*")}
    monkeypatch.setattr(blind, "with_evidence", lambda _, paths: (read_once[paths[0].name], ()))
    answers = answers_to(ARCHIVES, TRUTH)
    faults = {
        (truth["archive"], truth["connection"]): fields
        for truth, answer in zip(TRUTH, answers, strict=True)
        if (fields := wrong(truth, answer))
    }
    assert faults == {}
    assert len(answers) == 76


def test_the_command_writes_one_answer_a_line(tmp_path) -> None:
    asked = [*TRUTH[:1], {"archive": "mixed_day", "connection": "vpn-198.51.100.99", "peer": ""}]
    (tmp_path / "in").write_text("\n".join(json.dumps(one) for one in asked), "utf-8")
    folder = tmp_path / "archives"
    folder.mkdir()
    (folder / "mixed_day.tar.gz").write_bytes((ARCHIVES / "mixed_day.tar.gz").read_bytes())
    (folder / "unasked").mkdir()
    main(str(folder), str(tmp_path / "in"), str(tmp_path / "out"))
    first, unknown = (json.loads(line) for line in (tmp_path / "out").read_text("utf-8").splitlines())
    assert first["verdict"] == "up"
    assert unknown == {
        "archive": "mixed_day",
        "connection": "vpn-198.51.100.99",
        **dict.fromkeys(("verdict", "since", "ike", "esp")),
    }


@pytest.fixture(scope="module")
def estates() -> dict[str, Estate]:
    """The estate of each archive alone."""
    return {path.name.split(".")[0]: with_evidence(Estate(), [path])[0] for path in sorted(ARCHIVES.glob("*.*z*"))}


def test_the_status_gives_selectors_and_bytes_as_they_stand_in_it(estates) -> None:
    rows = defaultdict(list)
    for archive, estate in estates.items():
        for row in records(estate["tunnel_status"]):
            if row["kind"] == "child":
                rows[archive, row["name"]].append(row)
    stood = [truth for truth in TRUTH if truth["esp"]]
    for truth in stood:
        children = rows[truth["archive"], truth["connection"]]
        near, far = (",".join(side) for side in truth["selectors"])
        assert (near, far) in {(row["local_subnets"], row["remote_subnets"]) for row in children}, truth
        assert (truth["bytes_in"], truth["bytes_out"]) in {(row["bytes_in"], row["bytes_out"]) for row in children}
    assert len(stood) == 39


def test_no_key_of_any_archive_gets_further_than_the_reader(estates, tmp_path) -> None:
    for estate in estates.values():
        cells = [estate[name].to_csv() for name in (*EVIDENCE_TABLES, "gaps", "diagnoses")]
        assert not [text for text in cells if "canary" in text.lower() or "ca4a4" in text]
    estates["central_syslog"].save(tmp_path / "snapshot")
    files = [path.read_bytes() for path in (tmp_path / "snapshot").rglob("*") if path.is_file()]
    assert not [data for data in files if b"canary" in data.lower() or b"ca4a4" in data]


def test_every_verdict_says_what_it_rests_on(estates) -> None:
    rows = [row for estate in estates.values() for row in records(estate["diagnoses"]) if row["verdict"]]
    assert rows
    assert not [row["name"] for row in rows if not json.loads(row["rests_on"]) or not row["acts"] or not row["action"]]
