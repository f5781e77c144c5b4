"""Following a case of a counter by its slip, without an account (4.2, 4-I(1))."""

import re

import pytest

from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import Office

NOBODY = re.compile("陳美玉|A12345|clerk")


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def slip(office: Office, number: str) -> str:
    """Return the code that stands on the slip."""
    page = office.browser.get(f"/counter/cases/{number}/slip").text
    found = re.search(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){3}", page)
    assert found is not None
    return found[0]


@pytest.mark.clause("4")
def test_the_slip_alone_tells_how_far_a_case_is_and_names_nobody(
    city: City, office: Office
) -> None:
    number = office.opened()
    code = slip(office, number)
    citizen = Browser(city)

    answer = citizen.submit(citizen.get("/track"), number=number.lower(), secret=code.lower())
    page = citizen.follow(answer)

    assert answer.location == "/track/case"
    assert "綁定卡片或載具" in page.text
    assert "處理中" in page.text
    assert not NOBODY.search(page.text)


def test_a_wrong_code_is_answered_like_an_unknown_number(city: City, office: Office) -> None:
    number = office.opened()
    citizen = Browser(city)
    pages = [
        citizen.submit(citizen.get("/track"), number=each, secret="2222-2222-2222-2222")
        for each in (number, "ZZZZZZZZ")
    ]

    assert [each.status_code for each in pages] == [422, 422]
    plain = [re.sub(r'nonce="[^"]*"|value="[^"]*"', "", each.text) for each in pages]
    assert plain[0] == plain[1]


def test_without_a_slip_the_page_asks_for_one(city: City) -> None:
    assert Browser(city).get("/track/case").location == "/track"
