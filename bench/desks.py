"""Seed desks: an agency's service and readers, and a card for every member."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from adapters.smartcard.models import Card
from adapters.smartcard.numbers import Numbers, Seen
from bench.city import CLIENT, KIND, SERVICE
from carriers import bindings
from carriers.models import CarrierKind, Place
from clients import registry, terminals
from idp.acr import ACR
from kernel.keyring import Keyring
from kernel.wording import Bilingual
from services import activations

READERS = 400  # none of them reaches its limit, however fast the taps come
FIRST_NUMBER = 0x04_0000_0000_0000  # seven bytes


def readers(session: Session, *, now: datetime) -> tuple[str, ...]:
    """Open the service, register the readers and return their numbers."""
    client = registry.get(session, CLIENT)
    words = Bilingual("借閱證", "Library card")
    activations.open_service(
        session, client.organisation_id, SERVICE, words, sensitive=False, now=now
    )
    added = [terminals.add(session, client, f"Desk {each}", now=now) for each in range(READERS)]
    return tuple(str(each.id) for each in added)


def numbers_of(keyring: Keyring) -> Numbers:
    """Return what hashes the cards' numbers, as the adapter's loader makes it."""
    return Numbers(keyring.derive("adapter/smartcard/v1"))


def card(session: Session, member_id: UUID, place: int, numbers: Numbers, *, now: datetime) -> str:
    """Tie a card to the member and return its number."""
    seen = Seen(KIND, (FIRST_NUMBER + place).to_bytes(7, "big"))
    binding = bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.CARD,
        fingerprint=numbers.fingerprint_of(seen, member_id),
        name="Card",
        where=Place.COUNTER,
        acr=ACR[0],
        now=now,
    )
    session.add(Card(binding_id=binding.id, kind=KIND, number_hash=numbers.hash_of(seen)))
    return seen.uid.hex()
