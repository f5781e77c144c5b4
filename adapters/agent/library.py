"""Have a card sign by its PKCS#11 library, each time in a process of its own."""

from adapters.agent import cryptoki, once
from adapters.agent.piv import Identity
from adapters.agent.readers import Readers
from adapters.agent.troubles import Trouble

CHILD_SECONDS = 30.0


class ModuleWay:
    """Any card that the library knows."""

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
