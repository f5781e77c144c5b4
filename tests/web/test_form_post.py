"""An answer that travels as a form: its page, its policy, its content."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.flows.browser import Browser, authorization
from tests.flows.provider import CALLBACK, ISSUER, City

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def sent(page: TestResponse) -> dict[str, str]:
    """Return what the page's form would send to the client."""
    assert page.status_code == 200
    assert f'action="{CALLBACK}" id="form_post"' in page.text
    return {name: unescape(value) for name, value in FIELD.findall(page.text)}


def test_a_code_arrives_in_a_form_the_member_can_send(city: City) -> None:
    page = Browser(city).sign_in(response_mode="form_post")

    told = sent(page)
    assert (told["state"], told["iss"]) == ("the-state", ISSUER)
    assert city.exchange(told["code"]).status_code == 200
    assert 'id="form_post_continue"' in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_a_silent_sign_in_is_answered_by_form_as_well(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()

    page = browser.get("/authorize", authorization(response_mode="form_post", prompt="none"))

    assert city.exchange(sent(page)["code"]).status_code == 200


@pytest.mark.parametrize("changes", [{"prompt": "none"}, {"scope": "profile"}, {"max_age": "x"}])
def test_an_error_takes_the_same_way(city: City, changes: dict[str, str]) -> None:
    page = Browser(city).authorize(response_mode="form_post", **changes)

    told = sent(page)
    assert told["error"]
    assert told["state"] == "the-state"
    assert told.keys() == {"error", "error_description", "state", "iss"}


def test_the_page_may_send_to_the_client_and_nowhere_else(city: City) -> None:
    page = Browser(city).authorize(response_mode="form_post", prompt="none")

    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://library.invalid;" in policy
    assert "script-src 'nonce-" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_page_shown_once_is_not_shown_again(city: City) -> None:
    browser = Browser(city)
    page = browser.sign_in(response_mode="form_post")

    assert browser.get(page.request.path).status_code == 410


@given(st.text(max_size=40))
def test_no_state_can_break_out_of_its_field(city: City, state: str) -> None:
    wanted = {"response_mode": "form_post", "prompt": "none", "state": state}
    response = Browser(city).get("/authorize", authorization(**wanted))

    if "form_post_continue" in response.text:
        told = sent(response)
        assert told["error"]
        assert set(told) <= {"error", "error_description", "state", "iss"}
