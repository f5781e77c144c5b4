"""An officer opens a counter in Chromium, and everybody sees it (regulation 4-II, 5)."""

import re
from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from kernel import clock
from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import LIBRARY, City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import SCENES, work_for

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)
NUMBERS = count(1)


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)


def add(page: Page, kind: str, **fields: str) -> None:
    page.locator(f"details:has(#add_{kind}) summary").click()
    fill(page, **fields)
    page.locator(f"#add_{kind}").click()
    page.locator("h1").wait_for()


@pytest.mark.clause("4-II", "5(1)", "5(2)", "5(3)")
@pytest.mark.parametrize("language", LOCALES)
def test_an_officer_opens_a_counter_and_everybody_sees_it(
    city: City, arrive: Arrive, language: str
) -> None:
    number, today = next(NUMBERS), clock.taipei_day(clock.now())
    clerk = city.provider.enrol(f"journey.clerk.{number}").login
    officer, stranger = arrive(language).page, arrive(language).page
    officer.context.set_default_timeout(PATIENCE_MS)
    work_for(officer, city, LIBRARY)

    officer.goto(f"{city.provider.issuer}/agency/counters/new")
    officer.locator("#holder").select_option("body")
    fill(
        officer,
        code=f"journey-{number}",
        name_zh="旅程窗口",
        name_en="Journey counter",
        address_zh="臺北市北投區測試路 1 號",
        address_en="1 Test Rd., Beitou",
    )
    officer.locator("#district").select_option("beitou")
    officer.locator("#submit_counter").click()
    officer.locator("a[href$='/delegations/new']").click()
    officer.locator("#ground").select_option("commissioned")
    fill(
        officer,
        provision="行政程序法第 15 條",
        document_number=f"旅程字第 {number} 號",
        starts_on=today.isoformat(),
        ends_on=(today + timedelta(days=365)).isoformat(),
    )
    officer.locator("#matters-accept").check()
    officer.locator("#submit_delegation").click()
    officer.locator("#step_sign").click()
    fill(officer, notice_on=today.isoformat(), gazette="旅程公報第 1 期")
    officer.locator("#step_publish").click()

    stranger.goto(f"{city.provider.issuer}/counters/journey-{number}")
    expect(stranger.locator(".tag.bad")).to_be_visible()

    officer.goto(f"{city.provider.issuer}/agency/counters/journey-{number}")
    add(officer, "desk", desk="1")
    add(officer, "clerk", login_id=clerk)
    add(officer, "training", trained_on=today.isoformat(), score="95")
    add(officer, "reader", serial=f"J-{number}", model="M", firmware="1")
    officer.locator("#turn").click()

    stranger.reload()
    expect(stranger.locator(".tag.bad")).to_have_count(0)
    expect(stranger.locator("body")).to_contain_text(f"旅程字第 {number} 號")


@pytest.mark.clause("5(1)")
def test_a_clerk_tests_the_reader_on_the_desk(city: City, arrive: Arrive) -> None:
    page = arrive().page
    SCENES["a clerk's counter"].enter(page, city)
    says = {
        "pair": {"key": "k", "prompt": "window"},
        "status": {"readers": [{"name": "R"}], "mark": "m"},
    }
    page.route(
        re.compile(r"^http://127\.0\.0\.1:\d+/v1/"),
        lambda route: route.fulfill(
            json=says[route.request.url.rpartition("/")[2]],
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
    page.locator("form[action='/clerk/reader'] button").first.click()
    page.locator("#hear_reader").click()

    expect(page.locator("[data-seen=empty]")).to_be_visible()
    page.reload()
    expect(page.locator("#readers + ul")).to_contain_text("讀卡機好了")
