"""`taipei-id resource`: register interfaces tokens are made for, and approve who may use them."""

from uuid import UUID

import click

from audit import trail
from clients import registry, resources
from clients.resource_models import TokenFormat
from kernel import clock
from kernel.wording import Bilingual
from web.cli.console import say, show_table
from web.cli.opening import Opened, opened

FORMATS = click.Choice([each.value for each in TokenFormat])


@click.group()
def resource() -> None:
    """Register an agency's interface, and approve which clients may ask it for what."""


@resource.command()
@click.argument("client_id")
@click.argument("identifier")
@click.option("--zh", required=True, help="Its name in Chinese.")
@click.option("--en", required=True, help="Its name in English.")
@click.option("--format", "token_format", type=FORMATS, default="opaque", show_default=True)
@click.option("--alg", type=click.Choice(resources.ALGORITHMS), default="ES256", show_default=True)
def add(client_id: str, identifier: str, *, zh: str, en: str, token_format: str, alg: str) -> None:
    """Register the interface at the https address IDENTIFIER, served by CLIENT_ID."""
    with opened() as at:
        row = resources.add(
            at.session,
            registry.get(at.session, client_id),
            identifier,
            name=Bilingual(zh, en),
            token_format=TokenFormat(token_format),
            alg=alg,
            now=clock.now(),
        )
        _record(at, "resource.registered", row.id)
    say(identifier)


@resource.command(name="list")
def list_() -> None:
    """List every interface."""
    with opened() as at:
        rows = [
            (row.identifier, client_id, row.token_format.value, row.alg, _ended(row.ended_at))
            for row, client_id in resources.listed(at.session)
        ]
    show_table(("resource", "served by", "tokens", "alg", "ended"), rows)


def _ended(moment: object) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "no"


@resource.command()
@click.argument("identifier")
def end(identifier: str) -> None:
    """Make no more tokens for IDENTIFIER."""
    with opened() as at:
        _record(at, "resource.ended", resources.end(at.session, identifier, now=clock.now()))
    say(f"no more tokens are made for {identifier}")


@resource.command()
@click.argument("client_id")
@click.argument("identifier")
@click.argument("scopes", nargs=-1, required=True)
def approve(client_id: str, identifier: str, scopes: tuple[str, ...]) -> None:
    """Let CLIENT_ID ask IDENTIFIER for SCOPES, such as cases.read."""
    with opened() as at:
        client = registry.get(at.session, client_id)
        resources.approve(at.session, client, identifier, scopes, now=clock.now())
        _record(at, "resource.approved", client.id)
    say(f"{client_id} may ask {identifier} for {' '.join(scopes)}")


@resource.command()
@click.argument("client_id")
@click.argument("identifier")
@click.argument("scopes", nargs=-1, required=True)
def withdraw(client_id: str, identifier: str, scopes: tuple[str, ...]) -> None:
    """Let CLIENT_ID ask IDENTIFIER for SCOPES no more, at once."""
    with opened() as at:
        client = registry.get(at.session, client_id)
        resources.withdraw(at.session, client, identifier, scopes)
        _record(at, "resource.withdrawn", client.id)
    say(f"{client_id} may not ask {identifier} for {' '.join(scopes)}")


def _record(at: Opened, event: str, subject: UUID) -> None:
    trail.record(at.session, event, actor=None, subject=subject, now=clock.now(), channel="cli")
