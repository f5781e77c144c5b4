"""Tokens may be narrowed to one interface and to some services, and never widened again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clients import registry, resources
from clients.grant_types import CIBA, CODE, EXCHANGE, REFRESH
from clients.resource_models import TokenFormat
from idp.errors import ProtocolError
from idp.models import Grant
from idp.narrowing import Wish
from kernel.wording import Bilingual
from services import activations
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import ISSUER, City
from tests.idp.test_ciba import agree, poll, waiting
from tests.idp.test_ciba import register as register_counter
from tests.idp.test_details import LOANS as RENEW
from tests.idp.test_details import open_loans
from tests.idp.test_device_grant import a_phone
from tests.idp.test_exchanging import INACTIVE, LOANS, PAST, SUBJECT, error, join, register, serve
from tests.idp.test_next_step import LIBRARY
from tests.idp.test_pushed import push

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COURTS = {**RENEW, "service": "courts"}
ELSEWHERE = "https://loans.tax.invalid/"
Told = dict[str, Any]  # JSON


@pytest.fixture
def agency(city: City) -> City:
    """Let the library have an interface of its own, and two services."""
    register(city, "loans")
    join(city, "loans", "library")
    serve(city, LOANS, "loans")
    with city.database() as session:
        open_loans(session)
        organisation = registry.get(session, "library").organisation_id
        name = Bilingual("借場地", "Book a court")
        activations.open_service(
            session, organisation, "courts", name, sensitive=False, now=make.NOON
        )
    city.wait(seconds=2)
    return city


def tokens(city: City, **asked: Any) -> Told:
    return Browser(city).tokens(**asked)


def renewed(city: City, token: str, **more: str) -> Told:
    response = city.refresh(token, **more)
    assert response.status_code == 200, response.text
    told: Told = response.get_json()
    return told


# One interface (RFC 8707)


def test_a_token_for_an_interface_is_good_there_and_nowhere_else(agency: City) -> None:
    token = tokens(agency, resource=LOANS)["access_token"]

    seen = agency.introspect(token, "loans").get_json()
    assert (seen["active"], seen["aud"]) == (True, LOANS)
    assert seen["sub"] != agency.introspect(token).get_json()["sub"]  # each by its own name
    assert agency.userinfo(token).status_code == 401


@pytest.mark.clause("10(3)")
@one_database
def test_another_interface_is_told_nothing_of_it(agency: City) -> None:
    agency.register("gate", sector="gate.invalid", resource_server=True)

    narrow, wide = tokens(agency, resource=LOANS), tokens(agency)

    assert agency.introspect(narrow["access_token"], "gate").get_json() == INACTIVE
    assert agency.introspect(wide["access_token"], "gate").get_json()["active"]
    assert agency.introspect(wide["access_token"], "loans").get_json() == INACTIVE


@one_database
def test_it_may_be_named_when_tokens_are_asked_for(agency: City) -> None:
    told = tokens(agency)
    code = Browser(agency).code()

    narrowed = renewed(agency, told["refresh_token"], resource=LOANS)
    first = agency.exchange(code, resource=LOANS).get_json()
    wide = renewed(agency, narrowed["refresh_token"])

    for each in (narrowed, first):
        assert agency.introspect(each["access_token"], "loans").get_json()["aud"] == LOANS
    assert agency.userinfo(wide["access_token"]).status_code == 200


@one_database
def test_what_a_sign_in_was_for_is_kept_through_every_refresh(agency: City) -> None:
    told = tokens(agency, resource=LOANS)

    again = renewed(agency, told["refresh_token"])

    assert agency.introspect(again["access_token"], "loans").get_json()["aud"] == LOANS


@one_database
def test_the_providers_own_address_is_what_userinfo_takes(agency: City) -> None:
    told = tokens(agency, resource=LOANS)

    again = renewed(agency, told["refresh_token"], resource=ISSUER)

    assert agency.userinfo(again["access_token"]).status_code == 200
    assert agency.userinfo(tokens(agency, resource=ISSUER)["access_token"]).status_code == 200


@one_database
def test_a_sign_in_for_one_interface_gives_no_token_for_another(agency: City) -> None:
    serve(agency, PAST, "loans")
    told = tokens(agency, resource=LOANS)

    assert error(agency.refresh(told["refresh_token"], resource=PAST)) == "invalid_target"
    code = Browser(agency).code(resource=LOANS)
    assert error(agency.exchange(code, resource=PAST)) == "invalid_target"
    assert agency.exchange(code).status_code == 200  # a refusal takes nothing


@pytest.mark.clause("10(3)")
@pytest.mark.parametrize("resource", [ELSEWHERE, PAST, "https://nothing.invalid/", "x"])
@one_database
def test_an_interface_that_is_not_the_agencys_own_or_not_approved_is_refused(
    agency: City, resource: str
) -> None:
    register(agency, "tax")
    serve(agency, ELSEWHERE, "tax")  # approved, but another agency's
    serve(agency, PAST, "loans", token_format=TokenFormat.JWT)  # verifies without asking
    told = tokens(agency)

    at_once = answer(Browser(agency).get("/authorize", authorization(resource=resource)))
    assert at_once["error"] == "invalid_target"
    assert error(push(agency, resource=resource)) == "invalid_target"
    assert error(agency.refresh(told["refresh_token"], resource=resource)) == "invalid_target"


@one_database
def test_what_is_approved_no_more_is_worth_nothing_at_once(agency: City) -> None:
    told = tokens(agency, resource=LOANS)
    with agency.database() as session:
        front = registry.get(session, "library")
        resources.withdraw(session, front, LOANS, ["loans.read", "loans.renew"])

    assert agency.introspect(told["access_token"], "loans").get_json() == INACTIVE
    assert error(agency.refresh(told["refresh_token"])) == "invalid_target"


@one_database
def test_a_narrowed_token_is_exchanged_for_nothing(agency: City) -> None:
    with agency.database() as session:
        registry.set_grant_types(session, "library", [CODE, REFRESH, EXCHANGE])
    agency.wait(seconds=2)
    token = tokens(agency, resource=LOANS)["access_token"]

    response = agency.token(grant_type=EXCHANGE, subject_token=token, **SUBJECT)

    assert error(response) == "invalid_request"


@one_database
def test_a_counter_may_ask_for_one_interface_too(agency: City) -> None:
    register_counter(agency, "counter", grant_types=[CIBA, REFRESH])
    join(agency, "counter", "library")
    with agency.database() as session:
        counter = registry.get(session, "counter")
        resources.approve(session, counter, LOANS, ["loans.read"], now=agency.now)
    agency.wait(seconds=2)
    told = waiting(agency, resource=LOANS)
    agree(a_phone(agency), told)

    token = poll(agency, told).get_json()["access_token"]

    assert agency.introspect(token, "loans").get_json()["aud"] == LOANS


@one_database
def test_a_token_from_the_browser_is_narrowed_as_well(agency: City) -> None:
    agency.configure(hybrid=True)
    agency.register(
        "spa",
        profile="hybrid",
        sector="spa.invalid",
        grant_types=[CODE, "implicit"],
        response_types=["code token"],
    )
    join(agency, "spa", "library")
    with agency.database() as session:
        spa = registry.get(session, "spa")
        resources.approve(session, spa, LOANS, ["loans.read"], now=agency.now)
    agency.wait(seconds=2)

    found = answer(Browser(agency).sign_in("spa", response_type="code token", resource=LOANS))

    assert agency.introspect(found["access_token"], "loans").get_json()["aud"] == LOANS


# Some of the services (RFC 9396)


def both(city: City) -> Told:
    return tokens(city, authorization_details=json.dumps([RENEW, COURTS]))


def details_of(city: City, told: Told) -> list[Told]:
    seen: Told = city.introspect(told["access_token"]).get_json()
    assert seen["authorization_details"] == told["authorization_details"]
    found: list[Told] = told["authorization_details"]
    return found


def test_a_token_is_narrowed_to_some_services_and_the_next_may_have_them_all(
    agency: City,
) -> None:
    code = Browser(agency).code(authorization_details=json.dumps([RENEW, COURTS]))

    first = agency.exchange(code, authorization_details=json.dumps([COURTS])).get_json()
    second = renewed(agency, first["refresh_token"], authorization_details=json.dumps([RENEW]))
    third = renewed(agency, second["refresh_token"])

    assert details_of(agency, first) == [COURTS]
    assert details_of(agency, second) == [RENEW]
    assert details_of(agency, third) == [RENEW, COURTS]


@pytest.mark.parametrize(
    "asked",
    [
        [{**RENEW, "service": "pools"}],
        [RENEW, {**RENEW, "purpose": "other"}],
        [{**RENEW, "more": "x"}],
        [],
        "x",
    ],
)
@one_database
def test_what_the_member_did_not_agree_to_is_refused(agency: City, asked: object) -> None:
    told = both(agency)

    response = agency.refresh(told["refresh_token"], authorization_details=json.dumps(asked))

    assert error(response) == "invalid_authorization_details"
    assert agency.refresh(told["refresh_token"]).status_code == 200


@one_database
def test_a_sign_in_without_details_has_none_to_narrow(agency: City) -> None:
    told = tokens(agency)

    response: TestResponse = agency.refresh(
        told["refresh_token"], authorization_details=json.dumps([RENEW])
    )

    assert error(response) == "invalid_authorization_details"


SERVICES = st.lists(st.sampled_from(["loans", "courts", "pools"]), min_size=1, unique=True)


@given(agreed=SERVICES, wanted=SERVICES)
def test_nothing_is_ever_added(agreed: list[str], wanted: list[str]) -> None:
    grant = Grant(request={"authorization_details": [{**RENEW, "service": x} for x in agreed]})
    asked = [{**RENEW, "service": each} for each in wanted]
    wish = Wish(issuer=ISSUER, client=LIBRARY, details=json.dumps(asked))

    try:
        narrowed = wish.of(Session(), grant)
    except ProtocolError:
        assert not set(wanted) <= set(agreed)
    else:
        assert narrowed.details == asked
        assert set(wanted) <= set(agreed)
