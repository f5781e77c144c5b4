"""Close the petitions that nobody can decide: their agency is no more, and none followed (6(3))."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.models import Organisation
from kernel.keyring import Keyring
from kernel.wording import Bilingual
from members import letters, register
from members.letters import Author
from services import petitions
from services.petition_models import NoProcess, Petition, PetitionState


def close_orphaned(
    session: Session, words: Bilingual, *, keyring: Keyring, most: int = 100, now: datetime
) -> Sequence[Petition]:
    """Close so many of them, each once, with these words to the member; return them."""
    ended = select(Organisation.id).where(Organisation.ended_at.is_not(None))
    found = session.scalars(
        select(Petition)
        .where(Petition.closed_at.is_(None), Petition.organisation_id.in_(ended))
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
