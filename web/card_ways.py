"""Know the ways to show a card: what their pages have in common, so that they are written once."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from carriers.models import Binding
from kernel.errors import Refused
from web import cards, certificates, chip_cards
from web.card_program import CardForm
from web.carrier_binding import Holder
from web.login import LoginLocked


class Way(Protocol):
    """What the module of one kind of card does for the pages."""

    NAME: str  # the adapter's

    def form(self, action: str, place: str) -> CardForm:
        """Return what the template needs. Raises NotFound where it is not offered."""
        ...

    def attempt(self, place: str, *, only: UUID | None = None) -> UUID:
        """Sign the person in by this form. Raises LoginLocked, or Refused."""
        ...

    def trouble(self, problem: LoginLocked | Refused) -> tuple[str, int]:
        """Return the words and the status for an attempt that failed."""
        ...

    def bind(self, place: str, holder: Holder | None = None) -> Binding:
        """Tie the card in this form to the visitor's account, or the holder's. Raises Refused."""
        ...

    def holder(self, place: str) -> UUID:
        """Return whose card is in this form, at a desk; nobody is signed in. Raises Refused."""
        ...

    def is_offered(self) -> bool:
        """Say whether such cards are taken here."""
        ...

    def has_one(self, member_id: UUID) -> bool:
        """Say whether the member has one that is worth more than a password."""
        ...


# By the word that stands for each in addresses.
WAYS: Mapping[str, Way] = {"card": cards, "chip-card": chip_cards, "certificate": certificates}
KINDS: Mapping[str, str] = {way.NAME: kind for kind, way in WAYS.items()}  # by adapter
ONE_OF_THEM = '<any("card", "chip-card", "certificate"):kind>'
