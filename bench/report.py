"""Show the numbers: at a terminal, in a pipe, in docs/performance.md, as JSON."""

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import document
from bench.alike import Alike
from bench.consolidation import Measured as Consolidated
from bench.intake import Desk
from bench.measure import Row
from bench.migration import Step
from bench.panels import Panel, drawn
from bench.parts import Part
from bench.servers import WORKERS

NAME = "bench"  # of its place in the document


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was measured, and the circumstances that say how far to trust it."""

    rows: Sequence[Row]
    began: str  # day and time, ISO 8601
    settings: str  # one line: seconds, repeats, members
    load_before: tuple[float, float, float]
    load_after: tuple[float, float, float]

    def notes(self) -> list[str]:
        """Return the lines that stand under the table."""
        before, after = (
            " ".join(f"{value:.2f}" for value in load)
            for load in (self.load_before, self.load_after)
        )
        cores, python = os.cpu_count(), platform.python_version()
        machine = f"{cores} cores, CPython {python}, {WORKERS} gunicorn workers"
        return [
            f"{self.began}, {self.settings}, {machine}.",
            f"Load average {before} before, {after} after (the generator itself is part of it).",
        ]


def _cpu(row: Row, report: Report) -> str:
    text = f"{row.total_ms:.2f} ({row.least_ms:.2f}–{row.most_ms:.2f})"
    if row.operation == "login" and (bare := _find(row, "password", report.rows)) is not None:
        text += f" = password + {row.total_ms - bare.total_ms:.2f}"
    return text


COLUMNS: tuple[tuple[str, Callable[[Row, Report], str]], ...] = (
    ("engine", lambda row, _: row.engine),
    ("operation", lambda row, _: row.operation),
    ("users", lambda row, _: str(row.users)),
    ("CPU ms (spread)", _cpu),
    ("server", lambda row, _: f"{row.server_ms:.2f}"),
    ("database", lambda row, _: f"{row.store_ms:.2f}" if row.engine != "sqlite" else "–"),
    ("× floor", lambda row, report: _ratio(row, report.rows)),
    ("p50 ms", lambda row, _: f"{row.p50_ms:.1f}"),
    ("p95 ms", lambda row, _: f"{row.p95_ms:.1f}"),
    ("p99 ms", lambda row, _: f"{row.p99_ms:.1f}"),
    ("per second", lambda row, _: f"{row.per_second:.0f}"),
    ("worker MB", lambda row, _: f"{row.worker_mb:.0f}"),
    ("statements", lambda row, _: str(row.statements)),
    ("transactions", lambda row, _: str(row.transactions)),
)
LEFT_ALIGNED = 2


def _ratio(row: Row, rows: Iterable[Row]) -> str:
    floor = _find(row, "floor", rows)
    return f"{row.total_ms / floor.total_ms:.1f}" if floor is not None and floor.total_ms else "–"


def _find(row: Row, operation: str, rows: Iterable[Row]) -> Row | None:
    """Return the row of another operation on the same engine with as many users."""
    wanted = (row.engine, operation, row.users)
    return next(
        (each for each in rows if (each.engine, each.operation, each.users) == wanted), None
    )


def _cells(report: Report) -> list[list[str]]:
    return [[show(row, report) for _, show in COLUMNS] for row in report.rows]


def show(report: Report) -> None:
    """Print the table: drawn at a terminal, tab-separated anywhere else."""
    console = Console()
    if not console.is_terminal:
        lines = [[title for title, _ in COLUMNS], *_cells(report)]
        print("\n".join("\t".join(line) for line in lines))
        print("\n".join(report.notes()))
        return
    table = Table(title="Taipei ID")
    for number, (title, _) in enumerate(COLUMNS):
        table.add_column(title, justify="left" if number < LEFT_ALIGNED else "right")
    for cells in _cells(report):
        table.add_row(*cells)
    console.print(table, *report.notes(), sep="\n")


def show_parts(parts: Iterable[Part]) -> None:
    """Print what single parts cost."""
    print("engine\tpart\tCPU µs here\tin the database")
    for part in parts:
        print(f"{part.engine}\t{part.name}\t{part.here_us:.0f}\t{part.store_us:.0f}")


def show_alike(found: Iterable[Alike]) -> None:
    """Print what each kind of member waited for, and whether that could tell them apart."""
    for each in found:
        print(f"{each.engine}\t{each.rounds} rounds")
        for kind, median_us in each.medians_us.items():
            print(f"\t{kind}\t{median_us:.0f} µs")
        print(f"\tp = {each.p_value:.3f}: chance alone tells them apart as well as this")
        seen = "no difference" if each.visible is None else f"one kind {each.visible:.0%} slower"
        print(f"\t{seen} would have been found (p below 0.01)")


def markdown(report: Report) -> str:
    """Return the table as Markdown, with the circumstances under it."""
    titles = [title for title, _ in COLUMNS]
    table = document.table(titles, _cells(report), left=LEFT_ALIGNED)
    return f"{table}\n\n" + "\n".join(report.notes())


def write(report: Report) -> None:
    """Put the table into docs/performance.md, and what users waited into its picture."""
    document.put(NAME, markdown(report))
    for engine in dict.fromkeys(row.engine for row in report.rows):
        document.picture(f"waits-{engine}", _waits(engine, report.rows))


def _waits(engine: str, rows: Sequence[Row]) -> str:
    mine = [row for row in rows if row.engine == engine]
    users = sorted({row.users for row in mine})
    panels = []
    for operation in dict.fromkeys(row.operation for row in mine):
        places = [row for row in mine if row.operation == operation]
        lines = {
            "p50": [row.p50_ms for row in places],
            "p95": [row.p95_ms for row in places],
            "p99": [row.p99_ms for row in places],
        }
        panels.append(
            Panel(title=f"{operation}, ms", places=[str(each) for each in users], lines=lines)
        )
    return drawn(
        f"What users wait on {engine}",
        "By how many are served at once: the median (solid), 95 (dashed) and 99 (dotted) percent.",
        panels,
    )


def save(report: Report, path: Path) -> None:
    """Write everything as JSON."""
    path.write_text(json.dumps(asdict(report), indent=1, ensure_ascii=False) + "\n")


def show_desk(found: Sequence[Desk]) -> None:
    """Print what the desk took."""
    table = Table(
        "engine", "members", "step", "median ms", "p95 ms", "statements", box=None, pad_edge=False
    )
    for each in found:
        table.add_row(
            each.engine,
            f"{each.members:,}",
            each.step,
            f"{each.median_ms:.1f}",
            f"{each.p95_ms:.1f}",
            str(each.statements),
        )
    Console().print(table)


def show_migration(found: Sequence[Step]) -> None:
    """Print what sign-ins waited while a table changed."""
    names = ("step", "seconds", "sign-ins", "median ms", "longest ms", "refused")
    table = Table(*names, box=None, pad_edge=False)
    for each in found:
        waits = [1000 * seconds for seconds in each.waits.seconds]
        table.add_row(
            each.name,
            f"{each.seconds:.1f}",
            str(len(waits)),
            f"{statistics.median(waits):.0f}",
            f"{max(waits):.0f}",
            str(each.waits.refused),
        )
    Console().print(table)


def show_consolidation(found: Consolidated) -> None:
    """Print what a batch took."""
    names = ("step", "seconds", "rows a second", "CPU seconds", "CPU ms a row")
    table = Table(*names, box=None, pad_edge=False)
    for name, seconds in found.seconds.items():
        spent = found.cpu_seconds[name]
        each = 1000 * spent / found.rows
        table.add_row(
            name, f"{seconds:.1f}", f"{found.rows / seconds:,.0f}", f"{spent:.1f}", f"{each:.3f}"
        )
    Console().print(table)
    counts = ", ".join(f"{count:,} {name}" for name, count in found.counts.items() if count)
    Console().print(f"{found.engine}: {counts}; {found.megabytes} MB at most", highlight=False)
