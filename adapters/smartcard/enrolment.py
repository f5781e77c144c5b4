"""Bind a card that was read to a member (regulation 7(6)1)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from adapters.contract import Challenge, NotProven
from adapters.smartcard.adapter import SmartcardAdapter
from adapters.smartcard.models import Card
from adapters.smartcard.numbers import Seen
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place
from kernel.errors import Refused


def finish(
    session: Session,
    adapter: SmartcardAdapter,
    challenge: Challenge,
    answer: Mapping[str, object],
    *,
    member_id: UUID,
    name: str,
    acr: str,
    where: Place = Place.ACCOUNT,
    actor: UUID | None = None,
    now: datetime,
) -> Binding:
    """Bind the card; `acr` is how surely the member is known now.

    Raises Refused `challenge.expired`, `carrier.not_readable`, or what `bindings.bind` raises.
    """
    seen = read(adapter, challenge, answer, now=now)
    numbers = adapter.reading.numbers
    binding = bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.CARD,
        fingerprint=numbers.fingerprint_of(seen, member_id),
        name=name,
        where=where,
        acr=acr,
        actor=actor,
        now=now,
    )
    keep(session, binding, kind=seen.kind, number_hash=numbers.hash_of(seen))
    return binding


def keep(session: Session, binding: Binding, *, kind: str, number_hash: bytes) -> None:
    """Keep by what a bound card is found."""
    session.add(Card(binding_id=binding.id, kind=kind, number_hash=number_hash))
    session.flush()


def read(
    adapter: SmartcardAdapter,
    challenge: Challenge,
    answer: Mapping[str, object],
    *,
    now: datetime,
) -> Seen:
    """Return the card that was read. Raises Refused `challenge.expired`, `carrier.not_readable`."""
    challenge.require_fresh(now=now)
    try:
        return adapter.seen(challenge, answer)
    except NotProven:
        raise Refused("carrier.not_readable") from None
