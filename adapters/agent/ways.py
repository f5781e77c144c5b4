"""Know two ways to have a card sign: PIV spoken to directly, everything else by a library."""

from collections.abc import Sequence
from typing import Protocol

from adapters.agent import cryptoki, once, piv
from adapters.agent.piv import Identity
from adapters.agent.readers import Readers
from adapters.agent.troubles import Trouble

CHILD_SECONDS = 30.0


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


class ModuleWay:
    """Any card its PKCS#11 library knows, each time in a process of its own."""

    def __init__(self, readers: Readers, module: str) -> None:
        """Use the library at the path `module`; `readers` reset the card afterwards."""
        self._readers, self._module = readers, module

    def identify(self, reader: str) -> Identity:
        """Return the card's certificate. Raises Trouble."""
        found = once.run(cryptoki.identify, self._module, reader, seconds=CHILD_SECONDS)
        assert isinstance(found, Identity)  # noqa: S101  # our own function's answer
        return found

    def sign(self, reader: str, identity: Identity, pin: str, message: bytes) -> bytes:
        """Return the card's signature. Raises Trouble."""
        try:
            arguments = (self._module, reader, identity, pin, message)
            return bytes(once.run(cryptoki.sign, *arguments, seconds=CHILD_SECONDS))
        finally:
            self._forget_pin(reader)

    def _forget_pin(self, reader: str) -> None:
        try:
            with self._readers.open(reader, resets=True):
                pass
        except Trouble:
            pass  # a card that is gone has forgotten


def recognise(ways: Sequence[Way], reader: str) -> tuple[Way, Identity]:
    """Return the first way to the card in a reader. Raises Trouble `card_unknown`, or another."""
    for way in ways:
        try:
            return way, way.identify(reader)
        except Trouble as trouble:
            if trouble.code != "card_unknown":
                raise
    raise Trouble("card_unknown")
