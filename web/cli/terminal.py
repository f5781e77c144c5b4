"""`taipei-id terminal`: register the readers at agencies' desks, list them, end one."""

from uuid import UUID

import click

from audit import trail
from clients import registry, terminals
from kernel import clock
from web.cli.console import say, show_table
from web.cli.opening import opened


@click.group()
def terminal() -> None:
    """Register a reader of an agency, list them, end one."""


@terminal.command()
@click.argument("client_id")
@click.argument("name")
def add(client_id: str, name: str) -> None:
    """Register a reader of the agency's client CLIENT_ID; NAME says where it stands."""
    with opened() as at:
        now = clock.now()
        row = terminals.add(at.session, registry.get(at.session, client_id), name, now=now)
        trail.record(
            at.session, "terminal.registered", actor=None, subject=row.id, now=now, channel="cli"
        )
        number = row.id
    say(str(number))


@terminal.command(name="list")
@click.argument("client_id")
def list_(client_id: str) -> None:
    """List the readers of CLIENT_ID."""
    with opened() as at:
        rows = [
            (str(row.id), row.name, f"{row.added_at:%Y-%m-%d}", _ended(row.ended_at))
            for row in terminals.listed(at.session, registry.get(at.session, client_id))
        ]
    show_table(("terminal", "name", "since", "ended"), rows)


def _ended(moment: object) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "no"


@terminal.command()
@click.argument("number", type=click.UUID)
def end(number: UUID) -> None:
    """Answer the reader NUMBER no more, from now on."""
    with opened() as at:
        now = clock.now()
        terminals.end(at.session, number, now=now)
        trail.record(
            at.session, "terminal.ended", actor=None, subject=number, now=now, channel="cli"
        )
    say(f"terminal {number} is answered no more")
