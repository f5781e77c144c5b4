"""Cards in readers of a real pcscd, the real card program, our pages in Chromium."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import make
from tests.agent import soft_token
from tests.agent.soft_token import Token
from tests.cards.farm import Farm
from tests.certificates import holder
from tests.journeys import desk as desks
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.desk import Desk
from tests.journeys.scenes import STRONG, STRONGEST, log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
ANY_PROGRAM = re.compile(r"^http://127\.0\.0\.1:\d+/v1/")
LANGUAGES = ("zh-Hant-TW", "en")


@pytest.fixture
def desk(city: City, farm: Farm, tmp_path: Path) -> Iterator[Desk]:
    with desks.a_desk(city, farm, tmp_path) as desk:
        yield desk


@pytest.fixture
def login_id(city: City) -> str:
    return city.provider.enrol(f"card.{next(NUMBERS)}", name=holder.NAME).login


def at_account(page: Page, city: City, login_id: str) -> None:
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login_id)
    page.wait_for_url("**/account")


def add(page: Page, city: City, kind: str, **fields: str) -> None:
    page.goto(f"{city.provider.issuer}/account/carriers")
    page.locator(f"#add_{kind}").click()
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#bind_card").click()
    page.wait_for_url(f"**/account/carriers?done={kind}")


def leave(page: Page) -> None:
    page.context.clear_cookies()


def to_the_card(page: Page, url: str, kind: str) -> None:
    page.goto(url)
    page.locator(f"a[href$='/{kind}']").click()
    page.locator("#submit_card").wait_for()


def trouble(page: Page, code: str) -> Locator:
    return page.locator(f"[data-trouble={code}]")


@pytest.mark.clause("2(8)2")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chip_card_is_added_and_signs_in_at_the_library(
    arrive: Arrive, city: City, desk: Desk, login_id: str, language: str
) -> None:
    page = arrive(language).page
    desk.insert("piv_card", desks.chip())
    at_account(page, city, login_id)
    add(page, city, "chip-card", name="My badge")
    expect(page.locator(".carrier")).to_contain_text("My badge")
    leave(page)

    to_the_card(page, f"{city.library}/login", "chip-card")
    page.locator("#submit_card").focus()
    page.keyboard.press("Enter")
    page.locator("#consent_allow").click()
    page.wait_for_url("**/card")

    page.locator("details summary").click()
    expect(page.get_by_text("hwk sc pin mfa")).to_be_visible()


@pytest.mark.clause("7(6)1")
def test_a_ticket_signs_in_with_the_password_and_never_without(
    arrive: Arrive, city: City, desk: Desk, login_id: str
) -> None:
    page = arrive().page
    desk.insert("storage_card", desks.ticket())
    at_account(page, city, login_id)
    add(page, city, "card", name="我的悠遊卡")
    leave(page)

    to_the_card(page, f"{city.provider.issuer}/account/login", "card")
    page.locator("#submit_card").click()
    expect(page.locator("#errors")).to_contain_text("卡片或密碼不正確")
    page.locator("#password").fill(make.PASSWORD)
    page.locator("#submit_card").click()

    page.wait_for_url("**/account")


@pytest.mark.clause("2(8)2")
def test_the_citys_card_adds_what_a_service_demands(
    arrive: Arrive, city: City, desk: Desk, login_id: str
) -> None:
    page = arrive().page
    desk.insert("desfire_card", desks.city_card())
    at_account(page, city, login_id)
    add(page, city, "card", name="")
    expect(page.locator(".carrier")).to_contain_text("臺北市識別卡")

    to_the_card(page, city.request(claims=STRONG), "card")
    page.locator("#submit_card").click()

    page.locator("#consent_allow").wait_for()


@pytest.mark.clause("7(6)3")
def test_a_citizens_certificate_is_bound_and_signs_in_at_the_highest_level(
    arrive: Arrive, city: City, desk: Desk, login_id: str
) -> None:
    page = arrive().page
    desk.insert("piv_card", desks.citizen_card())
    at_account(page, city, login_id)
    page.goto(city.request(claims=STRONGEST))
    page.locator("#add_certificate").click()
    page.locator("#last_four").fill(holder.LAST_FOUR)
    page.locator("#bind_card").click()
    page.wait_for_url("**/step-up")  # where the member came from
    page.locator("a[href$='/certificate']").click()
    page.locator("#submit_card").click()

    page.locator("#consent_allow").wait_for()


def test_a_wrong_pin_is_told_with_what_is_left_and_costs_one_try(
    arrive: Arrive, city: City, desk: Desk
) -> None:
    page = arrive().page
    desk.insert("piv_card", desks.chip())
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")

    desk.type("000000")
    page.locator("#submit_card").click()
    expect(trouble(page, "pin_incorrect")).to_be_visible()
    expect(page.locator("[data-left=some]")).to_contain_text("2")
    page.locator("#submit_card").click()
    expect(page.locator("[data-left=few]")).to_be_visible()
    desk.type("")
    page.locator("#submit_card").click()
    expect(trouble(page, "user_cancelled")).to_be_visible()
    assert desk.farm.get(0, "tries_left") == 1
    desk.type("000000")
    page.locator("#submit_card").click()

    expect(trouble(page, "pin_locked")).to_be_visible()
    expect(page.locator("ul.links a").first).to_be_visible()  # another way


def test_the_page_waits_for_the_card_and_goes_on_by_itself(
    arrive: Arrive, city: City, desk: Desk
) -> None:
    page = arrive("en").page
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")

    page.locator("#submit_card").click()
    expect(page.locator("[data-state=no_card]")).to_be_visible()
    desk.insert("piv_card", desks.chip())

    expect(page.locator("#errors")).to_be_visible()  # nobody's card, but it signed
    assert desk.farm.get(0, "signed") == 1


def test_a_card_taken_away_on_the_way_is_told_so(arrive: Arrive, city: City, desk: Desk) -> None:
    page = arrive().page
    desk.insert("desfire_card", desks.city_card())
    to_the_card(page, f"{city.provider.issuer}/account/login", "card")

    desk.farm.cut(0)
    page.locator("#submit_card").click()

    expect(trouble(page, "card_removed")).to_be_visible()
    expect(page.locator("[data-troubles]")).to_be_focused()


def test_of_two_cards_the_person_chooses_one(arrive: Arrive, city: City, desk: Desk) -> None:
    page = arrive().page
    desk.insert("piv_card", desks.chip())
    desk.insert("storage_card", desks.ticket(), slot=1)
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")

    page.locator("#submit_card").click()
    expect(trouble(page, "several_cards")).to_be_visible()
    page.locator("#reader").select_option(desk.farm.readers[0])
    page.locator("#submit_card").click()

    expect(page.locator("#errors")).to_be_visible()
    assert desk.farm.get(0, "signed") == 1


def test_who_has_no_reader_is_told_so_and_signs_once_there_is_one(
    arrive: Arrive, city: City, desk: Desk
) -> None:
    page = arrive().page
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")
    desk.farm.unplug()
    try:
        page.locator("#submit_card").click()
        expect(page.locator("[data-state=no_reader]")).to_be_visible()
    finally:
        desk.farm.plug()  # the service starts again, which the page may see
    desk.insert("piv_card", desks.chip())
    page.reload()
    page.locator("#submit_card").click()

    expect(page.locator("#errors")).to_be_visible()  # nobody's card, but it signed
    assert desk.farm.get(0, "signed") == 1


@pytest.mark.clause("7(6)3")
def test_a_citizens_certificate_in_a_token_without_a_reader_signs_in(
    arrive: Arrive, city: City, farm: Farm, login_id: str, tmp_path: Path
) -> None:
    token = Token(tmp_path, desks.citizen_card(21), "citizen")
    token.write(token.own, "01")
    page = arrive().page
    options, found = ("--tokens", soft_token.MODULE), token.environment
    with desks.a_desk(city, farm, tmp_path, *options, environment=found):
        at_account(page, city, login_id)
        add(page, city, "certificate", last_four=holder.LAST_FOUR)
        leave(page)
        page.goto(city.request(claims=STRONGEST))
        page.locator("a[href$='/certificate']").click()
        page.locator("#submit_card").click()

        page.locator("#consent_allow").wait_for()


def test_a_computer_whose_card_service_is_off_is_told_so(
    arrive: Arrive, city: City, desk: Desk
) -> None:
    page = arrive().page
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")
    desk.farm.stop_service()
    try:
        page.locator("#submit_card").click()

        expect(trouble(page, "pcsc_unavailable")).to_be_visible()
    finally:
        desk.farm.start_service()


def test_a_card_of_another_kind_is_not_asked_for_its_pin(
    arrive: Arrive, city: City, desk: Desk
) -> None:
    page = arrive().page
    desk.insert("storage_card", desks.ticket())
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")

    page.locator("#submit_card").click()

    expect(trouble(page, "card_unknown")).to_be_visible()


def test_without_the_program_the_page_says_what_to_install_and_offers_its_window(
    arrive: Arrive, city: City
) -> None:
    person = arrive()
    person.is_excused = True  # nobody listens: the browser notes it
    person.page.route(ANY_PROGRAM, lambda to: to.abort())
    to_the_card(person.page, f"{city.provider.issuer}/account/login", "chip-card")

    person.page.locator("#submit_card").click()

    expect(trouble(person.page, "no_program")).to_be_visible()
    expect(person.page.locator("#open_window")).to_be_visible()


def test_where_no_page_may_speak_to_this_computer_the_programs_window_does(
    arrive: Arrive, city: City, desk: Desk, login_id: str
) -> None:
    person = arrive()
    person.is_excused = True  # the page's own call is stopped
    page = person.page
    desk.insert("piv_card", desks.chip())
    at_account(page, city, login_id)
    add(page, city, "chip-card", name="")
    leave(page)
    page.route(ANY_PROGRAM, lambda to: to.abort())
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")

    page.locator("#submit_card").click()
    page.locator("#open_window").click()

    page.wait_for_url("**/account")


def test_a_confirmation_by_chip_card_leads_to_where_the_member_was_going(
    arrive: Arrive, city: City, desk: Desk, login_id: str
) -> None:
    page = arrive().page
    desk.insert("piv_card", desks.chip())
    at_account(page, city, login_id)
    add(page, city, "chip-card", name="")

    page.goto(f"{city.provider.issuer}/account/carriers/new")
    expect(page.locator("#submit_confirm")).to_have_count(0)
    page.locator("#confirm_chip-card").click()
    page.locator("#submit_card").click()

    page.wait_for_url("**/account/carriers/new")
