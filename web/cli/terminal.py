"""`taipei-id terminal`: register the readers at agencies' desks, list them, end one."""

import base64
import binascii
from pathlib import Path
from uuid import UUID

import click

from clients import registry, terminals
from consent.reader_lists import ReaderList
from consent.seen_cards import ReaderKeys
from idp.reader_lists import read
from kernel import clock
from web.cli import recording
from web.cli.console import say, show_table
from web.cli.opening import opened
from web.cli.receipt import READABLE_FILE, keys_at
from web.cli.refusals import Stop

LARGEST = 4 * 1024 * 1024  # bytes of a list: twice what the longest one has


@click.group()
def terminal() -> None:
    """Register a reader of an agency, list them, end one; look at the lists they work with."""


@terminal.command()
@click.argument("client_id")
@click.argument("name")
def add(client_id: str, name: str) -> None:
    """Register a reader of the agency's client CLIENT_ID; NAME says where it stands."""
    with opened() as at:
        now = clock.now()
        row = terminals.add(at.session, registry.get(at.session, client_id), name, now=now)
        recording.record(at.session, "terminal.registered", row.id, now=now)
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
        recording.record(at.session, "terminal.ended", number, now=now)
    say(f"terminal {number} is answered no more")


@terminal.command()
@click.argument("client_id")
def key(client_id: str) -> None:
    """Print the key that the readers of CLIENT_ID keep, to find cards on their lists with."""
    with opened() as at:
        client = registry.get(at.session, client_id)
        secret = ReaderKeys.of(at.keyring).of_client(client.id)
        now = clock.now()
        recording.record(at.session, "terminal.key_shown", client.id, now=now)
    say(base64.urlsafe_b64encode(secret).rstrip(b"=").decode())


@terminal.command("verify-list")
@click.argument("file", type=READABLE_FILE)
@click.option("--jwks", required=True, metavar="FILE|URL", help="The provider's /jwks.json.")
@click.option("--key", "secret", metavar="KEY", help="The readers' key, to look a card up.")
@click.option("--kind", default="", help="The kind of the card, as its reader names it.")
@click.option("--number", default="", help="The card's number, in hex.")
def verify_list(file: Path, jwks: str, secret: str | None, kind: str, number: str) -> None:
    """Verify the list in FILE as a reader does; exit 1 if it is not ours, or too old."""
    if file.stat().st_size > LARGEST:
        raise Stop(f"{file} is too large for a list")
    found = read(file.read_text(encoding="utf-8", errors="replace"), keys_at(jwks))
    found.require_fresh(now=clock.now())
    say(f"The list is genuine, for reader {found.terminal} and service {found.service}.")
    say(f"Until: {found.until:%Y-%m-%dT%H:%M:%SZ}")
    if secret is not None:
        say(_said_of(found, _key(secret), kind, number))


def _said_of(found: ReaderList, secret: bytes, kind: str, number: str) -> str:
    state = found.state_of(secret, kind, number)
    return "The card is not on it." if state is None else f"The card is good; service: {state}."


def _key(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Stop("--key is not what 'taipei-id terminal key' prints") from None
