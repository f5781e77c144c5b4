"""Print: in colour for people at a terminal, as plain lines for everything else."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table


class Advance(Protocol):
    """Report that so many more were done."""

    def __call__(self, done: int, /) -> None:
        """Move the progress by `done`."""
        ...


def say(line: str) -> None:
    """Print one line as it is."""
    click.echo(line)


def warn(line: str) -> None:
    """Print one line beside the output, so that a pipe does not swallow it."""
    click.echo(line, err=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows: a drawn table on a terminal, else tab-separated lines under their heading."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            say("\t".join(row))
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table, markup=False)


@contextmanager
def progress(title: str, *, total: int | None = None) -> Iterator[Advance]:
    """Count what is done beside `title`, of `total` if known; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.advance(task, done)
