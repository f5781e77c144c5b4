"""`taipei-id population`: enter the published figures that offers are held against (10(4))."""

from datetime import datetime

import click

from audit import trail
from kernel import clock
from services import populations
from web.cli.console import say, show_table
from web.cli.opening import opened

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def population() -> None:
    """Enter how many people fulfil a condition, and list what was entered."""


@population.command()
@click.argument("condition")
@click.argument("people", type=click.IntRange(min=0))
@click.option("--source", required=True, help="Which published statistics say so.")
@click.option("--as-of", required=True, type=DAY, help="The day they speak of; not in the future.")
def enter(condition: str, people: int, source: str, as_of: datetime) -> None:
    """Enter that PEOPLE fulfil CONDITION: "everybody", or a rule in JSON."""
    now = clock.now()
    with opened() as at:
        populations.enter(at.session, condition, people, source=source, as_of=as_of.date(), now=now)
        trail.record(
            at.session, "population.entered", actor=None, now=now, people=people, channel="cli"
        )
    say(f"{people} as of {as_of.date()}: offers are held against it from their next review on.")


@population.command(name="list")
def list_() -> None:
    """List the figures entered, the newest of each condition first."""
    with opened() as at:
        rows = [
            (each.condition, str(each.people), str(each.as_of), each.source)
            for each in populations.entered(at.session)
        ]
    show_table(("condition", "people", "as of", "source"), rows)
