"""Settle who works for the city's Bureau, and two applications that wait for them, once."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from clients import officers
from clients.officer_models import OfficerPost, Role
from kernel.errors import Refused
from kernel.keyring import Keyring
from kernel.wording import CHINESE, ENGLISH
from members import application_intake, numbers, register, terms
from members.application_forms import Form, Permit, Seen
from members.application_models import Application, Channel, Document, PersonKind

YEAR = timedelta(days=365)
# Two reviewers, for some orders want a second; the auditor does nothing else.
POSTS = {
    "guilai.cai": Role.REVIEWER,
    "ji.wu": Role.REVIEWER,
    "zhen.li": Role.AUDITOR,
}
CLERK = "ji.wu"  # who took the first application in, and so does not review it


def settle(session: Session, keyring: Keyring, *, now: datetime) -> None:
    """Appoint whoever was never appointed; let two strangers apply if nobody ever did."""
    for login, role in POSTS.items():
        _appoint(session, login, role, now=now)
    if session.scalar(select(exists().where(Application.id.is_not(None)))):
        return
    for form, clerk in ((_national(session, now), CLERK), (_foreigner(session, now), None)):
        with suppress(Refused):
            application_intake.submit(
                session,
                form,
                channel=Channel.COUNTER,
                keyring=keyring,
                now=now,
                clerk_id=_member(session, clerk or "sayun"),
            )


def _appoint(session: Session, login: str, role: Role, *, now: datetime) -> None:
    member_id = _member(session, login)
    was = exists().where(OfficerPost.member_id == member_id, OfficerPost.role == role)
    if member_id is None or session.scalar(select(was)):
        return
    officers.appoint(
        session,
        member_id=member_id,
        organisation_id=None,
        role=role,
        by=None,
        until=now + YEAR,
        now=now,
    )


def _member(session: Session, login: str) -> UUID | None:
    member = register.find_by_login(session, login)
    return None if member is None else member.id


def _number(digits: str) -> str:
    """Return a number nobody has: round digits, and the one that checks them."""
    return f"{digits}{numbers.check_digit(digits)}"


def _national(session: Session, now: datetime) -> Form:
    return Form(
        kind=PersonKind.NATIONAL,
        number=_number("Z20000000"),
        name="示範申請人",
        birth_date="1996-05-01",
        email="applicant@example.org",
        phone="+886900000091",
        address="100000 臺北市示範區範例路91號",
        documents=(Seen(document=Document.ID_CARD),),
        terms=terms.current(session, now=now).version,
        language=CHINESE,
    )


def _foreigner(session: Session, now: datetime) -> Form:
    return Form(
        kind=PersonKind.FOREIGN,
        number=_number("Z90000000"),
        name="EXAMPLE APPLICANT",
        birth_date="1990-10-10",
        permit=Permit(until=date(now.year + 1, 6, 30)),
        email="second.applicant@example.org",
        documents=(Seen(document=Document.RESIDENCE_PERMIT, expires_on=date(now.year + 1, 6, 30)),),
        terms=terms.current(session, now=now).version,
        language=ENGLISH,
    )
