"""Bind a new passkey to a member."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters.contract import Challenge, Context, NotProven, text_of
from adapters.passkey import ceremony
from adapters.passkey.ceremony import Created, Unreadable
from adapters.passkey.models import Passkey
from adapters.passkey.naming import fingerprint_of, handle_of
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place
from kernel.errors import Refused
from kernel.ids import new_secret

LIFETIME = timedelta(minutes=10)


def begin(
    session: Session,
    context: Context,
    *,
    member_id: UUID,
    login: str,
    service: str,
    now: datetime,
) -> Challenge:
    """Return what the browser needs to make a passkey; what the member has is not made twice."""
    nonce = new_secret()
    known = session.scalars(
        select(Passkey.credential_id)
        .join(Binding, Binding.id == Passkey.binding_id)
        .where(Binding.member_id == member_id, Binding.released_at.is_(None))
    )
    options = ceremony.creation_options(
        origin=context.origin,
        service=service,
        challenge=nonce,
        handle=handle_of(member_id),
        login=login,
        known=list(known),
    )
    return Challenge(nonce=nonce, expires_at=now + LIFETIME, public={"options": options})


def public_key_of(session: Session, binding_id: UUID) -> bytes:
    """Return the key of a bound passkey as a certificate carries it (SubjectPublicKeyInfo, DER)."""
    return ceremony.spki_of(session.get_one(Passkey, binding_id).public_key)


def finish(
    session: Session,
    context: Context,
    challenge: Challenge,
    answer: Mapping[str, object],
    *,
    member_id: UUID,
    name: str,
    acr: str,
    now: datetime,
) -> Binding:
    """Bind the passkey the browser made; `acr` is how surely the member is known now.

    Raises Refused `challenge.expired`, `carrier.not_readable`, or what `bindings.bind` raises.
    """
    challenge.require_fresh(now=now)
    new = _created(context, challenge, answer)
    binding = bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.PASSKEY,
        fingerprint=fingerprint_of(new.credential_id),
        name=name,
        where=Place.ACCOUNT,
        acr=acr,
        now=now,
    )
    session.add(
        Passkey(
            binding_id=binding.id,
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            backup_eligible=new.backup_eligible,
            backed_up=new.backed_up,
            aaguid=new.aaguid,
        )
    )
    session.flush()
    return binding


def _created(context: Context, challenge: Challenge, answer: Mapping[str, object]) -> Created:
    try:
        text = text_of(answer, "credential", longest=ceremony.LONGEST)
        return ceremony.created(text, origin=context.origin, challenge=challenge.nonce)
    except (NotProven, Unreadable):
        raise Refused("carrier.not_readable") from None
