from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel import throttle
from kernel.db import Sessions, transaction
from kernel.throttle import ACCOUNT, ADDRESS, Policy, Throttle, Verdict

KEY = b"k" * 32
OTHER = b"o" * 32
FIVE = Policy(name="five", limit=5, window=timedelta(hours=1), lockout=timedelta(minutes=15))
SECOND = timedelta(seconds=1)


def hits(session: Session, number: int, *, now: datetime, policy: Policy = FIVE) -> list[bool]:
    return [policy.hit(session, KEY, now=now).allowed for _ in range(number)]


@pytest.mark.clause("7.4")
@pytest.mark.refusal("login.locked")
def test_the_sixth_attempt_is_refused_until_the_lock_ends(session: Session, now: datetime) -> None:
    allowed = hits(session, 5, now=now)

    assert allowed == [True] * 5
    assert FIVE.hit(session, KEY, now=now) == Verdict(
        allowed=False, retry_at=now + timedelta(minutes=15)
    )


@pytest.mark.clause("7.4")
def test_an_account_locks_after_five_failures_for_a_quarter_of_an_hour_or_longer() -> None:
    assert ACCOUNT.limit == 5
    assert ACCOUNT.lockout >= timedelta(minutes=15)


@pytest.mark.clause("7.4")
def test_a_lock_holds_to_its_last_second_and_then_counting_starts_anew(
    session: Session, now: datetime
) -> None:
    hits(session, 5, now=now)

    assert hits(session, 1, now=now + FIVE.lockout - SECOND) == [False]
    assert hits(session, 6, now=now + FIVE.lockout) == [True] * 5 + [False]


def test_knocking_on_a_locked_door_does_not_keep_it_locked(session: Session, now: datetime) -> None:
    hits(session, 5, now=now)
    hits(session, 100, now=now + FIVE.lockout - SECOND)

    assert FIVE.hit(session, KEY, now=now + FIVE.lockout).allowed


def test_attempts_of_an_earlier_window_do_not_count(session: Session, now: datetime) -> None:
    hits(session, 4, now=now)

    assert hits(session, 2, now=now + FIVE.window - SECOND) == [True, False]
    throttle.clear(session, KEY)
    hits(session, 4, now=now)
    assert hits(session, 5, now=now + FIVE.window) == [True] * 5


def test_keys_are_counted_apart(session: Session, now: datetime) -> None:
    hits(session, 6, now=now)

    assert FIVE.hit(session, OTHER, now=now).allowed


def test_clearing_forgets_attempts_and_lock(session: Session, now: datetime) -> None:
    hits(session, 6, now=now)

    throttle.clear(session, KEY)

    assert hits(session, 5, now=now) == [True] * 5


def test_a_forgiven_attempt_leaves_room_for_one_more(session: Session, now: datetime) -> None:
    hits(session, 5, now=now)

    throttle.forgive(session, KEY)

    assert hits(session, 2, now=now) == [True, False]


def test_forgiving_what_was_never_counted_changes_nothing(session: Session, now: datetime) -> None:
    throttle.forgive(session, KEY)

    assert hits(session, 6, now=now) == [True] * 5 + [False]


def test_a_limit_of_one_locks_at_once(session: Session, now: datetime) -> None:
    once = Policy(name="once", limit=1, window=timedelta(hours=1), lockout=timedelta(minutes=1))

    assert hits(session, 2, now=now, policy=once) == [True, False]


def test_purging_deletes_only_what_no_longer_counts(session: Session, now: datetime) -> None:
    hits(session, 5, now=now)
    long_lock = Policy(name="long", limit=1, window=SECOND, lockout=timedelta(days=1))
    long_lock.hit(session, OTHER, now=now)

    throttle.purge(session, now=now + FIVE.window)

    assert session.scalars(select(Throttle.key)).all() == [OTHER]


def test_what_is_counted_cannot_be_read_from_the_table(session: Session, now: datetime) -> None:
    key = ACCOUNT.key("mei.chen", secret=b"secret")
    ACCOUNT.hit(session, key, now=now)

    assert len(key) == 32
    assert key != ACCOUNT.key("mei.chen", secret=b"another installation's secret")
    assert key != ADDRESS.key("mei.chen", secret=b"secret")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_one_subscriber_is_counted_as_one(address: str, network: str) -> None:
    assert throttle.network_of(address) == network


@pytest.mark.clause("7.4")
@pytest.mark.parametrize("threads", [40])
def test_racing_workers_never_exceed_the_limit(
    sessions: Sessions, now: datetime, threads: int
) -> None:
    start = Barrier(threads)

    def attempt() -> bool:
        start.wait()
        with transaction(sessions) as session:
            return FIVE.hit(session, KEY, now=now).allowed

    with ThreadPoolExecutor(threads) as pool:
        allowed = [each.result() for each in [pool.submit(attempt) for _ in range(threads)]]

    assert sum(allowed) == 5


def test_an_attempt_is_counted_even_if_the_work_is_rolled_back(
    sessions: Sessions, now: datetime
) -> None:
    with transaction(sessions) as own:
        FIVE.hit(own, KEY, now=now)
    with sessions() as work:
        work.rollback()

    with sessions() as session:
        assert session.scalar(select(func.sum(Throttle.hits))) == 1
