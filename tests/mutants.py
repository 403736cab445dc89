"""`make mutants T=vpnaudit/rules/dpd_off.py`: the code with one small fault at a time, and whether its tests notice.

cosmic-ray makes the faults (docs/decisions/0014). They are written into copies of the working tree, never into the
tree itself. A mutant that no test fails on has survived: either a case is missing, or the fault changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Mutant:
    """A module of the package with one fault."""

    module: Path
    operator: str
    occurrence: int
    text: str


_SAME_FOR_TRUTH = ("core/ReplaceBinaryOperator_BitOr_Add", "core/ReplaceBinaryOperator_BitAnd_Mul")
"""On truth values, columns of them too, `+` is `|` and `*` is `&`; on sets neither is an operation; where a number is
put together of parts that share no bit, `+` is `|` again. Each `|` and `&` still becomes ten other operators.
"""
_IDENTITY = ("core/ReplaceComparisonOperator_Eq_Is", "core/ReplaceComparisonOperator_NotEq_IsNot")
"""Which equal values are one object is Python's affair: small numbers and words of the source are, others are not."""
_CACHES = ("cache", "functools.cache", "lru_cache", "functools.lru_cache")


def _is_cache(decorator: ast.expr) -> bool:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator) in _CACHES


def _is_word(operand: ast.expr) -> bool:
    return isinstance(operand, ast.Constant) and isinstance(operand.value, str)


class _Behaviour(ast.NodeTransformer):
    """Drops what does nothing at run time: annotations, since all our modules postpone them, and imports for types; the
    `*` of a signature, which cosmic-ray takes for a product: how an argument is passed is mypy's affair; the
    `strict` of a zip, an assertion on our own lengths, which no input can break;
    and what changes time and memory alone: whether and how much a function's answers are cached (`cached_property`
    stays, since without it the attribute is a method), and slots. That what should be frozen is, tests/test_project.py
    holds for all dataclasses at once, from their source.
    """

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        if not node.vararg:
            optional = len(node.posonlyargs) + len(node.args) - len(node.defaults)
            node.kw_defaults = [*[None] * optional, *node.defaults, *node.kw_defaults]
            node.kwonlyargs = [*node.posonlyargs, *node.args, *node.kwonlyargs]
            node.posonlyargs, node.args, node.defaults = [], [], []
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = [decorator for decorator in node.decorator_list if not _is_cache(decorator)]
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "dataclass":
                decorator.keywords = [
                    keyword for keyword in decorator.keywords if keyword.arg not in ("slots", "frozen")
                ]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func) == "zip":
            node.keywords = [one for one in node.keywords if one.arg != "strict"]
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Nothing equals None but itself."""
        same: dict[type[ast.cmpop], ast.cmpop] = {ast.Is: ast.Eq(), ast.IsNot: ast.NotEq()}
        if any(ast.unparse(operand) == "None" for operand in (node.left, *node.comparators)):
            node.ops = [same.get(type(operator), operator) for operator in node.ops]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        return ast.Pass() if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)


def behaviour(text: str) -> str | None:
    """Equal for two sources that do the same for reasons that can be seen without running them; None: no Python.

    cosmic-ray puts operators in place of others as text, and `a & not b` or `-args` in a call is none.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    return ast.dump(_Behaviour().visit(tree))


def words_beyond_equality(text: str) -> int:
    """How many comparisons ask of a value and a word more than whether they are equal: which comes first, or whether
    they are one object.

    Words of a closed set have no order: `<= "esp"` for `== "esp"` is the same or not by the alphabet alone; and which
    equal words are one object is Python's affair. No such fault is made of `==` and `!=`. That each becomes the other
    is made, so the comparison stays under test.
    """
    beyond = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot)
    return sum(
        any(isinstance(operator, beyond) for operator in node.ops)
        and any(map(_is_word, (node.left, *node.comparators)))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare)
    )


def places(source: str) -> list[tuple[str, int]]:
    """Every operator and occurrence that cosmic-ray can apply to a source."""
    tree = get_ast(source)
    plain = {name: get_operator(name) for name in sorted(operator_names()) if not get_operator(name).arguments()}
    return [
        (name, number)
        for name, operator in plain.items()
        if name not in (*_SAME_FOR_TRUTH, *_IDENTITY)
        for number in range(sum(len(list(operator().mutation_positions(node))) for node in ast_nodes(tree)))
    ]


def mutants(modules: list[Path], root: Path, seed: int) -> Iterator[Mutant]:
    """All mutants that differ in what they do, in an order that the seed alone decides."""
    sources = {module: (root / module).read_text("utf-8") for module in modules}
    everywhere = [(module, *place) for module in modules for place in places(sources[module])]
    random.Random(seed).shuffle(everywhere)
    done = {(module, behaviour(source)) for module, source in sources.items()}
    beyond = {module: words_beyond_equality(source) for module, source in sources.items()}
    for module, name, occurrence in everywhere:
        text = mutate_code(sources[module], get_operator(name)(), occurrence)
        effect = None if text is None else behaviour(text)
        if text is None or effect is None or (module, effect) in done:
            continue
        if words_beyond_equality(text) > beyond[module]:
            continue
        done.add((module, effect))
        yield Mutant(module, name, occurrence, text)


def tests_of(module: Path, root: Path) -> list[str]:
    """What pytest is asked to run for a module: the test file that mirrors it; for a rule what holds for it among all
    rules; else the tests of its room.
    """
    room, name = module.relative_to("vpnaudit").parent, module.stem
    if room == Path("rules") and name != "__init__":
        return ["tests/rules", "-k", f"{name.replace('_', '-')} or test_{name}"]
    mirror = Path("tests", room, f"test_{name}.py")
    if (root / mirror).is_file():
        return [str(mirror)]
    if room.parts and (root / "tests" / room).is_dir():
        return [str(Path("tests", room))]
    raise SystemExit(f"No test mirrors {module}. Name its tests: make mutants T={module} TESTS=tests/…")


def modules_of(target: Path) -> list[Path]:
    """The modules of a file or folder, from the root of the repository."""
    place = (ROOT / target).resolve()
    if not place.is_relative_to(ROOT / "vpnaudit") or not place.exists():
        raise SystemExit(f"{target} is no module and no folder of vpnaudit: make mutants T=vpnaudit/rules/dpd_off.py")
    return sorted(path.relative_to(ROOT) for path in (place.rglob("*.py") if place.is_dir() else [place]))


def copy_of_the_tree(target: Path) -> None:
    """What git knows or would add, as it stands now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def outcome(tree: Path, selection: list[str], timeout: float | None, **environment: str) -> str:
    """What the tests say of the package in a tree: "survived", "killed" or "timed out"."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--hypothesis-profile=mutants", "--hypothesis-seed=0", *selection]
    with subprocess.Popen(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        try:
            return "killed" if run.wait(timeout) else "survived"
        except subprocess.TimeoutExpired:
            return "timed out"
        finally:  # whatever the tests started goes too
            if run.returncode is None:
                os.killpg(run.pid, signal.SIGKILL)


def judge(mutant: Mutant, tree: Path, selection: list[str], timeout: float) -> str:
    """The outcome for one mutant; the tree is then as it was."""
    path = tree / mutant.module
    original = path.read_bytes()
    path.write_text(mutant.text, "utf-8")
    try:
        # Bytecode is not written: two mutants of one size within one second would share it.
        return outcome(tree, selection, timeout, PYTHONDONTWRITEBYTECODE="1")
    finally:
        path.write_bytes(original)


def difference(mutant: Mutant) -> str:
    """The fault as a diff."""
    old = (ROOT / mutant.module).read_text("utf-8").splitlines(keepends=True)
    return "".join(
        difflib.unified_diff(old, mutant.text.splitlines(keepends=True), str(mutant.module), mutant.operator, n=1)
    )


def unbroken(tree: Path, selections: dict[Path, list[str]]) -> dict[Path, float]:
    """How long the tests of each module take where nothing is broken. They must pass, and test the copy."""
    where = [sys.executable, "-c", "import vpnaudit; print(vpnaudit.__file__)"]
    place = subprocess.run(
        where, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True, check=True
    ).stdout
    if not Path(place).is_relative_to(tree):
        raise SystemExit(f"The tests would import {place.strip()}, which is not the copy that is broken.")
    lengths: dict[tuple[str, ...], float] = {}
    for selection in {tuple(selection) for selection in selections.values()}:
        start = time.monotonic()
        if outcome(tree, list(selection), None) != "survived":
            raise SystemExit(f"These tests fail, or are none, before anything is broken: {' '.join(selection)}")
        lengths[selection] = time.monotonic() - start
    return {module: lengths[tuple(selection)] for module, selection in selections.items()}


def arguments(words: list[str]) -> argparse.Namespace:
    """The options, as the Makefile hands them on."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("target", type=Path, help="a module or a folder of vpnaudit")
    parser.add_argument("--tests", default="", help="the tests to run, in place of those that mirror each module")
    parser.add_argument("--sample", type=int, help="so many mutants, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, help="seconds a mutant; else 10 and thrice what the tests take")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Print every survivor as a diff, then the counts."""
    options = arguments(words)
    whole = modules_of(options.target)
    selections = {module: options.tests.split() or tests_of(module, ROOT) for module in whole}
    broken = []
    for mutant in mutants(whole, ROOT, options.seed):
        if len(broken) == options.sample:
            break
        broken.append(mutant)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        first = Path(folder).resolve() / "0"
        copy_of_the_tree(first)
        lengths = unbroken(first, {mutant.module: selections[mutant.module] for mutant in broken})
        seconds = sum(lengths[mutant.module] for mutant in broken) / options.jobs
        sys.stderr.write(f"{len(broken)} mutants; {seconds / 60:.0f} min if each takes what its tests take\n")
        trees.put(first)
        for number in range(1, options.jobs):
            trees.put(Path(shutil.copytree(first, first.with_name(str(number)))))

        def one(mutant: Mutant) -> tuple[Mutant, str]:
            tree = trees.get()
            try:
                limit = options.timeout or 10 + 3 * lengths[mutant.module]
                return mutant, judge(mutant, tree, selections[mutant.module], limit)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(options.jobs) as jobs:
            for mutant, end in jobs.map(one, broken):
                counts[end] += 1
                if end == "survived":
                    sys.stdout.write(f"\n{difference(mutant)}")
                    sys.stdout.flush()
    ends = ", ".join(f"{counts[end]} {end}" for end in ("killed", "timed out", "survived"))
    sys.stdout.write(f"\n{options.target}: {len(broken)} mutants: {ends} (seed {options.seed})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
