"""Print: in colour for people at a terminal, as plain lines for everything else."""

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Protocol

import click

BETWEEN = "  "  # columns of a drawn table
# For a command that takes a thumbprint: one in 64 begins with a hyphen, and is no option.
NAMES_WITH_HYPHENS = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


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
    heading, *others = _aligned([columns, *rows])
    say(click.style(heading, bold=True))
    for line in others:
        say(line)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        BETWEEN.join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """Return how many places a terminal gives the text: two to a Chinese character."""
    return sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


@contextmanager
def progress(title: str, *, total: int | None = None) -> Iterator[Advance]:
    """Count what is done beside `title`, of `total` if known; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    with click.progressbar(
        count(), length=total, label=title, file=sys.stderr, show_pos=True
    ) as bar:
        yield bar.update
