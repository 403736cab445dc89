"""Rules' files: what is read of them without running them is what they say when they run."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from vpnaudit import rule_files
from vpnaudit.errors import ConfigError, RuleError
from vpnaudit.rule_files import HEADINGS, known_id, read, rule_ids, sections
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from pathlib import Path

DOC = "What is wrong.\n\n" + "\n\n".join(f"{heading}: some\n words." for heading in HEADINGS)


def test_a_docstring_is_read_by_its_headings() -> None:
    title, text = sections(DOC, "some-rule")
    assert title == "What is wrong."
    assert text == dict.fromkeys(HEADINGS, "some words.")


@pytest.mark.parametrize(
    "doc",
    [
        "",
        DOC.replace("What is wrong.", ""),
        DOC.replace("References: some\n words.", ""),
        DOC.replace("References: some\n words.", "References:"),
        DOC.replace("Why it matters", "How to fix it", 1).replace("How to fix it", "Why it matters"),
    ],
)
def test_a_docstring_that_lacks_something_is_refused(doc: str) -> None:
    with pytest.raises(RuleError, match="Rule some-rule: its docstring needs"):
        sections(doc, "some-rule")


def test_each_rule_reads_as_it_runs() -> None:
    assert rule_ids() == list(all_rules())
    for name, rule in all_rules().items():
        words = read(name)
        assert (words.id, words.severity, words.subject, words.reads) == (
            rule.id,
            rule.severity,
            rule.subject,
            rule.reads,
        )
        assert (words.title, words.text) == (rule.title, rule.text)


@pytest.mark.parametrize("verb", [["rules"], ["explain", "acl-blocks-tunnel"]])
def test_words_of_rules_cost_no_pandas(verb: list[str]) -> None:
    heavy = "sorted({'pandas', 'numpy', 'pydantic'} & set(sys.modules))"
    code = f"import sys; from vpnaudit.cli.main import run; run({verb}); print({heavy}, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_an_unknown_rule_is_answered_with_its_neighbours() -> None:
    with pytest.raises(ConfigError, match="Near it: weak-dh-group"):
        known_id("weak-dh-grup", rule_ids())
    with pytest.raises(ConfigError, match="Near it: a, b"):
        known_id("zzz", ["b", "a"])


@pytest.mark.parametrize(
    "code",
    [
        "x = 1",
        "def find(): ...",
        "@other(severity='low')\ndef find(): ...",
        "@rule(severity='low', subject='tier')\ndef find(): ...",
        "@rule(severity='low', subject='tier', reads='tiers')\ndef find(): ...",
        "@rule(severity=1, subject='tier', reads=('tiers',))\ndef find(): ...",
        "@rule(severity=LOW, subject='tier', reads=('tiers',))\ndef find(): ...",
        "@rule(severity='low', subject='tier', reads=(*tables(),))\ndef find(): ...",
    ],
)
def test_a_file_of_another_form_is_named(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_files, "_FOLDER", tmp_path)
    (tmp_path / "new_rule.py").write_text(f'"""{DOC}"""\n{code}\n')
    with pytest.raises(RuleError, match=r"new_rule\.py: severity, subject and reads"):
        read("new-rule")
