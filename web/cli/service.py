"""`taipei-id service`: enter the services of agencies, list them, close them (2(8)6, 3-II)."""

import click

from audit import trail
from clients import registry
from kernel import clock
from kernel.wording import Bilingual
from services import activations
from services.models import Service
from web import service_closings
from web.cli.console import say, show_table
from web.cli.opening import opened
from web.mails import Mail


@click.group()
def service() -> None:
    """Look after the services of agencies: what is noted of members, and offers may rest on."""


@service.command()
@click.argument("code")
@click.option("--client", "client_id", required=True, help="A client of the agency whose it is.")
@click.option("--name-zh", required=True)
@click.option("--name-en", required=True)
@click.option("--sensitive", is_flag=True, help="Having it reveals health or hardship (PDPA 6).")
def add(code: str, client_id: str, name_zh: str, name_en: str, *, sensitive: bool) -> None:
    """Enter a service under CODE; only the agency of the client can note who has it."""
    now = clock.now()
    with opened() as at:
        row = activations.open_service(
            at.session,
            registry.get(at.session, client_id).organisation_id,
            code,
            Bilingual(name_zh, name_en),
            sensitive=sensitive,
            now=now,
        )
        trail.record(
            at.session,
            "service.entered",
            actor=None,
            subject=row.id,
            now=now,
            code=code,
            channel="cli",
        )
    say(f"{code} is open.")


@service.command()
@click.argument("code")
def close(code: str) -> None:
    """Close the service CODE: nobody gets it any more, and who has it keeps what was noted."""
    now = clock.now()
    with opened() as at:
        activations.close_service(at.session, code, now=now)
        subject = activations.get_service(at.session, code).id
        trail.record(
            at.session,
            "service.closed",
            actor=None,
            subject=subject,
            now=now,
            code=code,
            channel="cli",
        )
        service_closings.tell_holders(at.session, subject, words=Mail.SERVICE_ENDED, now=now)
    say(f"{code} is closed.")


@service.command(name="list")
def list_() -> None:
    """List every service, closed ones included."""
    with opened() as at:
        rows = [_row(each) for each in activations.services(at.session)]
    show_table(("code", "name", "agency", "sensitive", "opened", "closed"), rows)


def _row(row: Service) -> tuple[str, ...]:
    closed = "–" if row.closed_at is None else clock.taipei_day(row.closed_at).isoformat()
    return (
        row.code,
        f"{row.name_zh} / {row.name_en}",
        row.organisation.name_en,
        "yes" if row.sensitive else "no",
        clock.taipei_day(row.created_at).isoformat(),
        closed,
    )
