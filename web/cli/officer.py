"""`taipei-id officer`: appoint the first officers, dismiss any, and see which posts are idle."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import click

from audit import trail
from clients import officers, organisations
from clients.officer_models import Role
from kernel import clock
from kernel.errors import NotFound
from members import leaving, register
from web.cli.console import say, show_table
from web.cli.member import find
from web.cli.opening import Opened, opened
from web.cli.refusals import Stop

DAY, YEAR = timedelta(days=1), timedelta(days=365)


@click.group()
def officer() -> None:
    """Appoint, dismiss and list the city's officers; whoever they are, they are members first."""


@officer.command()
@click.argument("login")
@click.argument("role", type=click.Choice([each.value for each in Role]))
@click.option("--organisation", help="The agency, by its Chinese or English name, or its id.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; else one year.")
def appoint(login: str, role: str, organisation: str | None, until: datetime | None) -> None:
    """Give the member LOGIN the post ROLE."""
    now = clock.now()
    ends_at = now + YEAR if until is None else _end_of(until)
    with opened() as at:
        member_id = find(at, login)
        leaving.lock(at.session, member_id)
        post = officers.appoint(
            at.session,
            member_id=member_id,
            organisation_id=None if organisation is None else _organisation(at, organisation),
            role=Role(role),
            by=None,
            until=ends_at,
            now=now,
        )
        _record(at, "officer.appointed", member_id, post.id, role, now=now)
    say(f"{login} is {role} until {_last_day(ends_at)}: post {post.id}")


def _end_of(day: datetime) -> datetime:
    """Return the end of a day in Taipei, as the console has it."""
    return datetime.combine(day.date() + DAY, time(), clock.TAIPEI)


def _last_day(ends_at: datetime) -> date:
    return clock.taipei_day(ends_at - timedelta(microseconds=1))


def _organisation(at: Opened, name: str) -> UUID:
    try:
        return organisations.get(at.session, UUID(name)).id
    except ValueError:  # a name, then
        found = organisations.called(at.session, name)
    if not found:
        raise NotFound("officer.organisation_not_found")
    if len(found) > 1:
        those = "; ".join(f"{each.id} {each.name_zh} {each.name_en}" for each in found)
        raise Stop(f"{len(found)} organisations are called so, say one by its id: {those}")
    return found[0].id


@officer.command()
@click.argument("post_id", type=click.UUID)
def dismiss(post_id: UUID) -> None:
    """End the post POST_ID; its holder can do nothing more in it from the next request on."""
    now = clock.now()
    with opened() as at:
        post = officers.dismiss(at.session, post_id, by=None, now=now)
        _record(at, "officer.dismissed", post.member_id, post_id, post.role.value, now=now)
    say(f"post {post_id} has ended")


@officer.command(name="list")
@click.option("--idle", is_flag=True, help="Only those nobody worked in for three months.")
def list_(*, idle: bool) -> None:
    """List the live posts."""
    now = clock.now()
    with opened() as at:
        rows = [
            (
                str(each.id),
                register.get(at.session, each.member_id).login,
                each.role.value,
                _last_day(each.ends_at).isoformat(),
                "IDLE" if officers.is_idle(each, now=now) else "–",
            )
            for each in officers.listed(at.session, now=now)
            if not idle or officers.is_idle(each, now=now)
        ]
    show_table(("post", "login", "role", "until", "idle"), rows)


def _record(
    at: Opened, event: str, member_id: UUID, post_id: UUID, role: str, *, now: datetime
) -> None:
    trail.record(
        at.session,
        event,
        actor=None,
        subject=member_id,
        now=now,
        post=str(post_id),
        role=role,
        channel="cli",
    )
