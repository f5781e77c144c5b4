"""Have a card sign that its holder is on this page now, after asking for the PIN."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from adapters import signed_over
from adapters.agent import keys, readers, ways
from adapters.agent.readers import Readers
from adapters.agent.troubles import Trouble
from adapters.agent.ways import Way

VERSION = "https://taipei-id.invalid/agent/1"
FORMAT = "web-eid:1.0"
PIN = re.compile(r"[!-~]{4,8}")  # what could be a PIN: anything else would cost a try for nothing
Token: TypeAlias = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class PinRequest:
    """What the person must see before typing a PIN: who asks, and what a mistake costs."""

    origin: str
    reader: str
    tries_left: int | None

    @property
    def is_last_try(self) -> bool:
        """Say whether one more wrong PIN locks the card."""
        return self.tries_left == 1


class Prompt(Protocol):
    """Where the PIN is typed: never on the page that asks for the signature."""

    def ask(self, request: PinRequest) -> str | None:
        """Return the PIN, or None if the person would rather not."""
        ...


class Signing:
    """Sign for pages, with the cards in these readers."""

    def __init__(self, card_readers: Readers, ways_to_cards: Sequence[Way], prompt: Prompt) -> None:
        """Try `ways_to_cards` in this order."""
        self._readers, self._ways, self._prompt = card_readers, ways_to_cards, prompt

    def token(self, *, origin: str, nonce: str, reader: str) -> Token:
        """Return a token signed over origin and nonce (web-eid:1.0). Raises Trouble."""
        reader = readers.choose(self._readers, reader)
        way, identity = ways.recognise(self._ways, reader)
        if identity.tries_left == 0:
            raise Trouble("pin_locked", tries_left=0)
        pin = self._ask(PinRequest(origin=origin, reader=reader, tries_left=identity.tries_left))
        algorithm = keys.kind_of(identity.certificate).algorithm
        message = signed_over.message(origin, nonce, algorithm)
        signature = way.sign(reader, identity, pin, message)
        return {
            "format": FORMAT,
            "appVersion": VERSION,
            "algorithm": algorithm,
            "unverifiedCertificate": base64.b64encode(identity.certificate).decode(),
            "signature": base64.b64encode(signature).decode(),
        }

    def _ask(self, request: PinRequest) -> str:
        pin = self._prompt.ask(request)
        if pin is None:
            raise Trouble("user_cancelled")
        if not PIN.fullmatch(pin):
            raise Trouble("pin_malformed", tries_left=request.tries_left)
        return pin
