"""The till's API: who may ask, what comes back, and that yes and no look the same on the line."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from clients.authentication import ASSERTION_TYPE
from kernel.errors import Refused
from members.models import Standing
from tests import make
from tests.flows.provider import ISSUER, City, basic, statements
from tests.web.tills import OFFER, ask, decide_always, shown
from web import till as till_api

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TYPE = "urn:taipei-id:error:"


def send(city: City, body: bytes, headers: Mapping[str, str] | None = None) -> TestResponse:
    return city.call(
        till_api.PATH,
        body,
        headers=basic("cafe") if headers is None else headers,
        content_type="application/json",
    )


def is_problem(response: TestResponse, code: str, status: int) -> bool:
    told = response.get_json(force=True)
    assert response.mimetype == "application/problem+json"
    assert (told["type"], told["status"], response.status_code) == (TYPE + code, status, status)
    assert response.headers["Cache-Control"] == "no-store"
    return True


@pytest.mark.clause("10(4)")
def test_a_till_learns_yes_for_this_offer_a_number_and_a_receipt(shop: City) -> None:
    response = ask(shop, shown(shop))

    told = response.get_json()
    assert response.status_code == 200
    assert (told["offer"], told["eligible"]) == (OFFER, True)
    assert set(told) == {"offer", "eligible", "number", "receipt", "at"}
    assert told["at"] == "2026-11-23T04:00:00+00:00"


@pytest.mark.clause("10(4)")
@one_database
def test_yes_and_no_are_the_same_but_for_the_word(shop: City) -> None:
    yes = ask(shop, shown(shop))
    decide_always(shop, says=False)
    no = ask(shop, shown(shop))
    shop.set_standing(Standing.SUSPENDED)
    suspended = ask(shop, shown(shop))

    answers = [yes, no, suspended]
    assert [each.get_json()["eligible"] for each in answers] == [True, False, False]
    assert len({len(each.data) for each in answers}) == 1
    assert len({tuple(map(tuple, each.headers.items())) for each in answers}) == 1
    assert "Set-Cookie" not in yes.headers
    assert yes.headers["Cache-Control"] == "no-store, no-transform"


@one_database
def test_json_and_a_form_are_both_understood(shop: City) -> None:
    code = shown(shop)
    body = json.dumps({"code": f"{code[:4]} {code[4:].lower()}", "offer": OFFER}).encode()

    assert send(shop, body).get_json() == ask(shop, code).get_json()


@one_database
def test_a_retry_gets_the_same_receipt(shop: City) -> None:
    code = shown(shop)
    first = ask(shop, code)
    shop.wait(seconds=59)

    assert ask(shop, code).data == first.data


@pytest.mark.refusal("till.code_refused")
@one_database
def test_what_cannot_be_answered_is_answered_alike(shop: City) -> None:
    used, old = shown(shop), ""
    ask(shop, used)
    shop.enrol("daming")
    old = shown(shop, "daming")
    shop.wait(seconds=60)

    bodies = []
    for code in ("7GK2M4QP", "not a code", "", used, old):
        response = ask(shop, code)
        assert is_problem(response, "till.code_refused", 422)
        told = response.get_json(force=True)
        assert told.pop("reference")
        bodies.append((told, len(response.data)))

    assert all(each == bodies[0] for each in bodies)
    assert bodies[0][0]["clause"] == "10(4)"


@pytest.mark.refusal("client.authentication_failed")
@one_database
def test_only_a_client_that_proves_itself_is_heard(shop: City) -> None:
    code = shown(shop)
    for headers in ({}, basic("cafe", "wrong"), basic("nobody"), {"Authorization": "Bearer x"}):
        response = shop.call(till_api.PATH, {"code": code, "offer": OFFER}, headers=headers)

        assert is_problem(response, "client.authentication_failed", 401)
        assert response.headers["WWW-Authenticate"].startswith("Basic ")

    assert ask(shop, code).status_code == 200


@pytest.mark.refusal("client.authentication_failed")
@one_database
def test_a_client_without_a_secret_cannot_be_a_till(shop: City) -> None:
    with shop.database() as session:
        make.a_shop(session, "kiosk", auth_method="none", now=shop.now)
    form = {"client_id": "kiosk", "code": shown(shop), "offer": OFFER}

    response = shop.call(till_api.PATH, form)

    assert is_problem(response, "client.authentication_failed", 401)


@pytest.mark.refusal("flow.purpose_not_offer")
@pytest.mark.clause("2(8)4")
@one_database
def test_an_agency_s_service_is_no_offer(shop: City) -> None:
    response = ask(shop, shown(shop), "library-card", "library")

    assert is_problem(response, "flow.purpose_not_offer", 403)


@one_database
def test_an_offer_that_is_not_in_force_leaves_the_code_unused(shop: City) -> None:
    code = shown(shop)
    decide_always(shop, says=Refused("flow.purpose_not_offer"))
    assert is_problem(ask(shop, code), "flow.purpose_not_offer", 403)

    decide_always(shop, says=True)

    assert ask(shop, code).get_json()["eligible"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"1",
        b"[[1, 2]]",
        b'[["code", "7GK2M4QP"]]',
        b'{"code": 7, "offer": "o"}',
        b'{"code": ["7GK2M4QP"], "offer": "o"}',
        b'{"code": {"a": "b"}}',
        b'{"code": "a", "code": "b", "offer": "o"}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"\xff\xfe",
    ],
)
@pytest.mark.refusal("http.400")
@one_database
def test_a_body_that_makes_no_sense_is_a_problem_and_no_bug(shop: City, body: bytes) -> None:
    response = send(shop, body)

    assert response.status_code in {400, 401}
    assert response.mimetype == "application/problem+json"


@given(
    st.dictionaries(
        st.sampled_from(["code", "offer", "client_id", "client_secret", "client_assertion"]),
        st.text(max_size=40) | st.none() | st.integers(),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@one_database
def test_nothing_a_body_contains_is_a_bug(shop: City, sent: dict[str, Any]) -> None:
    for headers in (basic("cafe"), {}):
        response = send(shop, json.dumps(sent).encode(), headers)

        assert response.status_code in {400, 401, 403, 422, 429}


@one_database
def test_other_bodies_and_methods_are_problems_too(shop: City) -> None:
    text = shop.call(till_api.PATH, b"hello", headers=basic("cafe"), content_type="text/plain")

    assert is_problem(text, "http.400", 400)
    assert is_problem(shop.call(till_api.PATH), "http.405", 405)
    assert is_problem(shop.call("/api/nothing/here"), "http.404", 404)
    large = b'{"code": "' + b"x" * 70_000 + b'"}'
    assert is_problem(send(shop, large), "http.413", 413)


@one_database
def test_a_problem_is_said_in_the_language_the_till_accepts(shop: City) -> None:
    response = shop.call(
        till_api.PATH,
        {"code": "7GK2M4QP", "offer": OFFER},
        headers={**basic("cafe"), "Accept-Language": "en"},
    )

    assert response.get_json(force=True)["title"] == "This code cannot be used; ask for a new one"


@pytest.mark.refusal("till.locked")
@one_database
def test_who_guesses_is_not_heard_for_a_while(shop: City) -> None:
    for _ in range(30):
        assert ask(shop, "7GK2M4QP").status_code == 422

    locked = ask(shop, shown(shop))

    assert is_problem(locked, "till.locked", 429)
    assert locked.headers["Retry-After"] == "300"
    shop.wait(minutes=5)
    assert ask(shop, shown(shop)).status_code == 200


@pytest.mark.refusal("till.locked")
@one_database
def test_a_client_that_guesses_from_many_addresses_is_not_heard_either(shop: City) -> None:
    for number in range(100):
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        assert ask(shop, "7GK2M4QP", environ_overrides=address).status_code == 422

    other = ask(shop, shown(shop), environ_overrides={"REMOTE_ADDR": "198.51.100.1"})

    assert is_problem(other, "till.locked", 429)


@one_database
def test_a_busy_till_is_never_locked_out_by_real_codes(shop: City) -> None:
    for _ in range(35):
        assert ask(shop, shown(shop)).status_code == 200
    assert ask(shop, "7GK2M4QP").status_code == 422


def test_an_answer_costs_just_these_statements(shop: City, database: Engine) -> None:
    ask(shop, shown(shop))  # from now on the client is at hand
    code = shown(shop)

    with statements(database) as seen:
        ask(shop, code)

    words = [each.split()[0] for each in seen if not each.startswith("BEGIN")]
    assert words == [
        *["INSERT", "INSERT"],  # both throttles, each in a transaction of its own
        *["SELECT", "UPDATE", "INSERT"],  # code and member; the code used; the footprint
        *["UPDATE", "UPDATE"],  # both throttles forgive
    ]


@pytest.mark.clause("10(4)")
def test_yes_no_and_suspended_cost_the_same_statements(shop: City, database: Engine) -> None:
    def cost() -> list[str]:
        code = shown(shop)
        with statements(database) as seen:
            ask(shop, code)
        return [each.split()[0] for each in seen]

    ask(shop, shown(shop))
    yes = cost()
    decide_always(shop, says=False)
    no = cost()
    shop.set_standing(Standing.SUSPENDED)

    assert yes == no == cost()


@one_database
def test_a_client_registered_to_prove_itself_in_the_body_does_so_in_json_too(shop: City) -> None:
    with shop.database() as session:
        make.a_shop(session, "kiosk", auth_method="client_secret_post", now=shop.now)
    told = {"client_id": "kiosk", "client_secret": make.SECRET, "code": shown(shop), "offer": OFFER}

    response = send(shop, json.dumps(told).encode(), {})

    assert response.get_json()["eligible"] is True


@one_database
def test_a_till_may_sign_instead_of_knowing_a_secret(shop: City) -> None:
    key = ECKey.generate_key("P-256", {"kid": "kiosk-1"})
    registered = {
        "auth_method": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    with shop.database() as session:
        make.a_shop(session, "kiosk", now=shop.now, **registered)
    stamp = int(shop.now.timestamp())
    claims = {
        "iss": "kiosk",
        "sub": "kiosk",
        "aud": ISSUER + till_api.PATH,
        "exp": stamp + 60,
        "jti": "once",
    }
    told = {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode({"alg": "ES256", "kid": "kiosk-1"}, claims, key),
        "code": shown(shop),
        "offer": OFFER,
    }

    assert send(shop, json.dumps(told).encode(), {}).get_json()["eligible"] is True
    assert send(shop, json.dumps(told).encode(), {}).status_code == 401  # it serves once


@pytest.mark.clause("10(4)")
@one_database
def test_the_ledger_holds_the_answer_and_no_reason(shop: City) -> None:
    receipt = ask(shop, shown(shop)).get_json()["receipt"]

    with shop.database() as session:
        line = session.scalars(
            select(LedgerLine).where(LedgerLine.kind == Kind.TILL_ANSWERED)
        ).one()
        assert line.detail == {"answer": "yes", "receipt": receipt}
        assert line.claims == ["offer_eligible"]
