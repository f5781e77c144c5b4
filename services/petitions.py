"""Take petitions against a suspension in (陳情, 6(3)), find them, and keep what was written.

filed → accepted → investigated → decided, or referred, or not processed (REGULATION 4.6), by
`services.petition_desk`; or closed when its agency is no more, by `services.petition_endings`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.models import Organisation
from kernel.calendar import Calendar
from kernel.clock import taipei_day
from kernel.db import insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference, typed_code
from kernel.keyring import Keyring
from kernel.wording import CHINESE
from members import letters, register
from members.clocks import TERMS, due_on
from members.letters import Author, Letter
from members.models import RequestKind
from services.eligibility_models import Finding, FindingState
from services.models import Service
from services.petition_models import Petition, PetitionState, Way

OPEN = (PetitionState.FILED, PetitionState.ACCEPTED, PetitionState.INVESTIGATED)


@dataclass(frozen=True, kw_only=True)
class Plea:
    """What is brought forward, how it came in, and who wrote it down if it was said."""

    words: str
    way: Way
    language: str
    recorded_by: UUID | None = None
    counter_id: UUID | None = None  # where it was written down, if not at the agency


def spoken(
    words: str, *, by: UUID, is_read_back: bool, is_signed: bool, counter_id: UUID | None = None
) -> Plea:
    """Return what was said, as it was written down, read back and signed (APA 169-I).

    Raises Refused `appeal.not_read_back` or `appeal.not_signed`.
    """
    if not is_read_back:
        raise Refused("appeal.not_read_back")
    if not is_signed:
        raise Refused("appeal.not_signed")
    return Plea(words=words, way=Way.ORAL, language=CHINESE, recorded_by=by, counter_id=counter_id)


def file(
    session: Session, finding: Finding, plea: Plea, *, keyring: Keyring, now: datetime
) -> Petition:
    """Take a petition in, for the agency of the service; about one suspension one at a time.

    Raises Refused `request.words_missing`, `appeal.out_of_scope` for what suspended nothing, was
    given back or has no agency any more, or `appeal.duplicate`.
    """
    if not plea.words.strip():
        raise Refused("request.words_missing")
    if finding.state is not FindingState.CONFIRMED or finding.restored_at is not None:
        raise Refused("appeal.out_of_scope")
    petition_id = new_id()
    first = letters.letter(Author.MEMBER, "asked", plea.words, now=now)
    values = {
        "id": petition_id,
        "reference": new_reference(),
        "finding_id": finding.id,
        "member_id": finding.member_id,
        "organisation_id": _competent(session, finding),
        "way": plea.way,
        "state": PetitionState.FILED,
        "suspended_by": finding.decided_by,
        "found_by": finding.found_by,
        "language": plea.language,
        "words_sealed": _sealed(session, [first], finding.member_id, petition_id, keyring=keyring),
        "filed_at": now,
        "recorded_by": plea.recorded_by,
        "counter_id": plea.counter_id,
    }
    if not insert_once(session, Petition, values):
        raise Refused("appeal.duplicate")
    return session.get_one(Petition, petition_id)


def _competent(session: Session, finding: Finding) -> UUID:
    """Return whose the service is; whoever hands it over at this moment waits for the petition.

    Raises Refused `appeal.out_of_scope` where the agency is no more and nobody followed it.
    """
    held = select(Service.organisation_id).where(Service.id == finding.run.service_id)
    owner = session.scalars(held.with_for_update(read=True)).one()
    is_over = select(Organisation.ended_at.is_not(None)).where(Organisation.id == owner)
    if session.scalars(is_over).one():
        raise Refused("appeal.out_of_scope")
    return owner


def of_member(session: Session, member_id: UUID) -> Sequence[Petition]:
    """Return a member's petitions, the newest first."""
    return session.scalars(
        select(Petition).where(Petition.member_id == member_id).order_by(Petition.id.desc())
    ).all()


def of_agency(session: Session, organisation_id: UUID, *, most: int) -> Sequence[Petition]:
    """Return an agency's petitions, what waits first, the oldest of it on top."""
    return session.scalars(
        select(Petition)
        .where(Petition.organisation_id == organisation_id)
        .order_by(Petition.closed_at.is_not(None), Petition.id)
        .limit(most)
    ).all()


def get(
    session: Session,
    reference: str,
    *,
    member_id: UUID | None = None,
    organisation_id: UUID | None = None,
) -> Petition:
    """Return a petition and keep others from changing it until the transaction ends.

    Raises NotFound, also for another member's or agency's.
    """
    found = None
    if reference.isascii() and reference.isalnum():
        where = [Petition.reference == reference.upper()]
        if member_id is not None:
            where.append(Petition.member_id == member_id)
        if organisation_id is not None:
            where.append(Petition.organisation_id == organisation_id)
        locked = select(Petition).where(*where).with_for_update()
        found = session.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("appeal.not_found")
    return found


def find_just_recorded(
    session: Session, reference: str, *, by: UUID, counter_id: UUID, now: datetime
) -> Petition | None:
    """Return a petition to whoever wrote it down, where and on the day they did.

    Its slip lets one read what the agency answers: that is nothing for a clerk.
    """
    found = session.scalar(
        select(Petition).where(
            Petition.reference == typed_code(reference),
            Petition.recorded_by == by,
            Petition.counter_id == counter_id,
        )
    )
    is_fresh = found is not None and taipei_day(found.filed_at) == taipei_day(now)
    return found if is_fresh else None


def due(petition: Petition, calendar: Calendar) -> date | None:
    """Return the last day for the decision, in working days; None once it is closed (APA 171)."""
    if petition.state not in OPEN:
        return None
    return due_on(taipei_day(petition.filed_at), TERMS[RequestKind.PETITION], calendar)


def written(session: Session, petition: Petition, *, keyring: Keyring) -> list[Letter]:
    """Return what was written, in order; nothing once the member is erased."""
    member = register.get(session, petition.member_id)
    place = _place(petition.id)
    return letters.open_letters(petition.words_sealed, member, keyring=keyring, place=place)


def with_letter(session: Session, petition: Petition, letter: Letter, *, keyring: Keyring) -> bytes:
    """Return what was written and one letter more, sealed."""
    said = [*written(session, petition, keyring=keyring), letter]
    return _sealed(session, said, petition.member_id, petition.id, keyring=keyring)


def _sealed(
    session: Session,
    said: Sequence[Letter],
    member_id: UUID,
    petition_id: UUID,
    *,
    keyring: Keyring,
) -> bytes:
    member = register.get(session, member_id)
    return letters.seal_letters(said, member, keyring=keyring, place=_place(petition_id))


def _place(petition_id: UUID) -> str:
    return f"petition/{petition_id}"
