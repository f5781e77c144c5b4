"""Members apply to the agency, the agency decides and notes: all in one transaction (2(8)6, 4.4).

Nobody decides about themselves, another agency's applications are not found, and one application
for each member and service is open: the database says so.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, lazyload

from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.keyring import Keyring, seal, unseal
from members import register
from members.profile import open_data_key
from services import activations, forms, lifecycle
from services.activations import Provenance
from services.forms import FormField
from services.models import Activation, ActivationNote, Channel, Service
from services.publication_models import FormVersion
from services.request_models import ActivationRequest, RequestState, Wish

PENDING = (RequestState.APPLIED, RequestState.UNDER_REVIEW)
LONGEST_REASON = 500
NO_ANSWERS: Mapping[str, str] = MappingProxyType({})


def ask(
    session: Session,
    code: str,
    wish: Wish,
    answers: Mapping[str, str] = NO_ANSWERS,
    *,
    member_id: UUID,
    keyring: Keyring,
    now: datetime,
    reference: str = "",
) -> ActivationRequest:
    """Receive an application, to have a service or to have it no more; return it.

    `answers` are those on the annex form in force today, by the keys of its fields (5(4));
    `reference` is the number of the counter's case it comes from, if it comes from one. A
    suspended service may be applied for again at once (6(3)). Raises NotFound; Refused
    `service.not_open`, `.closed`, `.already_active`, `.not_active`, `.suspended`,
    `.review_pending`; and as `forms.validate`.
    """
    service = activations.get_service(session, code)
    _require_sense(service, _state(session, service, member_id), wish)
    form = form_of(session, service.id, wish, now=now)
    given = {} if form is None else forms.validate(form, answers)
    request_id = new_id()
    values = {
        "id": request_id,
        "reference": reference or new_reference(),
        "member_id": member_id,
        "service_id": service.id,
        "wish": wish,
        "state": RequestState.APPLIED,
        "asked_at": now,
        "form_version_id": None if form is None else form.id,
        "answers_sealed": _sealed(session, request_id, given, member_id, keyring=keyring),
    }
    if not insert_once(session, ActivationRequest, values):
        raise Refused("service.review_pending")
    return session.get_one(ActivationRequest, request_id)


def form_of(session: Session, service_id: UUID, wish: Wish, *, now: datetime) -> FormVersion | None:
    """Return the annex form that is filled in to apply today; to end a service takes none."""
    return forms.in_force(session, service_id, on=taipei_day(now)) if wish is Wish.OPEN else None


def _sealed(
    session: Session,
    request_id: UUID,
    answers: Mapping[str, str],
    member_id: UUID,
    *,
    keyring: Keyring,
) -> bytes | None:
    if not answers:
        return None
    data_key = open_data_key(register.get(session, member_id), keyring=keyring)
    return seal(data_key, json.dumps(answers).encode(), place=_place_of_answers(request_id))


def _state(session: Session, service: Service, member_id: UUID) -> Activation | None:
    return session.scalar(
        select(ActivationNote.state).where(
            ActivationNote.member_id == member_id, ActivationNote.service_id == service.id
        )
    )


def _require_sense(service: Service, state: Activation | None, wish: Wish) -> None:
    if wish is Wish.OPEN:
        lifecycle.require_open(service)
        if state is Activation.ACTIVATED:
            raise Refused("service.already_active")
    elif state is Activation.SUSPENDED:
        raise Refused("service.suspended")
    elif state is not Activation.ACTIVATED:
        raise Refused("service.not_active")


def withdraw(session: Session, reference: str, *, member_id: UUID, now: datetime) -> None:
    """Take one's own application back. Raises NotFound, Refused `case.wrong_state`."""
    row = find(session, reference)
    if row is None or row.member_id != member_id:
        raise NotFound("service.not_found")
    _move(session, row, PENDING, state=RequestState.WITHDRAWN, decided_at=now)


def end_with_case(session: Session, reference: str, *, now: datetime) -> bool:
    """Take back the application that a counter's case handed on; False if none waits."""
    mine = (ActivationRequest.reference == reference, ActivationRequest.state.in_(PENDING))
    values = {"state": RequestState.WITHDRAWN, "decided_at": now}
    return changed(session.execute(update(ActivationRequest).where(*mine).values(values))) == 1


def take_up(session: Session, row: ActivationRequest, *, by: UUID, now: datetime) -> None:
    """Begin to review. Raises Refused `case.self_dealing`, `case.wrong_state`."""
    _require_not_own(row, by)
    _move(
        session,
        row,
        (RequestState.APPLIED,),
        state=RequestState.UNDER_REVIEW,
        taken_by=by,
        taken_at=now,
    )


def approve(session: Session, row: ActivationRequest, *, by: UUID, now: datetime) -> None:
    """Grant what was applied for and note it: neither is there without the other (2(8)6).

    Raises Refused `case.self_dealing`, `case.wrong_state`.
    """
    _require_not_own(row, by)
    _move(session, row, PENDING, state=RequestState.APPROVED, decided_by=by, decided_at=now)
    given = row.wish is Wish.OPEN
    _note(session, row, Activation.ACTIVATED if given else Activation.NOT_ACTIVATED, by, now=now)


def refuse(
    session: Session,
    row: ActivationRequest,
    reason: str,
    *,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Refuse with the reason the member reads; who had no note is noted as not activated.

    Of a service that closed meanwhile nothing is noted any more.
    Raises Refused `case.self_dealing`, `change.reason_missing`, `case.wrong_state`.
    """
    _require_not_own(row, by)
    words = reason.strip()[:LONGEST_REASON]
    if not words:
        raise Refused("change.reason_missing")
    data_key = open_data_key(register.get(session, row.member_id), keyring=keyring)
    sealed = seal(data_key, words.encode(), place=_place(row.id))
    _move(
        session,
        row,
        PENDING,
        state=RequestState.REFUSED,
        decided_by=by,
        decided_at=now,
        reason_sealed=sealed,
    )
    service = session.get_one(Service, row.service_id)
    is_unknown = _state(session, service, row.member_id) is None
    if row.wish is Wish.OPEN and is_unknown and service.closed_at is None:
        _note(session, row, Activation.NOT_ACTIVATED, by, now=now)


def end_closed(session: Session, *, most: int, now: datetime) -> Sequence[ActivationRequest]:
    """Refuse what nobody decided before its service closed, each once; return so many of them.

    It bears no reason of an officer's: that the service closed is the reason.
    """
    closed = select(Service.id).where(Service.closed_at.is_not(None))
    pending = ActivationRequest.state.in_(PENDING)
    some = (
        select(ActivationRequest.id)
        .where(ActivationRequest.service_id.in_(closed), pending)
        .order_by(ActivationRequest.id)
        .limit(most)
    )
    return session.scalars(
        update(ActivationRequest)
        .where(ActivationRequest.id.in_(some), pending)
        .values(state=RequestState.REFUSED, decided_at=now)
        .returning(ActivationRequest)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()


def _note(
    session: Session, row: ActivationRequest, state: Activation, by: UUID, *, now: datetime
) -> None:
    service = session.get_one(Service, row.service_id)
    activations.note(
        session,
        service,
        state,
        Provenance(channel=Channel.KEYED, actor=str(by), reference=row.reference),
        member_id=row.member_id,
        organisation_id=service.organisation_id,
        as_of=taipei_day(now),
        is_wished=row.wish is Wish.END,
        now=now,
    )


def _require_not_own(row: ActivationRequest, by: UUID) -> None:
    if row.member_id == by:
        raise Refused("case.self_dealing")


def _move(
    session: Session, row: ActivationRequest, only: Sequence[RequestState], **values: object
) -> None:
    moved = session.execute(
        update(ActivationRequest)
        .where(ActivationRequest.id == row.id, ActivationRequest.state.in_(only))
        .values(values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("case.wrong_state")
    session.refresh(row)


# Reading


def get(session: Session, reference: str, *, organisation_id: UUID) -> ActivationRequest:
    """Return an application to this agency. Raises NotFound for any other."""
    row = find(session, reference)
    if row is None:
        raise NotFound("service.not_found")
    if session.get_one(Service, row.service_id).organisation_id != organisation_id:
        raise NotFound("service.not_found")
    return row


def find(session: Session, reference: str) -> ActivationRequest | None:
    """Return an application, whoever may see it."""
    where = ActivationRequest.reference == reference
    return session.scalar(select(ActivationRequest).where(where))


def waiting(session: Session, organisation_id: UUID) -> Sequence[tuple[ActivationRequest, Service]]:
    """Return what waits for an agency, the longest wait first, with the service of each."""
    rows = session.execute(
        select(ActivationRequest, Service)
        .join(Service, Service.id == ActivationRequest.service_id)
        .where(Service.organisation_id == organisation_id, ActivationRequest.state.in_(PENDING))
        .order_by(ActivationRequest.asked_at, ActivationRequest.id)
    )
    return [(row, service) for row, service in rows]


def disputed(session: Session, organisation_id: UUID) -> Sequence[tuple[ActivationNote, Service]]:
    """Return the notes of an agency that their members call wrong, the oldest dispute first."""
    rows = session.execute(
        select(ActivationNote, Service)
        .join(Service, Service.id == ActivationNote.service_id)
        .where(Service.organisation_id == organisation_id, ActivationNote.dispute.is_not(None))
        .order_by(ActivationNote.disputed_at, ActivationNote.id)
    )
    return [(note, service) for note, service in rows]


def of_member(
    session: Session, member_id: UUID
) -> Sequence[tuple[ActivationRequest, Service, FormVersion | None]]:
    """Return all of a member's applications, the oldest first, with the form each was begun on."""
    rows = session.execute(
        select(ActivationRequest, Service, FormVersion)
        .join(Service, Service.id == ActivationRequest.service_id)
        .outerjoin(FormVersion, FormVersion.id == ActivationRequest.form_version_id)
        .options(lazyload(FormVersion.service))  # joined, it would leave out who had no form
        .where(ActivationRequest.member_id == member_id)
        .order_by(ActivationRequest.asked_at, ActivationRequest.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def newest_of(session: Session, member_id: UUID) -> dict[UUID, ActivationRequest]:
    """Return a member's last application for each service, by the service's id."""
    rows = session.scalars(
        select(ActivationRequest)
        .where(ActivationRequest.member_id == member_id)
        .order_by(ActivationRequest.asked_at, ActivationRequest.id)
    )
    return {row.service_id: row for row in rows}


def reason_of(session: Session, row: ActivationRequest, *, keyring: Keyring) -> str:
    """Return why an officer refused an application, empty where none did."""
    if row.reason_sealed is None:
        return ""
    data_key = open_data_key(register.get(session, row.member_id), keyring=keyring)
    return unseal(data_key, row.reason_sealed, place=_place(row.id)).decode()


def answers_of(
    session: Session, row: ActivationRequest, *, keyring: Keyring
) -> list[tuple[FormField, str]]:
    """Return what was filled in, in the order of the form that was in force then."""
    if row.form_version_id is None or row.answers_sealed is None:
        return []
    data_key = open_data_key(register.get(session, row.member_id), keyring=keyring)
    given = json.loads(unseal(data_key, row.answers_sealed, place=_place_of_answers(row.id)))
    form = forms.read(session.get_one(FormVersion, row.form_version_id))
    return [(each, given[each.key]) for each in form.fields if each.key in given]


def _place_of_answers(request_id: UUID) -> str:
    return f"{_place(request_id)}/answers"


def _place(request_id: UUID) -> str:
    return f"activation_request/{request_id}"
