import pytest

from demo.merchant.app import Till
from demo.setup import Setup
from tests.demo.browser import Visitor
from tests.demo.stub_provider import SUB, StubProvider


@pytest.fixture
def guest(merchant_setup: Setup, provider: StubProvider) -> Visitor:
    return Visitor(Till(merchant_setup).app, provider)


def test_the_till_shows_its_offer_in_both_languages(guest: Visitor) -> None:
    assert "Show the offer with Taipei ID" in guest.get("/").text
    assert "用臺北市單一識別出示優惠" in guest.get("/", lang="zh-Hant-TW").text


def test_the_receipt_shows_what_was_received_and_no_more(
    guest: Visitor, provider: StubProvider
) -> None:
    provider.claims = {"sub": SUB}

    assert guest.sign_in().location == "/receipt"

    page = guest.get("/receipt").text
    assert page.count("Not given") == 2
    assert SUB in page


def test_the_staff_see_a_number_and_no_persons(guest: Visitor) -> None:
    guest.sign_in()

    page = guest.get("/").text
    assert "Shown today <b>1</b>" in page
    assert "陳小美" not in page


def test_the_next_guest_finds_nothing_of_the_last(guest: Visitor, provider: StubProvider) -> None:
    guest.sign_in()

    answer = guest.send("/next", "/receipt")

    assert answer.location.startswith(f"{provider.issuer}/logout?")
    assert guest.get("/receipt").location == "/"


def test_a_guest_who_says_no_gets_a_page(guest: Visitor) -> None:
    answer = guest.come_back(guest.start()["state"], code="", error="access_denied")

    assert "You chose not to share your data" in answer.text


def test_the_till_s_cookie_is_its_own(guest: Visitor) -> None:
    guest.start()

    assert guest.http.get_cookie("merchant_session") is not None
    assert guest.http.get_cookie("library_session") is None
