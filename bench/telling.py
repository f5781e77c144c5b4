"""Tell whoever waits what is being done: a line that changes, or a line each in a log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Give what says a step; where no terminal is, Rich would say nothing for an hour."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: click.echo(step, err=True)
        return
    with console.status("") as status:
        yield status.update
