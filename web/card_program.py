"""Let a page speak to the card program on the visitor's own computer.

Here alone is said where the program listens, and here alone is a page allowed to connect there and
to hear the window it opens of it (docs/decisions/0058). `card.js` is the other half.
"""

from dataclasses import dataclass

from web import headers, scope


@dataclass(frozen=True, kw_only=True)
class Front:
    """The way without the program: the browser itself presents the card's certificate (TLS)."""

    start_url: str
    nonce: str
    ticket: str

    @property
    def is_presented(self) -> bool:
        """Say whether a certificate waits to be taken."""
        return bool(self.nonce and self.ticket)

    @property
    def is_missing(self) -> bool:
        """Say whether the browser came back without one."""
        return bool(self.nonce) and not self.ticket


@dataclass(frozen=True, kw_only=True)
class CardForm:
    """What the template's form needs; its script does the rest."""

    way: str  # the adapter's name, by which the template finds its words
    action: str
    place: str  # what the answer will be good for
    ask_url: str  # puts the question
    answer_url: str  # takes a card's answers one by one; empty where the card signs the question
    programs: str  # addresses on the visitor's own computer
    front: Front | None
    signer: str  # a program here that takes text and PIN from the page; empty where not believed


def form(
    way: str,
    action: str,
    place: str,
    *,
    ask_url: str,
    answer_url: str = "",
    front: Front | None = None,
    signer: str = "",
) -> CardForm:
    """Return what the template needs, and let its script speak to the card program."""
    programs = scope.rooms().settings.card_programs
    headers.allow_programs(programs)
    return CardForm(
        way=way,
        action=action,
        place=place,
        ask_url=ask_url,
        answer_url=answer_url,
        programs=" ".join(programs),
        front=front,
        signer=signer,
    )
