"""Bring a wish to change what needs evidence to its end: documents seen, DoIT decides (AT2.8.5b).

asked → documented → granted | refused, or withdrawn. Who saw the documents does not decide, and
nobody decides about themselves. The value is written by who calls (`web.personal_deciding`): some
values take consequences along.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.keyring import Keyring, seal, unseal
from members import register
from members.change_models import ChangeRequest, ChangeState, Channel
from members.models import Member
from members.profile import open_data_key

LONGEST = 200  # characters of what is wanted
LONGEST_REASON = 500
OPEN = (ChangeState.ASKED, ChangeState.DOCUMENTED)
# What is to be brought for each; one of a row will do. Kinds, as `identity_checks` has them.
DOCUMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "name": ("idcard", "household_register", "residence_permit"),
        "number": ("idcard", "residence_permit"),
        "birthdate": ("household_register", "residence_permit"),
        "gender": ("household_register", "residence_permit"),
        "address": ("household_register",),
        "residence": ("residence_permit",),
    }
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Which documents a clerk saw, at which counter."""

    documents: Sequence[str]
    clerk_id: UUID
    counter_id: UUID | None


def ask(
    session: Session,
    member_id: UUID,
    field: str,
    wanted: str,
    *,
    language: str,
    seen: Seen | None = None,
    keyring: Keyring,
    now: datetime,
) -> ChangeRequest:
    """Receive a wish: online, or at a counter that has `seen` the documents.

    Raises Refused `change.field_unknown`, `change.value_missing`, `change.already_open`,
    `case.documents_missing` or `case.self_dealing`.
    """
    if field not in DOCUMENTS:
        raise Refused("change.field_unknown")
    text = wanted.strip()[:LONGEST]
    if not text:
        raise Refused("change.value_missing")
    if seen is not None:
        _require_documents(field, member_id, seen)
    member, request_id = register.get(session, member_id), new_id()
    data_key = open_data_key(member, keyring=keyring)
    values: dict[str, Any] = {  # columns of several types
        "id": request_id,
        "reference": new_reference(),
        "member_id": member_id,
        "field": field,
        "wanted_sealed": seal(data_key, text.encode(), place=_place(request_id)),
        "channel": Channel.MEMBER if seen is None else Channel.COUNTER,
        "language": language,
        "state": ChangeState.ASKED,
        "asked_at": now,
        "documents": [],
    }
    if not insert_once(session, ChangeRequest, values):
        raise Refused("change.already_open")
    request = session.get_one(ChangeRequest, request_id)
    if seen is not None:
        show(session, request, seen, now=now)
    return request


def _place(request_id: UUID) -> str:
    return f"change_request/{request_id}"


def _require_documents(field: str, member_id: UUID, seen: Seen) -> None:
    if seen.clerk_id == member_id:
        raise Refused("case.self_dealing")
    if not set(seen.documents) & set(DOCUMENTS[field]):
        raise Refused("case.documents_missing")


def show(session: Session, request: ChangeRequest, seen: Seen, *, now: datetime) -> None:
    """Note that a counter saw the documents: now DoIT may decide.

    Raises Refused `case.documents_missing`, `case.self_dealing` or `case.wrong_state`.
    """
    _require_documents(request.field, request.member_id, seen)
    _move(
        session,
        request,
        only=(ChangeState.ASKED,),
        state=ChangeState.DOCUMENTED,
        documents=sorted(set(seen.documents)),
        counter_id=seen.counter_id,
        seen_by=seen.clerk_id,
        seen_at=now,
    )


def decide(
    session: Session,
    request: ChangeRequest,
    *,
    granted: bool,
    reason: str,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Decide, with the reason the member reads; a refusal needs one.

    Raises Refused `case.documents_missing` before anything was seen, `case.self_dealing`,
    `change.reason_missing` or `case.wrong_state`.
    """
    if by in {request.member_id, request.seen_by}:
        raise Refused("case.self_dealing")
    if granted and not request.documents:
        raise Refused("case.documents_missing")
    if not granted and not reason.strip():
        raise Refused("change.reason_missing")
    member = register.get(session, request.member_id)
    words = reason.strip()[:LONGEST_REASON].encode()
    sealed = seal(
        open_data_key(member, keyring=keyring), words, place=f"{_place(request.id)}/reason"
    )
    _move(
        session,
        request,
        only=(ChangeState.DOCUMENTED,) if granted else OPEN,
        state=ChangeState.GRANTED if granted else ChangeState.REFUSED,
        decided_by=by,
        reason_sealed=sealed,
        closed_at=now,
    )


def withdraw(session: Session, request: ChangeRequest, *, now: datetime) -> None:
    """Let the member take the wish back before it is decided. Raises `case.wrong_state`."""
    _move(session, request, only=OPEN, state=ChangeState.WITHDRAWN, closed_at=now)


def _move(
    session: Session,
    request: ChangeRequest,
    *,
    only: Iterable[ChangeState],
    **values: Any,  # columns of several types
) -> None:
    moved = session.execute(
        update(ChangeRequest)
        .where(ChangeRequest.id == request.id, ChangeRequest.state.in_(tuple(only)))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not changed(moved):
        raise Refused("case.wrong_state")
    session.refresh(request)


def get(session: Session, reference: str, *, member_id: UUID | None = None) -> ChangeRequest:
    """Return a request. Raises NotFound, also for another member's."""
    found = None
    if reference.isascii() and reference.isalnum():
        statement = select(ChangeRequest).where(ChangeRequest.reference == reference.upper())
        if member_id is not None:
            statement = statement.where(ChangeRequest.member_id == member_id)
        found = session.scalar(statement)
    if found is None:
        raise NotFound("change.not_found")
    return found


def listed(session: Session, member_id: UUID) -> Sequence[ChangeRequest]:
    """Return the member's requests, the newest first."""
    return session.scalars(
        select(ChangeRequest)
        .where(ChangeRequest.member_id == member_id)
        .order_by(ChangeRequest.id.desc())
    ).all()


def waiting(session: Session) -> Sequence[ChangeRequest]:
    """Return what waits for DoIT's decision, the oldest first."""
    return session.scalars(
        select(ChangeRequest)
        .where(ChangeRequest.state == ChangeState.DOCUMENTED, ChangeRequest.closed_at.is_(None))
        .order_by(ChangeRequest.id)
    ).all()


def wanted(request: ChangeRequest, member: Member, *, keyring: Keyring) -> str:
    """Return the value that is asked for."""
    data_key = open_data_key(member, keyring=keyring)
    return unseal(data_key, request.wanted_sealed, place=_place(request.id)).decode()


def reason(request: ChangeRequest, member: Member, *, keyring: Keyring) -> str:
    """Return what the member reads about the decision; empty before it."""
    if request.reason_sealed is None:
        return ""
    data_key, place = open_data_key(member, keyring=keyring), f"{_place(request.id)}/reason"
    return unseal(data_key, request.reason_sealed, place=place).decode()
