"""`taipei-id calendar`: say on which days the city works, as typhoons and decrees have it."""

from datetime import datetime

import click

from audit import trail
from kernel import calendar as days
from kernel import clock
from web.cli.console import say, show_table
from web.cli.opening import opened

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def calendar() -> None:
    """Enter days off and days worked that the rule does not know; terms follow at once."""


@calendar.command(name="list")
def list_() -> None:
    """List the days entered by hand."""
    with opened() as at:
        rows = [
            (each.day.isoformat(), "worked" if each.is_workday else "off", each.note)
            for each in days.declared(at.session)
        ]
    show_table(("day", "is", "note"), rows)


@calendar.command(name="set")
@click.argument("day", type=DAY)
@click.argument("what", type=click.Choice(["off", "worked", "rule"]))
@click.option("--note", default="", help="Why: a typhoon, a make-up day.")
def set_(day: datetime, what: str, note: str) -> None:
    """Let DAY be off, be worked, or be what the rule says again."""
    on = day.date()
    with opened() as at:
        if what == "rule":
            days.forget(at.session, on)
        else:
            days.declare(at.session, on, is_workday=what == "worked", note=note)
        trail.record(
            at.session, "calendar.set", actor=None, now=clock.now(), day=str(on), what=what
        )
    say(f"{on} is {what}.")
