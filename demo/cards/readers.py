"""Put cards made of software into readers that are not there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Condition

from adapters.agent.readers import Seen, State, Transmit
from adapters.agent.troubles import Trouble
from demo.cards.card import Card


class SoftReaders:
    """Readers by name, and the card in each."""

    def __init__(self, cards: Mapping[str, Card | None]) -> None:
        """Begin with these."""
        self._cards = dict(cards)
        self._condition = Condition()

    def put(self, name: str, card: Card | None) -> None:
        """Insert a card, or pull out what is there."""
        with self._condition:
            self._cards[name] = card
            self._condition.notify_all()

    def seen(self) -> tuple[Seen, ...]:
        """Look at every reader."""
        return tuple(_seen(name, card) for name, card in self._cards.items())

    def wait(self, seconds: float) -> None:
        """Return when a card comes or goes, at the latest after `seconds`."""
        with self._condition:
            self._condition.wait(seconds)

    @contextmanager
    def open(self, name: str, *, resets: bool) -> Iterator[Transmit]:
        """Hold the card in a reader. Raises Trouble."""
        if name not in self._cards:
            raise Trouble("no_reader")
        card = self._cards[name]
        if card is None:
            raise Trouble("no_card")

        def transmit(command: bytes) -> bytes:
            if self._cards.get(name) is not card:
                raise Trouble("card_removed")
            return card.transmit(command)

        try:
            yield transmit
        finally:
            if resets:
                card.reset()


def _seen(name: str, card: Card | None) -> Seen:
    if card is None:
        return Seen(name=name, state=State.EMPTY)
    return Seen(name=name, state=State.CARD, atr=card.atr)
