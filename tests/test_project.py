"""The project itself: what is said twice is the same, the lock is clean, the rooms keep their order, nothing of a
machine leaks in.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from docs import generate, new_rule
from tests.estates import estate
from vpnaudit.cli.main import VERBS
from vpnaudit.findings import HEADINGS
from vpnaudit.policy import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MODULES = {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "vpnaudit").rglob("*.py"))}

SAY_NOTHING = {"found", "said", "told", "apart"}


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


def imported(name: str, path: Path) -> ModuleType:
    """The module of a file that is in no package."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    del sys.modules[name]
    return module


def test_make_rule_writes_a_rule_that_runs_and_fails_until_it_is_written(tmp_path: Path) -> None:
    for folder in ("vpnaudit/rules", "tests/rules/cases"):
        (tmp_path / folder).mkdir(parents=True)
    module, cases = new_rule.write("tunnel-down", tmp_path)
    first = tomllib.loads(cases.read_text("utf-8"))
    assert first.keys() == {"fires", "silent", "unknown"}
    rule = imported("vpnaudit.rules.tunnel_down", module).find
    verdicts = {kind: set(rule.find(estate(cases[0]), load())["verdict"]) for kind, cases in first.items()}
    assert verdicts == {"fires": {"pass"}, "silent": {"pass"}, "unknown": {"cannot-tell"}}
    assert generate.unwritten({rule.id: rule}) == [f"tunnel-down: {heading}" for heading in HEADINGS]
    with pytest.raises(SystemExit, match="exists already"):
        new_rule.write("tunnel-down", tmp_path)
    with pytest.raises(SystemExit, match="no rule id"):
        new_rule.write("../x", tmp_path)


def test_make_rule_names_the_next_step_as_contributing_does() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (command,) = re.findall(r"^  (make .*)$", new_rule.next_step("tunnel-down"), re.MULTILINE)
    assert f"`{command}`" in contributing
    assert "## Add a rule in ten minutes" in contributing


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


def mirror(module: str) -> Path:
    """The file whose tests protect a module: for a rule its cases."""
    path = Path(module).relative_to("vpnaudit")
    if path.parts[0] == "rules":
        return Path("tests/rules/cases", f"{path.stem}.toml")
    return Path("tests", path.parent, f"test_{path.stem}.py")


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Every name that a module gives to something: by assignment, definition, import or as a parameter."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.alias(asname=str(name)) | ast.alias(asname=None, name=name):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name


def test_each_module_has_the_test_file_that_mirrors_it() -> None:
    plain = [module for module in MODULES if Path(module).stem not in {"__init__", "__main__", "version"}]
    assert [module for module in plain if not (ROOT / mirror(module)).is_file()] == []


def test_each_case_file_has_its_rule() -> None:
    cases = {path.stem for path in (ROOT / "tests/rules/cases").glob("*.toml")}
    assert cases == {path.stem for path in (ROOT / "vpnaudit/rules").glob("*.py")} - {"__init__"}


def test_a_module_is_read_in_one_sitting() -> None:
    lengths = {module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()}
    data = ["vpnaudit/estate/columns.py"]  # every column of every table
    assert sorted(module for module, lines in lengths.items() if lines > 300) == data


# What is built up piece by piece, each in one function or by one reader, and is a value to nobody before it is whole.
BUILT_UP = {
    "acl/analysis.py": {"_Yield"},
    "cloudstack/answers.py": {"Answer"},
    "cloudstack/gaps.py": {"Gaps"},
    "cloudstack/paging.py": {"Listing"},
    "diagnosis/life.py": {"Child", "Life"},
    "estate/cases.py": {"Cases"},
    "estate/peer_joining.py": {"JoinedPeers"},
    "evidence/attribution.py": {"_Job", "_Silence"},
    "evidence/charon_log.py": {"RouterLog"},
    "evidence/events.py": {"Event", "_Kept"},
    "evidence/far_side.py": {"FarSide"},
    "evidence/routers.py": {"RouterEvidence", "_Set"},
    "evidence/statusall.py": {"IkeSa", "ChildSa", "LoadedConnection", "_Reading"},
    "lab/measure.py": {"Measured"},
    "peers/ipsec_secrets.py": {"SecretsFile"},
    "peers/ipsecconf_conn.py": {"Conn"},
    "peers/ipsecconf_syntax.py": {"Section", "Parsed", "_State"},
    "peers/source.py": {"Budget"},
    "peers/strongswan_settings.py": {"Judgement"},
    "peers/swanctl_connection.py": {"Connection"},
    "peers/swanctl_inheritance.py": {"_Resolver"},
    "peers/swanctl_syntax.py": {"Section", "_Parser"},
    "plan/change.py": {"Change"},
    "plan/remedy.py": {"Script"},
    "plan/targets.py": {"Targets"},
    "plan/tunnel_plan.py": {"TunnelPlan"},
    "plan/wanted.py": {"Wanted"},
    "sandbox/builder.py": {"Zone", "Builder"},
    "sandbox/cloud.py": {"Cloud"},
    "sandbox/example.py": {"Estate"},
    "sandbox/networks.py": {"Vpc"},
}


def test_a_dataclass_is_frozen_unless_it_is_built_up() -> None:
    """Values are keys of caches and are shared between rules: one that changed would change what others hold."""
    changing: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            decorators = [ast.unparse(one) for one in node.decorator_list] if isinstance(node, ast.ClassDef) else []
            if any(one.startswith("dataclass") and "frozen=True" not in one for one in decorators):
                changing.setdefault(name.removeprefix("vpnaudit/"), set()).add(node.name)
    assert changing == BUILT_UP


def test_no_name_says_nothing_of_what_it_holds() -> None:
    names = {module: set(bound_names(ast.parse(path.read_text("utf-8")))) for module, path in MODULES.items()}
    empty = {module: sorted(SAY_NOTHING & {name.strip("_") for name in bound}) for module, bound in names.items()}
    assert {module: words for module, words in empty.items() if words} == {}


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "for found, x in y: pass",
        "x.found = 1",
        "def found(): pass",
        "async def found(): pass",
        "class found: pass",
        "def f(*, found): pass",
        "lambda found: 1",
        "found: int",
        "(found := 1)",
        "[x for found in y]",
        "import a as found",
        "from a import found",
        "with a as found: pass",
        "try: pass\nexcept E as found: pass",
        "match a:\n  case [b, *found]: pass",
        "match a:\n  case {**found}: pass",
        "match a:\n  case {'b': found}: pass",
    ],
)
def test_a_name_is_seen_however_it_is_bound(source: str) -> None:
    assert "found" in set(bound_names(ast.parse(source)))
    assert "found" not in set(bound_names(ast.parse("found(x.found, 'found')")))


@pytest.mark.parametrize("tool", ["ruff", "mypy", "lint-imports", "typos"])
def test_check_runs_each_tool_and_the_environment_has_it(tool: str) -> None:
    assert re.search(rf"^\t\$\(BIN\)/{tool}\b", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert (Path(sys.executable).parent / tool).is_file()


def test_a_line_is_at_most_120_characters_for_python() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    assert settings["line-length"] == 120
    assert not {"E5", "E50", "E501"} & set(settings["lint"]["ignore"])
