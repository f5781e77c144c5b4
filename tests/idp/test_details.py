"""Authorization details: a purpose and a service, in words on the page and in the answer."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clients import registry
from consent.models import ApprovalRequest
from idp import details
from idp.details import TYPE
from idp.errors import ProtocolError
from kernel.wording import Bilingual
from members import proxies
from members.proxy_models import Letter, Matter
from services import activations
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City
from tests.idp.test_next_step import CARD, LIBRARY
from tests.idp.test_pushed import bring, pushed

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LOANS = {"type": TYPE, "purpose": "library-card", "service": "loans"}


def open_loans(session: Session) -> None:
    agency = registry.get(session, "library").organisation_id
    name = Bilingual("線上續借", "Renew online")
    activations.open_service(session, agency, "loans", name, sensitive=False, now=make.NOON)


@pytest.fixture
def loans(city: City) -> City:
    with city.database() as session:
        open_loans(session)
    return city


def written(*asked: dict[str, Any]) -> str:
    return json.dumps(asked or [LOANS])


def test_the_page_says_it_in_words_and_the_tokens_carry_it(loans: City) -> None:
    browser = Browser(loans)
    page = browser.log_in(browser.authorize(authorization_details=written()))
    assert "線上續借" in page.text

    told = loans.exchange(answer(browser.consent(page))["code"]).get_json()

    assert told["authorization_details"] == [LOANS]
    seen = loans.introspect(told["access_token"]).get_json()
    assert seen["authorization_details"] == [LOANS]
    again = loans.refresh(told["refresh_token"]).get_json()
    assert again["authorization_details"] == [LOANS]


@one_database
def test_a_sign_in_without_them_carries_none(loans: City) -> None:
    tokens = Browser(loans).tokens()

    assert "authorization_details" not in tokens
    assert "authorization_details" not in loans.introspect(tokens["access_token"]).get_json()


@pytest.mark.clause("10(3)")
@one_database
def test_they_are_asked_about_each_time_and_never_granted_silently(loans: City) -> None:
    browser = Browser(loans)
    browser.sign_in()

    page = browser.authorize(authorization_details=written())
    silent = browser.get(
        "/authorize", authorization(prompt="none", authorization_details=written())
    )

    assert page.request.path.endswith("/consent")
    assert answer(silent)["error"] == "consent_required"


@one_database
def test_the_words_that_were_read_are_the_words_that_are_kept(loans: City) -> None:
    browser = Browser(loans)
    page = browser.log_in(browser.authorize(authorization_details=written()))
    other = browser.submit(page, decision="allow", duration="90d", text="another")

    assert other.status_code == 422
    assert "線上續借" in page.text.partition('id="consent-text"')[2]


@one_database
def test_a_pushed_request_may_carry_them(loans: City) -> None:
    browser = Browser(loans)
    page = bring(browser, pushed(loans, authorization_details=written()))

    code = answer(browser.consent(browser.log_in(page)))["code"]

    assert loans.exchange(code).get_json()["authorization_details"] == [LOANS]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "{}",
        "[]",
        "null",
        "[1]",
        json.dumps([LOANS] * 11),
        "[" * 2_000,
        written({**LOANS, "type": "payment"}),
        written({"type": TYPE}),
        written({**LOANS, "actions": ["read"]}),
        written({**LOANS, "purpose": "other"}),
        written({**LOANS, "service": "other"}),
        written({**LOANS, "service": 7}),
        written({**LOANS, "service": ""}),
        written({**LOANS, "service": "\u5e02"}),
        written({**LOANS, "service": "a" * 65}),
        written(LOANS, {**LOANS, "purpose": "reading-room"}),
    ],
)
@one_database
def test_anything_else_is_refused(loans: City, text: str) -> None:
    told = answer(Browser(loans).get("/authorize", authorization(authorization_details=text)))

    assert told["error"] == "invalid_authorization_details"


@one_database
def test_a_purpose_named_twice_must_be_the_same(loans: City) -> None:
    scope = "openid purpose:reading-room"

    told = answer(
        Browser(loans).get(
            "/authorize", authorization(scope=scope, authorization_details=written())
        )
    )

    assert told["error"] == "invalid_authorization_details"


@one_database
def test_they_choose_the_purpose_if_the_scope_names_none(loans: City) -> None:
    room = {**LOANS, "purpose": "reading-room"}
    browser = Browser(loans)

    page = browser.log_in(browser.authorize(scope="openid", authorization_details=written(room)))

    told = loans.exchange(answer(browser.consent(page))["code"]).get_json()
    assert told["authorization_details"] == [room]


@pytest.mark.clause("10(3)")
@one_database
def test_another_agencys_service_cannot_be_asked_for(loans: City) -> None:
    told = answer(
        Browser(loans).get("/authorize", authorization("archive", authorization_details=written()))
    )

    assert told["error"] == "invalid_authorization_details"


json_values = st.recursive(
    st.none() | st.text() | st.integers() | st.just(TYPE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "purpose", "service", "x"]), inner)
    ),
)


@given(json_values)
def test_any_json_is_answered_in_oauths_words(asked: Any) -> None:
    with pytest.raises(ProtocolError, match="invalid_authorization_details"):
        details.read(Session(), LIBRARY, json.dumps(asked))


def test_a_client_of_no_organisation_has_no_services() -> None:
    asked = written({**LOANS, "purpose": CARD.code})

    with pytest.raises(ProtocolError, match="service is not one"):
        details.read(Session(), LIBRARY, asked)


# When another answers in the member's stead


def principal_of(loans: City) -> None:
    """Let Mei hold a letter of a member who would rather not decide alone."""
    principal, mei = loans.enrol("an.an", name="陳安安"), loans.member_id()
    with loans.database() as session:
        proxies.enter(
            session,
            principal_id=principal,
            proxy_id=mei,
            matters=tuple(Matter),
            letter=Letter.PAPER,
            reference="115-委-7",
            starts_at=loans.now,
            ends_at=loans.now + timedelta(days=30),
            now=loans.now,
        )


def put_before_mei(browser: Browser, **more: str) -> TestResponse:
    """Let the principal put a request of the library's before Mei; return the page of waiting."""
    page = browser.authorize(**more)
    if page.request.path.endswith("/login"):
        page = browser.log_in(page, "an.an")
    assert page.request.path.endswith("/consent"), page.text
    return browser.follow(browser.submit(page, decision="ask"))


def mei_reads(city: City) -> tuple[Browser, TestResponse]:
    mei = Browser(city)
    mei.log_in(mei.get("/account/login"))
    with city.database() as session:
        newest = select(ApprovalRequest.id).order_by(ApprovalRequest.id.desc()).limit(1)
        asked = session.scalars(newest).one()
    return mei, mei.get(f"/account/guardians/{asked}")


@pytest.mark.clause("7(2)")
@one_database
def test_who_answers_for_another_reads_the_services_before_the_full_text(loans: City) -> None:
    principal_of(loans)
    put_before_mei(Browser(loans), authorization_details=written())

    _, page = mei_reads(loans)

    assert "線上續借" in page.text.partition("<pre ")[0]


@pytest.mark.clause("10(3)")
@one_database
def test_a_yes_to_one_request_is_none_to_another_that_asks_for_a_service(loans: City) -> None:
    principal_of(loans)
    principal = Browser(loans)
    plain = put_before_mei(principal)
    loans.wait(seconds=5)
    more = principal.authorize(authorization_details=written())
    assert more.request.path.endswith("/consent"), "the plain question is not about this"
    loans.wait(seconds=5)
    mei, page = mei_reads(loans)
    mei.submit(page, decision="allow", duration="90d")

    waiting = more.request.path.replace("/consent", "/guardian")
    again = principal.follow(principal.get(waiting))

    assert again.request.path.endswith("/consent")
    assert "code" in answer(principal.follow(principal.get(plain.request.path)))


@pytest.mark.clause("10(3)")
@one_database
def test_a_yes_to_a_request_with_its_service_is_one(loans: City) -> None:
    principal_of(loans)
    principal = Browser(loans)
    waiting = put_before_mei(principal, authorization_details=written())
    mei, page = mei_reads(loans)
    mei.submit(page, decision="allow", duration="90d")

    code = answer(principal.follow(principal.get(waiting.request.path)))["code"]

    assert loans.exchange(code).get_json()["authorization_details"] == [LOANS]


@one_database
def test_a_no_to_a_service_is_none_to_signing_in(loans: City) -> None:
    principal_of(loans)
    principal = Browser(loans)
    put_before_mei(principal, authorization_details=written())
    mei, page = mei_reads(loans)
    mei.submit(page, decision="deny")
    loans.wait(minutes=1)

    page = put_before_mei(principal, prompt="consent")

    assert page.request.path.endswith("/guardian")
    assert page.status_code == 200
