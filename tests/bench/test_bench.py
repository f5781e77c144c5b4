"""The bench is run by hand; this proves that it still runs and has something to say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import document, intake, report, sizes_report
from bench.flows import OPERATIONS
from bench.telling import telling

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_bench_reports_numbers_for_every_operation(tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    options = [
        "--quick",
        "--engine",
        "sqlite",
        "--seconds",
        "0.2",
        "--users",
        "1",
        "--members",
        "5",
    ]

    done = subprocess.run(
        [sys.executable, "-m", "bench", *options, "--json", str(file)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "sqlite: seeding 5 members\n" in done.stderr  # a log file shows how far it is
    numbers = json.loads(file.read_text())
    assert {row["operation"] for row in numbers["rows"]} == set(OPERATIONS)
    assert all(row["p95_ms"] > 0 and row["per_second"] > 0 for row in numbers["rows"])
    assert {row["operation"]: row["statements"] > 0 for row in numbers["rows"]} == {
        name: name not in {"floor", "password", "discovery+jwks"} for name in OPERATIONS
    }


def test_the_document_has_a_place_for_each_table() -> None:
    text = document.DOCUMENT.read_text()

    for name in (report.NAME, sizes_report.NAME):
        begin, end = document.markers(name)
        assert text.index(begin) < text.index(end)


def test_without_a_terminal_each_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with telling() as say:
        say("login: 1 of 3")
        say("login: 2 of 3")

    assert capsys.readouterr().err == "login: 1 of 3\nlogin: 2 of 3\n"


@pytest.mark.slow
def test_the_desk_is_measured_among_a_crowd() -> None:
    found = intake.measure("sqlite", 20, lambda _: None)

    assert [each.step for each in found] == ["screen", "take in"]
    assert all(each.members == 20 and each.p95_ms >= each.median_ms > 0 for each in found)
    assert all(each.statements > 0 for each in found)
