"""Inspection day: the official's forty checks, each by tests that run now, a line for each.

    make inspection                    the lines in Chinese
    make inspection ARGS=--english

A check passes when every test it names has passed, on SQLite and on PostgreSQL where a test runs on
both. One that names no test is not proved, and the command says so and fails.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest

from tests.inspection_checks import CHECKS, Check

ROOT = Path(__file__).parent.parent
PROVED, FAILED, SKIPPED = "passed", "failed", "skipped"
SIGNS = {PROVED: "✓", FAILED: "✗", SKIPPED: "–"}


@dataclass
class Seen:
    """Listens to pytest: how often each named test ended how."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _: None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: by its call, or by whatever kept it from being called."""
        if report.when == "call" or not report.passed:
            test = report.nodeid.partition("[")[0]
            self.outcomes.setdefault(test, Counter())[report.outcome] += 1
            self.tell(test)


def lines(
    checks: Iterable[Check], outcomes: Mapping[str, Counter[str]], *, english: bool
) -> Iterator[str]:
    """Yield a line for each check: its sign, its number, what it is, and how many tests said so."""
    for check in checks:
        found = [outcomes.get(test, Counter()) for test in check.tests]
        ended = sum(found, Counter[str]())
        yield f"{SIGNS[verdict(found)]} {check.number:2}  {_said(check, ended, english=english)}"


def verdict(found: list[Counter[str]]) -> str:
    """Say how a check ended: every test it names has run, and none failed or was left out."""
    if any(each[FAILED] for each in found):
        return FAILED
    if not found or any(each[SKIPPED] or not each[PROVED] for each in found):
        return SKIPPED
    return PROVED


def _said(check: Check, ended: Counter[str], *, english: bool) -> str:
    if not check.tests:
        return f"{check.en} (not proved)" if english else f"{check.zh}（尚無測試佐證）"
    passed, ran = ended[PROVED], ended.total()
    if english:
        return f"{check.en} ({passed} of {ran} tests passed)"
    return f"{check.zh}（{ran} 項測試，通過 {passed} 項）"


def main() -> int:
    """Run the tests of the checks and print the forty lines; 0 if every check passed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--english", action="store_true", help="print the lines in English")
    parser.add_argument("--workers", default="2", help="test processes at once")
    given = parser.parse_args()
    seen = Seen(tell=_dot)
    named = sorted({test for check in CHECKS for test in check.tests})
    said = StringIO()  # pytest's own words, wanted only when something failed
    with redirect_stdout(said):
        pytest.main(
            ["-q", "--tb=short", "-n", given.workers, "--rootdir", str(ROOT), *named],
            plugins=[seen],
        )
    sys.stderr.write("\n")
    written = list(lines(CHECKS, seen.outcomes, english=given.english))
    sys.stdout.write("\n".join([*written, ""]))
    if any(line.startswith(SIGNS[FAILED]) for line in written):
        sys.stderr.write(said.getvalue())
    proved = sum(line.startswith(SIGNS[PROVED]) for line in written)
    sys.stdout.write(
        f"\n{proved} of {len(written)} checks passed\n"
        if given.english
        else f"\n{len(written)} 項查核，通過 {proved} 項\n"
    )
    return int(proved != len(written))


def _dot(_: str) -> None:
    sys.stderr.write(".")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
