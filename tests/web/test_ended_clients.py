"""What members agreed to ends with the client, the worker sees to it, and they can read that."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from audit.lines import Kind
from audit.models import LedgerLine
from clients import organisations, registry
from consent.models import Consent, EndReason
from idp import client_endings
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from web import consent_endings, handlers, organisation_endings

GONE = "本服務不再提供資料給它"


@pytest.fixture
def browser(city: City) -> Browser:
    browser = Browser(city)
    browser.tokens()
    return browser


def end_the_client(city: City) -> None:
    with city.database() as session:
        client_endings.end(session, registry.get(session, "library").id, now=city.now)


def end_its_agency(city: City) -> None:
    with city.database() as session:
        agency = registry.get(session, "library").organisation
        tomorrow = make.NOON.date().replace(day=make.NOON.day + 1)
        organisations.end(session, agency, on=tomorrow, successor_id=None, now=city.now)
    city.wait(days=1)
    organisation_endings.run(city.sessions, now=city.now)


def kinds(city: City) -> list[str]:
    with city.database() as session:
        mine = select(LedgerLine.kind).where(LedgerLine.member_id == city.member_id())
        return list(session.scalars(mine.order_by(LedgerLine.id)))


def reasons(city: City) -> set[EndReason | None]:
    with city.database() as session:
        return set(session.scalars(select(Consent.end_reason)))


@pytest.mark.clause("10(3)")
@pytest.mark.parametrize("end", [end_the_client, end_its_agency])
def test_what_was_agreed_to_ends_with_its_client_and_its_member_can_read_so(
    city: City, browser: Browser, end: Callable[[City], None]
) -> None:
    end(city)
    city.wait(seconds=2)  # longer than the directory keeps a client

    consent_endings.end_with_clients(city.sessions, now=city.now)

    browser = Browser(city)
    browser.log_in(browser.get("/account/login"))
    page = browser.get("/account/consents").text
    receipt = re.search(r"/account/receipts/[0-9a-f-]+", page)
    assert receipt
    assert "撤回對" not in page
    assert GONE in page
    assert GONE in browser.get(receipt[0]).text
    assert "結束了給「" in browser.get("/account/footprint").text
    assert kinds(city).count(Kind.CONSENT_CLIENT_ENDED) == 1
    assert reasons(city) == {EndReason.CLIENT_ENDED}


def test_the_worker_ends_them_in_batches_and_no_other_clients(
    city: City, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent_endings, "BATCH", 2)
    browser.tokens("archive")
    city.enrol("lin", name="林大同")
    Browser(city).sign_in(login="lin")
    end_the_client(city)

    handlers.sweep(city.app.extensions["taipei_id"], now=city.now)

    with city.database() as session:
        library = registry.get(session, "library").id
        ended = select(Consent.client_id).where(Consent.end_reason == EndReason.CLIENT_ENDED)
        left = select(Consent.client_id).where(Consent.ended_at.is_(None))
        lines = select(LedgerLine.member_id).where(LedgerLine.kind == Kind.CONSENT_CLIENT_ENDED)
        assert set(session.scalars(ended)) == {library}
        assert library not in set(session.scalars(left))
        assert session.scalar(left.limit(1)) is not None
        told = list(session.scalars(lines))
    assert sorted(told) == sorted({city.member_id(), city.member_id("lin")})
    assert consent_endings.end_with_clients(city.sessions, now=city.now) == 0


def test_what_a_member_withdrew_before_keeps_its_reason_and_its_clients_name(
    city: City, browser: Browser
) -> None:
    page = browser.get("/account/consents").text
    found = re.search(r"/account/consents/[0-9a-f-]+/withdraw", page)
    assert found
    browser.submit(browser.get(found[0]))
    end_the_client(city)
    city.wait(seconds=2)

    assert consent_endings.end_with_clients(city.sessions, now=city.now) == 0

    page = browser.get("/account/consents").text
    assert "您撤回了" in page
    assert GONE not in page
