"""`taipei-id requests`: work on members' requests about their data until staff have consoles.

Each step is on the trail, in the member's footprint, and told to the member by mail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import click

from audit import footprint
from kernel import calendar, clock
from kernel.calendar import Calendar
from members import register
from members import requests as rights
from members.clocks import remind_on
from members.models import Outcome, RequestState, SubjectRequest
from members.requests import Desk
from web import request_making
from web.cli.console import say, show_table
from web.cli.opening import Opened, opened

OFFICE = ("資訊局", "Department of Information Technology")
ROLE = ("個資窗口", "Data protection desk")
HEADS = ("reference", "kind", "recipient", "state", "received", "due", "urgency")


@click.group()
def requests() -> None:
    """Work on members' requests about their data: list, show, ask, extend, decide, fulfil."""


@requests.command(name="list")
def list_() -> None:
    """List the open requests, the oldest first, with the day by which each is answered."""
    with opened() as at:
        days, today = calendar.load(at.session), clock.taipei_day(clock.now())
        rows = [_row(each, days, today) for each in rights.all_open(at.session)]
    show_table(HEADS, rows)


def _row(request: SubjectRequest, days: Calendar, today: date) -> tuple[str, ...]:
    due = rights.due(request, days)
    return (
        request.reference,
        request.kind.value,
        request.recipient,
        request.state.value,
        clock.taipei_day(request.received_at).isoformat(),
        "–" if due is None else due.isoformat(),
        _urgency(due, days, today),
    )


def _urgency(due: date | None, days: Calendar, today: date) -> str:
    if due is None:
        return "–"
    if today > due:
        return "OVERDUE"
    return "soon" if today >= remind_on(due, days) else "–"


@requests.command()
@click.argument("reference")
@click.option("--clerk", required=True, help="Your masked name, as the member will read it.")
def show(reference: str, clerk: str) -> None:
    """Show what was written about request REFERENCE; the member sees that you looked."""
    with opened() as at:
        now = clock.now()
        request = rights.get(at.session, reference)
        member = register.get(at.session, request.member_id)
        letters = rights.letters(request, member, keyring=at.keyring)
        footprint.record_view(
            at.session,
            member_id=member.id,
            claims=request.claims,
            office=OFFICE,
            role=ROLE,
            viewer=clerk,
            case=request.reference,
            now=now,
        )
    say(f"{request.reference}: {request.kind.value}, {request.state.value}, {request.claims}")
    for each in letters:
        say(f"{each.at} {each.by.value} {each.occasion}: {each.words}")


@requests.command()
@click.argument("reference")
@click.argument("words")
def ask(reference: str, words: str) -> None:
    """Ask the member for what is missing; the clock stands still until they answer."""
    with _step(reference, "questioned") as (at, desk, request):
        desk.question(request, words)
        done = _stands(at, request)
    say(done)


@requests.command()
@click.argument("reference")
@click.argument("reason")
def extend(reference: str, reason: str) -> None:
    """Take the longer term for REFERENCE, once, for a written REASON."""
    with _step(reference, "extended") as (at, desk, request):
        desk.extend(request, reason, calendar.load(at.session))
        done = _stands(at, request)
    say(done)


@requests.command()
@click.argument("reference")
@click.argument("outcome", type=click.Choice([each.value for each in Outcome]))
@click.option("--reason", required=True, help="Why; the member reads it.")
def decide(reference: str, outcome: str, reason: str) -> None:
    """Decide request REFERENCE, with the reason."""
    with _step(reference, "decided") as (at, desk, request):
        desk.decide(request, Outcome(outcome), reason)
        done = _stands(at, request)
    say(done)


@requests.command()
@click.argument("reference")
def fulfil(reference: str) -> None:
    """Note that what was granted is done; recipients of the data are told where they must be."""
    with _step(reference, "fulfilled") as (at, desk, request):
        if desk.fulfil(request):
            request_making.tell_recipients(at.session, request, now=desk.now)
        done = _stands(at, request)
    say(done)


@contextmanager
def _step(reference: str, step: str) -> Iterator[tuple[Opened, Desk, SubjectRequest]]:
    with opened() as at:
        now: datetime = clock.now()
        request = rights.get(at.session, reference)
        yield at, Desk(session=at.session, keyring=at.keyring, now=now), request
        request_making.moved(at.session, request, step, now=now)


def _stands(at: Opened, request: SubjectRequest) -> str:
    due = rights.due(request, calendar.load(at.session))
    until = "" if due is None else f", due {due}"
    waits = " (the clock stands still)" if request.state is RequestState.WAITING else ""
    return f"{request.reference} is {request.state.value}{until}{waits}."
