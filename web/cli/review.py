"""`taipei-id client waiting|admit|turn-down`: decide about clients that registered themselves."""

import click
from sqlalchemy.orm import Session

from audit import trail
from clients import review
from clients.models import Client
from kernel import clock
from web.cli.console import say, show_table
from web.cli.opening import opened

CLIENT = click.argument("client_id")


@click.command(name="waiting")
def list_waiting() -> None:
    """List the clients that wait for DoIT, the longest wait first."""
    with opened() as at:
        rows = [
            (row.client_id, row.organisation.name_en, row.name_en, f"{row.created_at:%Y-%m-%d}")
            for row in review.waiting(at.session)
        ]
    show_table(("client_id", "organisation", "name", "since"), rows)


@click.command()
@CLIENT
def admit(client_id: str) -> None:
    """Let CLIENT_ID serve the public (DoIT)."""
    with opened() as at:
        _record(at.session, "client.admitted", review.admit(at.session, client_id))
    say(f"{client_id}: admitted")


@click.command(name="turn-down")
@CLIENT
@click.option("--reason", required=True, help="What its developers read.")
def turn_down(client_id: str, *, reason: str) -> None:
    """Serve CLIENT_ID never, and say why (DoIT)."""
    with opened() as at:
        turned_down = review.turn_down(at.session, client_id, reason=reason)
        _record(at.session, "client.turned_down", turned_down)
    say(f"{client_id}: turned down")


def _record(session: Session, event: str, client: Client) -> None:
    trail.record(session, event, actor=None, subject=client.id, now=clock.now(), channel="cli")


COMMANDS = (list_waiting, admit, turn_down)
