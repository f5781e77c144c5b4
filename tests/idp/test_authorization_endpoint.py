"""The authorization endpoint: who may be answered at all, and what each parameter does."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.acr import ACR
from tests.flows.browser import Browser, Changes, answer, authorization, is_at_client
from tests.flows.provider import CALLBACK, ISSUER, VERIFIER, City, challenge

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ELSEWHERE = "https://attacker.invalid/callback"


def asked(city: City, **changes: Any) -> dict[str, str]:
    """Return the client's answer to a request that needs no page."""
    return answer(Browser(city).get("/authorize", authorization(**changes)))


def in_claims(**places: object) -> str:
    return json.dumps(places)


# Client and redirect URI come first


@pytest.mark.pyop_row(16)
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"client_id": "library "},
        {"client_id": "LIBRARY"},
        {"client_id": "library\0"},
        {"client_id": "x" * 20_000},
        {"redirect_uri": None},
        {"redirect_uri": ELSEWHERE},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?a=b"},
        {"redirect_uri": CALLBACK.replace("https", "HTTPS")},
        {"redirect_uri": CALLBACK.replace(".invalid", ".invalid:443")},
        {"redirect_uri": CALLBACK + "#x"},
        {"redirect_uri": "//library.invalid/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ELSEWHERE, "scope": "profile"},
        {"redirect_uri": ELSEWHERE, "response_type": None},
        {"redirect_uri": ELSEWHERE, "max_age": "x"},
        {"redirect_uri": ELSEWHERE, "claims": "{"},
        {"redirect_uri": ELSEWHERE, "prompt": "none"},
        {"redirect_uri": ELSEWHERE, "request": "x"},
    ],
)
def test_until_client_and_address_hold_an_error_is_a_page(city: City, changes: Changes) -> None:
    response = Browser(city).get("/authorize", authorization(**changes))

    assert response.status_code == 400
    assert response.mimetype == "text/html"
    assert "Location" not in response.headers
    assert 'href="https://attacker' not in response.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@one_database
def test_a_repeated_client_or_address_is_a_page(city: City, name: str) -> None:
    sent = [*authorization().items(), (name, authorization()[name])]

    response = Browser(city).get("/authorize", urlencode(sent))

    assert (response.status_code, response.mimetype) == (400, "text/html")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "text/plain"])
@one_database
def test_a_post_that_is_no_form_is_a_page(city: City, content_type: str) -> None:
    response = Browser(city).post("/authorize", b"{}", content_type=content_type)

    assert (response.status_code, response.mimetype) == (400, "text/html")


# Errors travel to the client afterwards


@pytest.mark.pyop_row(9)
@pytest.mark.pyop_row(10)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "cookie"}, "invalid_request"),
        ({"response_mode": "cookie.jwt"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "openid purpose:nothing"}, "invalid_scope"),
        ({"scope": "openid purpose:library-card purpose:reading-room"}, "invalid_scope"),
        ({"scope": "openid profile purpose:reading-room"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "x"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "9" * 400}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"display": "hologram"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://library.invalid/r"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "too-short"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": '{"userinfo": {"name": true}}'}, "invalid_request"),
        ({"id_token_hint": "garbage"}, "invalid_request"),
        ({"id_token_hint": "a.b.c"}, "invalid_request"),
        ({"nonce": "\0"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"claims": in_claims(id_token={"sub": {"value": "a"}}, userinfo={"sub": {"value": "b"}})},
         "invalid_request"),
    ],
)  # fmt: skip
@one_database
def test_a_bad_request_of_a_known_client_is_told_to_the_client(
    city: City, changes: Changes, error: str
) -> None:
    told = asked(city, **changes)

    assert (told["error"], told["state"], told["iss"]) == (error, "the-state", ISSUER)
    assert told["error_description"]
    assert "code" not in told


@pytest.mark.parametrize("name", ["scope", "nonce", "prompt", "claims", "anything"])
@one_database
def test_a_repeated_parameter_is_told_to_the_client(city: City, name: str) -> None:
    sent = [*authorization(**{name: "openid"}).items(), (name, "openid")]

    told = answer(Browser(city).get("/authorize", urlencode(sent)))

    assert told["error"] == "invalid_request"
    assert told["state"] == "the-state"


@one_database
def test_a_repeated_state_is_not_sent_back(city: City) -> None:
    sent = [*authorization().items(), ("state", "another")]

    told = answer(Browser(city).get("/authorize", urlencode(sent)))

    assert told["error"] == "invalid_request"
    assert "state" not in told


@one_database
def test_a_client_that_may_not_use_codes_is_told_so(city: City) -> None:
    city.register("batch", grant_types=["refresh_token"])

    assert asked(city, client_id="batch")["error"] == "unauthorized_client"


# A good request


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_sign_in_ends_at_the_client_with_a_code_the_state_and_our_name(
    city: City, method: str
) -> None:
    browser = Browser(city)
    come = browser.get if method == "GET" else browser.post

    page = browser.follow(come("/authorize", authorization()))
    told = answer(browser.consent(browser.log_in(page), "birthdate"))

    assert told.keys() == {"code", "state", "session_state", "iss"}
    assert (told["state"], told["iss"]) == ("the-state", ISSUER)
    assert len(told["code"]) == 43
    assert city.exchange(told["code"]).status_code == 200


def test_a_post_by_who_is_signed_in_is_answered_at_once(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()

    response = browser.post("/authorize", authorization(prompt="none"))

    assert answer(response)["code"]


@one_database
def test_a_long_post_is_not_turned_into_a_long_address(city: City) -> None:
    response = Browser(city).post("/authorize", authorization(nonce="n" * 8_000))

    assert response.location.startswith("/interaction/")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": None, "nonce": None},
        {"display": "popup"},
        {"display": "wap"},
        {"claims_locales": "zh-Hant-TW"},
        {"acr_values": "urn:elsewhere " + ACR[0]},
        {"scope": "profile openid made-up"},
        {"scope": "openid profile offline_access"},
        {"response_mode": "query"},
        {"made_up": "x" * 100},
        {"login_hint": "mei.chen"},
        {"claims": "{}"},
        {"claims": '{"userinfo": null, "id_token": null}'},
        {"claims": '{"id_token": {"auth_time": {"essential": true}, "sub": null}}'},
        {"claims": '{"userinfo": {"sub": {"essential": true}}, "id_token": {"sub": {}}}'},
        {"claims": '{"made_up": {"a": [1, "\\u0000"]}, "userinfo": {"national_id": null}}'},
        {"claims": '{"userinfo": {"\\ud800": null, "name": {"values": ["\\ud800"]}}}'},
        {"nonce": "n" * 1_000, "state": "s" * 1_000},
        {"state": "a=b&c=d #%\u5e02"},
        {"nonce": "\u5e02 <b>"},
    ],
)
def test_a_sign_in_succeeds_however_the_client_words_it(city: City, changes: Changes) -> None:
    told = answer(Browser(city).sign_in(**changes))

    assert told.get("state") == authorization(**changes).get("state")
    tokens = city.exchange(told["code"]).get_json()
    assert city.userinfo(tokens["access_token"]).get_json()["name"] == "陳美玉"


@one_database
def test_parameters_may_come_in_any_order(city: City) -> None:
    backwards = dict(reversed(authorization().items()))

    assert Browser(city).get("/authorize", backwards).location.startswith("/interaction/")


@pytest.mark.parametrize("size", [3, 30])
@one_database
def test_repeating_a_scope_says_nothing_new(city: City, size: int) -> None:
    tokens = Browser(city).tokens(scope="openid " + "profile openid " * size)

    assert tokens["scope"] == "openid profile"


# prompt, max_age


def test_who_is_signed_in_is_let_through_silently_as_the_same_subject(city: City) -> None:
    browser = Browser(city)
    first = browser.tokens()
    city.wait(minutes=5)

    silent = answer(browser.get("/authorize", authorization(prompt="none")))
    second = city.exchange(silent["code"]).get_json()

    subs = [city.userinfo(each["access_token"]).get_json()["sub"] for each in (first, second)]
    assert subs[0] == subs[1]


@one_database
def test_a_silent_request_is_refused_when_something_new_is_asked(city: City) -> None:
    browser = Browser(city)
    browser.sign_in(scope="openid")

    told = answer(browser.get("/authorize", authorization(prompt="none")))

    assert told["error"] == "consent_required"


@one_database
def test_prompt_login_shows_the_login_page_to_who_is_signed_in(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()
    city.wait(minutes=1)

    page = browser.authorize(prompt="login")
    again = browser.log_in(page)

    assert page.request.path.endswith("/login")
    assert answer(again)["code"]


@one_database
def test_prompt_consent_asks_again_and_starts_from_nothing(city: City) -> None:
    browser = Browser(city)
    browser.sign_in(share=("birthdate",))

    page = browser.authorize(prompt="consent")
    told = answer(browser.consent(page))

    tokens = city.exchange(told["code"]).get_json()
    assert "birthdate" not in city.userinfo(tokens["access_token"]).get_json()


@one_database
def test_select_account_lets_the_member_go_on_or_be_somebody_else(city: City) -> None:
    city.enrol("lin", name="林大同")
    browser = Browser(city)
    browser.sign_in()

    page = browser.authorize(prompt="select_account")
    onwards = browser.follow(browser.submit(page, choice="continue"))
    page = browser.authorize(prompt="select_account")
    other = browser.follow(browser.submit(page, choice="other"))

    assert "陳○玉" in page.text
    assert answer(onwards)["code"]
    assert other.request.path.endswith("/login")
    page = browser.log_in(other, "lin")
    assert "林○同" in page.text


@one_database
def test_the_account_page_is_only_for_who_is_asked(city: City) -> None:
    browser = Browser(city)
    page = browser.authorize()

    response = browser.get(page.request.path.replace("/login", "/account"))

    assert browser.follow(response).request.path.endswith("/login")


@one_database
def test_max_age_decides_whether_to_log_in_again(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()
    city.wait(seconds=10)

    assert answer(browser.authorize(max_age="10000"))["code"]
    page = browser.authorize(max_age="1")
    assert page.request.path.endswith("/login")
    assert "太久" in page.text
    assert answer(browser.log_in(page))["code"]


# Hints and wishes


@one_database
def test_the_login_hint_is_filled_in_and_is_only_text(city: City) -> None:
    page = Browser(city).authorize(login_hint='mei"><script>' + "x" * 500)

    assert 'value="mei&#34;&gt;&lt;script&gt;x' in page.text
    assert "<script>" not in page.text
    assert "x" * 200 not in page.text


@pytest.mark.parametrize(
    ("ui_locales", "language"),
    [("en", "en"), ("fr en-GB", "en"), ("zh-Hant-TW", "zh-Hant-TW"), ("\u5e02 %", "zh-Hant-TW")],
)
@one_database
def test_the_client_chooses_the_language_among_ours(
    city: City, ui_locales: str, language: str
) -> None:
    page = Browser(city).authorize(ui_locales=ui_locales)

    assert f'<html lang="{language}">' in page.text


@one_database
def test_a_demand_for_an_acr_nobody_offers_is_unmet(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()
    demand = in_claims(id_token={"acr": {"essential": True, "value": ACR[2]}})

    told = answer(browser.get("/authorize", authorization(claims=demand)))

    assert told["error"] == "unmet_authentication_requirements"


@one_database
def test_a_demand_for_the_acr_we_have_is_met(city: City) -> None:
    demand = in_claims(id_token={"acr": {"essential": True, "values": [ACR[0], ACR[2]]}})

    assert answer(Browser(city).sign_in(claims=demand))["code"]


@pytest.mark.parametrize("days", [0, 300])
def test_a_hint_of_ours_signs_the_same_member_in_silently_however_old(
    city: City, days: int
) -> None:
    browser = Browser(city)
    hint = browser.tokens(duration="1y")["id_token"]
    city.wait(days=days)
    browser.sign_in()

    told = answer(browser.get("/authorize", authorization(prompt="none", id_token_hint=hint)))

    assert told["code"]


@one_database
def test_a_hint_given_to_another_client_is_refused(city: City) -> None:
    city.register("museum", sector="museum.invalid")
    browser = Browser(city)
    hint = browser.tokens("museum")["id_token"]

    told = answer(browser.get("/authorize", authorization(id_token_hint=hint)))

    assert told["error"] == "invalid_request"


@one_database
def test_a_hint_to_another_member_asks_for_that_member_and_takes_no_other(city: City) -> None:
    city.enrol("lin")
    hint = Browser(city).tokens(login="lin")["id_token"]
    browser = Browser(city)
    browser.sign_in()

    silent = answer(browser.get("/authorize", authorization(prompt="none", id_token_hint=hint)))
    page = browser.authorize(id_token_hint=hint)
    same_again = answer(browser.log_in(page))

    assert silent["error"] == "login_required"
    assert page.request.path.endswith("/login")
    assert same_again["error"] == "login_required"


@one_database
def test_a_hint_and_a_subject_asked_for_must_be_the_same(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens()["id_token"]
    sub = city.opened(hint)["sub"]

    def told(value: str) -> dict[str, str]:
        claims = in_claims(id_token={"sub": {"value": value}})
        request = authorization(prompt="none", id_token_hint=hint, claims=claims)
        return answer(browser.get("/authorize", request))

    assert told("somebody")["error"] == "invalid_request"
    assert told(sub)["code"]


@pytest.mark.parametrize("place", ["id_token", "userinfo"])
@one_database
def test_a_subject_asked_for_by_name_must_be_the_one(city: City, place: str) -> None:
    browser = Browser(city)
    tokens = browser.tokens()
    sub = city.userinfo(tokens["access_token"]).get_json()["sub"]

    def silently(value: str) -> dict[str, str]:
        claims = in_claims(**{place: {"sub": {"value": value}}})
        return answer(browser.get("/authorize", authorization(prompt="none", claims=claims)))

    assert city.exchange(silently(sub)["code"]).status_code == 200
    assert silently("somebody")["error"] == "login_required"


@one_database
def test_a_claim_asked_for_in_the_id_token_arrives_there_if_the_member_agrees(city: City) -> None:
    claims = in_claims(id_token={"birthdate": {"essential": True}, "email": None})

    tokens = Browser(city).tokens(share=("birthdate",), scope="openid", claims=claims)

    held = city.opened(tokens["id_token"])
    assert held["birthdate"] == "1990-04-01"
    assert {"email", "name"}.isdisjoint(held)


@one_database
def test_a_purpose_without_claims_learns_only_the_subject(city: City) -> None:
    tokens = Browser(city).tokens(scope="openid purpose:reading-room")

    assert city.userinfo(tokens["access_token"]).get_json().keys() == {"sub"}


@pytest.mark.pyop_row(4)
def test_a_code_is_only_for_who_began(city: City) -> None:
    code = Browser(city).code(code_challenge=challenge("b" * 43))

    assert city.exchange(code, code_verifier=VERIFIER).get_json()["error"] == "invalid_grant"
    assert city.exchange(code, code_verifier="b" * 43).status_code == 200


def test_a_request_older_than_half_an_hour_can_be_started_again(city: City) -> None:
    browser = Browser(city)
    page = browser.authorize()
    city.wait(seconds=timedelta(minutes=30).total_seconds())

    late = browser.log_in(page)

    assert late.status_code == 410
    assert "/authorize?" in late.text


@given(st.binary(max_size=60))
@one_database
def test_no_bytes_in_a_post_are_a_mistake_of_ours(city: City, body: bytes) -> None:
    response = Browser(city).post(
        "/authorize", body, content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code in {303, 400}
    assert not is_at_client(response)
