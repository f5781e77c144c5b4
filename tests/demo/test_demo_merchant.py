from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

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
    assert page.count("Not given") == 4
    assert SUB in page


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"offer_eligible": True}, "Ten per cent off applies"),
        ({"offer_eligible": False}, "cannot be confirmed here"),
        ({}, "cannot be checked now"),
    ],
    ids=["yes", "no", "closed"],
)
def test_the_receipt_tells_yes_and_not_confirmed_and_closed_apart(
    guest: Visitor, provider: StubProvider, answer: dict[str, bool], words: str
) -> None:
    provider.claims = {"sub": SUB, **answer}
    guest.sign_in()

    assert words in guest.get("/receipt").text


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


# The till


def scan(guest: Visitor, code: str = "7gk2 m4qp", **more: str) -> TestResponse:
    form = {"csrf_token": guest.token_on("/till"), "code": code, **more}
    return guest.http.post("/till", data=form, headers={"Accept-Language": "en"})


def test_the_clerk_sees_a_word_and_a_number_to_compare(
    guest: Visitor, provider: StubProvider
) -> None:
    page = scan(guest).text

    assert '<h1 id="word">Yes</h1>' in page
    assert "<b>47</b>" in page
    assert "12:00 · Receipt <code>8KQP2M7X</code>" in page
    assert provider.asked_by_tills == [{"code": "7gk2 m4qp", "offer": "senior-10-percent"}]
    assert "Today <b>1</b> time." in page


def test_a_no_says_that_the_right_may_exist_all_the_same(
    guest: Visitor, provider: StubProvider
) -> None:
    provider.till_answer["eligible"] = False

    page = scan(guest).text

    assert "Not confirmed" in page
    assert "The guest may still have the right" in page
    assert "Today <b>0</b> times." in page


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (422, "Ask for a new code"),
        (403, "The offer cannot be checked"),
        (429, "Wait a few minutes"),
        (500, "No answer at present"),
    ],
)
def test_whatever_else_happens_the_clerk_knows_what_to_do(
    guest: Visitor, provider: StubProvider, status: int, word: str
) -> None:
    provider.till_status = status

    page = scan(guest).text

    assert 'class="ticket result again"' in page
    assert word in page
    assert "<b>47</b>" not in page


def test_an_answer_that_makes_no_sense_is_no_answer(guest: Visitor, provider: StubProvider) -> None:
    provider.till_answer = {}

    assert "No answer at present" in scan(guest).text


def test_the_screen_clears_itself_only_if_the_clerk_wants_it(guest: Visitor) -> None:
    assert "Refresh" not in scan(guest).headers
    assert scan(guest, clear="yes").headers["Refresh"] == "15; url=/till"
    assert "checked" in guest.get("/till").text


def test_the_next_guest_begins_with_an_empty_field(guest: Visitor) -> None:
    scan(guest)

    page = guest.get("/till").text

    assert "7gk2" not in page
    assert "<b>47</b>" not in page
    assert "autofocus" in page


@pytest.mark.clause("10(4)")
def test_the_till_s_pages_for_yes_and_no_are_equally_long(
    guest: Visitor, provider: StubProvider
) -> None:
    yes = scan(guest)
    provider.till_answer["eligible"] = False

    assert len(scan(guest).data) == len(yes.data)


def test_a_guest_comes_as_a_stranger_unless_they_choose_otherwise(guest: Visitor) -> None:
    def scope(**query: str) -> str:
        return parse_qs(urlsplit(guest.get("/login", **query).location).query)["scope"][0]

    assert scope() == "openid"
    assert scope(**{"as": "guest"}) == "openid profile email"


def test_the_receipt_says_whether_the_code_will_be_seen_again(
    guest: Visitor, provider: StubProvider
) -> None:
    provider.claims = {"sub": SUB}
    guest.sign_in()

    assert "Code for this visit" in guest.get("/receipt").text
