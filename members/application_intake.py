"""Take a form in, see the papers, take a correction in (8(2), state machine 4.1).

From a counter a form goes to review, from elsewhere to a counter first. An identity number stands
in one open application only: the database keeps that, whoever is first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.ids import digest, new_code, new_id, new_key, new_reference
from kernel.keyring import Keyring
from members import (
    admission,
    application_claims,
    application_clock,
    application_steps,
    numbering,
    numbers,
    sealed_forms,
    seen_documents,
    terms,
)
from members.admission import Applicant
from members.application_forms import Form, Seen
from members.application_models import Application, Channel, State
from members.application_steps import Step, get, move
from members.clocks import Pause


@dataclass(frozen=True)
class Receipt:
    """What the applicant takes home; the secret is shown once."""

    application_id: UUID
    number: str
    secret: str = field(repr=False)
    replaced: Sequence[UUID] = ()  # the applications that gave way to this one


def submit(
    session: Session,
    form: Form,
    *,
    channel: Channel,
    keyring: Keyring,
    now: datetime,
    counter_id: UUID | None = None,
    clerk_id: UUID | None = None,
    agency_id: UUID | None = None,
) -> Receipt:
    """Hand in a form: at a counter it goes to review, from elsewhere to a counter first (8(2)2).

    `clerk_id` is the clerk's member id. Raises what `admission.examine` and
    `terms.require_agreed` raise, Refused `application.already_open`; and at a counter, where the
    person stands, `member.already_exists`. From elsewhere a member's number is taken in as a
    stranger's is, and `confirm` tells.
    """
    agreed = terms.require_agreed(session, form.terms, now=now)
    applicant = admission.examine(form, channel=channel, today=taipei_day(now))
    receipt = Receipt(new_id(), new_reference(), new_code())
    at_counter = channel is Channel.COUNTER
    key = new_key()
    application = Application(
        id=receipt.application_id,
        number=receipt.number,
        secret_hash=digest(receipt.secret),
        channel=channel,
        kind=form.kind,
        state=State.REVIEW if at_counter else State.CONFIRMING,
        language=form.language,
        district=form.district,
        data_key_sealed=keyring.seal(
            key, place=application_steps.key_place(receipt.application_id)
        ),
        form_sealed=sealed_forms.write(form, key, application_id=receipt.application_id),
        terms_hash=agreed.hash_in(form.language),
        counter_id=counter_id,
        intake_by=clerk_id,
        agency_id=agency_id,
        guardian_id=_guardian(session, applicant, keyring=keyring),
        submitted_at=now,
        waiting_since=now,
        pauses=[],
    )
    _require_no_kin(application, clerk_id)
    session.add(application)
    session.flush()
    if at_counter:
        stale = application_claims.give_way(session, applicant, keyring=keyring, now=now)
        receipt = replace(receipt, replaced=stale)
    application_claims.claim(session, application, applicant, keyring=keyring)
    if at_counter:
        application_claims.require_no_member(session, applicant, keyring=keyring)
    seen_documents.keep(session, application, form.documents, keyring=keyring, now=now)
    application_steps.note(
        session, application, Step(actor=clerk_id, clause="8(2)2"), keyring=keyring, now=now
    )
    application_steps.tell(session, application, now=now)
    return receipt


def confirm(
    session: Session,
    application_id: UUID,
    *,
    counter_id: UUID,
    clerk_id: UUID,
    documents: Sequence[Seen],
    keyring: Keyring,
    now: datetime,
) -> None:
    """Send an application on to review: a clerk saw the documents (8(2)2).

    Raises Refused `case.wrong_state`, `case.self_dealing`, `idno.document_mismatch`,
    `member.already_exists`, or DocumentsMissing.
    """
    application = get(session, application_id)
    _require_no_kin(application, clerk_id)
    form = sealed_forms.read(application, keyring=keyring)
    admission.require_documents(
        form,
        documents,
        number=numbers.recognise(form.number),
        has_guardians_yes=application.guardian_approved_at is not None,
        today=taipei_day(now),
    )
    confirmed = move(
        session,
        application_id,
        Step(actor=clerk_id, clause="8(2)2"),
        only=[State.CONFIRMING],
        to=State.REVIEW,
        keyring=keyring,
        now=now,
        counter_id=counter_id,
        intake_by=clerk_id,
        pauses=application_clock.confirmed(application, now=now),
    )
    applicant = admission.examine(form, channel=Channel.SITE, today=taipei_day(now))
    application_claims.require_no_member(session, applicant, keyring=keyring)
    seen_documents.keep(session, confirmed, documents, keyring=keyring, now=now)


def resubmit(
    session: Session, application_id: UUID, form: Form, *, keyring: Keyring, now: datetime
) -> None:
    """Hand in the corrected form; a counter confirms it, since what it holds is new.

    Raises what `submit` raises, and Refused `case.wrong_state`.
    """
    agreed = terms.require_agreed(session, form.terms, now=now)
    applicant = admission.examine(form, channel=Channel.SITE, today=taipei_day(now))
    application = get(session, application_id)
    key = application_steps.data_key(application, keyring=keyring)
    moved = move(
        session,
        application_id,
        Step(actor=None),
        only=[State.RETURNED],
        to=State.CONFIRMING,
        keyring=keyring,
        now=now,
        kind=form.kind,
        district=form.district,
        language=form.language,
        form_sealed=sealed_forms.write(form, key, application_id=application_id),
        terms_hash=agreed.hash_in(form.language),
        guardian_id=_guardian(session, applicant, keyring=keyring),
        guardian_approved_at=None,
        pauses=_ended(application.pauses, now=now),
    )
    application_claims.drop(session, application_id)
    seen_documents.drop(session, application_id)
    application_claims.claim(session, moved, applicant, keyring=keyring)
    application_steps.tell(session, moved, now=now)  # and those whom it names by now


def _guardian(session: Session, applicant: Applicant, *, keyring: Keyring) -> UUID | None:
    if applicant.guardian is None:
        return None
    return numbering.find(session, applicant.guardian, keyring=keyring)


def _require_no_kin(application: Application, clerk_id: UUID | None) -> None:
    if clerk_id is not None and clerk_id == application.guardian_id:
        raise Refused("case.self_dealing")


def _ended(pauses: Sequence[str], *, now: datetime) -> list[str]:
    *before, last = [Pause.read(each) for each in pauses]
    return [str(each) for each in (*before, Pause(last.since, taipei_day(now)))]
