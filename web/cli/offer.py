"""`taipei-id offer`: put a merchant's offer forward, approve it, list and end offers (6(4))."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from clients import registry
from kernel import clock
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import eligibility, offers
from web.cli import recording
from web.cli.console import say, show_table
from web.cli.opening import opened

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def offer() -> None:
    """Look after what merchants offer, each by its document numbers."""


@offer.command()
@click.argument("client_id")
@click.argument("purpose")
@click.option("--rule", required=True, help='In JSON: {"age_at_least": 65}.')
@click.option("--title-zh", required=True)
@click.option("--title-en", required=True)
@click.option("--document-number", required=True, help="文號 of the application.")
@click.option("--from", "valid_from", required=True, type=DAY, help="First day, in Taipei.")
@click.option("--until", "valid_until", required=True, type=DAY, help="Last day, in Taipei.")
def add(client_id: str, purpose: str, rule: str, **written: Any) -> None:
    """Put forward a version of the offer PURPOSE of CLIENT_ID; it answers once approved."""
    now = clock.now()
    terms = offers.Terms(
        title=Bilingual(written["title_zh"], written["title_en"]),
        rule=_read(rule),
        document_number=written["document_number"],
        valid_from=written["valid_from"].date(),
        valid_until=written["valid_until"].date(),
    )
    with opened() as at:
        row = offers.submit(at.session, _purpose(at.session, client_id, purpose), terms, now=now)
        recording.record(at.session, "offer.submitted", row.id, now=now)
        readable = eligibility.words(eligibility.parse(row.rule), {}).en
    say(f"{row.id}: version {row.version}, for who is: {readable}")
    say(f"Approve it with: taipei-id offer approve {row.id} --number …")


def _read(rule: str) -> Any:  # whatever stands in the JSON; the room refuses what is no rule
    try:
        return json.loads(rule)
    except ValueError:
        raise Refused(eligibility.INVALID) from None


def _purpose(session: Any, client_id: str, code: str) -> UUID:
    found = (each.id for each in registry.get(session, client_id).purposes if each.code == code)
    key = next(found, None)
    if key is None:
        raise NotFound("offer.not_found")
    return key


@offer.command()
@click.argument("offer_id", type=click.UUID)
@click.option("--number", required=True, help="文號 of the approval.")
def approve(offer_id: UUID, number: str) -> None:
    """Put the version OFFER_ID into force, if its groups are large enough."""
    now = clock.now()
    with opened() as at:
        smallest = at.settings.smallest_population
        offers.approve(at.session, offer_id, approval_number=number, smallest=smallest, now=now)
        recording.record(at.session, "offer.approved", offer_id, now=now)
    say(f"{offer_id} is in force.")


@offer.command()
@click.argument("offer_id", type=click.UUID)
def end(offer_id: UUID) -> None:
    """End the version OFFER_ID, approved or not."""
    now = clock.now()
    with opened() as at:
        offers.withdraw(at.session, offer_id, now=now)
        recording.record(at.session, "offer.ended", offer_id, now=now)
    say(f"{offer_id} has ended.")


@offer.command(name="list")
def list_() -> None:
    """List the offers that were not ended, with their rules in words."""
    with opened() as at:
        rows = [
            (
                str(row.id),
                row.title_en,
                eligibility.words(eligibility.parse(row.rule), {}).en,
                f"{row.valid_from} to {row.valid_until}",
                _state(row.approved_at, row.halted_at),
                row.document_number,
                row.approval_number or "",
            )
            for row in offers.listed(at.session)
        ]
    show_table(("id", "title", "for who is", "period", "state", "document", "approval"), rows)


def _state(approved_at: datetime | None, halted_at: datetime | None) -> str:
    if approved_at is None:
        return "waiting"
    return "in force" if halted_at is None else "halted"
