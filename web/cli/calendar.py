"""`taipei-id calendar`: say on which days the city works, as typhoons and decrees have it."""

from datetime import date, datetime

import click

from audit import trail
from kernel import calendar as days
from kernel import clock
from web.cli.console import say, show_table
from web.cli.opening import Opened, opened

DAY = click.DateTime(["%Y-%m-%d"])
OFF, WORKED = "off", "worked"


@click.group()
def calendar() -> None:
    """Enter days off and days worked that the rule does not know; terms follow at once."""


@calendar.command(name="list")
def list_() -> None:
    """List the years, whether somebody checked them, and the days entered by hand."""
    with opened() as at:
        checked = {each.year: each for each in days.confirmed(at.session)}
        off = days.load(at.session).off
        years = [
            (
                str(year),
                str(sum(each.year == year for each in off)),
                *_check(checked.get(year)),
            )
            for year in sorted({each.year for each in off} | checked.keys())
        ]
        rows = [
            (each.day.isoformat(), WORKED if each.is_workday else OFF, each.note)
            for each in days.declared(at.session)
        ]
    show_table(("year", "days off", "checked by", "on", "against"), years)
    show_table(("day", "is", "note"), rows)


def _check(row: days.CalendarYear | None) -> tuple[str, str, str]:
    if row is None:
        return "nobody", "–", "–"
    return row.checked_by, clock.taipei_day(row.checked_at).isoformat(), row.document


@calendar.command()
@click.argument("year", type=click.IntRange(2000, 2200))
@click.option("--by", required=True, help="Your masked name.")
@click.option("--document", required=True, help="Which published calendar you compared.")
def confirm(year: int, by: str, document: str) -> None:
    """Say that the days off of YEAR are those the Executive Yuan published."""
    now = clock.now()
    with opened() as at:
        days.confirm(at.session, year, by=by, document=document, now=now)
        trail.record(
            at.session, "calendar.confirmed", actor=None, now=now, year=year, channel="cli"
        )
    say(f"{year} was checked by {by}.")


@calendar.command()
@click.argument("day", type=DAY)
@click.argument("what", type=click.Choice([OFF, WORKED]))
@click.option("--note", default="", help="Why: a typhoon, a make-up day.")
def add(day: datetime, what: str, note: str) -> None:
    """Let DAY be off or be worked, whatever the rule says."""
    on = day.date()
    with opened() as at:
        days.declare(at.session, on, is_workday=what == WORKED, note=note)
        _record_day(at, on, what)
    say(f"{on} is {what}.")


@calendar.command()
@click.argument("day", type=DAY)
def remove(day: datetime) -> None:
    """Let the rule decide about DAY again."""
    on = day.date()
    with opened() as at:
        days.forget(at.session, on)
        _record_day(at, on, "rule")
    say(f"{on} is what the rule says.")


def _record_day(at: Opened, on: date, what: str) -> None:
    now = clock.now()
    trail.record(
        at.session, "calendar.set", actor=None, now=now, day=str(on), what=what, channel="cli"
    )
