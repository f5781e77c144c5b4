"""A storage card: it has a number, tells it to every reader, and proves nothing."""

from collections.abc import Callable

READ_NUMBER = bytes.fromhex("ffca000000")
ATR = bytes.fromhex("3b8f8001804f0ca000000306030001000000006a")  # PC/SC part 3: 1 KB, ISO 14443 A
DONE, UNKNOWN_INSTRUCTION = b"\x90\x00", b"\x6d\x00"


class StorageCard:
    """A card known by its number alone; whoever has read it can make another."""

    def __init__(self, uid: bytes) -> None:
        self._uid = uid

    @property
    def atr(self) -> bytes:
        """Return the answer to reset, which the reader makes up for such a card."""
        return ATR

    def reset(self) -> None:
        """Forget nothing: there is nothing to forget."""

    def transmit(self, apdu: bytes) -> bytes:
        """Tell the number; know nothing else."""
        return self.number() + DONE if apdu == READ_NUMBER else UNKNOWN_INSTRUCTION

    def number(self) -> bytes:
        """Return the number a reader sees now."""
        return self._uid


class RandomNumberCard(StorageCard):
    """A card, or a phone, that hides behind a new number each time it gets power."""

    def __init__(self, draw: Callable[[int], bytes]) -> None:
        self._draw = draw
        super().__init__(self._made())

    def reset(self) -> None:
        """Take another number."""
        self._uid = self._made()

    def _made(self) -> bytes:
        return b"\x08" + self._draw(3)
