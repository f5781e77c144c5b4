"""`taipei-id client contract`: record the contracts of merchants, and end them early."""

from datetime import datetime
from typing import Any

import click

from clients import contracts, registry
from kernel import clock
from web.cli import recording
from web.cli.client import reading
from web.cli.console import say, show_table
from web.cli.opening import opened

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def contract() -> None:
    """Record a merchant's contract, list them, end one early."""


@contract.command()
@click.argument("client_id")
@click.option("--number", required=True, help="The city's number of the contract.")
@click.option("--business-number", required=True, help="統一編號, eight digits.")
@click.option("--starts-on", required=True, type=DAY, help="First day, in Taipei.")
@click.option("--ends-on", required=True, type=DAY, help="Last day, in Taipei.")
def add(client_id: str, starts_on: datetime, ends_on: datetime, **written: Any) -> None:
    """Record a further contract of the merchant behind CLIENT_ID."""
    days = {"starts_on": starts_on.date(), "ends_on": ends_on.date()}
    with reading():
        form = contracts.parse({**written, **days})
    with opened() as at:
        now = clock.now()
        row = contracts.add(
            at.session, registry.get(at.session, client_id).organisation, form, now=now
        )
        recording.record(at.session, "contract.recorded", row.id, now=now)
    say(f"{client_id}: contract {form.number} from {form.starts_on} to {form.ends_on}")


@contract.command()
@click.argument("number")
@click.option("--on", required=True, type=DAY, help="The last day it is still in force, in Taipei.")
def end(number: str, on: datetime) -> None:
    """Let the contract NUMBER end earlier than it said."""
    with opened() as at:
        row = contracts.shorten(at.session, number, ends_on=on.date())
        recording.record(at.session, "contract.shortened", row.id, now=clock.now())
    say(f"contract {number} ends on {on.date()}")


@contract.command(name="list")
@click.argument("client_id")
def list_(client_id: str) -> None:
    """List the contracts of the merchant behind CLIENT_ID."""
    with opened() as at:
        rows = [
            (row.number, row.business_number, str(row.starts_on), str(row.ends_on))
            for row in registry.get(at.session, client_id).organisation.contracts
        ]
    show_table(("number", "business number", "first day", "last day"), rows)
