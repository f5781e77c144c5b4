"""Two officers consolidate a file, and a member reads where a note came from (3-II, PDPA 9)."""

import pytest
from playwright.sync_api import expect

from tests import make
from tests.journeys import counter_desk, import_scenes
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.slow, pytest.mark.browser]
expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.clause("2(4)", "3-II")
def test_one_uploads_another_confirms_and_the_member_reads_the_notice(
    arrive: Arrive, city: City
) -> None:
    import_scenes.confirmed(city)
    known = counter_desk.enrol(city, "consolidated.member")
    one, two, member = (arrive().page for _ in range(3))

    import_scenes.sign_in(one, city)
    address = import_scenes.upload(one, city, f"{known},已開通,2020-01-01,2026-01-01")
    expect(one.get_by_text("上傳的人不能自己確認")).to_be_visible()
    import_scenes.sign_in(two, city)
    import_scenes.confirm(two, address)

    member.goto(f"{city.provider.issuer}/account/login")
    member.locator("#login_id").fill("consolidated.member")
    member.locator("#password").fill(make.PASSWORD)
    member.locator("#submit_login").click()
    member.wait_for_url("**/account")
    member.goto(f"{city.provider.issuer}/account/services")
    member.get_by_role("link", name="資料從哪裡來").click()

    expect(member.get_by_text("臺北市立圖書館閱覽規定第 3 條")).to_be_visible()
