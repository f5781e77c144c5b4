"""Count each day once, from every room, when it is over: what the statistics are drawn from."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import figures
from counters.case_models import Case
from counters.models import Counter
from kernel.clock import TAIPEI
from kernel.db import Sessions, transaction
from members.application_models import Application, State

NEW_MEMBERS, CASES = "new_member", "case"
DAYS_AT_ONCE = 7  # so that no sweep takes long


def run(make: Sessions, *, now: datetime) -> int:
    """Count days that are over; return how many."""
    with transaction(make) as session:
        days = figures.to_count(session, now=now)
    done = 0
    for day in days[:DAYS_AT_ONCE]:
        with transaction(make) as session:
            counted = {**figures.of_ledgers(session, day), **_of_rooms(session, day)}
            done += figures.keep(session, day, counted)
    return done


def _of_rooms(session: Session, day: date) -> dict[tuple[str, str], int]:
    """Count the members approved on a day by kind, and the cases by the state they are in now."""
    start = datetime.combine(day, time(), tzinfo=TAIPEI)
    approved = session.execute(
        select(Application.kind, func.count())
        .where(
            Application.state == State.APPROVED,
            Application.closed_at >= start,
            Application.closed_at < start + timedelta(days=1),
        )
        .group_by(Application.kind)
    )
    practice = select(Counter.id).where(Counter.is_training)
    cases = session.execute(
        select(Case.state, func.count())
        .where(Case.counter_id.not_in(practice))
        .group_by(Case.state)
    )
    return {
        **{(NEW_MEMBERS, kind.value): count for kind, count in approved},
        **{(CASES, state.value): count for state, count in cases},
    }
