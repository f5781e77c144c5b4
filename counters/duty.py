"""Say what a clerk may do now, and at which counter; worked out anew for every request (4, 5).

A delegation or a training that ends at midnight ends what rests on it at midnight: nothing of this
is kept in a session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from counters import standing
from counters.models import Clerk, Counter, Matter
from counters.standing import Standing, Status
from counters.training import Trained
from kernel.errors import Refused

USED_EVERY = timedelta(days=1)


@dataclass(frozen=True)
class Duty:
    """A clerk at a counter that is open to them, and what they may do there.

    At a training counter everybody and everything is synthetic. `trained_until` is the last day
    on which the clerk may work, days of grace included.
    """

    clerk_id: UUID
    member_id: UUID
    counter_id: UUID
    matters: frozenset[Matter]
    desk_id: UUID | None
    reader_ids: tuple[UUID, ...]  # those that work: none where only paper is taken
    trained_until: date
    is_training: bool
    reader_id: UUID | None = None  # the one at the clerk's place, if it works


@dataclass(frozen=True)
class Post:
    """A clerk's post at a counter, whether or not anything may be done there today."""

    clerk: Clerk
    at: Standing

    @property
    def trained(self) -> Trained | None:
        """Return the clerk's training, None without any."""
        return self.at.training.get(self.clerk.member_id)

    @property
    def reader_id(self) -> UUID | None:
        """Return the reader at the clerk's place; None for one that is broken or gone."""
        working = {each.id for each in self.at.working_readers}
        return self.clerk.reader_id if self.clerk.reader_id in working else None

    @property
    def may(self) -> frozenset[Matter]:
        """Return the matters the clerk may handle: none where the post is closed to them."""
        if self.refusal() is not None:
            return frozenset()
        without_reader = {Matter.CARDS} if self.at.status is Status.PAPER else set()
        return self.at.matters - without_reader

    def refusal(self, matter: Matter | None = None) -> str | None:
        """Return the code of what stands in the way (of this matter), None if nothing does."""
        if not self.at.matters:
            return self.at.why_no_matter
        if matter is not None and matter not in self.at.matters:
            return "counter.function_not_delegated"
        if not self.at.is_trained(self.clerk.member_id):
            return "counter.training_expired" if self.trained else "counter.staff_untrained"
        return self._closed(matter)

    def _closed(self, matter: Matter | None) -> str | None:
        if self.at.counter.opened_at is None:
            return "counter.closed"
        if self.at.status is Status.CLOSED:
            return "counter.below_minimum"
        if self.at.status is Status.PAPER and matter is Matter.CARDS:
            return "counter.below_minimum"
        return None


def posts(session: Session, member_id: UUID, *, now: datetime) -> tuple[Post, ...]:
    """Return every post the member holds, by the counter's code; ended counters have none."""
    held = session.execute(
        select(Clerk, Counter)
        .join(Counter, Counter.id == Clerk.counter_id)
        .where(Clerk.member_id == member_id, Clerk.ended_at.is_(None), Counter.ended_at.is_(None))
        .order_by(Counter.code)
    ).all()
    if not held:
        return ()
    standings = standing.of(session, [counter for _, counter in held], now=now)
    return tuple(Post(clerk, at) for (clerk, _), at in zip(held, standings, strict=True))


def duties(session: Session, member_id: UUID, *, now: datetime) -> tuple[Duty, ...]:
    """Return what the member may do as a clerk now; nothing for who is none, or only practises."""
    return tuple(
        _duty(post)
        for post in posts(session, member_id, now=now)
        if post.refusal() is None and not post.at.counter.is_training
    )


def require(
    session: Session, member_id: UUID, counter_id: UUID, matter: Matter, *, now: datetime
) -> Duty:
    """Return the member's duty at this counter if it covers the matter.

    Raises Refused `counter.not_delegated` for who has no post there, `.delegation_unpublished`,
    `.delegation_expired`, `.function_not_delegated`, `.staff_untrained`, `.training_expired`,
    `.closed` or `.below_minimum`; `.training_only` where one practises.
    """
    held = posts(session, member_id, now=now)
    post = next((each for each in held if each.at.counter.id == counter_id), None)
    if post is None:
        raise Refused("counter.not_delegated")
    return required(post, matter)


def required(post: Post, matter: Matter) -> Duty:
    """Return the post's duty if it covers the matter. Raises as `require`."""
    duty = admitted(post, matter)
    if duty.is_training:
        raise Refused("counter.training_only")  # real people are not served by who practises
    return duty


def admitted(post: Post, matter: Matter) -> Duty:
    """Return the post's duty if it covers the matter, at a training counter too.

    Whoever calls keeps real people from there: `counters.synthetic`. Raises as `require`.
    """
    if post.refusal(matter) is not None:
        raise Refused(post.refusal(matter) or "")
    return _duty(post)


def open_counters(session: Session, *, now: datetime) -> Sequence[Standing]:
    """Return the counters that serve people now, by code; paper only included."""
    counters = session.scalars(
        select(Counter)
        .where(
            Counter.opened_at.is_not(None),
            Counter.ended_at.is_(None),
            Counter.is_training.is_(False),
        )
        .order_by(Counter.code)
    ).all()
    found = standing.of(session, counters, now=now)
    return [each for each in found if each.status is not Status.CLOSED]


def _duty(post: Post) -> Duty:
    trained, counter = post.trained, post.at.counter
    return Duty(
        clerk_id=post.clerk.id,
        member_id=post.clerk.member_id,
        counter_id=counter.id,
        matters=post.may,
        desk_id=post.clerk.desk_id,
        reader_ids=tuple(each.id for each in post.at.working_readers),
        trained_until=post.at.today if trained is None else trained.works_until,
        is_training=counter.is_training,
        reader_id=post.reader_id,
    )


def mark_used(session: Session, post: Post, *, now: datetime) -> None:
    """Note that somebody works in a post, once a day."""
    used_at = post.clerk.used_at
    if used_at is None or now - used_at > USED_EVERY:
        session.execute(update(Clerk).where(Clerk.id == post.clerk.id).values(used_at=now))
