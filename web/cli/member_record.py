"""`taipei-id member birthdate`: enter or correct what a member's age is worked out from."""

from datetime import datetime

import click

from consent import representation
from kernel import clock
from web.birth_dates import Record
from web.cli.console import say
from web.cli.member import find
from web.cli.opening import opened


@click.command()
@click.argument("login")
@click.argument("born", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="Why, and what was seen; the member reads it.")
def birthdate(login: str, born: datetime, reason: str) -> None:
    """Enter or correct the birth date of member LOGIN; what hangs on an age follows by itself."""
    with opened() as at:
        rows = at.settings.representation.model_dump()
        record = Record(
            session=at.session,
            member_id=find(at, login),
            keyring=at.keyring,
            table=representation.table_of(rows),
            now=clock.now(),
        )
        followed = record.correct(born.date(), reason=reason)
    say(
        f"The birth date of {login} is corrected. Consents ended: {followed.consents}; links and "
        f"powers ended: {followed.acting}; clients told: {followed.told}."
    )


COMMANDS = (birthdate,)
