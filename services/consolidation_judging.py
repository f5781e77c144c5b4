"""Judge what a row of a file does to the note that stands: pure, and never against a right (10-II).

A file may add what was not known and confirm or extend what is. It never ends an activation, lifts
a suspension or shortens a right: that is a contradiction, which people look into.
"""

from dataclasses import dataclass
from datetime import date

from services.card_faces import Face
from services.consolidation_models import Outcome
from services.models import Activation

CONFLICT = "consolidation.conflict"
KEEPS = "right.presumption_keeps"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a file says of one person."""

    state: Activation
    since: date | None
    as_of: date
    face: Face | None = None  # what the card shows; no word about the service

    @property
    def key(self) -> str:
        """Return it as one word, by which a docket knows what it has heard before."""
        return f"{self.state.value}/{self.since or ''}/{self.as_of}"


@dataclass(frozen=True, kw_only=True)
class Noted:
    """The note that stands."""

    state: Activation
    since: date | None
    as_of: date
    disputed: bool
    face: Face | None = None


@dataclass(frozen=True)
class Verdict:
    """What is to be done, and the code of why not."""

    outcome: Outcome
    code: str = ""


INSERT = Verdict(Outcome.INSERTED)
CHANGE = Verdict(Outcome.CHANGED)
LEAVE = Verdict(Outcome.UNCHANGED)
CONTRADICTS = Verdict(Outcome.CONFLICT, CONFLICT)
TAKES_AWAY = Verdict(Outcome.CONFLICT, KEEPS)


def judge(said: Said, noted: Noted | None) -> Verdict:
    """Return what a row does; what was said before is judged again when it is applied."""
    if noted is None:
        return INSERT
    if said.state is noted.state and said.since in (None, noted.since):
        return CHANGE if said.as_of > noted.as_of or _shows_more(said, noted) else LEAVE
    if takes_away(said, noted):
        return TAKES_AWAY
    if noted.disputed or noted.state is Activation.SUSPENDED:
        return CONTRADICTS
    if noted.state is Activation.ACTIVATED:
        return CHANGE  # it began earlier than was known
    began = said.since or said.as_of
    return CHANGE if began > noted.as_of else CONTRADICTS


def _shows_more(said: Said, noted: Noted) -> bool:
    """Say whether a word of the same day knows a card that the note does not."""
    return said.as_of == noted.as_of and said.face is not None and said.face != noted.face


def takes_away(said: Said, noted: Noted) -> bool:
    """Say whether a word would end a right that is noted, or let it begin later."""
    if noted.state is not Activation.ACTIVATED:
        return False
    if said.state is not Activation.ACTIVATED:
        return True
    return said.since is not None and noted.since is not None and said.since > noted.since
