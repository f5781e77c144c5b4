"""What merchants' programs send and are told: of themselves, and of members a yes or a no."""

from datetime import date
from enum import StrEnum

from web.api_shapes import PageTold, Shape, WordsTold


class ContractTold(Shape):
    """A contract with the city; its days are days in Taipei, both included (2(8)4)."""

    number: str
    starts_on: date
    ends_on: date
    in_force: bool


class ContractsTold(PageTold):
    """A part of one's own contracts, the oldest first."""

    contracts: tuple[ContractTold, ...]


class OfferState(StrEnum):
    """What became of a version of an offer."""

    WAITING = "waiting"
    IN_FORCE = "in_force"
    NOT_NOW = "not_now"
    """Approved, and not in its period."""
    HALTED = "halted"
    """So few people fit that they could be told."""
    ENDED = "ended"


class OfferTold(Shape):
    """A version of an offer."""

    offer: str
    """Its code, as a till sends it."""
    version: int
    title: WordsTold
    state: OfferState
    valid_from: date
    valid_until: date


class OffersTold(PageTold):
    """A part of one's own offers, the oldest first."""

    offers: tuple[OfferTold, ...]


class CountTold(Shape):
    """How many members tills asked about."""

    offer: str
    members: int | None
    """Null where the count is so small, or tells one so small, that somebody could be known."""


class CountsTold(PageTold):
    """A part of the counts of the last month that is over."""

    month: date
    """Its first day."""
    counts: tuple[CountTold, ...]
    total: int | None
    """Of all parts; null where it would tell what is hidden."""


class CodeSent(Shape):
    """A code that a member showed, and the offer it is for."""

    code: str
    """Eight characters; blanks and small letters do no harm."""
    offer: str


class AnswerTold(Shape):
    """Whether the offer is this member's; never why (10-I(4))."""

    offer: str
    eligible: bool
    """False is "not confirmed here", and no evidence that a right does not exist."""
    number: str
    receipt: str
    at: str
