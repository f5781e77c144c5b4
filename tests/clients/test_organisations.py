"""Organisations change from a day to come on, and the past keeps its names (2(1))."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import bases, organisations
from clients.models import Body, Organisation, OrganisationKind
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from tests.make import NOON
from tests.postgres import WAITS

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
OLD, NEW = Bilingual("舊名測試局", "Old Name Test"), Bilingual("新名測試局", "New Name Test")
MIDNIGHT = NOON + timedelta(hours=12)


def agency(
    session: Session, name: Bilingual = OLD, body: Body = Body.DEPARTMENT, **under: Organisation
) -> Organisation:
    parent = under.get("under")
    return organisations.enter(
        session, name, body, parent_id=None if parent is None else parent.id, now=NOON
    )


def rename(
    session: Session, it: Organisation, on: date = TOMORROW, number: str = "北市測字 1"
) -> None:
    organisations.rename(session, it, NEW, from_on=on, document_number=number, by=None, now=NOON)


@pytest.mark.clause("2(1)")
def test_a_school_and_a_department_may_rest_on_different_bases(session: Session) -> None:
    department, school, metro = (
        agency(session, body=body) for body in (Body.DEPARTMENT, Body.SCHOOL, Body.CORPORATION)
    )

    articles = [
        {each.code[:7] for each in bases.offered(each.body)} for each in (department, school, metro)
    ]

    assert articles == [{"pdpa-15"}, {"pdpa-19"}, {"pdpa-19"}]
    assert {each.kind for each in (department, school, metro)} == {OrganisationKind.AGENCY}


@pytest.mark.clause("2(1)")
def test_a_new_name_holds_from_its_day_and_yesterday_keeps_the_old_one(session: Session) -> None:
    it = agency(session)

    rename(session, it)
    organisations.take_names(session, now=MIDNIGHT - timedelta(seconds=1))
    evening = it.name_zh
    taken = organisations.take_names(session, now=MIDNIGHT)

    assert (evening, it.name_zh, taken) == (OLD.zh, NEW.zh, [it.id])
    assert organisations.take_names(session, now=MIDNIGHT) == []
    days = (TODAY - timedelta(days=900), TODAY, TOMORROW)
    assert [organisations.name_at(session, it.id, on=day) for day in days] == [OLD, OLD, NEW]


def test_who_was_never_renamed_has_one_name_on_every_day(session: Session) -> None:
    it = agency(session)

    assert organisations.name_at(session, it.id, on=TOMORROW) == OLD
    with pytest.raises(NotFound):
        organisations.name_at(session, new_id(), on=TODAY)


@pytest.mark.refusal("organisation.day_begun")
@pytest.mark.refusal("organisation.document_missing")
@pytest.mark.refusal("organisation.renamed_already")
def test_a_day_that_has_begun_keeps_its_name(session: Session) -> None:
    it = agency(session)
    rename(session, it)

    for on, number, code in (
        (TODAY, "1", "organisation.day_begun"),
        (TOMORROW, " ", "organisation.document_missing"),
        (TOMORROW, "1" * 101, "organisation.document_missing"),
        (TOMORROW, "2", "organisation.renamed_already"),
    ):
        with pytest.raises(Refused, match=code):
            rename(session, it, on, number)


@pytest.mark.refusal("organisation.name_missing")
@pytest.mark.parametrize("name", [("", "x"), ("名", "  "), ("名" * 201, "x")])
def test_an_agency_has_a_name_in_both_languages(session: Session, name: tuple[str, str]) -> None:
    with pytest.raises(Refused, match=r"organisation\.name_missing"):
        agency(session, Bilingual(*name))


@pytest.mark.refusal("organisation.parent_invalid")
def test_no_agency_stands_under_itself_however_deep(session: Session) -> None:
    top = agency(session)
    middle = agency(session, under=top)
    low = agency(session, under=middle)
    shop = agency(session, body=Body.MERCHANT)

    for child, parent in ((top, low.id), (top, top.id), (low, new_id()), (shop, top.id)):
        with pytest.raises(Refused, match=r"organisation\.parent_invalid"):
            organisations.move(session, child, parent)
    organisations.move(session, low, None)
    organisations.move(session, top, low.id)

    assert (low.parent_id, top.parent_id) == (None, low.id)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_moves_at_once_close_no_circle(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        keys = [agency(session).id, agency(session).id]
    start, refused = Barrier(2), []

    def put(child: int, parent: int) -> None:
        with sessions() as session:
            it = organisations.get(session, keys[child])
            start.wait()
            try:
                organisations.move(session, it, keys[parent])
                session.commit()
            except Refused as no:
                refused.append(no.code)

    threads = [Thread(target=put, args=each) for each in ((0, 1), (1, 0))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert refused == ["organisation.parent_invalid"]


@pytest.mark.clause("2(1)")
@pytest.mark.refusal("organisation.has_children")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_agency_does_not_end_over_one_that_is_entered_below_it_meanwhile(
    sessions: Sessions,
) -> None:
    with transaction(sessions) as session:
        key = agency(session).id
    refused = []

    def end() -> None:
        with transaction(sessions) as session:
            it = organisations.get(session, key)
            try:
                organisations.end(session, it, on=TOMORROW, successor_id=None, now=NOON)
            except Refused as no:
                refused.append(no.code)

    with transaction(sessions) as session:
        agency(session, under=organisations.get(session, key))
        ending = Thread(target=end)
        ending.start()
        while ending.is_alive() and not session.scalar(WAITS):
            pass  # until it waits for the tree
    ending.join()

    assert refused == ["organisation.has_children"]


@pytest.mark.refusal("organisation.ended")
@pytest.mark.refusal("organisation.has_children")
@pytest.mark.refusal("organisation.successor_invalid")
def test_an_agency_ends_once_and_leaves_nobody_below_it(session: Session) -> None:
    it, heir = agency(session), agency(session)
    child = agency(session, under=it)

    def end(successor: Organisation | None = None, on: date = TOMORROW) -> None:
        key = None if successor is None else successor.id
        organisations.end(session, it, on=on, successor_id=key, now=NOON)

    with pytest.raises(Refused, match=r"organisation\.has_children"):
        end(heir)
    organisations.move(session, child, None)
    with pytest.raises(Refused, match=r"organisation\.successor_invalid"):
        end(it)
    with pytest.raises(Refused, match=r"organisation\.day_begun"):
        end(heir, TODAY)
    end(heir)
    with pytest.raises(Refused, match=r"organisation\.ended"):
        end(heir)

    assert organisations.close_ended(session, now=NOON) == []
    [closed] = organisations.close_ended(session, now=MIDNIGHT)
    assert (closed.id, organisations.heir(session, closed)) == (it.id, heir.id)
    assert organisations.close_ended(session, now=MIDNIGHT) == []


def test_whose_successor_ended_too_is_followed_by_the_next(session: Session) -> None:
    first, second, third = agency(session), agency(session), agency(session)
    organisations.end(session, first, on=TOMORROW, successor_id=second.id, now=NOON)
    organisations.end(session, second, on=TOMORROW, successor_id=third.id, now=NOON)
    organisations.close_ended(session, now=MIDNIGHT)

    assert {organisations.heir(session, each) for each in (first, second)} == {third.id}
    organisations.end(
        session, third, on=TOMORROW + timedelta(days=1), successor_id=None, now=MIDNIGHT
    )
    organisations.close_ended(session, now=MIDNIGHT + timedelta(days=1))
    assert organisations.heir(session, first) is None
    assert session.scalars(select(Organisation).where(Organisation.ended_at.is_(None))).all() == []
