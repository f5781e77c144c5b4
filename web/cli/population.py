"""`taipei-id population`: enter the figures that offers are held against (10(4))."""

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
@click.option("--source", required=True, help="Whose statistics, or how it was counted.")
@click.option("--document", help="Where it is published: a number, a page, an address.")
@click.option("--counted", is_flag=True, help="Counted among this city's members, not published.")
@click.option("--as-of", required=True, type=DAY, help="The day they speak of; not in the future.")
def enter(
    condition: str,
    people: int,
    *,
    source: str,
    document: str | None,
    counted: bool,
    as_of: datetime,
) -> None:
    """Enter that PEOPLE fulfil CONDITION: "everybody", or a rule in JSON.

    Published figures speak of everybody, counted ones of members; the two are never mixed.
    """
    if counted and document:
        raise click.UsageError("what is --counted has no --document")
    now = clock.now()
    with opened() as at:
        populations.enter(
            at.session,
            condition,
            people,
            source=source,
            document=None if counted else document or "",
            as_of=as_of.date(),
            now=now,
        )
        trail.record(
            at.session,
            "population.entered",
            actor=None,
            now=now,
            people=people,
            counted=counted,
            channel="cli",
        )
    say(f"{people} as of {as_of.date()}: offers are held against it from their next review on.")


@population.command(name="list")
def list_() -> None:
    """List the figures entered, the newest of each condition first."""
    with opened() as at:
        rows = [
            (
                each.condition,
                str(each.people),
                str(each.as_of),
                each.basis.value,
                each.source,
                each.document or "–",
            )
            for each in populations.entered(at.session)
        ]
    show_table(("condition", "people", "as of", "basis", "source", "document"), rows)
