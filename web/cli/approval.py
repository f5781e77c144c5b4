"""`taipei-id client propose|submit|diff|approve|return|unused`: change a purpose through DoIT."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import click
from sqlalchemy.orm import Session

from audit import trail
from clients import approval, purposes, registry
from clients.differences import Change, widens
from clients.models import PurposeVersion
from clients.unused import unused
from kernel import clock
from kernel.errors import NotFound
from kernel.wording import Bilingual
from web.cli.client import READABLE_FILE, read_form, reading
from web.cli.console import say, show_table
from web.cli.opening import opened

COLUMNS = ("field", "before", "after", "effect")
PURPOSE = click.argument("purpose")
CLIENT = click.argument("client_id")


@click.command()
@CLIENT
@PURPOSE
def purpose(client_id: str, purpose: str) -> None:
    """Print what is approved for PURPOSE of CLIENT_ID, as JSON to be changed and proposed."""
    with opened() as at:
        row = next(
            (each for each in registry.get(at.session, client_id).purposes if each.code == purpose),
            None,
        )
        if row is None:
            raise NotFound("client.purpose_not_found")
        form = purposes.form_of(row)
    say(json.dumps(_named(form.model_dump(mode="json")), ensure_ascii=False, indent=2))


def _named(value: object) -> object:
    """Turn pairs of wordings back into objects with two names, as registrations write them."""
    if isinstance(value, dict):
        return {name: _named(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) == len(Bilingual._fields) and all(isinstance(each, str) for each in value):
        return dict(zip(Bilingual._fields, value, strict=True))
    return [_named(each) for each in value]


@click.command()
@CLIENT
@click.argument("file", type=READABLE_FILE)
@click.option("--draft", "only_draft", is_flag=True, help="Write it down, do not submit it yet.")
def propose(client_id: str, file: Path, *, only_draft: bool) -> None:
    """Propose the purpose described by FILE (JSON) for CLIENT_ID and submit it to DoIT."""
    form = read_form(file)
    with opened() as at, reading():
        now = clock.now()
        version = approval.draft(at.session, client_id, form, now=now)
        _record(at.session, "client.change_drafted", version, now=now)
        if not only_draft:
            approval.submit(at.session, client_id, version.code, now=now)
            _record(at.session, "client.change_submitted", version, now=now)
        changes = approval.changes_of(at.session, version)
        code, state = version.code, version.state.value
    _show(changes)
    say(f"{client_id} {code}: {state}; {_consequence(changes)}")


@click.command()
@CLIENT
@PURPOSE
def submit(client_id: str, purpose: str) -> None:
    """Hand the draft of PURPOSE to DoIT."""
    with opened() as at:
        now = clock.now()
        version = approval.submit(at.session, client_id, purpose, now=now)
        _record(at.session, "client.change_submitted", version, now=now)
    say(f"{client_id} {purpose}: submitted")


@click.command()
@CLIENT
@PURPOSE
def diff(client_id: str, purpose: str) -> None:
    """Show what the change that waits for PURPOSE of CLIENT_ID would change."""
    with opened() as at:
        version = approval.find_open(at.session, client_id, purpose)
        changes, state = approval.changes_of(at.session, version), version.state.value
    _show(changes)
    say(f"{client_id} {purpose}: {state}; {_consequence(changes)}")


@click.command()
@CLIENT
@PURPOSE
def approve(client_id: str, purpose: str) -> None:
    """Put the submitted change of PURPOSE into force (DoIT)."""
    with opened() as at:
        now = clock.now()
        version = approval.find_open(at.session, client_id, purpose)
        changes = approval.approve(at.session, version, now=now)
        _record(at.session, "client.change_approved", version, now=now)
        text_version = version.text_version
    _show(changes)
    say(f"{client_id} {purpose}: approved as text version {text_version}; {_consequence(changes)}")


@click.command(name="return")
@CLIENT
@PURPOSE
@click.option("--reason", required=True, help="What the client must put right.")
def send_back(client_id: str, purpose: str, *, reason: str) -> None:
    """Return the submitted change of PURPOSE to CLIENT_ID with a reason (DoIT)."""
    with opened() as at:
        now = clock.now()
        version = approval.find_open(at.session, client_id, purpose)
        approval.send_back(at.session, version, reason=reason, now=now)
        _record(at.session, "client.change_returned", version, now=now)
    say(f"{client_id} {purpose}: returned")


@click.command(name="unused")
@click.option("--days", default=90, show_default=True, type=click.IntRange(min=1))
def list_unused(*, days: int) -> None:
    """List claims that were approved but have not left once in so many days."""
    with opened() as at:
        found = unused(at.session, since=clock.now() - timedelta(days=days))
    show_table(
        ("client_id", "purpose", "claim"),
        [(row.client_id, row.purpose, row.claim) for row in found],
    )


def _record(session: Session, event: str, version: PurposeVersion, *, now: datetime) -> None:
    trail.record(
        session,
        event,
        actor=None,
        subject=version.client_id,
        now=now,
        channel="cli",
        purpose=version.code,
        version=str(version.id),
    )


def _show(changes: Iterable[Change]) -> None:
    show_table(
        COLUMNS,
        [
            (each.field, _words(each.before), _words(each.after), each.effect.value)
            for each in changes
        ],
    )


def _words(wording: Bilingual | None) -> str:
    return "–" if wording is None else " / ".join(dict.fromkeys(wording))


def _consequence(changes: tuple[Change, ...]) -> str:
    return "members are asked again" if widens(changes) else "nobody is asked again, less leaves"


COMMANDS = (purpose, propose, submit, diff, approve, send_back, list_unused)
