"""Take cases at a counter through their states, one conditional UPDATE a step (4.2).

intake → accepted (受理), or collected (代收) → forwarded → accepted; then in process ⇄ waiting for
the applicant → decided → fulfilled → closed. Of two clerks who take a step at once one is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from carriers import bindings
from counters import terms
from counters.case_models import (
    Case,
    CaseEvent,
    CaseMatter,
    CaseOutcome,
    CaseState,
)
from counters.terms import Workdays
from kernel.clock import taipei_day
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import READABLE, digest, new_id, new_id_at, new_reference, typed_code
from kernel.keyring import keyed_hash
from members.clocks import Pause

MOST_LISTED = 100
SECRET_LENGTH = 16  # characters of five bits
# Who came for one of these leaves with something to show (7(4)); docs/decisions/0100.
ENDS_WITH_A_CARRIER = frozenset(
    {
        CaseMatter.JOIN,
        CaseMatter.BIND,
        CaseMatter.UNBIND,
        CaseMatter.LOSS,
        CaseMatter.ACTIVATION,
    }
)
BEFORE: Mapping[CaseState, frozenset[CaseState]] = MappingProxyType(
    {
        CaseState.ACCEPTED: frozenset({CaseState.INTAKE, CaseState.FORWARDED}),
        CaseState.COLLECTED: frozenset({CaseState.INTAKE}),
        CaseState.FORWARDED: frozenset({CaseState.COLLECTED}),
        CaseState.NOT_ACCEPTED: frozenset({CaseState.INTAKE, CaseState.FORWARDED}),
        CaseState.IN_PROCESS: frozenset({CaseState.ACCEPTED, CaseState.WAITING}),
        CaseState.WAITING: frozenset({CaseState.IN_PROCESS}),
        CaseState.DECIDED: frozenset({CaseState.IN_PROCESS}),
        CaseState.FULFILLED: frozenset({CaseState.DECIDED}),
        CaseState.CLOSED: frozenset({CaseState.FULFILLED, CaseState.DECIDED}),
        CaseState.STOPPED: frozenset(
            {
                CaseState.INTAKE,
                CaseState.ACCEPTED,
                CaseState.COLLECTED,
                CaseState.FORWARDED,
                CaseState.IN_PROCESS,
                CaseState.WAITING,
            }
        ),
    }
)
_CLAUSES: Mapping[CaseState, str] = MappingProxyType(
    {
        CaseState.ACCEPTED: "4-I(1)",
        CaseState.COLLECTED: "4-I(1)",
        CaseState.FORWARDED: "4-I(1)",
        CaseState.NOT_ACCEPTED: "7(1)",
        CaseState.WAITING: "8(4)",
        CaseState.CLOSED: "7(4)",
        CaseState.STOPPED: "7(2)",
    }
)


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What a clerk takes in: for whom, what, at which counter."""

    matter: CaseMatter
    person_kind: str
    counter_id: UUID
    clerk_id: UUID  # as a member
    language: str
    member_id: UUID | None = None
    application_id: UUID | None = None
    service: str = ""
    held_until: datetime | None = None


def take_in(session: Session, intake: Intake, *, key: bytes, now: datetime) -> Case:
    """Open a case; it is neither accepted nor collected yet.

    `key` makes the code of its slip, which is worked out again whenever a slip is printed.
    """
    case_id = new_id()
    session.add(
        Case(
            id=case_id,
            number=new_reference(),
            secret_hash=digest(slip_secret(case_id, key=key)),
            matter=intake.matter,
            state=CaseState.INTAKE,
            person_kind=intake.person_kind,
            member_id=intake.member_id,
            application_id=intake.application_id,
            service=intake.service,
            working_days=terms.days_of(session, intake.matter, intake.service),
            counter_id=intake.counter_id,
            clerk_id=intake.clerk_id,
            language=intake.language,
            opened_at=now,
            pauses=[],
            held_until=intake.held_until,
            reason="",
        )
    )
    session.flush()
    _append(
        session,
        case_id,
        CaseState.INTAKE,
        actor=intake.clerk_id,
        counter_id=intake.counter_id,
        now=now,
    )
    return session.get_one(Case, case_id)


def slip_secret(case_id: UUID, *, key: bytes) -> str:
    """Return the code that stands on the slip of a case: eighty bits, to be typed from paper."""
    raw = keyed_hash(key, "case-slip/v1", str(case_id))[:SECRET_LENGTH]
    return typed_code("".join(READABLE[each % len(READABLE)] for each in raw))


# Finding


def get(session: Session, number: str) -> Case:
    """Return a case by the number on its slip, however it was typed. Raises NotFound."""
    typed = number.strip().upper()
    found = None
    if typed.isascii() and typed.isalnum():
        found = session.scalar(select(Case).where(Case.number == typed))
    if found is None:
        raise NotFound("case.not_found")
    return found


def of_slip(session: Session, number: str, secret: str) -> Case | None:
    """Return the case whose slip somebody holds: its number and its secret."""
    return session.scalar(
        select(Case).where(
            Case.number == typed_code(number), Case.secret_hash == digest(typed_code(secret))
        )
    )


def open_at(session: Session, counter_id: UUID) -> Sequence[Case]:
    """Return what waits at a counter, the oldest first."""
    return session.scalars(
        select(Case)
        .where(Case.counter_id == counter_id, Case.closed_at.is_(None))
        .order_by(Case.id)
        .limit(MOST_LISTED)
    ).all()


def open_after(
    session: Session, counter_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[Case]:
    """Return a part of what waits at a counter, from the case after `after` on."""
    waiting = select(Case).where(Case.counter_id == counter_id, Case.closed_at.is_(None))
    if after is not None:
        waiting = waiting.where(Case.id > after)
    return session.scalars(waiting.order_by(Case.id).limit(limit)).all()


def at_counter(session: Session, case_id: UUID | None, *, counter_id: UUID) -> Case:
    """Return a case that lies at this counter, closed or not. Raises NotFound."""
    found = session.scalar(select(Case).where(Case.id == case_id, Case.counter_id == counter_id))
    if found is None:
        raise NotFound("case.not_found")
    return found


def open_about(session: Session, number: str, member_id: UUID, *, counter_id: UUID) -> Case:
    """Return a case that is open at this counter, and about this person (9).

    Raises Refused `case.not_about_them`, whatever of it is untrue.
    """
    try:
        found = get(session, number)
    except NotFound:
        raise Refused("case.not_about_them") from None
    is_theirs = found.member_id == member_id and found.counter_id == counter_id
    if not is_theirs or found.closed_at is not None:
        raise Refused("case.not_about_them")
    return found


def of_member(
    session: Session, member_id: UUID, *, most: int | None = MOST_LISTED
) -> Sequence[Case]:
    """Return a member's cases, the newest first; None is all of them."""
    return session.scalars(
        select(Case).where(Case.member_id == member_id).order_by(Case.id.desc()).limit(most)
    ).all()


def events(session: Session, case_id: UUID) -> Sequence[CaseEvent]:
    """Return what happened to a case, in order."""
    return session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
    ).all()


def due(case: Case, days: Workdays) -> date | None:
    """Return the last day for the decision, as the counter that has the case works (8(4)).

    None before 受理 and while the clock stands still.
    """
    if case.accepted_at is None:
        return None
    pauses = [Pause.read(each) for each in case.pauses]
    return days.due_on(case.accepted_at, case.working_days, pauses=pauses)


# Steps


@dataclass(frozen=True, kw_only=True)
class Clerk:
    """Who takes a step, at which counter: it may touch what lies at that counter only."""

    session: Session
    member_id: UUID
    counter_id: UUID
    now: datetime

    def accept(self, case: Case) -> None:
        """Take the case up at the counter that will do it (受理); its term begins."""
        self._move(case, CaseState.ACCEPTED, accepted_at=self.now)

    def collect(self, case: Case) -> None:
        """Take the case for another counter (代收); no term begins."""
        self._move(case, CaseState.COLLECTED, collected_at=self.now, collected_by=self.counter_id)

    def forward(self, case: Case, counter_id: UUID) -> None:
        """Hand a collected case on to the counter that is competent."""
        if counter_id == self.counter_id:
            raise Refused("case.wrong_state")
        self._move(case, CaseState.FORWARDED, forwarded_at=self.now, counter_id=counter_id)

    def not_accept(self, case: Case, code: str) -> None:
        """Send a forwarded case back to the person: not accepted, and why."""
        self._move(case, CaseState.NOT_ACCEPTED, why=code, reason=code, closed_at=self.now)

    def take_up(self, case: Case) -> None:
        """Begin to work on an accepted case."""
        if case.state is not CaseState.ACCEPTED:
            raise Refused("case.wrong_state")
        self._move(case, CaseState.IN_PROCESS)

    def ask_applicant(self, case: Case, code: str) -> None:
        """Wait for the applicant (補正): the clock stands still from tomorrow."""
        pauses = [*case.pauses, str(Pause(taipei_day(self.now)))]
        self._move(case, CaseState.WAITING, why=code, pauses=pauses)

    def go_on(self, case: Case) -> None:
        """Go on with what the applicant brought; the clock runs again from tomorrow."""
        if case.state is not CaseState.WAITING:
            raise Refused("case.wrong_state")
        *before, last = map(Pause.read, case.pauses)
        ended = replace(last, until=taipei_day(self.now))
        pauses = [str(each) for each in (*before, ended)]
        self._move(case, CaseState.IN_PROCESS, pauses=pauses)

    def decide(self, case: Case, outcome: CaseOutcome, *, why: str = "") -> None:
        """Decide; what was refused can only be closed."""
        self._move(
            case, CaseState.DECIDED, why=why, outcome=outcome, reason=why, decided_at=self.now
        )

    def fulfil(self, case: Case) -> None:
        """Note that what was approved is done (7(2)). Raises Refused `case.cooling_off`."""
        if case.outcome is CaseOutcome.REFUSED:
            raise Refused("case.wrong_state")
        require_not_held(case, now=self.now)
        self._move(case, CaseState.FULFILLED, fulfilled_at=self.now)

    def close(self, case: Case) -> None:
        """Close the case of who carries something. Raises Refused `case.no_carrier_bound`."""
        is_refused = case.outcome is CaseOutcome.REFUSED
        if case.state is CaseState.DECIDED and not is_refused:
            raise Refused("case.wrong_state")
        if not is_refused and case.matter in ENDS_WITH_A_CARRIER:
            require_a_carrier(self.session, case)
        self._move(case, CaseState.CLOSED, closed_at=self.now)

    def stop(self, case: Case, code: str = "withdrawn") -> None:
        """End a case whose applicant takes it back."""
        self._move(case, CaseState.STOPPED, why=code, reason=code, closed_at=self.now)

    def check_face(self, case: Case, *, likeness: str) -> None:
        """Attest that what can be read on the card fits the person (7(3))."""
        self._note(case, f"face.{likeness}", clause="7(3)", face_checked_at=self.now)

    def see_card(self, case: Case) -> None:
        """Note that the person of the case showed a card of theirs (7(1))."""
        self._note(case, "card.shown", clause="7(1)")

    def note_change(self, case: Case) -> None:
        """Note that what the person came for was entered."""
        self._note(case, "change.noted", clause="2(8)5")

    def connect(self, case: Case, member_id: UUID) -> None:
        """Tie a case of an applicant to the member they became."""
        self._note(case, "member.approved", clause="2(8)1", member_id=member_id)

    def _note(self, case: Case, reason: str, *, clause: str, **values: Any) -> None:  # columns
        self._write(case, frozenset({case.state}), {"state": case.state, **values})
        _append(
            self.session,
            case.id,
            case.state,
            actor=self.member_id,
            counter_id=self.counter_id,
            reason=reason,
            clause=clause,
            now=self.now,
        )

    def _move(self, case: Case, to: CaseState, *, why: str = "", **values: Any) -> None:  # columns
        self._write(case, BEFORE[to], {"state": to, **values})
        _append(
            self.session,
            case.id,
            to,
            actor=self.member_id,
            counter_id=self.counter_id,
            reason=why,
            now=self.now,
        )

    def _write(
        self,
        case: Case,
        only: frozenset[CaseState],
        values: Mapping[str, Any],  # columns of several types
    ) -> None:
        at_this_counter = Case.counter_id == self.counter_id
        if not _moved(self.session, case.id, only, values, at_this_counter):
            raise Refused("case.wrong_state")
        self.session.refresh(case)


def stop_with(
    session: Session, application_ids: Sequence[UUID], *, why: str, now: datetime
) -> Sequence[UUID]:
    """Stop the cases whose applications have come to their end, at any counter; return which."""
    found = select(Case.id).where(Case.application_id.in_(application_ids)).order_by(Case.id)
    return [each for each in session.scalars(found).all() if _stop(session, each, why, now=now)]


def stop_by_principal(session: Session, case_id: UUID, *, why: str, now: datetime) -> bool:
    """Stop a case whose letter was revoked; False if it had come to its end before (7(2))."""
    return _stop(session, case_id, why, now=now)


def _stop(session: Session, case_id: UUID, why: str, *, now: datetime) -> bool:
    before = BEFORE[CaseState.STOPPED]
    values = {"state": CaseState.STOPPED, "reason": why, "closed_at": now}
    if not _moved(session, case_id, before, values):
        return False
    _append(session, case_id, CaseState.STOPPED, actor=None, counter_id=None, reason=why, now=now)
    return True


def note_rerouted(session: Session, case_id: UUID, counter_id: UUID, *, now: datetime) -> None:
    """Write that a forwarded case went to another counter, because the first one closed."""
    _append(
        session,
        case_id,
        CaseState.FORWARDED,
        actor=None,
        counter_id=counter_id,
        reason="counter.closed",
        now=now,
    )


def _moved(
    session: Session,
    case_id: UUID,
    only: frozenset[CaseState],
    values: Mapping[str, Any],  # columns of several types
    *where: Any,  # conditions
) -> bool:
    moved = session.execute(
        update(Case)
        .where(Case.id == case_id, Case.state.in_(sorted(only)), *where)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return changed(moved) == 1


def _append(
    session: Session,
    case_id: UUID,
    state: CaseState,
    *,
    actor: UUID | None,
    counter_id: UUID | None,
    reason: str = "",
    clause: str = "",
    now: datetime,
) -> None:
    session.add(
        CaseEvent(
            id=new_id_at(now),
            case_id=case_id,
            at=now,
            state=state,
            actor=actor,
            counter_id=counter_id,
            reason=reason,
            clause=clause or _CLAUSES.get(state, ""),
        )
    )


# Guards


def require_a_carrier(session: Session, case: Case) -> None:
    """Close no case whose person carries nothing (7(4)). Raises Refused `case.no_carrier_bound`."""
    if case.member_id is None or not bindings.has_any(session, case.member_id):
        raise Refused("case.no_carrier_bound")


def require_open(case: Case) -> None:
    """Act in a case that is worked on. Raises Refused `case.wrong_state`."""
    if case.state is not CaseState.IN_PROCESS:
        raise Refused("case.wrong_state")


def require_not_held(case: Case, *, now: datetime) -> None:
    """Let the principal object first (7(2)). Raises Refused `case.cooling_off`."""
    if case.held_until is not None and now < case.held_until:
        raise Refused("case.cooling_off")


def require_face_checked(case: Case) -> None:
    """Mark only what was compared (7(3)). Raises Refused `carrier.visible_info_mismatch`."""
    if case.face_checked_at is None:
        raise Refused("carrier.visible_info_mismatch")
