"""Say what operations cost among crowds of different sizes: a table, and a picture of it."""

from collections.abc import Sequence

from bench import document, sizes
from bench.panels import drawn
from bench.sizes import Sized

NAME = "sizes"  # of its place in the document
LEFT = 2


def titles(found: Sequence[Sized]) -> list[str]:
    """Return the heads of the columns."""
    members = [sizes.short(size) for size in found[0].sizes]
    return [
        *("engine", "operation", "users"),
        *(f"CPU ms, {each}" for each in members),
        *(f"× floor, {each}" for each in members),
        *(f"p95 ms, {each}" for each in members),
        "growth",
    ]


def cells(found: Sequence[Sized]) -> list[list[str]]:
    """Return the table, a row an operation."""
    return [
        [
            *(each.engine, each.operation, str(each.users)),
            *(f"{value:.2f}" for value in each.cpu_ms),
            *(f"{value:.1f}" for value in each.floors),
            *(f"{value:.1f}" for value in each.p95_ms),
            f"{each.growth:.2f}",
        ]
        for each in found
    ]


def show(found: Sequence[Sized], notes: Sequence[str]) -> None:
    """Print the table, tab-separated."""
    for line in (titles(found), *cells(found), notes):
        print("\t".join(line))


def write(found: Sequence[Sized], notes: Sequence[str]) -> None:
    """Put the table into docs/performance.md and the picture beside it."""
    table = document.table(titles(found), cells(found), left=LEFT)
    document.put(NAME, f"{table}\n\n" + "\n".join(notes))
    for engine in dict.fromkeys(each.engine for each in found):
        panels = sizes.panels([each for each in found if each.engine == engine])
        svg = drawn(f"Cost by size on {engine}", "CPU milliseconds of server and database.", panels)
        document.picture(f"sizes-{engine}", svg)
