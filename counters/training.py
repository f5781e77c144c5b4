"""Know who is trained: passed which version of the course, until when that counts (5(3)).

Nothing is switched off by a job: what counts is read from the rows and today.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from counters.training_models import Course, Training
from kernel.clock import taipei_day
from kernel.db import insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual

FULL_SCORE = 100
WARN_DAYS = 30  # before the end, a clerk's screen counts the days


@dataclass(frozen=True)
class Trained:
    """Until which day a person's training is valid, and until which they may still work."""

    valid_until: date
    works_until: date

    def counts_on(self, day: date) -> bool:
        """Say whether the person may work on `day`."""
        return day <= self.works_until

    def days_left(self, today: date) -> int | None:
        """Return how many days are left after today, once that is worth telling."""
        left = (self.works_until - today).days
        return left if left <= WARN_DAYS else None


def release(
    session: Session,
    version: int,
    title: Bilingual,
    *,
    valid_days: int,
    grace_days: int,
    pass_score: int,
    refresh_by: date | None,
    now: datetime,
) -> Course:
    """Enter a version of the course. Raises Refused `training.course_invalid` or `.exists`."""
    numbers_fit = (
        version > 0 and valid_days > 0 and grace_days >= 0 and 0 <= pass_score <= FULL_SCORE
    )
    if not numbers_fit or not all(words.strip() for words in title):
        raise Refused("training.course_invalid")
    values = {
        "id": new_id(),
        "version": version,
        "title_zh": title.zh.strip(),
        "title_en": title.en.strip(),
        "valid_days": valid_days,
        "grace_days": grace_days,
        "pass_score": pass_score,
        "refresh_by": refresh_by,
        "released_at": now,
    }
    if not insert_once(session, Course, values):
        raise Refused("training.course_exists")
    return get_course(session, version)


def courses(session: Session) -> Sequence[Course]:
    """Return every version, the newest first."""
    return session.scalars(select(Course).order_by(Course.version.desc())).all()


def get_course(session: Session, version: int) -> Course:
    """Return one version. Raises NotFound."""
    course = session.scalar(select(Course).where(Course.version == version))
    if course is None:
        raise NotFound("training.not_found")
    return course


def passed(
    session: Session, course: Course, *, member_id: UUID, on: date, score: int, now: datetime
) -> None:
    """Enter that somebody passed; the same day twice is once.

    Raises Refused `training.not_passed`, or `training.day_impossible` for a day to come.
    """
    if not course.pass_score <= score <= FULL_SCORE:
        raise Refused("training.not_passed")
    if on > taipei_day(now):
        raise Refused("training.day_impossible")
    values = {
        "id": new_id(),
        "member_id": member_id,
        "course_id": course.id,
        "trained_on": on,
        "valid_until": on + timedelta(days=course.valid_days),
        "score": score,
        "entered_at": now,
    }
    insert_once(session, Training, values)


def of_member(session: Session, member_id: UUID) -> Sequence[tuple[Training, Course]]:
    """Return what the member passed, the oldest first."""
    rows = session.execute(
        select(Training, Course)
        .join(Course, Course.id == Training.course_id)
        .where(Training.member_id == member_id)
        .order_by(Training.id)
    )
    return [(row[0], row[1]) for row in rows]


def trained(session: Session, member_ids: Collection[UUID]) -> Mapping[UUID, Trained]:
    """Return the training of these people; who never passed is not in the answer."""
    rows: defaultdict[UUID, list[tuple[Training, Course]]] = defaultdict(list)
    for training, course in session.execute(
        select(Training, Course)
        .join(Course, Course.id == Training.course_id)
        .where(Training.member_id.in_(member_ids))
    ):
        rows[training.member_id].append((training, course))
    refreshers = {each.version: each.refresh_by for each in courses(session)} if rows else {}
    return {member_id: _best(theirs, refreshers) for member_id, theirs in rows.items()}


def _best(
    rows: Iterable[tuple[Training, Course]], refreshers: Mapping[int, date | None]
) -> Trained:
    counted = (_counted(training.valid_until, course, refreshers) for training, course in rows)
    return max(counted, key=lambda each: (each.works_until, each.valid_until))


def _counted(valid_until: date, course: Course, refreshers: Mapping[int, date | None]) -> Trained:
    """Cut a training off where a later version demands that people come again."""
    cuts = [day for version, day in refreshers.items() if day and version > course.version]
    until = min(valid_until, *cuts) if cuts else valid_until
    return Trained(until, until + timedelta(days=course.grace_days))
