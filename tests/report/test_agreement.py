"""One report never contradicts itself: score, headline, map, matrix, mail, terminal, exports and run.json agree.

What touches a connection has one definition (`Audit.findings_by_connection`), and what is counted has one unit: causes,
with findings named as what they explain.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.replay import estate_of
from tests.report.explorations import judged
from vpnaudit.audit import Audit, audit
from vpnaudit.cli import result
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect_estate
from vpnaudit.deliver.summary import summarise
from vpnaudit.explore import Exploration
from vpnaudit.findings import SEVERITIES
from vpnaudit.plan import remedies
from vpnaudit.policy import load
from vpnaudit.report import folder, views
from vpnaudit.report.causes import by_severity, causes
from vpnaudit.report.estate_map import drawing
from vpnaudit.report.folder import write_run
from vpnaudit.report.matrix import grid
from vpnaudit.report.options import ReportOptions
from vpnaudit.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from vpnaudit.estate import Estate

pytestmark = pytest.mark.slow

SCORE = "{} of {} connections (has|have) no critical or high finding"


def grown() -> Estate:
    with Sandbox(vpcs=120, seed=3) as running:
        return collect_estate([Profile(**given) for given in running.profiles("auditor")])


@pytest.fixture(scope="module", params=["example", "recorded", "grown"])
def judgement(request: pytest.FixtureRequest) -> Audit:
    if request.param == "example":
        whole: Audit = request.getfixturevalue("example_audit")
        return whole
    return audit(estate_of("admin") if request.param == "recorded" else grown(), load())


@pytest.fixture(scope="module")
def worst(judgement: Audit) -> dict[tuple[str, str], str]:
    """The worst open finding of each connection that one touches, told from the one definition."""
    rows = judgement.findings_by_connection
    rows = rows[rows["verdict"] == "fail"].drop_duplicates(["source", "connection_id"])
    return {(row[0], row[1]): row[2] for row in rows[["source", "connection_id", "severity"]].itertuples(index=False)}


@pytest.fixture(scope="module")
def run(judgement: Audit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder; its page is the summary alone."""
    out = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:

        def write(_: Exploration, __: Path, target: Path, options: ReportOptions, **___: object) -> None:
            (target / f"{options.notebook}.ipynb").write_text("{}")
            (target / "report.html").write_text(views.summary(Exploration(judgement.estate, judgement.policy)).markup)

        patch.setattr(folder, "render", write)
        return write_run(judged(judgement), out, ReportOptions(out=out)).folder


@pytest.fixture(scope="module")
def bad(worst: dict[tuple[str, str], str]) -> int:
    return sum(severity in ("critical", "high") for severity in worst.values())


def test_the_score_counts_what_the_definition_says(judgement: Audit, bad: int) -> None:
    assert judgement.clear_connections == (
        len(judgement.estate["connections"]) - bad,
        len(judgement.estate["connections"]),
    )


def counted(severities: Iterable[str]) -> dict[str, int]:
    return {severity: number for severity, number in Counter(severities).items() if severity in SEVERITIES}


def test_the_map_marks_each_connection_with_its_worst(judgement: Audit, worst: dict, bad: int) -> None:
    picture = drawing(judgement)
    tunnels = judgement.estate["tunnels"].dropna(subset=["vpc_id"])  # the others have no line to stand on
    expected = [worst.get((source, id_)) for source, id_ in zip(tunnels["source"], tunnels["id"], strict=True)]
    assert picture.hit == bad
    assert counted(mark.worst for line in picture.lines for mark in line.marks) == counted(expected)


def test_the_matrix_shows_the_same_worst(judgement: Audit, worst: dict) -> None:
    whole = grid(judgement)
    letters = dict(zip("CHMLI", SEVERITIES, strict=True))
    worst_by_row = [
        next((letters[letter] for letter in letters if letter in {cell.letter for cell in row.cells}), None)
        for row in whole.rows
    ]
    tunnels = judgement.estate["tunnels"]
    keys = ["source", "zone", "vpc"] if whole.by_vpc else ["source", "id"]
    ranked = tunnels.assign(
        rank=[
            SEVERITIES.index(worst[key]) if (key := (source, id_)) in worst else len(SEVERITIES)
            for source, id_ in zip(tunnels["source"], tunnels["id"], strict=True)
        ]
    )
    ranks = ranked.groupby(keys, dropna=False)["rank"].min()
    assert counted(worst_by_row) == counted(SEVERITIES[rank] for rank in ranks if rank < len(SEVERITIES))


def test_run_json_exports_and_page_say_it(judgement: Audit, run: Path) -> None:
    facts = json.loads((run / "run.json").read_text("utf-8"))
    table, page = causes(judgement), unescape((run / "report.html").read_text("utf-8"))
    exported = pd.read_parquet(run / "findings.parquet")
    failed = exported[exported["verdict"] == "fail"]
    assert facts["verdict"] in page
    assert facts["causes"] == by_severity(table)
    assert facts["causes_in_order"] == list(table.index)
    assert [facts["connections_clear"], facts["connections"]] == list(judgement.clear_connections)
    assert failed["cause"].nunique() == len(table) == sum(facts["causes"].values())
    assert failed.groupby("cause").size().to_dict() == table["findings"].to_dict()
    assert exported[exported["verdict"] != "fail"]["cause"].isna().all()
    assert re.search(SCORE.format(*judgement.clear_connections), page)
    numbers = [int(text.replace(",", "")) for text in re.findall(r'<dd class="num">([\d,]+)</dd>', page)]
    assert numbers == list(facts["causes"].values())


def test_headline_counts_connections_as_the_score_does(judgement: Audit, worst: dict, run: Path) -> None:
    facts = json.loads((run / "run.json").read_text("utf-8"))
    severity = "critical" if facts["causes"]["critical"] else "high"
    counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
    touched = sum(one in counted for one in worst.values())
    assert f"{facts['causes'][severity]:,} {severity} cause" in facts["verdict"]
    assert f"{touched} of {facts['connections']} connections" in facts["verdict"]


def test_the_mail_says_it_in_the_same_unit(judgement: Audit, run: Path) -> None:
    summary, _ = summarise(run)
    table = causes(judgement)
    assert (summary.clear, summary.connections) == judgement.clear_connections
    assert dict(summary.severities) == {name: number for name, number in by_severity(table).items() if number}
    assert f": {by_severity(table)['critical']} critical" in summary.headline
    assert [cause.fingerprint for cause in summary.worst] == list(table.index[: len(summary.worst)])
    assert [cause.explains for cause in summary.worst] == table["findings"].head(len(summary.worst)).tolist()
    assert len(summary.worst) + summary.more == summary.causes == len(table)
    assert summary.findings == table["findings"].sum()


def test_the_terminal_says_it(judgement: Audit, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads((run / "run.json").read_text("utf-8"))
    mends = remedies(judgement)
    result.show(judgement, mends, snapshot=run, report=None, as_json=False)
    text = capsys.readouterr().out
    assert text.splitlines()[0] == facts["verdict"]
    assert re.search(SCORE.format(facts["connections_clear"], facts["connections"]), text)
    assert f"Causes:   {facts['causes']['critical']} critical" in text
    assert f"Findings: {facts['severities']['critical']} critical" in text
    result.show(judgement, mends, snapshot=run, report=None, as_json=True)
    data = json.loads(capsys.readouterr().out)
    assert {name: data[name] for name in ("verdict", "causes", "connections", "connections_clear")} == {
        name: facts[name] for name in ("verdict", "causes", "connections", "connections_clear")
    }
