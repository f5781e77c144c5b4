"""An audit in Chromium, from its plan to its close: an auditor and an agency (regulation 9)."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from kernel import clock
from tests.journeys import watch_scenes
from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import LIBRARY, City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import work_for

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)


def press(page: Page, button: str) -> None:
    page.locator(f"#{button}").click()
    page.locator("h1").wait_for()


@pytest.mark.clause("9")
@pytest.mark.parametrize("language", LOCALES)
def test_an_audit_goes_from_its_plan_to_its_close(
    city: City, arrive: Arrive, language: str
) -> None:
    auditor, officer = arrive(language).page, arrive(language).page
    work_for(officer, city, LIBRARY)
    watch_scenes.work_as_auditor(auditor, city)
    watch_scenes.looks(city)

    watch_scenes.plan(auditor, city)
    press(auditor, "step_announce")
    officer.goto(f"{city.provider.issuer}/agency/audits")
    officer.locator("main a:has(code)").first.click()
    expect(officer.locator("th[scope=row]")).to_have_count(0)
    press(auditor, "step_draw")
    soon = (clock.taipei_day(clock.now()) + timedelta(days=7)).isoformat()
    fill(auditor, question="Please explain. 請說明。", places="1", due_on=soon)
    press(auditor, "ask")
    officer.reload()
    expect(officer.locator("th[scope=row]")).to_have_count(1)
    fill(officer, **{"answer-1": "It was asked on the phone. 民眾來電。"})
    press(officer, "send-answer-1")
    auditor.reload()
    press(auditor, "step_conclude")
    fill(auditor, clause="9", finding="No case. 沒有案號。", action="Open one. 補建。", by=soon)
    press(auditor, "find")
    press(auditor, "step_report")
    officer.reload()
    fill(officer, **{"done-1": "Done. 已補建。"})
    press(officer, "send-done-1")
    auditor.reload()
    press(auditor, "verify-1")
    press(auditor, "step_close")

    expect(auditor.locator(".head .tag.plain")).to_be_visible()
    expect(auditor.locator("#step_close")).to_have_count(0)
