"""What stays of a closed account goes after its five years, and not before (PDPA 11-III)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, event, func, select, update

from audit.models import LedgerLine
from consent.models import Consent, Receipt
from kernel.db import Base
from kernel.ids import new_id_at
from members import leaving, requests
from members.models import AccountDeletion, LegalHold, Member, RequestKind, SubjectRequest
from members.requests import Wish
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.test_leaving import asked, execute
from web import closing
from web.cli import purge, purge_closed

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KEPT = (Receipt, Consent, SubjectRequest, LegalHold, AccountDeletion)
DAY = timedelta(days=1)


def counted(city: City, *models: type[Base]) -> list[int]:
    with city.database() as session:
        return [session.scalar(select(func.count()).select_from(each)) or 0 for each in models]


def left(city: City) -> str:
    """Let a member who consented, asked for something and was kept for a while leave."""
    browser = Browser(city)
    city.userinfo(browser.tokens()["access_token"])
    member_id = city.member_id()
    with city.database() as session:
        wish = Wish(kind=RequestKind.COPY, acr="urn:taipei-id:acr:1", language="zh-Hant-TW")
        requests.make(session, wish, member_id=member_id, keyring=make.KEYRING, now=city.now)
        leaving.hold(session, member_id, case_number="113-1", now=city.now)
        leaving.lift(session, member_id, case_number="113-1", now=city.now)
    number = asked(browser)
    dated(city)
    city.wait(days=8)
    assert execute(city) == 1
    return number


def dated(city: City) -> None:
    """Give the wishes ids of the day on which they are asked; the clock of a test stands still."""
    with city.database() as session:
        session.execute(update(AccountDeletion).values(id=new_id_at(city.now)))


def purged(city: City, *, at: datetime) -> dict[str, int]:
    return purge.run(city.app.extensions["taipei_id"].sessions, now=at)


@pytest.mark.clause("10-II")
def test_it_stays_for_five_years_and_goes_then(city: City) -> None:
    number = left(city)
    (told,) = counted(city, LedgerLine)
    before = counted(city, *KEPT)

    early = purged(city, at=city.now + 5 * 365 * DAY)
    assert counted(city, *KEPT) == before
    late = purged(city, at=city.now + purge_closed.KEPT_FOR + DAY)

    assert all(before)
    assert (early["account_deletion"], late["account_deletion"]) == (0, 1)
    assert counted(city, *KEPT) == [0] * len(KEPT)
    assert counted(city, LedgerLine, Member) == [told, 1]  # and who it was says a pseudonym
    assert Browser(city).get(f"/deletions/{number}").status_code == 404


def test_what_a_member_who_stays_has_is_left_alone(city: City) -> None:
    browser = Browser(city)
    city.userinfo(browser.tokens()["access_token"])
    asked(browser)
    browser.post("/account/delete/cancel", hidden(browser.get("/account/close")))
    dated(city)
    before = counted(city, Receipt, Consent)

    purged(city, at=city.now + purge_closed.KEPT_FOR + DAY)

    assert counted(city, Receipt, Consent) == before
    assert counted(city, AccountDeletion) == [0]  # the wish that was taken back


def test_while_an_order_keeps_it_nothing_goes(city: City) -> None:
    left(city)
    with city.database() as session:
        member_id = session.scalars(select(AccountDeletion.member_id)).one()
        leaving.hold(session, member_id, case_number="120-2", now=city.now)
    before = counted(city, *KEPT)

    purged(city, at=city.now + purge_closed.KEPT_FOR + DAY)

    assert counted(city, *KEPT) == before


def test_an_order_placed_meanwhile_keeps_it_as_well(city: City, database: Engine) -> None:
    left(city)
    with city.database() as session:
        member_id = session.scalars(select(AccountDeletion.member_id)).one()
    before = counted(city, *KEPT)
    placed: list[UUID] = []

    def place(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT member.id") and not placed:  # they were chosen by then
            placed.append(member_id)
            connection.execute(update(LegalHold).values(lifted_at=None))

    event.listen(database, "before_cursor_execute", place)
    purged(city, at=city.now + purge_closed.KEPT_FOR + DAY)
    event.remove(database, "before_cursor_execute", place)

    assert placed
    assert counted(city, *KEPT) == before


def test_each_table_that_is_kept_for_five_years_goes_after_them(city: City) -> None:
    gone = {"consent", *purged(city, at=city.now)}  # consents go along with their receipts

    assert set(closing.KEPT) - gone == {"member", "ledger"}
