"""The citizen sees on their own screen what is recorded of them, and nothing of the clerk."""

import re

import pytest

from tests.flows.browser import hidden
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import Office

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def mirrored(office: Office) -> str:
    return office.browser.get("/counter/mirror").text


@pytest.mark.clause("7(1)")
def test_what_is_recorded_shows_until_somebody_else_comes(office: Office) -> None:
    before = mirrored(office)
    number = office.opened()
    assert office.press(number, f"/counter/cases/{number}/mirror").status_code == 303

    during = mirrored(office)

    for fact in (number, "綁定卡片或載具", "國民身分證", "陳○玉"):
        assert fact in during
        assert fact not in before
    page = office.browser.get(f"/counter/cases/{number}")
    assert office.browser.post("/counter/next-person", hidden(page)).location == "/counter"
    assert number not in mirrored(office)


@pytest.mark.clause("10-I(3)")
def test_nothing_of_the_clerk_and_no_menu_stands_there(office: Office) -> None:
    number = office.opened()
    office.press(number, f"/counter/cases/{number}/mirror")

    page = mirrored(office)

    for secret in ("clerk.one", "/counter/intake", "/account", "陳美玉", offices.MEI):
        assert secret not in page
    assert re.findall(r'method="post"', page) == []


def test_it_speaks_the_language_of_the_case_whatever_the_clerk_reads(office: Office) -> None:
    number = office.opened(language="en")
    office.press(number, f"/counter/cases/{number}/mirror")

    page = mirrored(office)

    assert '<html lang="en">' in page
    assert "What we recorded" in page
    assert "Bind a card" in page


def test_a_colleague_has_a_screen_of_their_own(office: Office) -> None:
    second, _ = offices.a_clerk(office.city, office.counter_id, "clerk.two")
    number = office.opened()
    office.press(number, f"/counter/cases/{number}/mirror")

    assert number not in second.get("/counter/mirror").text


def test_every_key_is_named_beside_its_button(office: Office) -> None:
    number = office.opened()
    pages = {
        path: office.browser.get(path).text
        for path in (
            "/counter",
            "/counter/intake",
            f"/counter/cases/{number}",
            f"/counter/cases/{number}/slip",
        )
    }

    for path, page in pages.items():
        keys = re.findall(r'aria-keyshortcuts="(F\d+)"', page)
        assert keys, path
        assert len(keys) == len(set(keys)), path
        assert keys == re.findall(r"<kbd hidden data-key aria-hidden=\"true\">(F\d+)</kbd>", page)
        assert "keys.js" in page
