"""Whole visits to a counter, in Chromium: a child becomes a member; a lost card is replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clients.officer_models import Role
from tests import make
from tests.cards.farm import Farm
from tests.journeys import counter_desk, desk_scenes
from tests.journeys import desk as desks
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.desk import Desk
from tests.journeys.scenes import log_in
from tests.journeys.staffing import at_work, employ

pytestmark = [pytest.mark.slow, pytest.mark.browser]
expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.clause("2(8)1")
@pytest.mark.clause("7(1)")
def test_a_child_of_nine_becomes_a_member_with_a_parent_at_a_counter(
    city: City, arrive: Arrive
) -> None:
    clerk, bureau, family = arrive().page, arrive().page, arrive().page
    desk_scenes.sit_down(clerk, city)
    child, login = counter_desk.new_number(), f"child.{counter_desk.new_number().lower()}"
    counter_desk.take_in(clerk, city, "join", child, age="child")
    for name, value in {
        "name": "測小安",
        "birthdate": "106/05/05",
        "guardian_idno": counter_desk.new_number(),
        "guardian_name": "測大安",
    }.items():
        clerk.locator(f"#{name}").fill(value)
    clerk.locator("details summary", has_text="申辦規定").click()
    clerk.locator("#terms").check()
    clerk.locator("#take_in").click()
    clerk.wait_for_url("**/slip")
    clerk.locator("a.back[href*='/counter/cases/']").click()
    expect(clerk.locator("main")).to_contain_text("等資訊局審核")

    to_the_review(bureau, city)
    bureau.locator("#approve").click()
    expect(bureau.locator("[role=status]")).to_contain_text("已核准")

    clerk.reload()
    clerk.locator("#print_code").click()
    code = clerk.locator(".slip dd").nth(1).inner_text()
    family.goto(f"{city.provider.issuer}/activate")
    for name, value in {
        "code": code,
        "birth_date": "106/05/05",
        "login_id": login,
        "new_password": make.PASSWORD,
        "repeat_password": make.PASSWORD,
    }.items():
        family.locator(f"#{name}").fill(value)
    family.locator("#submit_activation").click()
    family.wait_for_url("**/account/login*")
    log_in(family, login)
    family.wait_for_url("**/account")
    expect(family.locator("main")).to_contain_text(login)


def to_the_review(page: Page, city: City) -> None:
    """Open the newest application as the Bureau's officer."""
    login = city.provider.enrol(f"bureau.{counter_desk.new_number().lower()}").login
    employ(city, login, Role.REVIEWER)
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login)
    page.wait_for_url("**/account")
    at_work("/doit/reviews")(page, city)
    page.locator("main a:has(code)").last.click()
    page.locator("#approve").wait_for()


@pytest.fixture
def desk(city: City, farm: Farm, tmp_path: Path) -> Iterator[Desk]:
    with desks.a_desk(city, farm, tmp_path) as desk:
        yield desk


@pytest.mark.clause("7(7)")
@pytest.mark.clause("7(6)1")
def test_a_card_reported_lost_at_the_desk_is_dead_and_its_successor_is_bound_there(
    city: City, arrive: Arrive, desk: Desk
) -> None:
    page = arrive().page
    desk_scenes.at_the_reader(page, city)
    number = counter_desk.enrol(city, f"loser.{counter_desk.new_number().lower()}", name="陳美玉")
    open_case(page, city, "bind", number)
    desk.insert("desfire_card", desks.city_card())
    bind(page)
    expect(page.locator(".tag.ok")).to_have_count(1)
    finish(page)

    open_case(page, city, "loss", number)
    page.locator("button[id^=lost_]").click()
    expect(page.locator("#carriers + ul .tag.bad")).to_have_count(1)
    look(page, city)
    expect(page.locator("#errors")).to_contain_text("掛失")
    desk.farm.remove(0)
    desk.insert("desfire_card", desks.city_card())
    page.goto(f"{city.provider.issuer}/counter")
    page.locator("main table a.back").first.click()
    bind(page)

    expect(page.locator("#carriers + ul .tag.ok")).to_have_count(1)
    finish(page)
    look(page, city)
    expect(page.locator("h1")).to_contain_text("陳美玉")


def open_case(page: Page, city: City, matter: str, number: str) -> None:
    counter_desk.take_in(page, city, matter, number)
    page.locator("#take_in").click()
    page.wait_for_url("**/slip")
    page.locator("a.back[href*='/counter/cases/']").click()
    page.locator("#step_finish").wait_for()


def bind(page: Page) -> None:
    """Bind the card that lies on the reader, and come back to the case."""
    page.locator("#bind_card").click()
    page.locator("#name").fill("識別卡")
    page.locator("#bind_card").click()
    page.locator("#step_finish").wait_for()


def finish(page: Page) -> None:
    _press_f10(page)
    page.locator("#step_close").wait_for()
    _press_f10(page)
    page.locator("#step_close").wait_for(state="detached")


def look(page: Page, city: City) -> None:
    """Look whose card lies there, for a typed reason."""
    page.goto(f"{city.provider.issuer}/counter/person")
    page.locator("#reason").fill("確認卡片")
    page.locator("#find_person").click()
    page.locator("#errors, h1 .tag").first.wait_for()


def _press_f10(page: Page) -> None:
    page.wait_for_load_state()  # by then the keys are listened to
    page.keyboard.press("F10")
