"""The demo's one card reader: a file says which card lies on it, a page puts another there."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep

from adapters.agent.readers import Seen
from demo.cards.card import Card
from demo.cards.readers import SoftReaders

READER = "Demo reader"
FILE = "on-the-reader"
LOOK_SECONDS = 0.2


def put(folder: Path, card_id: str) -> None:
    """Lay a card on the reader; nothing takes it away."""
    draft = folder / f"{FILE}.new"
    draft.write_text(card_id, encoding="utf-8")
    draft.replace(folder / FILE)


def lying(folder: Path) -> str:
    """Return which card lies there, nothing if none does."""
    try:
        return (folder / FILE).read_text(encoding="utf-8")
    except OSError:
        return ""


class Desk(SoftReaders):
    """The reader as the card program sees it."""

    def __init__(self, folder: Path, cards: Mapping[str, Card]) -> None:
        """Know every card that may be laid on it."""
        super().__init__({READER: None})
        self._folder, self._known = folder, cards
        self._lying = ""

    def seen(self) -> tuple[Seen, ...]:
        """Look at the reader."""
        found = lying(self._folder)
        if found != self._lying:
            self._lying = found
            self.put(READER, self._known.get(found))
        return super().seen()

    def wait(self, seconds: float) -> None:
        """Return when another card lies there, at the latest after `seconds`."""
        end = monotonic() + seconds
        while lying(self._folder) == self._lying and monotonic() < end:
            sleep(LOOK_SECONDS)
