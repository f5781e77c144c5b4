"""`taipei-id certificates`: the authorities believed here, and what they have revoked."""

from functools import partial
from pathlib import Path

import click

from adapters.certificate import pinning, revocation_lists
from adapters.certificate.pinning import Pinned
from adapters.certificate.profiles import Issuer
from adapters.certificate.revocation_lists import InForce
from kernel import clock, outgoing
from kernel import settings as configuration
from kernel.db import Sessions, sessions
from kernel.errors import Refused
from kernel.jobs import JobDelayed
from kernel.settings import Settings
from web import certificate_lists
from web.cli.console import say, show_table
from web.cli.opening import engine_of, opened, require_current
from web.cli.refusals import Stop


@click.group()
def certificates() -> None:
    """Look at the authorities whose certificates are believed, and at their lists."""


def pinned(settings: Settings) -> Pinned:
    """Return what is pinned. Raises Stop where nothing is."""
    if settings.certificates is None:
        raise Stop("no authority is pinned; set certificates (docs/certificates.md)")
    return pinning.read(settings.certificates)


@certificates.command()
@click.option("--fetch", is_flag=True, help="Fetch each list now instead of once an hour.")
@click.option(
    "--load",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Put the list in this file (DER) in force, where the address cannot be reached.",
)
def lists(files: tuple[Path, ...], *, fetch: bool) -> None:
    """Show each authority's revocation list: number, length, and until when it acquits."""
    settings = configuration.load()
    require_current(settings)
    issuers = pinned(settings).issuers
    with engine_of(settings) as engine:
        make = sessions(engine)
        for file in files:
            _load(make, issuers, file)
        for issuer in certificate_lists.listing(issuers) if fetch else ():
            _fetch(make, issuer, settings)
    with opened() as at:
        rows = [_row(each, revocation_lists.in_force(at.session, each)) for each in issuers]
    show_table(("authority", "number", "revoked", "made", "acquits until", "responder"), rows)


def _load(make: Sessions, issuers: tuple[Issuer, ...], file: Path) -> None:
    der = file.read_bytes()
    for issuer in issuers:
        if revocation_lists.is_signed_by(der, issuer):
            certificate_lists.load(make, issuer, der, now=clock.now())
            say(f"{file}: in force.")
            return
    raise Refused("carrier.revocation_list_invalid")


def _fetch(make: Sessions, issuer: Issuer, settings: Settings) -> None:
    get = partial(outgoing.call, private_hosts=frozenset(settings.private_hosts))
    try:
        certificate_lists.fetch(make, issuer, get, now=clock.now())
    except JobDelayed as failed:
        raise Stop(f"{issuer.crl_url}: {failed.code}; the list in force stays in force") from None


def _row(issuer: Issuer, found: InForce | None) -> tuple[str, ...]:
    name = issuer.key_id.hex()[:16]
    asked = issuer.ocsp_url or "–"
    if found is None:
        return (name, "–", "–", "–", "–", asked)
    made, until = (f"{each:%Y-%m-%dT%H:%MZ}" for each in (found.this_update, found.next_update))
    return (name, str(found.number), str(found.revoked), made, until, asked)
