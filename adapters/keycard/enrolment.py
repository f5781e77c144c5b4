"""Bind a chip card to a member."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from adapters.contract import Challenge, Context, NotProven
from adapters.keycard.adapter import KeyCardAdapter
from adapters.keycard.models import KeyCard
from adapters.keycard.reading import Shown
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place
from kernel.errors import Refused


def finish(
    session: Session,
    adapter: KeyCardAdapter,
    context: Context,
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
    """Bind the card that signed; `acr` is how surely the member is known now.

    Raises Refused `challenge.expired`, `carrier.not_readable`, or what `bindings.bind` raises.
    """
    card = _shown(adapter, context, challenge, answer, now=now)
    binding = bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.CARD,
        fingerprint=card.fingerprint,
        name=name,
        where=where,
        acr=acr,
        actor=actor,
        now=now,
    )
    session.add(KeyCard(binding_id=binding.id, algorithm=card.algorithm))
    session.flush()
    return binding


def _shown(
    adapter: KeyCardAdapter,
    context: Context,
    challenge: Challenge,
    answer: Mapping[str, object],
    *,
    now: datetime,
) -> Shown:
    try:
        return adapter.shown(context, challenge, answer, now=now)
    except NotProven:
        raise Refused("carrier.not_readable") from None
