"""`taipei-id member`: enter members by hand, for the demonstration and to bootstrap."""

import sys
from datetime import datetime

import click

from adapters.password import adapter as password_adapter
from adapters.password.passwords import set_password
from audit import trail
from kernel import clock
from members import register
from members.profile import Profile
from web.cli.console import say
from web.cli.opening import opened
from web.cli.refusals import Stop


@click.group()
def member() -> None:
    """Enter members by hand: for demonstration and bootstrap only."""


@member.command()
@click.argument("login")
@click.option("--name", required=True, help="The full name, as on the record.")
@click.option("--email", help="An address known to be theirs.")
@click.option("--birthdate", type=click.DateTime(["%Y-%m-%d"]))
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, one line."
)
def add(
    login: str, name: str, email: str | None, birthdate: datetime | None, *, password_stdin: bool
) -> None:
    """Enter a member under the account name LOGIN; the password is asked for, never an argument."""
    now = clock.now()
    profile = Profile(
        name=name,
        email=email,
        email_verified=True if email else None,
        birthdate=birthdate.date().isoformat() if birthdate else None,
        updated_at=int(now.timestamp()),
    )
    password = _password(from_stdin=password_stdin)
    with opened() as at:
        ways = password_adapter.create(at.settings.model_dump())
        row = register.add(at.session, login, profile, keyring=at.keyring, now=now)
        set_password(
            at.session, row.id, password, hasher=ways.hasher, breaches=ways.breaches, now=now
        )
        trail.record(
            at.session, "member.registered", actor=None, subject=row.id, now=now, channel="cli"
        )
        entered = row.login
    say(f"{entered} is a member.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Stop("nobody is here to type the password; give it with --password-stdin")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed
