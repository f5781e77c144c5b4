"""Know ways to have a card sign: PIV spoken to directly, everything else by a `library`."""

from collections.abc import Sequence
from typing import Protocol

from adapters.agent import piv
from adapters.agent.piv import Identity
from adapters.agent.readers import Readers
from adapters.agent.troubles import Trouble


class Way(Protocol):
    """One way to read who a card is, and to have it sign."""

    def identify(self, reader: str) -> Identity:
        """Return the card's certificate. Raises Trouble `card_unknown` if this is no way to it."""
        ...

    def sign(self, reader: str, identity: Identity, pin: str, message: bytes) -> bytes:
        """Return the card's signature in JWS form, and make the card forget the PIN."""
        ...


class PivWay:
    """A PIV card, through the reader itself."""

    def __init__(self, readers: Readers) -> None:
        """Use these readers."""
        self._readers = readers

    def identify(self, reader: str) -> Identity:
        """Return the card's certificate. Raises Trouble."""
        with self._readers.open(reader, resets=False) as transmit:
            return piv.identify(transmit)

    def sign(self, reader: str, identity: Identity, pin: str, message: bytes) -> bytes:
        """Return the card's signature. Raises Trouble."""
        with self._readers.open(reader, resets=True) as transmit:
            return piv.sign(transmit, identity, pin, message)


def recognise(ways: Sequence[Way], reader: str) -> tuple[Way, Identity]:
    """Return the first way to the card in a reader. Raises Trouble `card_unknown`, or another."""
    for way in ways:
        try:
            return way, way.identify(reader)
        except Trouble as trouble:
            if trouble.code != "card_unknown":
                raise
    raise Trouble("card_unknown")
