"""Who acts in another's stead, and what ends that, meet at the link or the power (0164)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from consent import ledger, representation
from kernel.wording import CHINESE
from members import capacities, guardians, leaving, proxies
from members.models import Capacity, Evidence, Member, Relation, Standing
from members.proxy_models import Letter, Matter
from tests.flows.provider import City
from web import closing, proxy_acts
from web.birth_dates import Record

WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
CHILD, YOUTH = date(2016, 5, 5), date(2010, 5, 5)


@pytest.fixture
def mei(city: City) -> City:
    """Lend a city in which Da acts for Mei by a letter, and for a child by law."""
    mei, da = city.member_id("mei.chen"), city.enrol("da.chen")
    an = city.enrol("an.an", birthdate=str(CHILD))
    of_age = representation.comes_of_age(str(CHILD))
    with city.database() as session:
        proxies.enter(
            session,
            principal_id=mei,
            proxy_id=da,
            matters=Matter,
            letter=Letter.PAPER,
            reference="7",
            starts_at=city.now,
            ends_at=city.now + timedelta(days=9),
            now=city.now,
        )
        guardians.link(
            session,
            ward_id=an,
            guardian_id=da,
            relation=Relation.PARENT,
            evidence=Evidence.HOUSEHOLD_REGISTER,
            until=of_age,
            now=city.now,
        )
        for login in ("mei.chen", "an.an"):
            leaving.ask(
                session,
                city.member_id(login),
                wait=timedelta(0),
                language=CHINESE,
                now=city.now,
            )
    return city


def correct(city: City, login: str) -> None:
    rooms = city.app.extensions["taipei_id"]
    with city.database() as session:
        Record(
            session=session,
            member_id=city.member_id(login),
            keyring=rooms.keyring,
            table=rooms.representation,
            now=city.now,
        ).correct(YOUTH, reason="看過戶口名簿")


def close(city: City, login: str) -> None:
    member_id = city.member_id(login)
    closing.run(city.app.extensions["taipei_id"], now=city.now)
    with city.database() as session:
        assert session.get_one(Member, member_id).standing is Standing.CLOSED


def declare(city: City, login: str) -> None:
    member_id = city.member_id(login)
    with city.database() as session:
        capacities.note(
            session,
            member_id,
            Capacity.GUARDED,
            source="115-監宣-4",
            declared_on=CHILD,
            now=city.now,
        )
        proxy_acts.end_all_of(session, member_id, language=CHINESE, now=city.now)


def acts_by_letter(city: City, session: Session) -> object:
    da = city.member_id("da.chen")
    [power] = proxies.held_by(session, da, now=city.now)
    return proxies.find(session, power.id, proxy_id=da, now=city.now)


def acts_by_law(city: City, session: Session) -> object:
    da = city.member_id("da.chen")
    [link] = guardians.wards_of(session, da, now=city.now)
    return guardians.find(session, link.id, guardian_id=da, now=city.now)


@pytest.mark.clause("7(2)")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("act", "end", "whose"),
    [
        (acts_by_letter, correct, "mei.chen"),
        (acts_by_letter, close, "mei.chen"),
        (acts_by_letter, declare, "mei.chen"),
        (acts_by_law, correct, "an.an"),
        (acts_by_law, close, "an.an"),
    ],
)
def test_whatever_ends_it_waits_for_who_acts_and_holds_nothing_that_they_need(
    mei: City,
    act: Callable[[City, Session], object],
    end: Callable[[City, str], None],
    whose: str,
) -> None:
    member_id = mei.member_id(whose)

    with ThreadPoolExecutor(1) as another, mei.database() as session:
        assert act(mei, session)
        ending = another.submit(end, mei, whose)
        while not (session.scalar(WAITS) or ending.done()):
            pass
        assert not ending.done()
        ledger.lock_member(session, member_id)  # as whoever answers or withdraws

    ending.result(60)
