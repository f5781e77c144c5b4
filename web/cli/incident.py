"""`taipei-id incident`: practise finding everybody an incident touched, and see the open ones."""

from datetime import datetime

import click

from audit import affected, incidents, trail
from kernel import clock
from kernel.errors import Refused
from kernel.refusals import refusal
from members import application_looks
from web import incident_scopes
from web.cli.console import NAMES_WITH_HYPHENS, say, show_table
from web.cli.opening import opened
from web.cli.refusals import Stop
from web.incident_scopes import Thread

MOMENT = click.DateTime(formats=("%Y-%m-%d", "%Y-%m-%d %H:%M"))


@click.group()
def incident() -> None:
    """Drill the finding of who was touched; list incidents and their clocks."""


@incident.command(context_settings=NAMES_WITH_HYPHENS)
@click.argument("thread", type=click.Choice([each.value for each in Thread]))
@click.argument("name")
@click.option("--since", type=MOMENT, required=True, help="In Taipei time.")
@click.option("--until", type=MOMENT, required=True, help="In Taipei time.")
def drill(thread: str, name: str, since: datetime, until: datetime) -> None:
    """Find everybody whom NAME (of a client, counter, officer or key) touched; tell nobody."""
    with opened() as at:
        now, session = clock.now(), at.session
        since, until = (each.replace(tzinfo=clock.TAIPEI) for each in (since, until))
        try:
            aim = incident_scopes.aim(session, thread, name, since=since, until=min(until, now))
            row = incidents.open_(
                session,
                f"drill: {thread} {name}",
                happened_at=since,
                is_drill=True,
                by=None,
                keyring=at.keyring,
                now=now,
            )
            affected.aim(
                session, row, aim.reach, keys=aim.keys, since=aim.since, until=aim.until, now=now
            )
        except Refused as refused:
            raise Stop(refusal(refused.code).title.en) from None
        while not affected.gather(session, row, made=application_looks.made, now=now):
            pass
        incidents.end_drill(session, row, now=clock.now())
        trail.record(
            session,
            "incident.drilled",
            actor=None,
            subject=row.id,
            now=now,
            affected=row.affected or 0,
            channel="cli",
        )
        said = f"{row.reference}: {row.affected} members, list {row.affected_hash}"
    say(said)


@incident.command(name="list")
def list_() -> None:
    """List the incidents, the newest first."""
    with opened() as at:
        now, terms = clock.now(), incident_scopes.terms(at.settings.incidents)
        rows = [
            (
                each.reference,
                "drill" if each.is_drill else "–",
                str(each.level or "–"),
                "closed" if each.closed_at else "open",
                "–" if each.affected is None else str(each.affected),
                ", ".join(
                    name
                    for name, term in incidents.clocks(each, terms).items()
                    if term.is_broken(now=now) and not each.is_drill
                )
                or "–",
            )
            for each in incidents.listed(at.session)
        ]
    show_table(("incident", "drill", "level", "state", "touched", "late"), rows)
