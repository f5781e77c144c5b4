"""HiPKI's program signs for our page: the PIN goes to its window, and it counts less."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.certificates import holder
from tests.journeys import desk as desks
from tests.journeys import signer
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import STRONGEST, log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
CITIZENS = count(11)  # a certificate is one member's


@pytest.fixture
def login_id(city: City) -> str:
    return city.provider.enrol(f"page.{next(NUMBERS)}", name=holder.NAME).login


@pytest.fixture
def installed(city: City, tmp_path: Path) -> Iterator[None]:
    """Have such a program on this computer, with a citizen's card."""
    with signer.started(city.signer, desks.citizen_card(next(CITIZENS)), tmp_path):
        yield


def to_the_certificate(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/account/login/certificate")
    page.locator("summary", has_text="HiPKI").click()


def sign(page: Page, pin: str = desks.PIN) -> None:
    page.locator("#page_pin").fill(pin)
    page.locator("#page_signs").click()


def bind(page: Page, city: City, login_id: str) -> None:
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login_id)
    page.wait_for_url("**/account")
    page.goto(f"{city.provider.issuer}/account/carriers/certificate")
    page.locator("#last_four").fill(holder.LAST_FOUR)
    page.locator("summary", has_text="HiPKI").click()
    sign(page)
    page.wait_for_url("**/account/carriers?done=certificate")


@pytest.mark.usefixtures("installed")
def test_it_binds_and_signs_in_and_the_pin_goes_to_its_window_alone(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page, told = arrive().page, list[str]()
    bind(page, city, login_id)
    page.context.clear_cookies()

    def listen(request: Request) -> None:
        if request.url.startswith(city.provider.issuer):
            told.append(f"{request.url} {request.post_data}")

    page.context.on("request", listen)
    to_the_certificate(page, city)
    page.locator("#page_pin").fill(desks.PIN)
    page.locator("#page_pin").press("Enter")
    page.wait_for_url("**/account")

    assert told
    assert not any(desks.PIN in each for each in told)


@pytest.mark.usefixtures("installed")
def test_a_service_that_demands_the_highest_level_is_not_opened_by_it(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive().page
    bind(page, city, login_id)

    page.goto(city.request(claims=STRONGEST))
    page.locator("a[href$='/certificate']").click()
    page.locator("summary", has_text="HiPKI").click()
    sign(page)

    page.wait_for_url("**/step-up")
    expect(page.locator("#consent_allow")).to_have_count(0)


@pytest.mark.usefixtures("installed")
def test_a_wrong_pin_is_told_and_forgotten(arrive: Arrive, city: City) -> None:
    page = arrive().page
    to_the_certificate(page, city)

    page.locator("#page_signs").click()
    expect(page.locator("[data-trouble=pin_wanted]")).to_be_visible()
    sign(page, "000000")

    expect(page.locator("[data-trouble=pin_incorrect]")).to_be_visible()
    expect(page.locator("#page_pin")).to_have_value("")


def test_who_has_no_such_program_is_told_so(arrive: Arrive, city: City) -> None:
    person = arrive()
    person.is_excused = True  # nobody listens: the browser notes it
    to_the_certificate(person.page, city)

    sign(person.page)

    expect(person.page.locator("[data-trouble=no_signer]")).to_be_visible()
