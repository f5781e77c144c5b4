"""Measure every operation among crowds of different sizes: `--sizes 10000,100000`.

Each size has a database and a server of its own, one after another. So a row is compared by its
ratio to the floor measured in the same minutes, for a shared machine is not as fast all the time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bench import measure
from bench.measure import Plan, Row, Say
from bench.panels import Panel

SHORT = ((1_000_000, "M"), (1_000, "k"))


@dataclass(frozen=True, kw_only=True)
class Sized:
    """One operation on one engine: what it cost at each size, least first."""

    engine: str
    operation: str
    users: int
    sizes: tuple[int, ...]
    cpu_ms: tuple[float, ...]
    floors: tuple[float, ...]  # the same as a multiple of the floor
    p95_ms: tuple[float, ...]

    @property
    def growth(self) -> float:
        """Return the cost at the largest size as a multiple of that at the smallest."""
        return self.floors[-1] / self.floors[0]


def run(plan: Plan, sizes: Sequence[int], say: Say) -> list[Sized]:
    """Run the plan at each size. Raises Failed or NotStarted."""
    found = {}
    for size in sorted(sizes):
        found[size] = measure.measure(replace(plan, crowd=size), partial(_say, say, size))
    return by_operation(found)


def _say(say: Say, size: int, what: str) -> None:
    say(f"{size:,}: {what}")


def by_operation(found: dict[int, list[Row]]) -> list[Sized]:
    """Return the rows of all sizes, an operation each; the floor is the unit and no row."""
    sizes = tuple(sorted(found))
    tables = [{_key(row): row for row in found[size]} for size in sizes]
    return [
        Sized(
            engine=key[0],
            operation=key[1],
            users=key[2],
            sizes=sizes,
            cpu_ms=tuple(table[key].total_ms for table in tables),
            floors=tuple(
                table[key].total_ms / table[key[0], "floor", key[2]].total_ms for table in tables
            ),
            p95_ms=tuple(table[key].p95_ms for table in tables),
        )
        for key in tables[0]
        if key[1] != "floor"
    ]


def _key(row: Row) -> tuple[str, str, int]:
    return row.engine, row.operation, row.users


def panels(found: Iterable[Sized]) -> list[Panel]:
    """Return a chart of each operation: CPU milliseconds by size."""
    return [
        Panel(
            title=f"{each.operation}, CPU ms",
            places=[short(size) for size in each.sizes],
            lines={"cpu": each.cpu_ms},
        )
        for each in found
    ]


def short(number: int) -> str:
    """Return a number of members in few characters: 10k, 2.6M."""
    unit, sign = next(((unit, sign) for unit, sign in SHORT if number >= unit), (1, ""))
    return f"{number / unit:g}{sign}"
