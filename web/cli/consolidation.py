"""`taipei-id consolidation`: look at agencies' batches, and take one on with a progress bar."""

import csv
import sys

import click

from kernel import clock
from kernel import settings as configuration
from kernel.db import sessions, transaction
from services import consolidation_batches as batches
from services.consolidation_models import Batch
from services.consolidation_reading import Superseded
from services.consolidation_work import state_of, work
from web.cli.console import progress, say, show_table
from web.cli.opening import engine_of, keyring_of, opened, require_current

HEADS = ("number", "service", "state", "uploaded", "rows")
EVERY_CHUNK = 10**9


@click.group()
def consolidation() -> None:
    """Look after what agencies consolidate: list, show, report, go on."""


@consolidation.command(name="list")
def list_() -> None:
    """List the newest batches of all agencies."""
    with opened() as at:
        rows = [_row(each) for each in batches.listed(at.session)]
    show_table(HEADS, rows)


def _row(batch: Batch) -> tuple[str, ...]:
    at = clock.taipei_day(batch.uploaded_at).isoformat()
    return (batch.number, batch.service.code, batch.state.value, at, str(batch.read_rows))


@consolidation.command()
@click.argument("number")
def show(number: str) -> None:
    """Show what batch NUMBER does, or did, in numbers."""
    with opened() as at:
        batch = batches.get(at.session, number)
        counts = batches.counts(at.session, batch)
        troubles = batches.troubles(at.session, batch)
        stopped = f", stopped by {batch.stopped_by}" if batch.stopped_by else ""
        said = f"{batch.number}: {batch.service.code}, {batch.state.value}{stopped}"
    say(said)
    rows = [(outcome.value, str(count)) for outcome, count in counts.items()]
    show_table(("what", "rows"), [*rows, *((code, str(count)) for code, count in troubles)])


@consolidation.command()
@click.argument("number")
def report(number: str) -> None:
    """Print what became of each row of batch NUMBER, as CSV: places and codes, no data."""
    lines = csv.writer(sys.stdout)
    lines.writerow(("row", "outcome", "code", "name_differs", "undone"))
    with opened() as at:
        lines.writerows(batches.report(at.session, batches.get(at.session, number)))


@consolidation.command()
@click.argument("number")
def run(number: str) -> None:
    """Go on with batch NUMBER here and now, if it is to be read, applied or undone.

    Only what two officers confirmed is applied. It may be interrupted at any time; the worker takes
    it on, and tells the people it concerns. Where a worker is faster, this one stops.
    """
    settings, now = configuration.load(), clock.now()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        with transaction(make) as session:
            batch = batches.get(session, number)
            key, total = batch.id, sum(batches.counts(session, batch).values()) or None
        try:
            with progress("rows", total=total) as advance:
                for done in work(make, key, keyring_of(settings), most_chunks=EVERY_CHUNK, now=now):
                    advance(done)
        except Superseded:
            say(f"A worker goes on with {number}.")
        state = state_of(make, key)
    say(f"{number} is {state.value}.")
