"""Keep a certificate that a browser presented over TLS until the page that asked for it takes it.

It names a person, so it lies here sealed, for two minutes, and goes when it is taken. Whoever takes
it needs what only the redirect after presenting said (the ticket), and the browser that asked.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from adapters.contract import NotProven
from kernel.db import insert_once
from kernel.ids import digest, new_secret
from kernel.keyring import Keyring
from web.models import PresentedCertificate

LIFETIME = timedelta(minutes=2)


def put(session: Session, der: bytes, *, nonce: str, keyring: Keyring, now: datetime) -> str | None:
    """Keep a certificate for the question `nonce`; return its ticket, None for a second one."""
    ticket = new_secret()
    kept = insert_once(
        session,
        PresentedCertificate,
        {
            "nonce_hash": digest(nonce),
            "ticket_hash": digest(ticket),
            "certificate_sealed": keyring.seal(der, place=_place(nonce)),
            "expires_at": now + LIFETIME,
        },
    )
    return ticket if kept else None


def take(session: Session, *, nonce: str, ticket: str, keyring: Keyring, now: datetime) -> bytes:
    """Return the certificate and forget it. Raises NotProven if there is none for this ticket."""
    sealed = session.scalar(
        delete(PresentedCertificate)
        .where(
            PresentedCertificate.nonce_hash == digest(nonce),
            PresentedCertificate.ticket_hash == digest(ticket),
            PresentedCertificate.expires_at > now,
        )
        .returning(PresentedCertificate.certificate_sealed)
    )
    if sealed is None:
        raise NotProven("certificate.not_presented")
    return keyring.unseal(sealed, place=_place(nonce))


def _place(nonce: str) -> str:
    return f"presented_certificate/{digest(nonce).hex()}"
