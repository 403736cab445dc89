"""`make mutants`: which faults it makes, which tests it asks, what it says, and that it leaves the tree alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import mutants

SOURCE = """from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import os

def larger(one: int | None, two: int) -> int | None:
    limit: int | None = None
    return one if one > two else two
"""
MODULE = Path("vpnaudit/larger.py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "vpnaudit").mkdir()
    (tmp_path / "vpnaudit/__init__.py").write_text("")
    (tmp_path / MODULE).write_text(SOURCE)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "test_larger.py").write_text(
        "from vpnaudit.larger import larger\n"
        "def test_larger():\n    assert larger(2, 1) == 2\n    assert larger(1, 2) == 2\n"
    )
    (tmp_path / "conftest.py").write_text("from hypothesis import settings\nsettings.register_profile('mutants')\n")
    return tmp_path


def test_what_is_no_python_any_more_is_no_mutant(tree: Path) -> None:
    (tree / MODULE).write_text("def only(one, two, *more):\n    return print(*more) or (one & ~two)\n")
    assert mutants.behaviour("one & not two") is None
    texts = [mutant.text for mutant in mutants.mutants([MODULE], tree, seed=0)]
    assert texts
    assert None not in map(mutants.behaviour, texts)


def test_every_mutant_does_something_else(tree: Path) -> None:
    texts = [mutant.text for mutant in mutants.mutants([MODULE], tree, seed=0)]
    assert len(texts) == len({mutants.behaviour(text) for text in texts}) > 3
    assert all("int | None = None" in text and "if TYPE_CHECKING:" in text for text in texts)
    assert any("one < two" in text for text in texts)


def test_the_seed_alone_decides_the_order(tree: Path) -> None:
    first, again, another = (list(mutants.mutants([MODULE], tree, seed)) for seed in (0, 0, 1))
    assert first == again != another
    assert {mutant.text for mutant in first} == {mutant.text for mutant in another}


def test_a_fault_that_a_test_notices_is_killed_and_one_that_none_notices_survives(tree: Path) -> None:
    """`>=` in place of `>` changes nothing where the larger of two is returned."""
    by_text = {mutant.text: mutant for mutant in mutants.mutants([MODULE], tree, seed=0)}
    for change, end in (("one < two", "killed"), ("one >= two", "survived")):
        mutant = by_text[SOURCE.replace("one > two", change)]
        assert mutants.judge(mutant, tree, ["test_larger.py"], 60) == end
        assert (tree / MODULE).read_text() == SOURCE


def test_a_mutant_that_never_ends_is_ended(tree: Path) -> None:
    (tree / "test_forever.py").write_text(
        (tree / "test_larger.py").read_text() + "def test_forever():\n    while True:\n        pass\n"
    )
    assert mutants.outcome(tree, ["test_forever.py"], 3) == "timed out"


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("vpnaudit/rules/dpd_off.py", ["tests/rules", "-k", "dpd-off or test_dpd_off"]),
        ("vpnaudit/rules/__init__.py", ["tests/rules"]),
        ("vpnaudit/psk.py", ["tests/test_psk.py"]),
        ("vpnaudit/ipsec/negotiate.py", ["tests/ipsec/test_negotiate.py"]),
        ("vpnaudit/ipsec/__init__.py", ["tests/ipsec"]),
    ],
)
def test_a_module_is_judged_by_the_tests_that_belong_to_it(module: str, expected: list[str]) -> None:
    assert mutants.tests_of(Path(module), mutants.ROOT) == expected


def test_a_module_without_tests_is_not_judged_by_none(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"No test mirrors vpnaudit/x.py\. Name its tests: .*TESTS="):
        mutants.tests_of(Path("vpnaudit/x.py"), tmp_path)


def test_a_folder_is_all_its_modules_and_nothing_else_is_broken() -> None:
    modules = mutants.modules_of(Path("vpnaudit/acl"))
    assert Path("vpnaudit/acl/order.py") in modules
    assert {module.parent for module in modules} == {Path("vpnaudit/acl")}
    assert mutants.modules_of(Path("vpnaudit/psk.py")) == [Path("vpnaudit/psk.py")]
    for target in ("", "tests", "vpnaudit/no_such.py", "/tmp"):
        with pytest.raises(SystemExit, match="no module and no folder of vpnaudit"):
            mutants.modules_of(Path(target))


def test_tests_that_fail_before_anything_is_broken_are_refused(tree: Path) -> None:
    assert mutants.unbroken(tree, {MODULE: ["test_larger.py"]})[MODULE] > 0
    with pytest.raises(SystemExit, match=r"fail, or are none.*no_such_test\.py"):
        mutants.unbroken(tree, {MODULE: ["no_such_test.py"]})


def texts_of(tree: Path, source: str) -> list[str]:
    (tree / MODULE).write_text(source)
    return [mutant.text for mutant in mutants.mutants([MODULE], tree, seed=0)]


def test_a_word_is_put_into_no_order_but_its_equality_is_broken(tree: Path) -> None:
    source = "def is_esp(protocol):\n    return protocol == 'esp'\n"
    assert texts_of(tree, source) == [source.replace("==", "!=")]
    numbers = "".join(texts_of(tree, source.replace("'esp'", "50")))
    assert all(f"protocol {operator} 50" in numbers for operator in ("!=", "<", "<=", ">", ">="))


def test_an_order_of_words_that_the_code_asks_for_is_broken(tree: Path) -> None:
    source = "def is_printable(character):\n    return character >= ' '\n"
    assert source.replace(">=", ">") in texts_of(tree, source)


def test_one_none_is_as_good_as_another_but_its_absence_is_not(tree: Path) -> None:
    source = "def is_known(value):\n    return value is not None\n"
    texts = texts_of(tree, source)
    assert source.replace("is not", "!=") not in texts
    assert any(source.replace("is not", operator) in texts for operator in ("is", "=="))


@pytest.mark.parametrize("cache", ["lru_cache(maxsize=4)", "cache", "functools.lru_cache", "functools.cache"])
def test_a_cache_may_go_or_shrink_but_not_what_it_keeps(tree: Path, cache: str) -> None:
    texts = texts_of(tree, f"@{cache}\ndef twice(value):\n    return value * 2\n")
    assert texts
    assert all(text.startswith(f"@{cache}\n") for text in texts)


def test_a_cached_property_without_its_decorator_is_a_method(tree: Path) -> None:
    source = "class Table:\n    @cached_property\n    def rows(self):\n        return self.all\n"
    assert texts_of(tree, source) == [source.replace("    @cached_property\n", "")]


def test_of_a_dataclass_slots_may_go_and_frozen_is_held_elsewhere_but_the_rest_is_broken(tree: Path) -> None:
    source = "@dataclass(frozen=True, order=True, slots=True)\nclass Pair:\n    ours: int\n"
    assert set(texts_of(tree, source)) == {
        source.replace("order=True", "order=False"),
        source.partition("\n")[2],
    }


def test_of_two_truth_values_the_sum_is_the_or_and_the_product_the_and(tree: Path) -> None:
    source = "def is_bad(one, two, three):\n    return (one | two) & three\n"
    texts = texts_of(tree, source)
    assert not {source.replace("|", "+"), source.replace("&", "*")} & set(texts)
    assert {source.replace("|", "&"), source.replace("&", "|"), source.replace("|", "^")} <= set(texts)
    product = source.replace("&", "*")
    assert source in texts_of(tree, product)


def test_how_an_argument_is_passed_is_not_broken_but_its_default_is(tree: Path) -> None:
    source = "def size(inner, /, *, udp=True):\n    return inner\n"
    assert texts_of(tree, source) == [source.replace("True", "False")]


def test_equal_values_may_be_one_object_or_two(tree: Path) -> None:
    source = "def is_second(version, wanted):\n    return version == wanted\n"
    texts = texts_of(tree, source)
    assert source.replace("==", "is") not in texts
    assert source.replace("==", "!=") in texts or source.replace("==", "is not") in texts


def test_that_lengths_are_asserted_is_not_broken(tree: Path) -> None:
    source = "def pairs(one, two):\n    return zip(one, two, strict=True)\n"
    assert source.replace("True", "False") not in texts_of(tree, source)
