"""Counters, their desks, clerks and readers: entered, changed, ended; never by another agency."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy.orm import Session

from counters import readers, register, staff
from counters.models import Counter, District, Holder, ReaderKind
from counters.standing import Need, Status, of
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from members.models import Standing
from tests import make
from tests.counters import town
from tests.make import NOON


@pytest.fixture
def counter(session: Session) -> Counter:
    return town.a_counter(session, make.a_client(session))


@pytest.mark.refusal(
    "counter.not_an_agency", "counter.code_invalid", "counter.incomplete", "counter.exists"
)
def test_what_is_no_counter_is_refused(session: Session) -> None:
    agency, shop = make.a_client(session), make.a_shop(session)

    with pytest.raises(Refused, match=r"counter\.not_an_agency"):
        town.a_counter(session, shop)
    for code in ("", "d", "Daan", "1st", "大安", "a" * 33, "da an", "new"):
        with pytest.raises(Refused, match=r"counter\.code_invalid"):
            town.a_counter(session, agency, code)
    for changes in (
        {"name": Bilingual("只有中文", " ")},
        {"address": Bilingual("臺" * 201, "x")},
        {"phone": "call me"},
    ):
        with pytest.raises(Refused, match=r"counter\.incomplete"):
            town.a_counter(session, agency, **changes)
    town.a_counter(session, agency)
    with pytest.raises(Refused, match=r"counter\.exists"):
        town.a_counter(session, agency)


def test_no_agency_finds_anothers(session: Session, counter: Counter) -> None:
    own = counter.organisation_id

    assert register.get(session, "daan", organisation_id=own) is counter
    assert [at.counter for at in register.of_agency(session, own, now=NOON)] == [counter]
    assert register.of_agency(session, new_id(), now=NOON) == []
    assert [at.counter for at in register.all_counters(session, now=NOON)] == [counter]
    with pytest.raises(NotFound):
        register.get(session, "daan", organisation_id=new_id())
    with pytest.raises(NotFound):
        register.get(session, "nowhere")


@pytest.mark.refusal("counter.open_already", "counter.closed", "counter.ended")
def test_it_is_described_opened_closed_and_ended(session: Session) -> None:
    counter = town.a_town(session).counter
    described = town.a_description(district=District.XINYI, mails_cards=True)

    register.describe(session, counter, described)
    assert (counter.district, counter.mails_cards) == (District.XINYI, True)
    with pytest.raises(Refused, match=r"counter\.open_already"):
        register.open_(session, counter, now=NOON)
    register.close(session, counter)
    with pytest.raises(Refused, match=r"counter\.closed"):
        register.close(session, counter)
    register.end(session, counter, now=NOON)
    with pytest.raises(Refused, match=r"counter\.ended"):
        register.end(session, counter, now=NOON)
    with pytest.raises(Refused, match=r"counter\.ended"):
        register.describe(session, counter, described)

    [at] = of(session, [counter], now=NOON)
    assert at.status is Status.CLOSED


def test_what_is_missing_is_said(session: Session, counter: Counter) -> None:
    [at] = of(session, [counter], now=NOON)

    assert at.missing == tuple(Need)


# Desks and clerks


@pytest.mark.refusal("counter.desk_exists")
def test_a_desk_has_a_name_of_its_own(session: Session, counter: Counter) -> None:
    desk_id = staff.add_desk(session, counter, " 1 ", now=NOON)

    with pytest.raises(Refused, match=r"counter\.desk_exists"):
        staff.add_desk(session, counter, "1", now=NOON)
    for name in ("", "x" * 65):
        with pytest.raises(Refused, match=r"counter\.incomplete"):
            staff.add_desk(session, counter, name, now=NOON)
    staff.remove_desk(session, counter, desk_id, now=NOON)
    staff.add_desk(session, counter, "1", now=NOON)
    with pytest.raises(NotFound):
        staff.remove_desk(session, counter, desk_id, now=NOON)


def test_a_clerk_keeps_the_post_when_the_desk_goes(session: Session, counter: Counter) -> None:
    desk_id = staff.add_desk(session, counter, "1", now=NOON)
    member_id = make.a_member(session, "clerk").id
    clerk_id = staff.appoint(session, counter, member_id, desk_id=desk_id, now=NOON)

    staff.remove_desk(session, counter, desk_id, now=NOON)

    session.expire_all()
    assert staff.get(session, counter, clerk_id).desk_id is None
    with pytest.raises(NotFound):
        staff.appoint(session, counter, make.a_member(session).id, desk_id=desk_id, now=NOON)


@pytest.mark.clause("5(2)")
@pytest.mark.refusal("counter.clerk_exists", "counter.clerk_not_active")
def test_a_clerk_is_an_active_member_and_appointed_once(session: Session, counter: Counter) -> None:
    member_id = make.a_member(session, "clerk").id
    idle = make.a_member(session, "idle", standing=Standing.SUSPENDED).id
    clerk_id = staff.appoint(session, counter, member_id, now=NOON)

    with pytest.raises(Refused, match=r"counter\.clerk_exists"):
        staff.appoint(session, counter, member_id, now=NOON)
    with pytest.raises(Refused, match=r"counter\.clerk_not_active"):
        staff.appoint(session, counter, idle, now=NOON)
    with pytest.raises(NotFound):
        staff.appoint(session, counter, new_id(), now=NOON)
    assert staff.dismiss(session, counter, clerk_id, now=NOON) == member_id
    with pytest.raises(NotFound):
        staff.dismiss(session, counter, clerk_id, now=NOON)
    staff.appoint(session, counter, member_id, now=NOON)


@pytest.mark.clause("2(2)")
@pytest.mark.refusal("counter.one_person")
def test_a_natural_persons_counter_has_one_clerk_at_a_time(session: Session) -> None:
    counter = town.a_counter(session, make.a_client(session), holder=Holder.PERSON)
    first = make.a_member(session, "first").id
    second = make.a_member(session, "second").id
    clerk_id = staff.appoint(session, counter, first, now=NOON)

    with pytest.raises(Refused, match=r"counter\.one_person"):
        staff.appoint(session, counter, second, now=NOON)
    with pytest.raises(Refused, match=r"counter\.clerk_exists"):
        staff.appoint(session, counter, first, now=NOON)
    staff.dismiss(session, counter, clerk_id, now=NOON)
    staff.appoint(session, counter, second, now=NOON)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_are_appointed_to_one_person_counter_at_once_one_is(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        counter = town.a_counter(session, make.a_client(session), holder=Holder.PERSON)
        people = [make.a_member(session, login).id for login in ("first", "second")]
    start, told = Barrier(2), []

    def appoint(person: object) -> None:
        with sessions() as session:
            start.wait()
            try:
                staff.appoint(session, counter, person, now=NOON)  # type: ignore[arg-type]
                session.commit()
                told.append("appointed")
            except Refused as refused:
                told.append(refused.code)

    threads = [Thread(target=appoint, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["appointed", "counter.one_person"]


# Readers


@pytest.mark.clause("5(1)")
@pytest.mark.refusal("counter.unregistered_reader")
def test_only_a_reader_registered_here_is_worked_with(session: Session, counter: Counter) -> None:
    reader_id = town.a_reader(session, counter, "ab-12")
    elsewhere = town.a_counter(session, make.a_client(session, "parks"), "elsewhere")

    assert readers.registered(session, counter.id, " AB-12 ").id == reader_id
    for where, serial in (
        (elsewhere, "AB-12"),
        (counter, "AB-13"),
        (counter, "讀卡機"),
        (counter, ""),
    ):
        with pytest.raises(Refused, match=r"counter\.unregistered_reader"):
            readers.registered(session, where.id, serial)
    with pytest.raises(NotFound):
        readers.get(session, elsewhere, reader_id)


@pytest.mark.refusal("reader.exists", "reader.incomplete")
def test_a_reader_is_registered_once_and_whole(session: Session, counter: Counter) -> None:
    town.a_reader(session, counter)

    with pytest.raises(Refused, match=r"reader\.exists"):
        town.a_reader(session, counter)
    for serial, model, firmware in (
        ("", "M", "1"),
        ("序號", "M", "1"),
        ("x" * 65, "M", "1"),
        ("S", " ", "1"),
        ("S", "M", "x" * 65),
    ):
        made = readers.Make(serial=serial, kind=ReaderKind.CONTACT, model=model, firmware=firmware)
        with pytest.raises(Refused, match=r"reader\.incomplete"):
            readers.add(session, counter, made, now=NOON)


def test_a_reader_is_heard_of_and_falls_silent(session: Session, counter: Counter) -> None:
    reader = readers.get(session, counter, town.a_reader(session, counter))

    assert readers.is_silent(reader, now=NOON)
    readers.heard(session, reader, now=NOON)
    assert not readers.is_silent(reader, now=NOON + timedelta(minutes=5))
    assert readers.is_silent(reader, now=NOON + timedelta(minutes=6))
    readers.remove(session, reader, now=NOON)
    with pytest.raises(NotFound):
        readers.remove(session, reader, now=NOON)
    with pytest.raises(NotFound):
        readers.get(session, counter, reader.id)
