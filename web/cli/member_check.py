"""`taipei-id member checked`: enter by hand how a member's data were checked."""

import click

from audit import trail
from kernel import clock
from members import identity_checks, register
from members.identity_checks import METHODS, TYPES, VERIFIABLE
from members.models import CheckKind
from web.cli.console import say
from web.cli.member import find
from web.cli.opening import opened
from web.cli.refusals import Stop

KIND_OF = {of_type: kind for kind, types in TYPES.items() for of_type in types}


@click.command()
@click.argument("login")
@click.option("--seen", type=click.Choice(list(KIND_OF)), required=True, help="What was looked at.")
@click.option("--method", type=click.Choice(METHODS), default="vpip", show_default=True)
@click.option("--office", required=True, help="Who looked, as the city calls it.")
@click.option(
    "--claim",
    "names",
    multiple=True,
    required=True,
    type=click.Choice(VERIFIABLE),
    help="A datum it bore out; may be given several times.",
)
def checked(login: str, *, seen: str, method: str, office: str, names: tuple[str, ...]) -> None:
    """Enter that data of member LOGIN were checked; neither the paper nor its number is kept."""
    now = clock.now()
    with opened() as at:
        member_id = find(at, login)
        kept = identity_checks.record(
            at.session,
            member_id,
            kind=KIND_OF[seen],
            of_type=seen,
            method=method,
            office=office,
            names=names,
            held=register.claims_of(register.get(at.session, member_id), keyring=at.keyring),
            keyring=at.keyring,
            now=now,
        )
        if not kept:
            raise Stop(f"nothing of this is on record of {login}")
        trail.record(
            at.session,
            "member.checked",
            actor=None,
            subject=member_id,
            now=now,
            kind=CheckKind(KIND_OF[seen]).value,
            channel="cli",
        )
    say(f"Checked of {login}: {', '.join(sorted(kept))}.")
