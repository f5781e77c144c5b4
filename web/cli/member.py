"""`taipei-id member`: enter members by hand, for the demonstration and to bootstrap."""

import sys
from datetime import datetime
from uuid import UUID

import click

from adapters.password import adapter as password_adapter
from adapters.password.passwords import set_password
from audit import footprint, trail
from audit.lines import Kind
from kernel import clock
from kernel.errors import NotFound
from members import guardians, leaving, numbering, numbers, register
from members.models import Evidence, Relation
from members.profile import Profile
from web import guardian_links
from web.cli import law_notes, recording
from web.cli.console import say
from web.cli.opening import Opened, opened
from web.cli.refusals import Stop

BY_LAW = [each.value for each in Relation if each is not Relation.PROXY]


@click.group()
def member() -> None:
    """Enter members by hand, for demonstration and bootstrap; keep records a case demands."""


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
        recording.record(at.session, "member.registered", row.id, now=now)
        entered = row.login
    say(f"{entered} is a member.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Stop("nobody is here to type the password; give it with --password-stdin")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


@member.command()
@click.argument("login")
@click.argument("case")
def hold(login: str, case: str) -> None:
    """Keep the record of member LOGIN for CASE: the account is not deleted while this stands."""
    with opened() as at:
        found = find(at, login)
        leaving.hold(at.session, found, case_number=case, now=clock.now())
        _record(at, "member.held", found, case)
    say(f"The record of {login} is kept for {case}.")


@member.command()
@click.argument("login")
@click.argument("case")
def release(login: str, case: str) -> None:
    """End what CASE demanded about member LOGIN."""
    with opened() as at:
        found = find(at, login)
        leaving.lift(at.session, found, case_number=case, now=clock.now())
        _record(at, "member.released", found, case)
    say(f"The record of {login} is no longer kept for {case}.")


def find(at: Opened, login: str) -> UUID:
    """Return the member with this account name. Raises NotFound."""
    found = register.find_by_login(at.session, login)
    if found is None:
        raise NotFound("member.not_found")
    return found.id


def _record(at: Opened, event: str, member_id: UUID, case: str) -> None:
    trail.record(
        at.session, event, actor=None, subject=member_id, now=clock.now(), case=case, channel="cli"
    )


@member.command()
@click.argument("ward")
@click.argument("login")
@click.option("--relation", type=click.Choice(BY_LAW), default="parent")
@click.option(
    "--evidence",
    type=click.Choice([each.value for each in Evidence]),
    default="household_register",
    help="What was seen; the paper itself is not kept.",
)
def guardian(ward: str, login: str, relation: str, evidence: str) -> None:
    """Enter that member LOGIN acts for WARD: a minor, or an adult a court declared so."""
    now = clock.now()
    with opened() as at:
        ward_id, guardian_id = find(at, ward), find(at, login)
        guardian_links.enter(
            at.session,
            ward_id=ward_id,
            guardian_id=guardian_id,
            relation=Relation(relation),
            evidence=Evidence(evidence),
            keyring=at.keyring,
            now=now,
        )
        trail.record(
            at.session,
            "guardian.linked",
            actor=None,
            subject=ward_id,
            now=now,
            guardian=str(guardian_id),
            evidence=evidence,
            channel="cli",
        )
        law_notes.tell(at.session, ward_id, guardian_id, now=now)
    say(f"{login} acts for {ward}.")


@member.command()
@click.argument("ward")
@click.argument("login")
def unlink(ward: str, login: str) -> None:
    """End that member LOGIN acts for WARD: by judgement, by death, or entered by mistake."""
    now = clock.now()
    with opened() as at:
        ward_id, guardian_id = find(at, ward), find(at, login)
        guardians.end(at.session, ward_id=ward_id, guardian_id=guardian_id, now=now)
        trail.record(
            at.session,
            "guardian.unlinked",
            actor=None,
            subject=ward_id,
            now=now,
            guardian=str(guardian_id),
            channel="cli",
        )
        law_notes.tell(at.session, ward_id, guardian_id, now=now)
    say(f"{login} no longer acts for {ward}.")


@member.command()
@click.argument("login")
@click.option(
    "--document", required=True, help="What was seen: the kind of document, not its number."
)
def number(login: str, document: str) -> None:
    """Enter the identity number of member LOGIN; it is read from standard input, never an argument.

    A number entered before becomes a former one: it still finds the member, and nobody else.
    """
    now = clock.now()
    read = numbers.read(_number(), today=clock.taipei_day(now))
    with opened() as at:
        row = register.get(at.session, find(at, login))
        changed = numbering.enter(at.session, row, read, keyring=at.keyring, now=now)
        if changed:
            footprint.record(at.session, Kind.NUMBER_ENTERED, member_id=row.id, now=now)
            trail.record(
                at.session,
                "member.number_entered",
                actor=None,
                subject=row.id,
                now=now,
                document=document,
                channel="cli",
            )
    say(f"{login} holds {read.masked}." if changed else f"{login} holds {read.masked} already.")


def _number() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    typed: str = click.prompt("Identity number", err=True)
    return typed
