"""Keys rotate by the calendar, and a client that caches them as told never meets an unknown one."""

from collections import deque
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import decode
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from audit.models import TrailEntry
from idp import keys
from idp.keys import Keys, Schedule
from idp.models import KeyState, SigningKey
from idp.signing import ALGORITHMS
from kernel.db import sessions as sessions_of
from kernel.db import transaction
from tests.flows.provider import City
from tests.idp.test_races import at_once
from tests.make import KEYRING, NOON
from web import key_rotation

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MAX_AGE = timedelta(seconds=300)  # what /jwks.json says
WEEKLY = Schedule(active=timedelta(days=7), retiring=timedelta(days=1))
LIFE = timedelta(hours=1)  # the longest an id_token may live


class Client:
    """A relying party that fetches the keys when its copy is as old as it may be, no sooner."""

    def __init__(self, source: Keys) -> None:
        self._source = source
        self._fetched_at: datetime | None = None
        self._keys: KeySet | None = None

    def reads(self, session: Session, token: str, *, now: datetime) -> bool:
        if self._fetched_at is None or now - self._fetched_at >= MAX_AGE:
            self._fetched_at = now
            told: Any = self._source.signer(session, now=now).jwks  # JSON
            self._keys = KeySet.import_key_set(told)
        assert self._keys is not None
        try:
            decode(token, self._keys, algorithms=["ES256", "EdDSA"])
        except (JoseError, ValueError):
            return False
        return True


def active(session: Session, alg: str = "ES256") -> str:
    return session.scalars(
        select(SigningKey.kid).where(SigningKey.alg == alg, SigningKey.state == KeyState.ACTIVE)
    ).one()


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
@one_database
def test_ten_weeks_of_rotation_break_no_verification(session: Session, alg: str) -> None:
    provider, elsewhere = Keys(KEYRING), Keys(KEYRING)
    client, young = Client(elsewhere), deque[tuple[datetime, str]]()
    now, signed_by = NOON, set[str]()
    # Long pauses, and steps within the age of a cached copy: before, at and after each rotation.
    pauses = cycle(timedelta(seconds=each) for each in (1, 120, 150, 28, 1, 3000, 5 * 3600 + 7))

    while now < NOON + timedelta(weeks=10):
        keys.keep(session, KEYRING, alg, schedule=WEEKLY, now=now)
        token = provider.signer(session, now=now).sign({"sub": "s"}, alg=alg)
        young.append((now, token))
        while young[0][0] < now - LIFE:
            young.popleft()
        assert all(client.reads(session, each, now=now) for _, each in young), now
        signed_by.add(active(session, alg))
        now += next(pauses)

    assert len(signed_by) == 10
    assert len(keys.listed(session)) <= 4


@one_database
def test_a_key_that_was_not_announced_long_enough_would_break_one(session: Session) -> None:
    provider = Keys(KEYRING, fresh=timedelta(0))
    client = Client(Keys(KEYRING, fresh=timedelta(0)))
    keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=NOON)
    first = provider.signer(session, now=NOON).sign({}, alg="ES256")
    assert client.reads(session, first, now=NOON)

    for _ in range(2):
        keys.rotate(session, KEYRING, "ES256", now=NOON)
    hasty = provider.signer(session, now=NOON).sign({}, alg="ES256")

    assert not client.reads(session, hasty, now=NOON)


@one_database
def test_a_key_signs_for_its_time_and_then_stays_published_for_a_while(session: Session) -> None:
    keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=NOON)
    first, due = active(session), NOON + WEEKLY.active

    early = keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=due - timedelta(seconds=1))
    rotated = keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=due)
    again = keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=due)

    assert (early, rotated, again) == (False, True, False)
    retiring = next(key for key in keys.listed(session) if key.kid == first)
    assert (retiring.state, retiring.retires_at) == (KeyState.RETIRING, due + WEEKLY.retiring)


@one_database
def test_a_key_announced_too_late_waits(session: Session) -> None:
    keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=NOON)
    due = NOON + WEEKLY.active
    for key in keys.listed(session):
        if key.state is KeyState.NEXT:
            key.created_at = due
    session.flush()

    assert not keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=due)
    assert keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=due + keys.ANNOUNCEMENT)


@one_database
def test_who_comes_second_changes_nothing(session: Session) -> None:
    assert not keys.rotate(session, KEYRING, "ES256", now=NOON)  # nothing signs that could retire

    for _ in range(2):
        keys._add(session, KEYRING, "ES256", KeyState.ACTIVE, token=None, now=NOON)

    assert len(keys.listed(session)) == len(keys.ever_published(session, "ES256")) == 1


def test_of_several_workers_one_rotates(database: Engine) -> None:
    make = sessions_of(database)
    with transaction(make) as session:
        keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=NOON)

    def work() -> bool:
        with transaction(make) as session:
            due = NOON + WEEKLY.active
            return keys.keep(session, KEYRING, "ES256", schedule=WEEKLY, now=due)

    assert sorted(at_once(work)) == [False, False, False, True]
    with transaction(make) as session:
        assert len(keys.listed(session)) == 3


def test_of_several_processes_one_makes_the_first_keys(database: Engine) -> None:
    make = sessions_of(database)

    def work() -> bool:
        with transaction(make) as session:
            return keys.keep(session, KEYRING, "EdDSA", schedule=WEEKLY, now=NOON)

    at_once(work)

    with transaction(make) as session:
        assert len(keys.listed(session)) == 2
        assert len(keys.ever_published(session, "EdDSA")) == 2
        assert Keys(KEYRING).signer(session, now=NOON).sign({}, alg="EdDSA")


@one_database
def test_the_worker_rotates_every_algorithm_and_says_so(city: City) -> None:
    rooms = city.app.extensions["taipei_id"]
    key_rotation.run(rooms, now=city.now)
    now = city.wait(days=90)

    key_rotation.run(rooms, now=now)

    with city.database() as session:
        entries = session.scalars(select(TrailEntry).where(TrailEntry.event == "key.rotated")).all()
    assert [entry.detail["alg"] for entry in entries] == list(ALGORITHMS)
    assert {entry.detail["channel"] for entry in entries} == {"worker"}
