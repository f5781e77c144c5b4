"""`taipei-id certificates`: the authorities believed here, and what they have revoked."""

from functools import partial
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.certificate import authority, pinning, revocation_lists
from adapters.certificate.pinning import Pinned
from adapters.certificate.profiles import Issuer
from adapters.certificate.revocation_lists import InForce
from audit import trail
from kernel import clock, outgoing
from kernel import settings as configuration
from kernel.db import Sessions, sessions
from kernel.errors import Refused
from kernel.jobs import JobDelayed
from kernel.settings import Settings, SettingsInvalid
from web import certificate_lists, token_keys
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


@certificates.command(name="authority")
@click.option("--make", "name", help="Make the authority for devices, with this public name.")
@click.option("--token-key", help="Let its key be the token's key of this label; made if missing.")
def authority_(name: str | None, token_key: str | None) -> None:
    """Show the authority that certifies members' own devices, or make it (7(6)3)."""
    with opened() as at:
        if name:
            held = None if token_key is None else (token_key, _token_key(at.settings, token_key))
            now = clock.now()
            authority.make(at.session, at.keyring, name=name, token_key=held, now=now)
            trail.record(at.session, "device.authority_made", actor=None, now=now, channel="cli")
        row = authority.find(at.session)
    if row is None:
        raise Stop("no certificates are issued to devices; make an authority with --make NAME")
    certificate = x509.load_der_x509_certificate(row.certificate)
    kept = "sealed in the database" if row.key_label is None else f"token key {row.key_label}"
    ends = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    show_table(("authority", "key", "ends"), [(certificate.subject.rfc4514_string(), kept, ends)])
    say(certificate.public_bytes(Encoding.PEM).decode().rstrip())


def _token_key(settings: Settings, label: str) -> ec.EllipticCurvePrivateKey:
    try:
        return token_keys.open_key(settings, label)
    except SettingsInvalid:
        token_keys.make_key(settings, label)
        return token_keys.open_key(settings, label)


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
