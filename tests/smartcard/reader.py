"""A reader with a program beside it, as the server meets them: carries frames, knows nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from adapters.contract import Challenge
from adapters.smartcard import talks
from adapters.smartcard.adapter import SmartcardAdapter, create
from adapters.smartcard.numbers import Seen
from adapters.smartcard.reading import Command, Voucher
from demo.cards.card import Card
from tests.make import KEYRING
from tests.smartcard.cards import CITY_CARD, UID, a_card, key_of

SECRET = KEYRING.derive("adapter/smartcard/v1")  # as the loader derives it


def an_adapter() -> SmartcardAdapter:
    """Return the adapter as the demo makes it, with keys derived from its own secret."""
    return create({"key": SECRET, "demo": True})


def a_city_card(adapter: SmartcardAdapter, uid: bytes = UID) -> Card:
    """Return a card with the key that this installation gives it."""
    master = adapter.reading.masters.derived(CITY_CARD.name)
    key = master.cmac(b"\x01" + CITY_CARD.material(uid))
    return a_card(uid, keys={CITY_CARD.key_number: key})


@dataclass(frozen=True)
class Reader:
    """A card in a reader."""

    adapter: SmartcardAdapter
    card: Card

    def read(self, session: Session, challenge: Challenge, *, now: datetime) -> str:
        """Let the server read the card, and return the voucher. Raises Refused."""
        reading, nonce = self.adapter.reading, challenge.nonce
        step: Command | Voucher = reading.start(session, challenge, self.card.atr.hex(), now=now)
        while isinstance(step, Command):
            answer = self.card.transmit(bytes.fromhex(step.command)).hex()
            step = reading.go_on(session, nonce, talks.take(session, nonce, now=now), answer)
        return step.text


def voucher(adapter: SmartcardAdapter, kind: str, uid: bytes, *, nonce: str) -> str:
    """Return what the server says once it has read such a card."""
    return adapter.reading.numbers.voucher(Seen(kind, uid), nonce=nonce)


__all__ = ["CITY_CARD", "Reader", "a_city_card", "an_adapter", "key_of", "voucher"]
