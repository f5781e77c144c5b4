"""Turn what must be asked into one question per claim, and the answers into a decision (PDPA 7).

Pure. The least is the default everywhere: what is not answered is withheld.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clients.directory import RegisteredPurpose
from consent import rules
from consent.catalogue import ALWAYS, BY_NAME, Claim, in_order, lesser
from consent.parts import BEGINNINGS, Part
from consent.rules import Decided
from kernel.wording import Bilingual


class Choice(StrEnum):
    """What a member may answer to one question."""

    WITHHOLD = "withhold"
    DERIVED = "derived"  # only what says less
    SHARE = "share"


@dataclass(frozen=True)
class Question:
    """One claim to decide on, with what could be given in its stead."""

    claim: Claim
    instead: tuple[Claim, ...]
    required: bool
    necessity: Bilingual

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Return what may be answered, the least first."""
        if self.required:
            return (Choice.SHARE,)
        if self.instead:
            return (Choice.WITHHOLD, Choice.DERIVED, Choice.SHARE)
        return (Choice.WITHHOLD, Choice.SHARE)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """One consent page: what it asks, and which earlier choices stay as they are.

    `carried` are earlier choices that need the member's yes to a purpose told anew; `kept` are
    still in force and not touched. Both say of each claim whether it is given.
    """

    questions: tuple[Question, ...]
    carried: Mapping[str, bool]
    kept: Mapping[str, bool]
    part: Part = Part.WHOLE

    @property
    def claims(self) -> frozenset[str]:
        """Return every claim that the answer decides on."""
        asked = {claim.name for each in self.questions for claim in (each.claim, *each.instead)}
        return frozenset({*self.always, *asked, *self.carried})

    @property
    def always(self) -> frozenset[str]:
        """Return what is given by agreeing at all: being recognised, where that is decided."""
        return frozenset({ALWAYS} if self.part in BEGINNINGS else ())


@dataclass(frozen=True)
class Settled:
    """What the member's answers come to."""

    given: frozenset[str]
    refused: frozenset[str]


def asking(
    open_claims: AbstractSet[str],
    purpose: RegisteredPurpose,
    decisions: Iterable[Decided],
    *,
    requested: AbstractSet[str],
    now: datetime,
    part: Part = Part.WHOLE,
    anew: bool = False,
) -> Asking:
    """Return what the page asks; `anew` asks about everything again, earlier choices or not.

    `open_claims` is what `rules.unanswered` left for this part, `requested` all that could be.
    """
    terms, earlier = rules.terms_of(purpose), tuple(decisions)
    carried = {} if anew else rules.carried(terms, earlier, now=now)
    carried = {name: given for name, given in carried.items() if name in open_claims}
    kept = {
        each.claim: each.given
        for each in earlier
        if terms.cover(each, now=now) and each.claim in requested - open_claims - {ALWAYS}
    }
    return Asking(
        questions=questions(open_claims - carried.keys(), purpose),
        carried=carried,
        kept=kept,
        part=part,
    )


def questions(claims: AbstractSet[str], purpose: RegisteredPurpose) -> tuple[Question, ...]:
    """Return one question per claim; what only says less than another stands beside that one."""
    approved = {claim.name: claim for claim in purpose.claims if claim.name in claims}
    optional = {name for name, claim in approved.items() if not claim.required}
    return tuple(
        Question(
            claim,
            lesser(claim.name, optional) if claim.name in optional else (),
            approved[claim.name].required,
            approved[claim.name].necessity,
        )
        for claim in in_order(approved)
        if not (claim.name in optional and claim.less_than in optional)
    )


def settle(asked: Asking, answers: Mapping[str, str]) -> Settled:
    """Return what the answers (claim: choice) give and refuse; no answer withholds.

    Raises ValueError with the name of the first claim whose answer was not offered.
    """
    given = {*asked.always, *(name for name, is_given in asked.carried.items() if is_given)}
    for question in asked.questions:
        name = question.claim.name
        choice = Choice.SHARE if question.required else answers.get(name, Choice.WITHHOLD)
        if choice not in question.choices:
            raise ValueError(name)
        if choice == Choice.SHARE:
            given.add(name)
        if choice in {Choice.SHARE, Choice.DERIVED}:
            given |= {claim.name for claim in question.instead}
    return Settled(frozenset(given), asked.claims - given)


def unasked(requested: AbstractSet[str]) -> tuple[Claim, ...]:
    """Return the sensitive claims that this request does not even ask for."""
    sensitive = {claim.name for claim in BY_NAME.values() if claim.sensitive}
    return tuple(in_order(sensitive - requested))
