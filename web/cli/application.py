"""`taipei-id application`: see what waits, without seeing whose it is."""

from datetime import date

import click

from kernel import calendar, clock
from kernel.calendar import Calendar
from members import application_clock, applications
from members.application_models import Application
from web.cli.console import show_table
from web.cli.opening import opened

HEADS = ("number", "state", "channel", "kind", "district", "received", "due", "urgency")
MOST = 200


@click.group()
def application() -> None:
    """See applications to become a member."""


@application.command(name="list")
def list_() -> None:
    """List what waits for a counter and for the Bureau, the oldest first; no names, no numbers."""
    with opened() as at:
        days, today = calendar.load(at.session), clock.taipei_day(clock.now())
        waiting = [
            *applications.waiting_for_review(at.session, most=MOST),
            *applications.waiting_for_confirmation(at.session, most=MOST),
        ]
    show_table(HEADS, [_row(each, days, today) for each in waiting])


def _row(each: Application, days: Calendar, today: date) -> tuple[str, ...]:
    due = application_clock.due(each, days)
    return (
        each.number,
        each.state.value,
        each.channel.value,
        each.kind.value,
        each.district or "–",
        clock.taipei_day(each.submitted_at).isoformat(),
        "–" if due is None else due.isoformat(),
        "OVERDUE" if due is not None and today > due else "–",
    )
