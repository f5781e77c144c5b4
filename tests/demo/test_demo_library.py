from typing import Any

import pytest

from demo.library.app import Library
from demo.setup import Setup
from tests.demo.browser import Visitor
from tests.demo.stub_provider import SUB, StubProvider


@pytest.fixture
def reader(library_setup: Setup, provider: StubProvider) -> Visitor:
    return Visitor(Library(library_setup).app, provider)


def test_the_front_page_offers_one_way_in_in_both_languages(reader: Visitor) -> None:
    assert "Log in with Taipei ID" in reader.get("/").text
    assert "用臺北市單一識別登入" in reader.get("/", lang="zh-Hant-TW").text
    assert "用臺北市單一識別登入" in reader.get("/").text  # remembered


def test_signing_in_asks_with_pkce_state_and_nonce(reader: Visitor) -> None:
    asked = reader.start()

    assert asked["client_id"] == "taipei-library"
    assert asked["redirect_uri"] == "http://localhost:8601/callback"
    assert asked["scope"] == "openid profile email"
    assert asked["code_challenge_method"] == "S256"
    assert asked["ui_locales"] == "en"
    assert len(asked["code_challenge"]) == 43
    assert asked["state"]
    assert asked["nonce"]


def test_the_card_shows_what_came_and_what_did_not(reader: Visitor) -> None:
    answer = reader.sign_in()

    assert answer.location == "/card"
    page = reader.get("/card").text
    assert "陳小美" in page
    assert "mei.chen@example.org" in page
    assert "Not given" in page  # the birthdate
    assert SUB in page


def test_the_code_is_exchanged_with_its_verifier(reader: Visitor, provider: StubProvider) -> None:
    reader.sign_in()

    assert provider.requests[0]["grant_type"] == "authorization_code"
    assert len(provider.requests[0]["code_verifier"]) >= 43


def test_no_token_reaches_the_page_or_the_cookie(reader: Visitor) -> None:
    reader.sign_in()

    assert "access-1" not in reader.get("/card").text
    cookie = reader.http.get_cookie("library_session")
    assert cookie is not None
    assert "access-1" not in cookie.decoded_value


def test_renewing_shows_that_both_tokens_changed(reader: Visitor, provider: StubProvider) -> None:
    reader.sign_in()

    reader.send("/refresh", "/card")

    assert provider.requests[-1]["refresh_token"] == "refresh-1"
    assert "Tokens renewed." in reader.get("/card").text


def test_reading_again_shows_the_new_data(reader: Visitor, provider: StubProvider) -> None:
    reader.sign_in()
    provider.claims = {"sub": SUB, "birthdate": "1988-04-12"}

    reader.send("/reread", "/card")

    page = reader.get("/card").text
    assert "1988-04-12" in page
    assert "陳小美" not in page


@pytest.mark.parametrize("status", [401, 403])
def test_a_withdrawn_consent_ends_the_visit_with_an_explanation(
    reader: Visitor, provider: StubProvider, status: int
) -> None:
    reader.sign_in()
    provider.userinfo_status, provider.refresh_error = status, "invalid_grant"

    answer = reader.send("/reread", "/card")

    assert "You are signed out here" in answer.text
    assert reader.get("/card").location == "/"


def test_an_access_token_that_ran_out_is_renewed_once(
    reader: Visitor, provider: StubProvider
) -> None:
    reader.sign_in()
    provider.userinfo_status = 401

    answer = reader.send("/reread", "/card")

    assert [each["grant_type"] for each in provider.requests[1:]] == ["refresh_token"]
    assert "You are signed out here" in answer.text


def test_a_dead_refresh_token_ends_the_visit(reader: Visitor, provider: StubProvider) -> None:
    reader.sign_in()
    provider.refresh_error = "invalid_grant"

    assert "You are signed out here" in reader.send("/refresh", "/card").text
    assert reader.get("/card").location == "/"


def test_signing_out_goes_to_the_provider_and_comes_back(
    reader: Visitor, provider: StubProvider
) -> None:
    reader.sign_in()

    answer = reader.send("/logout", "/card")

    assert answer.status_code == 303
    assert answer.location.startswith(f"{provider.issuer}/logout?id_token_hint=ey")
    assert "post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8601%2F" in answer.location
    state = answer.location.partition("state=")[2].partition("&")[0]
    assert reader.get("/", state=state).location == "/"
    assert "You are signed out of the library" in reader.get("/").text
    assert "You are signed out of the library" not in reader.get("/").text


def test_a_stranger_s_state_on_the_front_page_says_nothing(reader: Visitor) -> None:
    reader.get("/", state="forged")

    assert "signed out" not in reader.get("/").text


def test_saying_no_is_answered_kindly(reader: Visitor) -> None:
    state = reader.start()["state"]

    answer = reader.come_back(state, code="", error="access_denied")

    assert answer.status_code == 200
    assert "You chose not to share your data" in answer.text


def test_any_other_error_is_a_page_with_its_code(reader: Visitor) -> None:
    state = reader.start()["state"]

    answer = reader.come_back(state, code="", error="<script>server_error")

    assert answer.status_code == 502
    assert "&lt;script&gt;server_error" in answer.text


@pytest.mark.parametrize("changes", [{"iss": "https://attacker.invalid"}, {"iss": ""}])
def test_an_answer_from_another_issuer_is_refused(
    reader: Visitor, provider: StubProvider, changes: dict[str, str]
) -> None:
    answer = reader.come_back(reader.start()["state"], **changes)

    assert answer.status_code == 502
    assert not provider.requests


def test_a_state_of_another_browser_is_refused(reader: Visitor, provider: StubProvider) -> None:
    reader.start()

    assert reader.come_back("forged").status_code == 400
    assert not provider.requests


def test_a_callback_works_only_once(reader: Visitor) -> None:
    state = reader.start()["state"]
    reader.come_back(state)

    assert reader.come_back(state).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [{"nonce": "another"}, {"aud": "somebody-else"}, {"iss": "https://other.invalid"}, {"exp": 1}],
)
def test_an_id_token_that_is_not_for_us_is_refused(
    reader: Visitor, provider: StubProvider, wrong: dict[str, Any]
) -> None:
    provider.id_token = wrong

    assert reader.sign_in().status_code == 502
    assert reader.get("/card").location == "/"


def test_userinfo_about_somebody_else_is_refused(reader: Visitor, provider: StubProvider) -> None:
    provider.claims = {"sub": "somebody-else", "name": "王大明"}

    assert reader.sign_in().status_code == 502


def test_a_form_of_another_site_is_refused(reader: Visitor) -> None:
    reader.sign_in()

    assert reader.http.post("/logout", data={"csrf_token": "guessed"}).status_code == 400
    assert reader.get("/card").status_code == 200


def test_an_unreachable_provider_is_a_page_too(library_setup: Setup) -> None:
    nowhere = StubProvider()
    setup = Setup(
        record=library_setup.record,
        issuer="http://127.0.0.1:9",
        database=library_setup.database,
        start_page="",
    )

    assert Visitor(Library(setup).app, nowhere).get("/login").status_code == 503


def test_pages_send_a_strict_policy(reader: Visitor, provider: StubProvider) -> None:
    answer = reader.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert policy.endswith(f"form-action 'self' {provider.issuer}")
    assert answer.headers["Cache-Control"] == "no-store"
