"""A kiosk signs a member in by the member's own phone: one code, one yes, one use (RFC 8628)."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from clients import registry, terminals
from clients.grant_types import CODE, DEVICE, REFRESH
from clients.models import Client
from idp import awaited, devices, parameters
from idp.models import AwaitedRequest, GrantEnd
from kernel.ids import digest
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import ISSUER, City, basic
from tests.idp.test_races import at_once
from tests.idp.test_token_endpoint import end_reasons

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KIOSK = "kiosk"
Told = dict[str, Any]  # JSON


@pytest.fixture(autouse=True)
def kiosk(city: City) -> None:
    city.register(KIOSK, sector="kiosk.invalid", grant_types=[DEVICE, REFRESH], redirect_uris=[])


def ask(city: City, client_id: str = KIOSK, **form: str) -> TestResponse:
    return city.call(
        "/device_authorization", {"scope": "openid profile", **form}, headers=basic(client_id)
    )


def waiting(city: City, **form: str) -> Told:
    response = ask(city, **form)
    assert response.status_code == 200, response.text
    told: Told = response.get_json()
    return told


def poll(city: City, told: Told, client_id: str = KIOSK) -> TestResponse:
    return city.token(client_id, grant_type=DEVICE, device_code=told["device_code"])


def error(response: TestResponse) -> str:
    assert response.status_code == 400, response.text
    return str(response.get_json()["error"])


def a_phone(city: City) -> Browser:
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    return browser


def press(phone: Browser, told: Told, decision: str = "continue") -> TestResponse:
    """Open the address of the picture and press a button there."""
    address = urlsplit(told["verification_uri_complete"])
    page = phone.get(f"{address.path}?{address.query}")
    assert page.status_code == 200, page.text
    return phone.follow(phone.submit(page, decision=decision))


def agree(phone: Browser, told: Told) -> TestResponse:
    page = press(phone, told)
    return phone.consent(page) if page.request.path.endswith("/consent") else page


def state_of(page: TestResponse) -> str:
    assert page.request.path == "/device/answered", page.request.path
    return str(page.request.args["state"])


def test_a_kiosk_signs_a_member_in_by_phone(city: City) -> None:
    told, phone = waiting(city), a_phone(city)

    assert error(poll(city, told)) == "authorization_pending"
    assert state_of(agree(phone, told)) == "approved"
    city.wait(seconds=5)
    response = poll(city, told)

    tokens = response.get_json()
    assert response.headers["Cache-Control"] == "no-store"
    assert tokens.keys() == {
        "access_token", "id_token", "refresh_token", "token_type", "expires_in", "scope"
    }  # fmt: skip
    claims = city.opened(tokens["id_token"])
    assert (claims["aud"], claims["amr"]) == (KIOSK, ["pwd"])
    assert city.userinfo(tokens["access_token"]).get_json()["name"] == "陳美玉"
    assert city.refresh(tokens["refresh_token"], KIOSK).status_code == 200


def test_the_answer_is_what_rfc_8628_says_and_nothing_is_kept_in_the_clear(city: City) -> None:
    response = ask(city)

    told = response.get_json()
    assert told.keys() == {
        "device_code", "user_code", "verification_uri", "verification_uri_complete",
        "expires_in", "interval",
    }  # fmt: skip
    assert (told["expires_in"], told["interval"]) == (600, 5)
    assert told["verification_uri"] == f"{ISSUER}/device"
    assert told["verification_uri_complete"] == (
        f"{ISSUER}/device?code={told['user_code'].replace('-', '')}"
    )
    assert response.headers["Cache-Control"] == "no-store"
    with city.database() as session:
        kept = str(vars(session.scalars(select(AwaitedRequest)).one()))
        assert told["device_code"] not in kept
        assert told["user_code"].replace("-", "") not in kept


@one_database
def test_the_phone_says_who_asks_where_and_for_what(city: City) -> None:
    with city.database() as session:
        row = terminals.add(session, registry.get(session, KIOSK), "一樓大廳", now=city.now)
        number = str(row.id)
    told = waiting(city, terminal=number)

    page = a_phone(city).get("/device", {"code": told["user_code"].lower()})

    assert all(word in page.text for word in ("圖書館", "一樓大廳", "借閱證", "姓名", "陳○玉"))
    assert told["user_code"] in page.text


@one_database
def test_opening_the_address_agrees_to_nothing(city: City) -> None:
    told, phone = waiting(city), a_phone(city)

    phone.get("/device", {"code": told["user_code"]})

    assert error(poll(city, told)) == "authorization_pending"


@one_database
def test_who_is_not_signed_in_comes_back_to_the_code(city: City) -> None:
    told = waiting(city)
    code = told["user_code"].replace("-", "")

    page = Browser(city).follow(Browser(city).get("/device", {"code": code}))

    assert page.request.path == "/account/login"
    assert page.request.args["next"] == f"/device?code={code}"


@one_database
def test_who_asks_too_often_is_told_to_wait_longer(city: City) -> None:
    told = waiting(city)

    assert error(poll(city, told)) == "authorization_pending"
    assert error(poll(city, told)) == "slow_down"
    city.wait(seconds=5)
    assert error(poll(city, told)) == "slow_down"
    city.wait(seconds=15)
    assert error(poll(city, told)) == "authorization_pending"


@pytest.mark.refusal("awaited.over")
@one_database
def test_after_ten_minutes_it_is_over_for_both(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    city.wait(minutes=10)

    assert error(poll(city, told)) == "expired_token"
    page = phone.get("/device", {"code": told["user_code"]})
    assert page.status_code == 410
    assert "換一個新的" in page.text


def test_stopping_is_one_press_and_stands_in_the_footprint(city: City) -> None:
    told, phone = waiting(city), a_phone(city)

    assert state_of(press(phone, told, "stop")) == "stopped"

    assert error(poll(city, told)) == "access_denied"
    with city.database() as session:
        kinds = session.scalars(select(LedgerLine.kind)).all()
    assert Kind.DEVICE_STOPPED in kinds
    assert "擋下了「圖書館」在另一台裝置的登入" in phone.get("/account/footprint").text


@one_database
def test_who_does_not_consent_says_no_to_the_device(city: City) -> None:
    told, phone = waiting(city), a_phone(city)

    refused = phone.consent(press(phone, told), decision="deny")
    page = phone.follow(phone.submit(refused))

    assert state_of(page) == "stopped"
    assert error(poll(city, told)) == "access_denied"


@one_database
def test_what_no_login_reaches_is_a_no(city: City) -> None:
    demand = {"id_token": {"acr": {"essential": True, "values": ["urn:taipei-id:acr:3"]}}}
    told = waiting(city, claims=json.dumps(demand))

    assert state_of(press(a_phone(city), told)) == "stopped"
    assert error(poll(city, told)) == "access_denied"


@one_database
def test_the_next_time_nothing_is_asked_but_whether(city: City) -> None:
    phone = a_phone(city)
    agree(phone, waiting(city))

    told = waiting(city)
    assert state_of(press(phone, told)) == "approved"

    assert poll(city, told).status_code == 200


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_code_used_again_ends_everything_it_gave(city: City, seconds: int) -> None:
    told = waiting(city)
    agree(a_phone(city), told)
    tokens = poll(city, told).get_json()
    city.wait(seconds=seconds)

    assert error(poll(city, told)) == "invalid_grant"

    assert not city.is_alive(tokens["access_token"])
    assert error(city.refresh(tokens["refresh_token"], KIOSK)) == "invalid_grant"
    assert end_reasons(city) == [GrantEnd.CODE_REPLAYED]


@pytest.mark.parametrize("_attempt", range(3))
def test_of_several_polls_at_once_one_gets_tokens(city: City, _attempt: int) -> None:
    told = waiting(city)
    agree(a_phone(city), told)

    responses = at_once(lambda: poll(city, told))

    assert sorted(each.status_code for each in responses) == [200, 400, 400, 400]


def test_of_two_phones_the_first_answer_counts(city: City) -> None:
    told, first, second = waiting(city), a_phone(city), a_phone(city)
    slow = press(second, told)

    assert state_of(agree(first, told)) == "approved"
    late = second.consent(slow)

    assert late.status_code == 410
    assert poll(city, told).status_code == 200


@one_database
def test_a_yes_and_a_no_at_once_are_one_answer(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    page = press(phone, told)
    press(a_phone(city), told, "stop")

    assert phone.consent(page).status_code == 410

    assert error(poll(city, told)) == "access_denied"


@one_database
def test_a_device_code_is_its_clients_and_good_for_nothing_else(city: City) -> None:
    city.register("other", sector="other.invalid", grant_types=[DEVICE, CODE])
    told = waiting(city)
    agree(a_phone(city), told)

    assert error(poll(city, told, "other")) == "invalid_grant"
    code = {"grant_type": CODE, "code": told["device_code"], "redirect_uri": awaited.ADDRESS}
    assert error(city.token("other", **code)) == "invalid_grant"
    assert error(city.token(KIOSK, **code)) == "unauthorized_client"
    assert poll(city, told).status_code == 200


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "openid purpose:other"}, "invalid_scope"),
        ({"claims": "{"}, "invalid_request"),
        ({"max_age": "x"}, "invalid_request"),
        ({"terminal": "desk"}, "invalid_request"),
        ({"terminal": "00000000-0000-0000-0000-000000000000"}, "invalid_request"),
    ],
)
@one_database
def test_a_bad_request_is_refused_in_json(city: City, form: dict[str, str], expected: str) -> None:
    assert error(ask(city, **form)) == expected


@one_database
def test_a_client_without_the_grant_type_is_told_so(city: City) -> None:
    assert error(ask(city, "library")) == "unauthorized_client"
    assert error(city.token("library", grant_type=DEVICE, device_code="x")) == "unauthorized_client"
    assert error(city.token(KIOSK, grant_type=DEVICE)) == "invalid_request"


@one_database
def test_a_client_that_is_gone_waits_for_nobody(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    page = press(phone, told)
    with city.database() as session:
        session.execute(
            update(Client).where(Client.client_id == KIOSK).values(disabled_at=city.now)
        )
    city.wait(seconds=2)

    assert phone.consent(page).status_code == 410
    assert phone.get("/device", {"code": told["user_code"]}).status_code == 410


@one_database
def test_what_the_client_may_ask_no_more_is_over(city: City) -> None:
    told = waiting(city)
    with city.database() as session:
        session.execute(update(AwaitedRequest).values(parameters={"scope": "openid phone"}))

    assert a_phone(city).get("/device", {"code": told["user_code"]}).status_code == 410


@pytest.mark.refusal("login.locked")
@one_database
def test_codes_cannot_be_tried(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    tried = [phone.get("/device", {"code": code}) for code in ["7GK2M4QP", "x"] * 5]

    assert {page.status_code for page in tried} == {410}
    assert phone.get("/device", {"code": told["user_code"]}).status_code == 429
    city.wait(minutes=5)
    assert phone.get("/device", {"code": told["user_code"]}).status_code == 200


@one_database
def test_a_code_that_another_device_shows_is_drawn_again(city: City) -> None:
    told = waiting(city)
    codes = iter([told["user_code"].replace("-", ""), "ABCDEFGH"])
    rooms = city.app.extensions["taipei_id"]

    with city.database() as session:
        other = devices.ask(
            rooms.provider,
            session,
            parameters.of({"scope": "openid"}),
            authorization=basic(KIOSK)["Authorization"],
            key=rooms.handover_key,
            now=city.now,
            draw=lambda: next(codes),
        )

    assert other["user_code"] == "ABCD-EFGH"


@one_database
def test_a_login_that_took_too_long_leads_back_to_the_code(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    page = press(phone, told)
    city.wait(minutes=31)

    late = phone.get(page.request.path)

    assert late.status_code == 410
    assert 'href="/device"' in late.text


@one_database
def test_signing_out_on_the_phone_ends_the_kiosk(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    agree(phone, told)
    token = poll(city, told).get_json()["access_token"]

    phone.post("/account/logout", hidden(phone.get("/account")))

    assert not city.is_alive(token)


@one_database
def test_the_code_the_grant_was_made_with_is_nobodys(city: City) -> None:
    told = waiting(city)
    agree(a_phone(city), told)

    with city.database() as session:
        row = session.scalars(select(AwaitedRequest)).one()
        assert row.handle_hash == digest(told["device_code"])
        assert row.approved is True
