"""A member uses their rights in Chromium: asks for deletion, takes their data, leaves for good."""

import io
import zipfile
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from kernel import clock
from members.models import AccountDeletion
from tests import make
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)
NUMBERS = count(1)
A_SWEEP_MS = 90_000  # the worker looks at the calendar once a minute


@pytest.fixture
def page(city: City, arrive: Arrive) -> Page:
    """Lend the browser of a member who knows the library."""
    page = arrive().page
    login = city.provider.enrol(f"rights.{next(NUMBERS)}").login
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login)
    page.wait_for_url("**/account")
    settle(page, city)
    return page


@pytest.mark.clause("10-I(1)")
def test_a_member_asks_the_library_to_delete_what_it_received_and_the_library_hears_of_it(
    city: City, page: Page
) -> None:
    page.goto(f"{city.provider.issuer}/account/footprint")
    page.get_by_role("link", name="要求刪除").first.click()
    expect(page.locator("dl")).to_contain_text("圖書館")
    page.locator("#submit_request").click()

    expect(page.get_by_role("status")).to_contain_text("收到了")
    number = page.locator("dl code").inner_text()
    page.get_by_role("link", name="回到我的請求").click()
    expect(page.locator("ul.rows").first).to_contain_text(number)
    page.goto(f"{city.library}/notices")
    for _ in range(30):
        if number in page.content():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.locator("main")).to_contain_text(number)


@pytest.mark.clause("10(3)")
def test_the_library_hears_that_a_consent_was_withdrawn(city: City, page: Page) -> None:
    words = "同意結束了，不再需要的要刪除"
    page.goto(f"{city.library}/notices")
    before = page.content().count(words)

    page.goto(f"{city.provider.issuer}/account/consents")
    page.locator("a[href$='/withdraw']").first.click()
    page.locator("#withdraw_yes").click()
    page.wait_for_url("**/account/consents*")

    page.goto(f"{city.library}/notices")
    for _ in range(30):
        if page.content().count(words) > before:
            break
        page.wait_for_timeout(1000)
        page.reload()
    assert page.content().count(words) == before + 1
    expect(page.locator("main")).to_contain_text("library-card, withdrawn")


@pytest.mark.clause("10-I(1)")
def test_a_member_takes_all_their_data_along(city: City, page: Page, tmp_path: Path) -> None:
    page.goto(f"{city.provider.issuer}/account/download")
    page.locator("#submit_download").click()
    for _ in range(60):
        if page.locator("#take").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as coming:
        page.locator("#take").click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)

    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as bundle:
        assert {"profile.html", "footprint.json", "consents.csv"} <= set(bundle.namelist())
        assert "陳美玉" in bundle.read("profile.html").decode()


@pytest.mark.clause("10-I(1)")
def test_a_member_leaves_thinks_better_of_it_and_then_leaves_for_good(
    city: City, page: Page
) -> None:
    leave(page, city)
    page.locator("#cancel_deletion").click()
    expect(page.get_by_role("status")).to_contain_text("不會刪除")

    leave(page, city)
    proof = page.locator("a[href^='/deletions/']").get_attribute("href")
    number = str(proof).rpartition("/")[2]
    with city.provider.database() as session:  # a week goes by
        session.execute(
            update(AccountDeletion)
            .where(AccountDeletion.reference == number)
            .values(due_at=clock.now() - timedelta(seconds=1))
        )
    page.goto(f"{city.provider.issuer}{proof}")
    for _ in range(A_SWEEP_MS // 1000):
        if page.locator("#download_proof").count():
            break
        page.wait_for_timeout(1000)
        page.reload()

    expect(page.locator("h1")).to_contain_text("已刪除")
    page.goto(f"{city.provider.issuer}/account")
    page.wait_for_url("**/account/login")


def leave(page: Page, city: City) -> None:
    """Go through the three pages."""
    page.goto(f"{city.provider.issuer}/account/close")
    page.locator("#to_delete").click()
    page.locator("#delete_next").click()
    page.locator("#delete_last").click()
    if page.locator("#submit_confirm").count():
        page.locator("#password").fill(make.PASSWORD)
        page.locator("#submit_confirm").click()
    page.locator("#typed").fill("刪除")
    page.locator("#delete_yes").click()
    page.locator("#cancel_deletion").wait_for()
