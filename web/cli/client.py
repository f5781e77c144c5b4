"""`taipei-id client`: register relying parties and look after their secrets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any
from uuid import UUID

import click
from pydantic import ValidationError

from clients import logos, registry
from idp import client_endings
from idp.acr import ACR
from kernel import clock
from kernel.errors import Refused
from web import calling
from web.cli import client_rows, recording
from web.cli.console import say, show_table, warn
from web.cli.opening import opened
from web.cli.refusals import Stop

READABLE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def client() -> None:
    """Register a client, show it, give it a new secret, end it."""


@client.command()
@click.argument("file", type=READABLE_FILE)
def add(file: Path) -> None:
    """Register the client described by FILE (JSON); its secret is printed this once."""
    form = read_form(file)
    with reading():
        parsed = registry.parse(form)
    with opened() as at:
        now = clock.now()
        secret = registry.add(at.session, parsed, now=now)
        row = registry.get(at.session, parsed.client_id)
        recording.record(at.session, "client.registered", row.id, now=now)
    _hand_over(parsed.client_id, secret)


@client.command()
@click.argument("client_id")
def show(client_id: str) -> None:
    """Show what is registered under CLIENT_ID; secrets cannot be shown again."""
    with opened() as at:
        rows = list(client_rows.of(registry.get(at.session, client_id), now=clock.now()))
    show_table(("field", "value"), rows)


@client.command(name="rotate-secret")
@click.argument("client_id")
@click.option("--at-once", is_flag=True, help="After a theft: the old one opens nothing any more.")
def rotate_secret(client_id: str, *, at_once: bool) -> None:
    """Print a new secret for CLIENT_ID; the old one keeps working for 24 hours.

    With --at-once no old one works, and all tokens the client was given end.
    """
    with opened() as at:
        now = clock.now()
        row = registry.get(at.session, client_id)
        if row.disabled_at is not None:
            raise Stop(f"{client_id} has ended already")
        if at_once:
            secret = client_endings.replace_secrets(at.session, row, now=now)
        else:
            secret = registry.rotate_secret(at.session, client_id, now=now)
        recording.record(at.session, "client.secret_rotated", row.id, now=now)
    try:
        if at_once:
            _end_what_was_issued_meanwhile(row.id)
    finally:  # the old one is gone whatever happens here
        _hand_over(client_id, secret)


@client.command()
@click.argument("client_id")
def end(client_id: str) -> None:
    """End CLIENT_ID, its secrets and every token it was given; the worker ends its consents.

    To be served again its organisation registers another, with a token of
    `taipei-id registration-token issue --of CLIENT_ID --production`.
    """
    with opened() as at:
        now = clock.now()
        row = registry.get(at.session, client_id)
        if not client_endings.end(at.session, row.id, now=now):
            raise Stop(f"{client_id} has ended already")
        recording.record(at.session, "client.ended", row.id, now=now)
    _end_what_was_issued_meanwhile(row.id)
    say(f"{client_id} has ended")


def _end_what_was_issued_meanwhile(key: UUID) -> None:
    """End what was issued while processes still knew the client, or the secret, as it was."""
    sleep(client_endings.SETTLED.total_seconds())
    with opened() as at:
        client_endings.end_issued(at.session, key, now=clock.now())


@client.command(name="grants")
@click.argument("client_id")
@click.argument("types", nargs=-1, required=True)
def set_grants(client_id: str, types: tuple[str, ...]) -> None:
    """Let CLIENT_ID come to tokens by the grant TYPES named, and by no other."""
    with opened() as at:
        registry.set_grant_types(at.session, client_id, types)
        row = registry.get(at.session, client_id)
        recording.record(at.session, "client.grants_set", row.id, now=clock.now())
    say(f"{client_id}: {' '.join(types)}")


@client.command(name="strength")
@click.argument("client_id")
@click.argument("purpose")
@click.option("--acr", "least_acr", type=click.Choice(ACR), help="The weakest login that will do.")
@click.option("--login-seconds", type=click.IntRange(60), help="How old the login may be.")
def set_strength(
    client_id: str, purpose: str, *, least_acr: str | None, login_seconds: int | None
) -> None:
    """Demand so strong and so new a login for a PURPOSE of CLIENT_ID; no option, no demand."""
    with opened() as at:
        registry.set_strength(
            at.session, client_id, purpose, least_acr=least_acr, login_seconds=login_seconds
        )
        row = registry.get(at.session, client_id)
        recording.record(at.session, "client.strength_set", row.id, now=clock.now())
    say(f"{client_id}, {purpose}: {least_acr or 'any login'}")


@client.command(name="fetch-logo")
@click.argument("client_id")
def fetch_logo(client_id: str) -> None:
    """Fetch the picture at the logo_uri of CLIENT_ID, to be shown from here from now on."""
    with opened() as at:
        uri, call = registry.get(at.session, client_id).logo_uri, calling.caller(at.settings)
    picture = logos.fetched_picture(call, uri)  # no transaction waits for a stranger's server
    if picture is None:
        raise Stop("there is no PNG, JPEG or WebP of less than 64 KB at its logo_uri")
    with opened() as at:
        row = registry.get(at.session, client_id)
        row.logo = logos.keep(at.session, picture)
        recording.record(at.session, "client.logo_fetched", row.id, now=clock.now())
    say(f"{client_id} shows its logo")


def read_form(file: Path) -> dict[str, Any]:
    """Return the JSON object in `file`. Raises Stop saying where it breaks."""
    try:
        form = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as broken:
        raise Stop(f"{file} is not JSON: {broken}") from None
    if not isinstance(form, dict):
        raise Stop(f"{file} must hold one JSON object")
    return form


@contextmanager
def reading() -> Iterator[None]:
    """Name each field that does not fit, while a form is read."""
    try:
        yield
    except Refused as refused:
        cause = refused.__cause__
        if not isinstance(cause, ValidationError):
            raise
        raise Stop(f"{refused.code}: {'; '.join(_mistakes(cause))}") from None


def _mistakes(invalid: ValidationError) -> list[str]:
    found = invalid.errors(include_url=False, include_context=False, include_input=False)
    return [f"{'.'.join(map(str, each['loc'])) or 'registration'}: {each['msg']}" for each in found]


def _hand_over(client_id: str, secret: str | None) -> None:
    """Print the secret alone on the output, so that a script can take it."""
    if secret is None:
        say(f"{client_id} is registered; it has no secret.")
        return
    warn(f"The secret of {client_id}, shown this once; keep it where the client keeps secrets:")
    say(secret)
