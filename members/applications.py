"""Take applications to become a member from the first form to the decision (2(8)1, 8(2), 4.1).

counter_confirming → review_queue → approved | rejected, with returned_for_correction between and
withdrawn or lapsed beside. An identity number stands in one open application only: the database
keeps that, whoever is first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed
from kernel.errors import Refused
from kernel.ids import digest, new_code, new_id, new_key, new_reference, typed_code
from kernel.keyring import Keyring, seal, unseal
from members import (
    admission,
    admitting,
    application_claims,
    application_clock,
    application_forms,
    application_looks,
    application_steps,
    invitations,
    numbering,
    numbers,
    seen_documents,
    terms,
)
from members.admission import Applicant
from members.application_forms import Form, Seen
from members.application_models import (
    AWAITED,
    OPEN,
    Application,
    Channel,
    State,
)
from members.application_steps import Step, get, move
from members.clocks import Pause
from members.invitations import Activation

PATIENCE = timedelta(days=30)  # for the applicant's answer, or for their way to a counter
NOBODYS = bytes(32)  # the hash of no secret


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
        form_sealed=_sealed(form, key, application_id=receipt.application_id),
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
    form = open_form(application, keyring=keyring)
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


def send_back(
    session: Session,
    application_id: UUID,
    *,
    by: UUID,
    reason: str,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Ask the applicant to correct something; the clock of the city stands still meanwhile.

    Raises Refused `case.wrong_state` or `application.reason_missing`.
    """
    application = get(session, application_id)
    pause = Pause(taipei_day(now))
    returned = move(
        session,
        application_id,
        Step(actor=by, reason=_required(reason)),
        only=[State.CONFIRMING, State.REVIEW],
        to=State.RETURNED,
        keyring=keyring,
        now=now,
        pauses=[*application.pauses, str(pause)],
    )
    application_steps.tell(session, returned, now=now)


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
        form_sealed=_sealed(form, key, application_id=application_id),
        terms_hash=agreed.hash_in(form.language),
        guardian_id=_guardian(session, applicant, keyring=keyring),
        guardian_approved_at=None,
        pauses=_ended(application.pauses, now=now),
    )
    application_claims.drop(session, application_id)
    seen_documents.drop(session, application_id)
    application_claims.claim(session, moved, applicant, keyring=keyring)
    application_steps.tell(session, moved, now=now)  # and those whom it names by now


def withdraw(
    session: Session,
    application_id: UUID,
    *,
    keyring: Keyring,
    now: datetime,
    by: UUID | None = None,
) -> None:
    """Let the applicant take it back before it is decided. Raises Refused `case.wrong_state`.

    `by` is the clerk to whom they said so.
    """
    step = Step(actor=by)
    move(session, application_id, step, only=OPEN, to=State.WITHDRAWN, keyring=keyring, now=now)


def disown(
    session: Session, application_id: UUID, *, member_id: UUID, keyring: Keyring, now: datetime
) -> None:
    """Let a member end an application that names their number, as long as it does (10(1)).

    Raises Refused `case.wrong_state`, or NotFound.
    """
    application_steps.lock(session, application_id)  # whoever corrects it just now is waited for
    if not application_claims.names(session, application_id, member_id):
        raise Refused("case.wrong_state")
    withdraw(session, application_id, keyring=keyring, now=now)


def lapse_due(
    session: Session, *, keyring: Keyring, now: datetime, most: int = 100
) -> Sequence[UUID]:
    """End what waited for its applicant longer than the patience lasts; return which."""
    due = session.scalars(
        select(Application.id)
        .where(
            Application.state.in_(AWAITED),
            Application.closed_at.is_(None),
            Application.waiting_since <= now - PATIENCE,
        )
        .order_by(Application.submitted_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for each in due:
        lapsed = move(
            session, each, Step(actor=None), only=OPEN, to=State.LAPSED, keyring=keyring, now=now
        )
        application_steps.tell(session, lapsed, now=now)
    return due


def reject(
    session: Session,
    application_id: UUID,
    *,
    by: UUID,
    clause: str,
    reason: str,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Turn an application down, by a clause and for a reason the applicant reads.

    Raises Refused `case.wrong_state`, `case.counter_confirmation_pending` or
    `application.reason_missing`.
    """
    step = Step(actor=by, clause=_required(clause), reason=_required(reason))
    _require_confirmed(session, application_id)
    rejected = move(
        session,
        application_id,
        step,
        only=[State.REVIEW],
        to=State.REJECTED,
        keyring=keyring,
        now=now,
    )
    application_steps.tell(session, rejected, now=now)


def approve(
    session: Session,
    application_id: UUID,
    *,
    approval_id: UUID,
    keyring: Keyring,
    now: datetime,
    by: UUID | None = None,
) -> Activation:
    """Make the member, and return what lets them choose account name and password.

    Only the Bureau's review calls this. Raises Refused `case.wrong_state`,
    `case.counter_confirmation_pending` or `member.already_exists`.
    """
    _require_confirmed(session, application_id)
    approved = move(
        session,
        application_id,
        Step(actor=by),
        only=[State.REVIEW],
        to=State.APPROVED,
        keyring=keyring,
        now=now,
        approval_id=approval_id,
    )
    form = open_form(approved, keyring=keyring)
    member = admitting.admit(
        session, approved, form, approval_id=approval_id, keyring=keyring, now=now
    )
    approved.member_id = member.id
    session.flush()
    application_looks.hand_over(session, approved, member.id, now=now)
    activation = invitations.issue(session, member.id, keyring=keyring, now=now)
    application_steps.tell(session, approved, now=now, invitation=str(activation.id))
    return activation


def mark_of_form(application: Application) -> str:
    """Return what says which form somebody has before them: another once it is corrected."""
    return sha256(application.form_sealed).hexdigest()


def approve_as_guardian(
    session: Session, application_id: UUID, *, guardian_id: UUID, form: str, now: datetime
) -> None:
    """Let the guardian the applicant named say yes to the form they saw, by its mark.

    Raises Refused `case.wrong_state`, also if it was corrected meanwhile: they look again.
    """
    application = application_steps.find(session, application_id)
    if application is None or mark_of_form(application) != form:
        raise Refused("case.wrong_state")
    approved = session.execute(
        update(Application)
        .where(
            Application.id == application_id,
            Application.guardian_id == guardian_id,
            Application.guardian_approved_at.is_(None),
            Application.form_sealed == application.form_sealed,
            Application.state.in_(OPEN),
        )
        .values(guardian_approved_at=now)
        .execution_options(synchronize_session=False)
    )
    if not changed(approved):
        raise Refused("case.wrong_state")


def open_form(application: Application, *, keyring: Keyring) -> Form:
    """Return what was filled in."""
    key = application_steps.data_key(application, keyring=keyring)
    return application_forms.load(
        unseal(key, application.form_sealed, place=_place(application.id))
    )


def track(session: Session, number: str, secret: str, *, now: datetime) -> Application | None:
    """Return the application of a receipt; a stranger is answered in the same time."""
    del now  # a receipt is good as long as its application is kept
    found = session.scalar(select(Application).where(Application.number == typed_code(number)))
    kept = NOBODYS if found is None else found.secret_hash
    return found if compare_digest(kept, digest(typed_code(secret))) else None


def of_member(session: Session, member_id: UUID) -> Sequence[Application]:
    """Return the applications by which the member became one, the oldest first."""
    return session.scalars(
        select(Application).where(Application.member_id == member_id).order_by(Application.id)
    ).all()


def waiting_for_confirmation(
    session: Session, *, counter_id: UUID | None = None, most: int = 50, skip: int = 0
) -> Sequence[Application]:
    """Return what this counter, or any, has to confirm, the oldest first; the very new is all's."""
    found = _waiting(State.CONFIRMING)
    if counter_id is not None:
        found = found.where(
            or_(Application.assigned_to == counter_id, Application.assigned_to.is_(None))
        )
    return session.scalars(found.limit(most).offset(skip)).all()


def waiting_for_guardian(
    session: Session, guardian_id: UUID, *, keyring: Keyring
) -> Sequence[tuple[Application, Form]]:
    """Return open applications that name this member as guardian and wait for a yes.

    An assistant is not asked: who is assisted applies alone (Civil Code 15-2).
    """
    named = session.scalars(
        select(Application)
        .where(
            Application.guardian_id == guardian_id,
            Application.guardian_approved_at.is_(None),
            Application.state.in_(OPEN),
        )
        .order_by(Application.id)
    ).all()
    opened = [(each, open_form(each, keyring=keyring)) for each in named]
    return [(each, form) for each, form in opened if not admission.is_assistant(form)]


def waiting_for_review(session: Session, *, most: int = 50, skip: int = 0) -> Sequence[Application]:
    """Return what the Bureau has to decide, the oldest first."""
    return session.scalars(_waiting(State.REVIEW).limit(most).offset(skip)).all()


def _waiting(state: State) -> Select[Application]:
    return (
        select(Application)
        .where(Application.state == state, Application.closed_at.is_(None))
        .order_by(Application.submitted_at, Application.id)
    )


def _sealed(form: Form, key: bytes, *, application_id: UUID) -> bytes:
    return seal(key, application_forms.dump(form), place=_place(application_id))


def _place(application_id: UUID) -> str:
    return f"application.form/{application_id}"


def _guardian(session: Session, applicant: Applicant, *, keyring: Keyring) -> UUID | None:
    if applicant.guardian is None:
        return None
    return numbering.find(session, applicant.guardian, keyring=keyring)


def _require_no_kin(application: Application, clerk_id: UUID | None) -> None:
    if clerk_id is not None and clerk_id == application.guardian_id:
        raise Refused("case.self_dealing")


def _require_confirmed(session: Session, application_id: UUID) -> None:
    if get(session, application_id).state is State.CONFIRMING:
        raise Refused("case.counter_confirmation_pending")


def _ended(pauses: Sequence[str], *, now: datetime) -> list[str]:
    *before, last = [Pause.read(each) for each in pauses]
    return [str(each) for each in (*before, Pause(last.since, taipei_day(now)))]


def _required(words: str) -> str:
    if not words.strip():
        raise Refused("application.reason_missing")
    return words
