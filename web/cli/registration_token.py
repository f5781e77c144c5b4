"""`taipei-id registration-token`: let an organisation's developers register clients themselves."""

from datetime import datetime, timedelta
from uuid import UUID

import click
from sqlalchemy.orm import Session

from audit import trail
from clients import organisations, registration_tokens, registry
from clients.models import Body, Environment, Organisation, Profile
from kernel import clock
from kernel.wording import Bilingual
from web.cli import recording
from web.cli.console import say, show_table, warn
from web.cli.opening import opened
from web.cli.refusals import Stop


@click.group(name="registration-token")
def registration_token() -> None:
    """Let developers register clients: issue a token, list them, end one."""


@registration_token.command()
@click.option("--of", "client_id", help="The organisation that this client is of.")
@click.option("--new", nargs=2, metavar="ZH EN", help="A new agency, by its two names.")
@click.option("--production", is_flag=True, help="For the public, once DoIT admits the client.")
@click.option(
    "--profile",
    type=click.Choice([each.value for each in Profile]),
    default=Profile.BASIC.value,
    show_default=True,
    help="The profile its clients get.",
)
@click.option("--uses", default=1, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 365))
def issue(
    client_id: str | None,
    new: tuple[str, str] | None,
    *,
    production: bool,
    profile: str,
    uses: int,
    days: int,
) -> None:
    """Print a token that registers clients of one organisation, in the sandbox by default."""
    if (client_id is None) == (new is None):
        raise Stop("say whose token it is: --of CLIENT_ID or --new ZH EN")
    with opened() as at:
        now = clock.now()
        known = None if client_id is None else registry.get(at.session, client_id).organisation
        organisation = known or _new(at.session, Bilingual(*(new or ("", ""))), now=now)
        token = registration_tokens.issue(
            at.session,
            organisation,
            environment=Environment.PRODUCTION if production else Environment.SANDBOX,
            profile=Profile(profile),
            uses=uses,
            lifetime=timedelta(days=days),
            now=now,
        )
        trail.record(
            at.session,
            "registration_token.issued",
            actor=None,
            subject=organisation.id,
            now=now,
            channel="cli",
            uses=uses,
        )
    warn("The token, shown this once; developers send it to /register:")
    say(token)


def _new(session: Session, name: Bilingual, *, now: datetime) -> Organisation:
    if any(organisations.called(session, each.strip()) for each in name):
        raise Stop(f"{name.zh} / {name.en} is there already; say --of with a client of it")
    organisation = organisations.enter(session, name, Body.DEPARTMENT, now=now)
    trail.record(
        session,
        "organisation.entered",
        actor=None,
        subject=organisation.id,
        now=now,
        channel="cli",
        body=organisation.body.value,
    )
    return organisation


@registration_token.command(name="list")
def list_() -> None:
    """List every token: what it is for, how often it was used, until when it works."""
    with opened() as at:
        rows = [
            (
                str(row.id),
                row.environment.value,
                row.profile.value,
                f"{row.uses}/{row.most_uses}",
                f"{row.expires_at:%Y-%m-%d}",
                "yes" if row.ended_at else "no",
            )
            for row in registration_tokens.listed(at.session)
        ]
    show_table(("token", "environment", "profile", "uses", "until", "ended"), rows)


@registration_token.command()
@click.argument("number", type=click.UUID)
def end(number: UUID) -> None:
    """Let nobody register with the token NUMBER any more."""
    with opened() as at:
        now = clock.now()
        registration_tokens.end(at.session, number, now=now)
        recording.record(at.session, "registration_token.ended", number, now=now)
    say(f"token {number} opens nothing any more")
