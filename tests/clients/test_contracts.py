"""Merchants are in force within a contract, to the second (regulation 2(8)4)."""

from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from clients import contracts, registry
from clients.directory import Directory
from clients.forms import ContractForm
from clients.models import Organisation
from kernel import clock
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from tests import make

MIDNIGHT = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # 2027 begins in Taipei
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.clause("2(8)4")


def form(number: str = "TP-2027", **changes: str) -> ContractForm:
    return contracts.parse(make.a_contract_form(number, **changes))


@pytest.mark.parametrize(
    ("moment", "in_force"),
    [
        (datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), True),
        (MIDNIGHT - SECOND, True),
        (MIDNIGHT, False),
    ],
)
def test_a_merchant_is_in_force_from_first_to_last_day_in_taipei(
    session: Session, moment: datetime, *, in_force: bool
) -> None:
    make.a_shop(session)

    client = Directory().find(session, "cafe", now=make.NOON)

    assert client is not None
    assert client.is_in_force(now=moment) is in_force


def test_a_contract_ends_on_a_view_that_is_still_kept(session: Session) -> None:
    make.a_shop(session)
    directory = Directory()
    before = directory.find(session, "cafe", now=MIDNIGHT - SECOND / 2)

    kept = directory.find(session, "cafe", now=MIDNIGHT)

    assert kept is not None
    assert kept is before
    assert not kept.is_in_force(now=MIDNIGHT)


def test_an_agency_needs_no_contract(session: Session) -> None:
    make.a_client(session)

    client = Directory().find(session, "library", now=make.NOON)

    assert client is not None
    assert client.is_in_force(now=MIDNIGHT)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 4000), st.integers(-1, 4001))
def test_the_days_covered_are_the_days_written(first: date, days: int, after: int) -> None:
    last = first + timedelta(days=days)
    row = contracts.new(form(starts_on=str(first), ends_on=str(last)), now=make.NOON)
    day = first + timedelta(days=after)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=clock.TAIPEI)

    assert contracts.span_of(row).covers(noon) == (first <= day <= last)


@pytest.mark.refusal("client.form_invalid")
@pytest.mark.parametrize(
    "changes",
    [
        {"business_number": "12345678"},
        {"business_number": "１２３４５６７５"},
        {"ends_on": "2025-12-31"},
        {"ends_on": "9999-12-31"},
        {"starts_on": "2026-02-30"},
        {"number": ""},
        {"number": "x" * 65},
        {"number": "TP\x00"},
    ],
)
def test_a_contract_that_does_not_add_up_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Refused, match=r"client\.form_invalid"):
        form(**changes)


@pytest.mark.refusal("client.form_invalid")
@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "merchant", "contract": None},
        {"kind": "agency", "contract": make.a_contract_form()},
        {"kind": "merchant", "resource_server": True},
    ],
)
def test_a_merchant_has_a_contract_and_nobody_else(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"client\.form_invalid"):
        registry.parse(make.a_client_form(**changes))


@pytest.mark.refusal("client.contract_exists")
def test_a_contract_number_is_recorded_once(session: Session) -> None:
    shop = make.a_shop(session)

    with pytest.raises(Refused, match=r"client\.contract_exists"):
        contracts.add(session, shop.organisation, form("TP-cafe"), now=make.NOON)


@pytest.mark.refusal("client.contract_exists")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # SQLite has one writer
def test_of_two_who_record_one_contract_at_once_the_second_is_told(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(sessions) as session:
        shop_id = make.a_shop(session).organisation_id
    answers: list[str] = []
    looked, look = Event(), contracts.require_new

    def found_none(session: Session, number: str) -> None:
        look(session, number)
        looked.set()

    def late() -> None:
        with transaction(sessions) as session:
            shop = session.get_one(Organisation, shop_id)
            try:
                contracts.add(session, shop, form("TP-next"), now=make.NOON)
            except Refused as refused:
                answers.append(refused.code)

    with transaction(sessions) as first:
        contracts.add(first, first.get_one(Organisation, shop_id), form("TP-next"), now=make.NOON)
        monkeypatch.setattr(contracts, "require_new", found_none)
        second = Thread(target=late)
        second.start()
        assert looked.wait(timeout=30)  # and nothing was there yet
    second.join()

    assert answers == ["client.contract_exists"]


@pytest.mark.refusal("client.contract_not_merchant")
def test_an_agency_gets_no_contract(session: Session) -> None:
    agency = make.a_client(session)

    with pytest.raises(Refused, match=r"client\.contract_not_merchant"):
        contracts.add(session, agency.organisation, form(), now=make.NOON)


@pytest.mark.refusal("client.contract_days")
def test_a_contract_is_only_ever_shortened(session: Session) -> None:
    make.a_shop(session)

    ended = contracts.shorten(session, "TP-cafe", ends_on=date(2026, 6, 30))

    assert ended.ends_on == date(2026, 6, 30)
    for day in (date(2026, 7, 1), date(2026, 6, 30), date(2025, 12, 31)):
        with pytest.raises(Refused, match=r"client\.contract_days"):
            contracts.shorten(session, "TP-cafe", ends_on=day)


@pytest.mark.refusal("client.contract_not_found")
def test_an_unknown_contract_cannot_be_shortened(session: Session) -> None:
    with pytest.raises(NotFound):
        contracts.shorten(session, "TP-none", ends_on=date(2026, 6, 30))


def test_a_contract_is_closed_once_and_only_when_it_is_over(session: Session) -> None:
    make.a_shop(session)

    assert contracts.close_ended(session, now=MIDNIGHT - SECOND) == []
    assert [each.number for each in contracts.close_ended(session, now=MIDNIGHT)] == ["TP-cafe"]
    assert contracts.close_ended(session, now=MIDNIGHT) == []


def test_a_contract_that_follows_at_once_continues_the_one_before(session: Session) -> None:
    shop = make.a_shop(session)
    (first,) = shop.organisation.contracts
    assert not contracts.is_continued(session, first)

    contracts.add(
        session,
        shop.organisation,
        form(starts_on="2027-01-01", ends_on="2027-12-31"),
        now=make.NOON,
    )

    assert contracts.is_continued(session, first)
