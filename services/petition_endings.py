"""No petition waits for an agency that is no more: who followed decides, or it is closed (6(3))."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.models import Organisation
from kernel.keyring import Keyring
from kernel.wording import Bilingual
from members import letters, register
from members.letters import Author
from services import petitions
from services.eligibility_models import CheckRun, Finding
from services.models import Service
from services.petition_models import NoProcess, Petition, PetitionState

_ENDED = select(Organisation.id).where(Organisation.ended_at.is_not(None))
_OWNER = (  # whose the service is that was suspended
    select(Service.organisation_id)
    .join(CheckRun, CheckRun.service_id == Service.id)
    .join(Finding, Finding.run_id == CheckRun.id)
    .where(Finding.id == Petition.finding_id)
    .scalar_subquery()
)


def follow(session: Session) -> Sequence[Petition]:
    """Give what waits for an agency that is no more to whoever has its service; return it.

    The hand-over does so in its own transaction; this is for those of before it did.
    """
    moved = (
        update(Petition)
        .where(
            Petition.closed_at.is_(None),
            Petition.organisation_id.in_(_ENDED),
            _OWNER.not_in(_ENDED),
        )
        .values(organisation_id=_OWNER)
        .returning(Petition)
    )
    return session.scalars(moved.execution_options(populate_existing=True)).all()


def close_orphaned(
    session: Session, words: Bilingual, *, keyring: Keyring, most: int = 100, now: datetime
) -> Sequence[Petition]:
    """Close so many that nobody followed, each with these words to the member; return them."""
    found = session.scalars(
        select(Petition)
        .where(
            Petition.closed_at.is_(None),
            Petition.organisation_id.in_(_ENDED),
            _OWNER.in_(_ENDED),
        )
        .order_by(Petition.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for each in found:
        if register.get(session, each.member_id).data_key_sealed:  # else nobody reads it
            letter = letters.letter(Author.CITY, "refusal", words.text(each.language), now=now)
            each.words_sealed = petitions.with_letter(session, each, letter, keyring=keyring)
        each.state, each.ground = PetitionState.NOT_PROCESSED, NoProcess.OUT_OF_SCOPE
        each.closed_at = now
    session.flush()
    return found
