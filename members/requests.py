"""Take a member's requests about their data and bring them to an end (PDPA 3, 10, 11, 13).

received → checked ⇄ waiting → decided → fulfilled → told, or withdrawn (state machine 4.14). Each
step is one conditional UPDATE: of two clerks who decide at once, one is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.calendar import Calendar
from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.keyring import Keyring
from members import register
from members.clocks import TERMS, Pause, due_on
from members.letters import Author, Letter, letter, open_letters, seal_letters
from members.models import (
    CITY,
    Member,
    Outcome,
    RequestKind,
    RequestState,
    SubjectRequest,
)

MOST_OPEN = 20  # more is no request any more
MOST_OF_A_PROXY = 5  # so that none fills the desk in another's name
OPEN = (RequestState.RECEIVED, RequestState.CHECKED, RequestState.WAITING)
WITH_WORDS = frozenset({RequestKind.CORRECT, RequestKind.PETITION})
TOLD_ON = frozenset({RequestKind.CORRECT, RequestKind.STOP, RequestKind.DELETE})  # PDPA 11-V


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a member asks for: of whom, about what, in which words."""

    kind: RequestKind
    recipient: str = CITY
    about: str = ""
    claims: tuple[str, ...] = ()
    purpose_id: UUID | None = None
    words: str = ""
    language: str
    acr: str
    filed_by: UUID | None = None


def make(
    session: Session, wish: Wish, *, member_id: UUID, keyring: Keyring, now: datetime
) -> SubjectRequest:
    """Receive a request of a member who is signed in, and so identified.

    Raises Refused `request.words_missing`, `request.too_many` or `request.already_open`.
    """
    if wish.kind in WITH_WORDS and not wish.words.strip():
        raise Refused("request.words_missing")
    of_the_same = [each for each in open_of(session, member_id) if each.filed_by == wish.filed_by]
    if len(of_the_same) >= (MOST_OPEN if wish.filed_by is None else MOST_OF_A_PROXY):
        raise Refused("request.too_many")
    member, request_id = register.get(session, member_id), new_id()
    first = letter(Author.MEMBER, "asked", wish.words, now=now)
    values = {
        "id": request_id,
        "reference": new_reference(),
        "member_id": member_id,
        "kind": wish.kind,
        "recipient": wish.recipient,
        "about": wish.about,
        "claims": sorted(wish.claims),
        "purpose_id": wish.purpose_id,
        "language": wish.language,
        "acr": wish.acr,
        "words_sealed": seal_letters([first], member, keyring=keyring, place=_place(request_id)),
        "state": RequestState.CHECKED,
        "received_at": now,
        "pauses": [],
        "filed_by": wish.filed_by,
    }
    if not insert_once(session, SubjectRequest, values):
        raise Refused("request.already_open")
    return session.get_one(SubjectRequest, request_id)


def _place(request_id: UUID) -> str:
    return f"subject_request/{request_id}"


def listed(session: Session, member_id: UUID) -> Sequence[SubjectRequest]:
    """Return the member's requests, the newest first."""
    return session.scalars(
        select(SubjectRequest)
        .where(SubjectRequest.member_id == member_id)
        .order_by(SubjectRequest.id.desc())
    ).all()


def filed(session: Session, member_id: UUID, *, by: UUID) -> list[SubjectRequest]:
    """Return the requests a proxy made in the member's stead, the newest first."""
    return [each for each in listed(session, member_id) if each.filed_by == by]


def open_of(session: Session, member_id: UUID) -> list[SubjectRequest]:
    """Return the member's requests that are not closed."""
    return [each for each in listed(session, member_id) if each.closed_at is None]


def all_open(session: Session) -> Sequence[SubjectRequest]:
    """Return every request that is not closed, the oldest first."""
    return session.scalars(
        select(SubjectRequest)
        .where(SubjectRequest.closed_at.is_(None))
        .order_by(SubjectRequest.received_at)
    ).all()


def get(
    session: Session,
    reference: str,
    *,
    member_id: UUID | None = None,
    filed_by: UUID | None = None,
) -> SubjectRequest:
    """Return a request and keep others from changing it until the transaction ends.

    Raises NotFound, also for another member's, and for one that this proxy did not make.
    """
    if not (reference.isascii() and reference.isalnum()):
        raise NotFound("request.not_found")
    statement = select(SubjectRequest).where(SubjectRequest.reference == reference.upper())
    if member_id is not None:
        statement = statement.where(SubjectRequest.member_id == member_id)
    if filed_by is not None:
        statement = statement.where(SubjectRequest.filed_by == filed_by)
    found = session.scalar(statement.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound("request.not_found")
    return found


def letters(request: SubjectRequest, member: Member, *, keyring: Keyring) -> list[Letter]:
    """Return what was written, in order."""
    return open_letters(request.words_sealed, member, keyring=keyring, place=_place(request.id))


def due(request: SubjectRequest, calendar: Calendar) -> date | None:
    """Return the last day for an answer; None while we wait for the member, or after it."""
    if request.state not in OPEN:
        return None
    return due_on(
        taipei_day(request.received_at),
        TERMS[request.kind],
        calendar,
        pauses=map(Pause.read, request.pauses),
        is_extended=request.extended_at is not None,
    )


def close_all(session: Session, member_id: UUID, *, now: datetime) -> None:
    """End every open request of a member who leaves."""
    session.execute(
        update(SubjectRequest)
        .where(SubjectRequest.member_id == member_id, SubjectRequest.closed_at.is_(None))
        .values(state=RequestState.WITHDRAWN, closed_at=now)
    )


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where requests are worked on: at which moment, with which keys."""

    session: Session
    keyring: Keyring
    now: datetime

    def question(self, request: SubjectRequest, words: str) -> None:
        """Ask the member for what is missing; the clock stands still until they answer."""
        pauses = [*request.pauses, str(Pause(taipei_day(self.now)))]
        self._write(
            request,
            letter(Author.CITY, "question", _required(words), now=self.now),
            only=(RequestState.CHECKED,),
            state=RequestState.WAITING,
            pauses=pauses,
        )

    def answer(self, request: SubjectRequest, words: str) -> None:
        """Take the member's answer; the clock goes on from the next day."""
        if request.state is not RequestState.WAITING:
            raise Refused("request.wrong_state")
        *before, last = map(Pause.read, request.pauses)
        ended = replace(last, until=taipei_day(self.now))
        self._write(
            request,
            letter(Author.MEMBER, "answer", _required(words), now=self.now),
            only=(RequestState.WAITING,),
            state=RequestState.CHECKED,
            pauses=[str(each) for each in (*before, ended)],
        )

    def extend(self, request: SubjectRequest, reason: str, calendar: Calendar) -> None:
        """Take the longer term, once, in time, and with a written reason (PDPA 13).

        Raises Refused `request.extended_already` or `request.overdue`.
        """
        if request.extended_at is not None:
            raise Refused("request.extended_already")
        last = due(request, calendar)
        if last is not None and taipei_day(self.now) > last:
            raise Refused("request.overdue")
        self._write(
            request,
            letter(Author.CITY, "extension", _required(reason), now=self.now),
            only=OPEN,
            extended_at=self.now,
        )

    def decide(self, request: SubjectRequest, outcome: Outcome, reason: str) -> None:
        """Decide, with the reason the member reads; a refusal ends the request."""
        self._write(
            request,
            letter(Author.CITY, "decision", _required(reason), now=self.now),
            only=(RequestState.CHECKED,),
            state=RequestState.DECIDED,
            outcome=outcome,
            decided_at=self.now,
            closed_at=self.now if outcome is Outcome.REFUSED else None,
        )

    def fulfil(self, request: SubjectRequest) -> bool:
        """Note that what was granted is done; say whether recipients are to be told (PDPA 11-V)."""
        is_told = request.kind in TOLD_ON and request.recipient == CITY
        if request.outcome is Outcome.REFUSED:
            raise Refused("request.wrong_state")
        self._move(
            request,
            only=(RequestState.DECIDED,),
            state=RequestState.TOLD if is_told else RequestState.FULFILLED,
            fulfilled_at=self.now,
            closed_at=self.now,
        )
        return is_told

    def withdraw(self, request: SubjectRequest) -> None:
        """Let the member take the request back before it is decided."""
        self._move(request, only=OPEN, state=RequestState.WITHDRAWN, closed_at=self.now)

    def _write(
        self,
        request: SubjectRequest,
        new: Letter,
        *,
        only: Iterable[RequestState],
        **values: Any,  # columns of several types
    ) -> None:
        member = register.get(self.session, request.member_id)
        kept = [*letters(request, member, keyring=self.keyring), new]
        sealed = seal_letters(kept, member, keyring=self.keyring, place=_place(request.id))
        self._move(request, only=only, words_sealed=sealed, **values)

    def _move(
        self,
        request: SubjectRequest,
        *,
        only: Iterable[RequestState],
        **values: Any,  # columns of several types
    ) -> None:
        moved = self.session.execute(
            update(SubjectRequest)
            .where(SubjectRequest.id == request.id, SubjectRequest.state.in_(tuple(only)))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if not changed(moved):
            raise Refused("request.wrong_state")
        self.session.refresh(request)


def _required(words: str) -> str:
    if not words.strip():
        raise Refused("request.words_missing")
    return words
