"""`taipei-id registration-token`: let an organisation's developers register clients themselves."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import click
from sqlalchemy.orm import Session

from audit import trail
from clients import organisations, registration_tokens, registry
from clients.models import Body, Environment, Organisation, OrganisationKind, Profile
from kernel import clock
from kernel.errors import NotFound
from kernel.wording import Bilingual
from web.cli import recording
from web.cli.console import say, show_table, warn
from web.cli.opening import opened
from web.cli.refusals import Stop


@click.group(name="registration-token")
def registration_token() -> None:
    """Let developers register clients: issue a token, list them, end one."""


@registration_token.command()
@click.option(
    "--of",
    "whose",
    metavar="CLIENT_ID|ORGANISATION_ID",
    help="The organisation that this client is of, ended or not; or its own id.",
)
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
    whose: str | None,
    new: tuple[str, str] | None,
    *,
    production: bool,
    profile: str,
    uses: int,
    days: int,
) -> None:
    """Print a token that registers clients of one organisation, in the sandbox by default."""
    if (whose is None) == (new is None):
        raise Stop("say whose token it is: --of CLIENT_ID, --of ORGANISATION_ID or --new ZH EN")
    with opened() as at:
        now = clock.now()
        known = None if whose is None else _known(at.session, whose)
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


def _known(session: Session, whose: str) -> Organisation:
    """Return an organisation by a client of it; by its own id, for one that has none yet."""
    try:
        return registry.get(session, whose).organisation  # first: a client_id may look like an id
    except NotFound:
        with suppress(ValueError, NotFound):
            return organisations.get(session, UUID(whose))
        raise


def _new(session: Session, name: Bilingual, *, now: datetime) -> Organisation:
    there = [
        each
        for word in name
        for each in organisations.called(session, word.strip())
        if each.kind is OrganisationKind.AGENCY
    ]
    if there:
        raise Stop(f"{there[0].name_zh} / {there[0].name_en} is there; say --of {there[0].id}")
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
