"""The forty checks are forty, name tests that exist, and pass only when these passed."""

import ast
from collections import Counter
from pathlib import Path

from tests import inspection_day
from tests.inspection_checks import CHECKS, Check

ROOT = Path(__file__).parent.parent
# What is not built yet. A check stands here or names its tests.
WAITING = {17, 18, 24, 25, 26, 30, 32}


def test_there_are_forty_in_order() -> None:
    assert [check.number for check in CHECKS] == list(range(1, 41))


def test_each_names_its_tests_or_waits() -> None:
    assert {check.number for check in CHECKS if not check.tests} == WAITING


def test_every_test_that_is_named_exists() -> None:
    for path, _, name in (test.partition("::") for check in CHECKS for test in check.tests):
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in there, f"{path} has no {name}"


def test_a_check_passes_when_each_of_its_tests_did() -> None:
    check = Check(7, "審核通過前不能登入", "Nobody signs in before approval", ("one", "two"))

    def line(one: Counter[str], two: Counter[str]) -> str:
        outcomes = {"one": one, "two": two}
        return next(inspection_day.lines([check], outcomes, english=True))

    once, twice = Counter(passed=1), Counter(passed=2)
    assert line(twice, once) == "✓  7  Nobody signs in before approval (3 of 3 tests passed)"
    assert line(twice, Counter(passed=1, failed=1)).startswith("✗  7")
    assert line(twice, Counter(skipped=1)).startswith("–  7")
    assert line(twice, Counter()).startswith("–  7")


def test_a_check_without_a_test_is_not_passed() -> None:
    line = next(inspection_day.lines([Check(1, "查核", "A check")], {}, english=False))

    assert line == "–  1  查核（尚無測試佐證）"
