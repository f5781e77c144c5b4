"""Let nothing be in force that DoIT did not confirm (regulation 5(4), 6(4); states 4.8).

An agency drafts and submits under a document number, another person at DoIT returns or approves.
What an approved version counts for is worked out from days alone, so that yesterday's page is the
same tomorrow: it is scheduled, effective, superseded by a later one, or retired.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    String,
    UniqueConstraint,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from kernel import clock
from kernel.db import Key, changed, insert_once, unique_while
from kernel.errors import NotFound, Refused
from kernel.ids import new_id

LONGEST_NUMBER, LONGEST_REASON = 100, 500  # characters
OPEN = "step IN ('draft', 'submitted', 'returned')"


class Step(StrEnum):
    """What was done to a version; what an approved one counts for, its days say."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"


class Stage(StrEnum):
    """How a version stands on a day."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SCHEDULED = "scheduled"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


class Publication:
    """The columns of whatever is published in versions; SUBJECT names what it is a version of."""

    SUBJECT: ClassVar[str]

    id: Mapped[Key]
    version: Mapped[int]
    step: Mapped[Step]
    drafted_by: Mapped[UUID]
    drafted_at: Mapped[datetime]
    wanted_on: Mapped[date | None]  # from when the agency wants it; None: as soon as confirmed
    document_number: Mapped[str | None] = mapped_column(String(LONGEST_NUMBER))  # 文號
    submitted_by: Mapped[UUID | None]
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_on: Mapped[date | None]  # the same, as a day in Taipei
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))  # why it was returned
    effective_on: Mapped[date | None]
    retired_on: Mapped[date | None]  # the first day without it


P = TypeVar("P", bound=Publication)


def promises(subject: str) -> tuple[UniqueConstraint | Index | CheckConstraint, ...]:
    """Return what the database itself keeps of every table of versions.

    Nothing is approved without a document and a second person, nor for a day that has passed.
    """
    decided = (
        "document_number IS NOT NULL AND submitted_by IS NOT NULL AND decided_by IS NOT NULL"
        " AND decided_by <> submitted_by AND decided_by <> drafted_by"
    )
    days = "decided_on IS NOT NULL AND effective_on IS NOT NULL AND effective_on >= decided_on"
    return (
        UniqueConstraint(subject, "version"),
        unique_while(OPEN, subject),
        CheckConstraint(f"step <> 'approved' OR ({decided} AND {days})", name="confirmed"),
        CheckConstraint("step <> 'submitted' OR document_number IS NOT NULL", name="documented"),
        CheckConstraint(
            "retired_on IS NULL OR (step = 'approved' AND retired_on > effective_on)",
            name="retired",
        ),
    )


# Reading


def get(session: Session, kind: type[P], version_id: UUID) -> P:
    """Return a version. Raises NotFound."""
    found = session.get(kind, version_id)
    if found is None:
        raise NotFound("publish.not_found")
    return found


def find_open(session: Session, kind: type[P], subject_id: UUID) -> P | None:
    """Return the one version that is being worked on or waits for DoIT."""
    open_steps = kind.step.in_((Step.DRAFT, Step.SUBMITTED, Step.RETURNED))
    return session.scalars(
        select(kind).where(_subject(kind) == subject_id, open_steps)
    ).one_or_none()


def versions(session: Session, kind: type[P], subject_id: UUID) -> Sequence[P]:
    """Return every version, the newest first."""
    rows = select(kind).where(_subject(kind) == subject_id).order_by(kind.version.desc())
    return session.scalars(rows).all()


def waiting(session: Session, kind: type[P]) -> Sequence[P]:
    """Return what waits for DoIT, the oldest first."""
    rows = select(kind).where(kind.step == Step.SUBMITTED).order_by(kind.submitted_at, kind.id)
    return session.scalars(rows).all()


def all_open(session: Session, kind: type[P]) -> Sequence[P]:
    """Return every version that is being worked on or waits for DoIT."""
    return session.scalars(select(kind).where(kind.step != Step.APPROVED)).all()


def count_waiting(session: Session, kind: type[P]) -> int:
    """Return how much waits for DoIT."""
    rows = select(func.count()).select_from(kind).where(kind.step == Step.SUBMITTED)
    return session.scalar(rows) or 0


def find_in_force(session: Session, kind: type[P], subject_id: UUID, *, on: date) -> P | None:
    """Return the version that counts on a day."""
    rows = select(kind).where(_subject(kind) == subject_id, *_in_force(kind, on))
    return session.scalars(rows).one_or_none()


def all_in_force(session: Session, kind: type[P], *, on: date) -> Sequence[P]:
    """Return every version that counts on a day, the oldest subject first."""
    return session.scalars(select(kind).where(*_in_force(kind, on)).order_by(kind.id)).all()


def stage(row: P, among: Sequence[P], *, on: date) -> Stage:
    """Say how a version stands on a day, `among` the versions of the same subject."""
    if row.step is not Step.APPROVED or row.effective_on is None:
        return Stage(row.step.value)
    if row.effective_on > on:
        return Stage.SCHEDULED
    if row.retired_on is not None and row.retired_on <= on:
        return Stage.RETIRED
    begun = [
        (each.effective_on, each.version)
        for each in among
        if each.step is Step.APPROVED and each.effective_on is not None and each.effective_on <= on
    ]
    is_last = max(begun) == (row.effective_on, row.version)
    return Stage.EFFECTIVE if is_last else Stage.SUPERSEDED


def _subject(kind: type[P]) -> ColumnElement[UUID]:
    return cast("ColumnElement[UUID]", getattr(kind, kind.SUBJECT))


def _in_force(kind: type[P], on: date) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of the version that began last, unless it was retired since."""
    later = aliased(kind)
    replaced = exists().where(
        getattr(later, kind.SUBJECT) == _subject(kind),
        later.step == Step.APPROVED,
        later.effective_on <= on,
        or_(
            later.effective_on > kind.effective_on,
            and_(later.effective_on == kind.effective_on, later.version > kind.version),
        ),
    )
    return (
        kind.step == Step.APPROVED,
        kind.effective_on <= on,
        or_(kind.retired_on.is_(None), kind.retired_on > on),
        ~replaced,
    )


# Writing


def draft(
    session: Session, kind: type[P], subject_id: UUID, content: Any, *, by: UUID, now: datetime
) -> P:
    """Write `content` into the version being worked on, or begin the next one with it.

    `content` are columns of the kind. Raises Refused `publish.waiting` while DoIT looks at one.
    """
    written = session.execute(
        update(kind)
        .where(_subject(kind) == subject_id, kind.step.in_((Step.DRAFT, Step.RETURNED)))
        .values(drafted_by=by, drafted_at=now, **content)
        .execution_options(synchronize_session=False)
    )
    if not changed(written) and not _begin(session, kind, subject_id, content, by=by, now=now):
        raise Refused("publish.waiting")
    found = find_open(session, kind, subject_id)
    if found is None:
        raise Refused("publish.waiting")  # decided a moment ago
    session.refresh(found)
    return found


def _begin(
    session: Session, kind: type[P], subject_id: UUID, content: Any, *, by: UUID, now: datetime
) -> bool:
    last = session.scalar(select(func.max(kind.version)).where(_subject(kind) == subject_id))
    values = {
        "id": new_id(),
        kind.SUBJECT: subject_id,
        "version": (last or 0) + 1,
        "step": Step.DRAFT,
        "drafted_by": by,
        "drafted_at": now,
        **content,
    }
    return insert_once(session, cast("Any", kind), values)


def touch(session: Session, row: Publication, *, by: UUID, now: datetime) -> None:
    """Be the one who drafted it, for something beside its columns; others wait until the commit.

    Raises Refused `publish.wrong_step` once it is submitted.
    """
    _step(
        session,
        row,
        type(row).step.in_((Step.DRAFT, Step.RETURNED)),
        drafted_by=by,
        drafted_at=now,
    )


def submit(
    session: Session, row: Publication, *, document_number: str, by: UUID, now: datetime
) -> None:
    """Send a draft to DoIT, under the number of the agency's letter (6(4)).

    Raises Refused `publish.document_no_missing` or `publish.wrong_step`.
    """
    number = document_number.strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise Refused("publish.document_no_missing")
    _step(
        session,
        row,
        type(row).step.in_((Step.DRAFT, Step.RETURNED)),
        step=Step.SUBMITTED,
        document_number=number,
        submitted_by=by,
        submitted_at=now,
        reason=None,
    )


def send_back(session: Session, row: Publication, *, reason: str, by: UUID, now: datetime) -> None:
    """Return a version, as `row` was read, to its agency, with what to put right.

    Raises Refused `publish.reason_missing` or `publish.wrong_step`.
    """
    if not reason.strip():
        raise Refused("publish.reason_missing")
    _step(
        session,
        row,
        _as_submitted(row),
        step=Step.RETURNED,
        reason=reason.strip()[:LONGEST_REASON],
        decided_by=by,
        decided_at=now,
        decided_on=clock.taipei_day(now),
    )


def approve(session: Session, row: Publication, *, by: UUID, now: datetime) -> None:
    """Confirm a version as `row` was read: it counts from the day wanted, today at the earliest.

    Raises Refused `case.self_dealing` for who drafted or submitted it, `publish.wrong_step`.
    """
    if by in {row.drafted_by, row.submitted_by}:
        raise Refused("case.self_dealing")
    kind, today = type(row), clock.taipei_day(now)
    _step(
        session,
        row,
        and_(_as_submitted(row), kind.drafted_by != by, kind.submitted_by != by),
        step=Step.APPROVED,
        reason=None,
        decided_by=by,
        decided_at=now,
        decided_on=today,
        effective_on=max(row.wanted_on or today, today),
    )


def _as_submitted(row: Publication) -> ColumnElement[bool]:
    # What was returned and put right keeps its id, and has words that nobody has read.
    kind = type(row)
    return and_(kind.step == Step.SUBMITTED, kind.submitted_at == row.submitted_at)


def retire(session: Session, row: Publication, *, now: datetime) -> None:
    """Let what is in force end with this day; nothing takes its place.

    Raises Refused `publish.not_reviewed` for what was never confirmed, `publish.wrong_step`.
    """
    if row.step is not Step.APPROVED:
        raise Refused("publish.not_reviewed")
    kind, today = type(row), clock.taipei_day(now)
    tomorrow = date.fromordinal(today.toordinal() + 1)
    in_force = and_(kind.effective_on <= today, kind.retired_on.is_(None))
    _step(session, row, in_force, retired_on=tomorrow)


def _step(
    session: Session,
    row: Publication,
    condition: ColumnElement[bool],
    **values: Any,  # columns of several types
) -> None:
    """Change a version as one statement; only one of two who press at once succeeds."""
    kind = type(row)
    stepped = session.execute(
        update(kind)
        .where(kind.id == row.id, condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(stepped) != 1:
        raise Refused("publish.wrong_step")
    session.refresh(row)
