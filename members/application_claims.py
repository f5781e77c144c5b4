"""Keep an identity number to one open application: the database decides who is first (10(1))."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel.db import insert_once
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import numbering
from members.admission import Applicant
from members.application_models import AWAITED, Application, ClaimedNumber, State
from members.application_steps import Step, move
from members.number_models import HeldNumber


def claim(
    session: Session, application: Application, applicant: Applicant, *, keyring: Keyring
) -> None:
    """Take the numbers for this application. Raises Refused `application.already_open`.

    Whether they are a member's is not asked here: who only typed a number learns nothing of it.
    """
    for each in _hashes(applicant, keyring=keyring):
        values = {"number_hash": each, "application_id": application.id}
        if not insert_once(session, ClaimedNumber, values):
            raise Refused("application.already_open")


def require_no_member(session: Session, applicant: Applicant, *, keyring: Keyring) -> None:
    """Turn away whoever is a member under any number, once they have proved who they are.

    Asked after the claim: whoever waited there for an approval to commit learns of the member it
    made. Raises Refused `member.already_exists`.
    """
    if members_named(session, applicant, keyring=keyring):
        raise Refused("member.already_exists")


def members_named(session: Session, applicant: Applicant, *, keyring: Keyring) -> Sequence[UUID]:
    """Return the members who hold or held one of the numbers."""
    hashes = _hashes(applicant, keyring=keyring)
    held = select(HeldNumber.member_id).where(HeldNumber.number_hash.in_(hashes)).distinct()
    return session.scalars(held).all()


def names(session: Session, application_id: UUID, member_id: UUID) -> bool:
    """Say whether an open application names a number that the member holds or held."""
    theirs = (
        select(HeldNumber.id)
        .join(ClaimedNumber, ClaimedNumber.number_hash == HeldNumber.number_hash)
        .where(ClaimedNumber.application_id == application_id, HeldNumber.member_id == member_id)
    )
    return session.scalar(theirs.limit(1)) is not None


def _hashes(applicant: Applicant, *, keyring: Keyring) -> list[bytes]:
    named = {each for each in (applicant.number, applicant.former) if each is not None}
    return sorted(numbering.hashed(each, keyring=keyring) for each in named)


def give_way(
    session: Session, applicant: Applicant, *, keyring: Keyring, now: datetime
) -> Sequence[UUID]:
    """End what no counter confirmed of these numbers, or was returned: the person stands here.

    Return which applications: a case of theirs at a counter ends with them.
    """
    stale = session.scalars(
        select(ClaimedNumber.application_id)
        .join(Application, Application.id == ClaimedNumber.application_id)
        .where(
            ClaimedNumber.number_hash.in_(_hashes(applicant, keyring=keyring)),
            Application.state.in_(AWAITED),
        )
        .distinct()
    ).all()
    return [each for each in stale if _has_lapsed(session, each, keyring=keyring, now=now)]


def _has_lapsed(session: Session, application_id: UUID, *, keyring: Keyring, now: datetime) -> bool:
    """Say whether it waited still; if a counter confirmed it just now, its number stays taken."""
    try:
        move(
            session,
            application_id,
            Step(actor=None),
            only=AWAITED,
            to=State.LAPSED,
            keyring=keyring,
            now=now,
        )
    except Refused:
        return False
    return True


def drop(session: Session, application_id: UUID) -> None:
    """Give the numbers of an application free."""
    session.execute(delete(ClaimedNumber).where(ClaimedNumber.application_id == application_id))
