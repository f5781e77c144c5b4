"""Make a member of an applicant whom the Bureau approved: record, numbers, representation."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.clock import TAIPEI, taipei_day
from kernel.keyring import Keyring
from members import (
    admission,
    capacities,
    facts,
    guardians,
    identity_checks,
    numbering,
    register,
    seen_documents,
)
from members.application_forms import Form
from members.application_models import Application, Document
from members.models import CheckKind, Evidence, Member, Relation, Standing
from members.numbers import recognise
from members.profile import Profile

OFFICE = "臺北市申辦窗口"
CHECKED_BY = {  # in the words of OpenID Identity Assurance
    Document.ID_CARD: "idcard",
    Document.RESIDENCE_PERMIT: "residence_permit",
    Document.PASSPORT: "passport",
}
RELATION_BY = {
    Document.HOUSEHOLD_CERTIFICATE: Evidence.HOUSEHOLD_REGISTER,
    Document.COURT_DECISION: Evidence.COURT_DECISION,
}


def admit(
    session: Session,
    application: Application,
    form: Form,
    *,
    approval_id: UUID,
    keyring: Keyring,
    now: datetime,
) -> Member:
    """Enter the member with everything that was confirmed.

    Raises Refused `member.already_exists` if one of the numbers is a member's.
    """
    member = register.admit(session, approval_id, profile_of(form), keyring=keyring, now=now)
    for typed in filter(None, (form.former_number, form.number)):
        numbering.enter(session, member, recognise(typed), keyring=keyring, now=now)
    seen = {each.document for each in seen_documents.listed(session, application.id)}
    _note_checks(session, member, seen, keyring=keyring, now=now)
    if form.declared is not None:
        capacities.note(
            session,
            member.id,
            form.declared.capacity,
            source=form.declared.decree,
            declared_on=form.declared.declared_on,
            now=now,
        )
    _note_guardian(session, member, application, form, seen, keyring=keyring, now=now)
    return member


def profile_of(form: Form) -> Profile:
    """Return what relying parties may be told of the form.

    The address is where letters go: it is no evidence of a household, so it names no city.
    """
    return Profile(
        name=form.name,
        birthdate=form.birth_date,
        locale=form.language,
        email=form.email or None,
        email_verified=False if form.email else None,
        phone_number=form.phone or None,
        phone_number_verified=False if form.phone else None,
        address={"formatted": form.address} if form.address else None,
    )


def _note_checks(
    session: Session,
    member: Member,
    seen: AbstractSet[Document],
    *,
    keyring: Keyring,
    now: datetime,
) -> None:
    held = register.claims_of(member, keyring=keyring)
    for document in sorted(seen & CHECKED_BY.keys()):
        identity_checks.record(
            session,
            member.id,
            kind=CheckKind.DOCUMENT,
            of_type=CHECKED_BY[document],
            method="vpip",
            office=OFFICE,
            names=("name", "birthdate"),
            held=held,
            keyring=keyring,
            now=now,
        )


def _note_guardian(
    session: Session,
    member: Member,
    application: Application,
    form: Form,
    seen: AbstractSet[Document],
    *,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Enter who acts for the member, as far as a paper shows it and the law lets them (4.17).

    Who may not act is not entered, but bars nobody from becoming a member: a counter enters
    another.
    """
    found = entering(session, application, form, seen, keyring=keyring, now=now)
    if found is not None:
        guardians.link(
            session,
            ward_id=member.id,
            guardian_id=found.guardian_id,
            relation=found.relation,
            evidence=found.evidence,
            until=found.until,
            now=now,
        )


@dataclass(frozen=True, kw_only=True)
class Entering:
    """Who is entered to act for an applicant, by what was seen, and until when."""

    guardian_id: UUID
    relation: Relation
    evidence: Evidence
    until: datetime | None


def entering(
    session: Session,
    application: Application,
    form: Form,
    seen: AbstractSet[Document],
    *,
    keyring: Keyring,
    now: datetime,
) -> Entering | None:
    """Return who would be entered at an approval now; None where nobody would be.

    Of an adult a court's paper shows it: the guardian of who is guarded, the assistant of who is
    assisted. Who came of age since applying decides alone.
    """
    by_court = admission.acts_by_court(form)
    papers = (Document.COURT_DECISION,) if by_court else RELATION_BY
    shown = [RELATION_BY[document] for document in papers if document in seen]
    if form.guardian is None or application.guardian_id is None or not shown:
        return None
    until = None if by_court else _of_age(form)
    if until is not None and until <= now:
        return None
    relation = form.guardian.relation
    if not _may_act(session, application.guardian_id, relation, keyring=keyring, now=now):
        return None
    return Entering(
        guardian_id=application.guardian_id, relation=relation, evidence=shown[-1], until=until
    )


def _of_age(form: Form) -> datetime:
    day = facts.birthday(admission.latest_birth(form), admission.OF_AGE)
    return datetime(day.year, day.month, day.day, tzinfo=TAIPEI)


def _may_act(
    session: Session, guardian_id: UUID, relation: Relation, *, keyring: Keyring, now: datetime
) -> bool:
    """Say whether somebody may act for another: of age, allowed to, and a member still."""
    guardian = register.get(session, guardian_id)
    if guardian.standing is Standing.CLOSED:  # what was known of them may be erased
        return False
    if not guardians.may_be(relation, capacities.find(session, guardian_id)):
        return False
    held = register.claims_of(guardian, keyring=keyring)
    span = facts.born_between(held.get("birthdate"))  # of one known in part, the latest day counts
    return span is None or facts.reached(span[1], admission.OF_AGE, today=taipei_day(now))
