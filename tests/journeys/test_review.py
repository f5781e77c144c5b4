"""A reviewer comes with a card, lets one applicant in and turns another down (2(8)1)."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from demo import wallet
from kernel import clock
from members import application_intake, terms
from members.application_forms import Form, Permit, Seen
from members.application_models import Channel, Document, PersonKind
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.test_demo_reader import lay, press
from tests.live.server import KEYRING
from tests.members.applying import OTHER_UI_NEW, UI_NEW

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)


def hand_in(city: City, number: str) -> str:
    """Let a counter take in the application of a synthetic resident."""
    now = clock.now()
    until = date(now.year + 1, 6, 30)
    with city.provider.database() as session:
        form = Form(
            kind=PersonKind.FOREIGN,
            number=number,
            name="TEST PERSON",
            birth_date="1990-10-10",
            permit=Permit(until=until),
            documents=(Seen(document=Document.RESIDENCE_PERMIT, expires_on=until),),
            terms=terms.current(session, now=now).version,
            language="en",
        )
        receipt = application_intake.submit(
            session, form, channel=Channel.COUNTER, keyring=KEYRING, now=now
        )
    return receipt.number


def sign_in_with_the_card(page: Page, city: City) -> None:
    lay(page, city, "chip-card", "guilai.cai")
    page.goto(f"{city.provider.issuer}/console")
    page.locator("a[href*='/login/chip-card']").click()
    page.locator("#submit_card").wait_for()
    window = press(page)
    window.locator("#pin").fill(wallet.PIN)
    window.locator("#ok").click()
    page.locator(".seat").wait_for()


@pytest.mark.clause("2(8)1")
def test_a_reviewer_signs_in_with_a_card_approves_one_and_turns_another_down(
    city: City, arrive: Arrive
) -> None:
    person = arrive()
    person.is_excused = True  # no program with real readers listens: the browser notes it
    page, good, bad = person.page, hand_in(city, UI_NEW), hand_in(city, OTHER_UI_NEW)

    sign_in_with_the_card(page, city)
    page.locator("#post").select_option(label="資訊局 · 審核人員")  # works for the library too
    page.locator("#switch_post").click()
    expect(page.locator(".seat strong")).to_contain_text("審核人員")
    page.locator("main .door", has_text="會員審核").click()
    page.locator("a", has_text=good).click()
    page.locator("#approve").click()
    expect(page.locator("[role=status]")).to_contain_text("已核准")
    page.locator("a", has_text=bad).click()
    page.locator("#reject").click()
    expect(page.locator("#why-error")).to_be_visible()
    page.locator("#clause").select_option("7(1)")
    page.locator("#why").fill("文件與本人不符")
    page.locator("#reject").click()
    expect(page.locator("[role=status]")).to_contain_text("已駁回")

    for number in (good, bad):
        expect(page.locator("a", has_text=number)).to_have_count(0)
    page.wait_for_url(re.compile(r"/doit/reviews"))
