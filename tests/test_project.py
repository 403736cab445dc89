"""The project itself: what is said twice is the same, the lock is clean, the rooms keep their order, nothing of a
machine leaks in.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from docs import generate, new_rule
from vpnaudit.cli.main import VERBS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def declared() -> set[str]:
    extras = PROJECT["optional-dependencies"]
    return {*PROJECT["dependencies"], *extras["lab"], *extras["dev"]}


def test_environment_yml_is_pyproject() -> None:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    named = {entry for entry in [*listed, *by_pip] if isinstance(entry, str)} - {"pip", "--no-deps -e ."}
    assert named == declared() | {f"python{PROJECT['requires-python']}"}


def test_lock_pins_every_dependency_with_hashes_and_without_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    assert {re.match(r"[\w-]+", spec)[0].lower() for spec in declared()} <= pinned
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > len(pinned)


def test_rooms_keep_their_order() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_generated_pages_are_fresh() -> None:
    assert generate.main(["--check"]) == 0


def test_help_imports_nothing_heavy() -> None:
    heavy = "sorted({'pandas', 'httpx', 'rich'} & set(sys.modules))"
    code = f"import sys; from vpnaudit.cli.main import run; run(['--help']); print({heavy}, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(verb in done.stdout for verb in VERBS)


def test_readme_shows_every_verb() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert all(f"vpnaudit {verb}" in readme for verb in VERBS)


def test_make_rule_writes_a_rule_that_runs_and_fails_until_it_is_written(tmp_path: Path) -> None:
    for folder in ("vpnaudit/rules", "tests/rules/cases"):
        (tmp_path / folder).mkdir(parents=True)
    module, cases = new_rule.write("tunnel-down", tmp_path)
    assert tomllib.loads(cases.read_text("utf-8")).keys() == {"fires", "silent", "unknown"}
    compile(module.read_text("utf-8"), str(module), "exec")
    with pytest.raises(SystemExit, match="exists already"):
        new_rule.write("tunnel-down", tmp_path)
    with pytest.raises(SystemExit, match="no rule id"):
        new_rule.write("../x", tmp_path)


def test_nothing_names_a_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    found = []
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in {".gz", ".png", ".parquet"} or not path.is_file():
            continue
        found += [name for word in ("/" + "work/", "/" + "root/") if word in path.read_text("utf-8", errors="replace")]
    assert found == []
