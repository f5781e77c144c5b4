"""Pages for developers: the same for everybody, and nothing they do changes anything."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from clients.claims import CLAIMS
from demo.city import PERSONAS
from idp.models import Interaction
from kernel.refusals import CATALOGUE
from tests import make, proofs
from tests.flows.browser import Browser, authorization, hidden
from tests.flows.provider import ISSUER, City, basic, statements, the_settings
from web.developers import ANSWERS, FOR_PROGRAMS, LANGUAGES, REGISTERING, SAMPLES
from web.protocol_errors import PROTOCOL_ERRORS

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = (
    *("quick-start", "people", "answers", "claims", "registration"),
    *("agencies", "counters", "merchants", "events", "errors", "debugger"),
)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["zh-Hant-TW", "en"])
def test_every_page_speaks_both_languages(city: City, name: str, language: str) -> None:
    response = city.call(f"/developers/{name}", headers={"Accept-Language": language})

    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text
    assert "'nonce-" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_asks_the_database(city: City, name: str) -> None:
    with statements(city.sessions.kw["bind"]) as seen:
        city.call(f"/developers/{name}")

    assert seen == []


def test_every_sample_names_this_provider_and_leaves_nothing_open(city: City) -> None:
    page = city.call("/developers/quick-start").text

    assert page.count(f"{ISSUER}") >= len(LANGUAGES)
    assert "{{" not in page
    assert {path.stem for path in SAMPLES.iterdir()} == {*LANGUAGES, *REGISTERING, *FOR_PROGRAMS}


def test_the_catalogues_are_whole(city: City) -> None:
    claims, errors = city.call("/developers/claims").text, city.call("/developers/errors").text

    assert all(f"<code>{claim.name}</code>" in claims for claim in CLAIMS)
    assert all(f">{code}</code>" in errors for code in (*CATALOGUE, *PROTOCOL_ERRORS))


# People to be


def test_in_an_invented_city_the_page_says_who_one_may_be(city: City) -> None:
    city.configure(demo=True, personas=PERSONAS)

    page = city.call("/developers/people").text

    assert page.count("<dt>密碼</dt>") == len(json.loads(PERSONAS.read_text("utf-8")))
    assert "blue-magpie-sings-1" in page
    assert "&#34;email&#34;: &#34;mei.chen@example.org&#34;" in page


def test_where_members_are_people_nobody_is_shown(city: City) -> None:
    assert "<dt>密碼</dt>" not in city.call("/developers/people").text
    with pytest.raises(ValidationError, match="only"):
        the_settings(personas=PERSONAS)


# What the examples show


def example(name: str) -> dict[str, Any]:  # JSON of several shapes
    text: dict[str, Any] = json.loads((ANSWERS / f"{name}.json").read_text("utf-8"))
    return text


def test_the_examples_hold_what_the_endpoints_answer(city: City) -> None:
    code = Browser(city).code(scope="openid email", share=("email",))
    tokens = city.exchange(code).json or {}
    access = tokens["access_token"]

    assert example("token").keys() >= tokens.keys() - {"refresh_token"}
    told = city.opened(tokens["id_token"]).keys()  # a client that takes logouts hears `sid` too
    assert example("id_token").keys() == {*told, "sid"}
    assert example("userinfo").keys() >= (city.userinfo(access).json or {}).keys()
    assert example("introspection").keys() == (city.introspect(access).json or {}).keys()
    assert example("inactive") == city.introspect("nothing").json
    assert example("oauth_error") == city.exchange("nothing").json


def test_the_example_of_a_problem_is_a_problem(city: City) -> None:
    answer = city.call("/api/till/answers", {}, headers=basic("library")).json or {}

    assert answer.keys() <= {*example("problem"), "detail"}
    assert example("problem")["title"] == CATALOGUE["till.code_refused"].title.en


# The debugger


def look(city: City, sent: str) -> TestResponse:
    browser = Browser(city)
    token = hidden(browser.get("/developers/debugger"))
    response = browser.post("/developers/debugger", {**token, "request": sent})
    assert response.status_code == 200
    return response


def verdicts(page: TestResponse) -> list[str]:
    return re.findall(r"<code>(\w+)</code>", page.text)


def query(**changes: str | None) -> str:
    return f"{ISSUER}/authorize?{urlencode(authorization(**changes))}"


def test_a_sound_request_is_said_to_be_sound(city: City) -> None:
    page = look(city, query(scope="openid email"))

    assert "結果：全部正確" in page.text
    assert verdicts(page) == []


def test_all_mistakes_are_told_at_once(city: City) -> None:
    page = look(
        city,
        query(
            redirect_uri="https://elsewhere.invalid/",
            response_type="token",
            code_challenge=None,
            scope="profile phone",
            max_age="soon",
        ),
    )

    assert "結果：6 項不對" in page.text
    assert "unsupported_response_type" in verdicts(page)
    assert verdicts(page).count("invalid_scope") == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"authorization_details": "{"}, "invalid_authorization_details"),
        ({"resource": "https://elsewhere.invalid/api"}, "invalid_target"),
    ],
)
def test_what_authorize_would_refuse_is_looked_at(
    city: City, changes: dict[str, str], error: str
) -> None:
    page = look(city, query(**changes))

    assert verdicts(page) == [error]
    assert "結果：1 項不對" in page.text


def test_a_hint_and_a_claim_that_name_two_people_are_told(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()
    tokens = browser.tokens()
    wanted = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})

    page = look(city, query(id_token_hint=tokens["id_token"], claims=wanted))

    assert "結果：1 項不對" in page.text


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        "\u5e02?\u5e02=\u5e02",
        "?client_id=nobody",
        "?client_id=library&client_id=library",
        "?client_id=library&state=%ff",
        "?client_id=library&claims=%7B",
        "?client_id=library&request=x.y.z",
        "?client_id=library&request_uri=https://x.invalid/",
        "?client_id=library&id_token_hint=x",
        "?client_id=" + "x" * 9000,
        "<script>alert(1)</script>",
    ],
)
def test_whatever_is_pasted_is_looked_at(city: City, sent: str) -> None:
    page = look(city, sent)

    assert "項不對" in page.text
    assert "<script>alert" not in page.text


def test_looking_leaves_nothing_behind(city: City) -> None:
    look(city, query(state="a-state-nobody-keeps"))

    with city.database() as session:
        assert session.scalar(select(func.count()).select_from(Interaction)) == 0


def test_a_signed_request_is_opened_with_registered_keys_only(city: City) -> None:
    key = proofs.new_key()
    method = {"auth_method": "private_key_jwt", "sector": "bank.invalid"}
    city.register("bank", jwks=proofs.public_set(key), **method)
    city.register("far", jwks_uri="https://far.invalid/jwks.json", **method)
    claims = {**authorization("bank"), "iss": "bank", "aud": ISSUER}
    signed = proofs.signed(key, claims, kid=key.thumbprint())

    assert "結果：全部正確" in look(city, f"?client_id=bank&request={signed}").text
    assert "invalid_request_object" in verdicts(look(city, "?client_id=bank&request=x.y.z"))
    page = look(city, "?client_id=far&request=x.y.z")
    assert "沒有檢查" in page.text
    assert "全部正確" not in page.text


def test_a_pushed_request_is_its_clients_own(city: City) -> None:
    reference = "urn:ietf:params:oauth:request_uri:x"

    page = look(city, f"?client_id=library&request_uri={reference}")
    assert "沒有檢查" in page.text
    assert "看得到的都正確" in page.text


def test_a_request_on_a_site_is_not_fetched(city: City) -> None:
    city.register("shop", sector="shop.invalid", request_uris=["https://shop.invalid/r"])

    page = look(city, "?client_id=shop&request_uri=https://shop.invalid/r")

    assert "沒有檢查" in page.text
    assert make.SECRET not in page.text
