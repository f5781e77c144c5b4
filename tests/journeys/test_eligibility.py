"""From a finding to a petition upheld, in Chromium: four people, and no gap at the end (6(3))."""

import pytest
from playwright.sync_api import Page, expect

from services import suspensions
from services.activations import get_service
from tests.journeys import eligibility_desk
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.slow, pytest.mark.browser]
expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.clause("6(3)", "10-II")
def test_found_by_one_suspended_by_another_and_upheld_by_a_third(
    arrive: Arrive, city: City
) -> None:
    office = eligibility_desk.open_office(city)
    finder, verifier, member, judge = (arrive().page for _ in range(4))

    run = _find(finder, office)

    office.enter(verifier, office.verifier, f"/agency/eligibility/runs/{run}")
    verifier.locator("input[name=finding]").check()
    verifier.locator("#evidence").fill(eligibility_desk.EVIDENCE)
    verifier.locator("#reason").fill(eligibility_desk.REASON)
    verifier.locator("#confirm_findings").click()
    expect(verifier.get_by_text("已確認並中止")).to_be_visible()

    office.enter(member, office.holder, "/account/services")
    member.get_by_text("為什麼中止，怎麼陳情").click()
    expect(member.get_by_text("戶籍已經遷出本市")).to_be_visible()
    expect(member.get_by_text(eligibility_desk.REASON)).to_be_visible()
    member.locator("#words").fill("我還住在臺北市")
    member.locator("#file_petition").click()
    expect(member.locator("[role=status]")).to_contain_text("收到您的陳情")

    office.enter(judge, office.judge, "/agency/petitions")
    _decide(judge, office)

    member.goto(f"{city.provider.issuer}/account/petitions")
    expect(member.get_by_text("有理由：從中止那天起恢復")).to_be_visible()
    holder = office.id_of(office.holder)
    with city.provider.database() as session:
        service_id = get_service(session, office.code).id
        (period,) = suspensions.periods(session, holder, service_id)
    assert period.until is None


def _find(finder: Page, office: eligibility_desk.Office) -> str:
    office.enter(finder, office.finder, f"/agency/eligibility/services/{office.code}")
    finder.locator("#schedule_run").click()
    finder.locator("#start_run").click()
    finder.locator("#rows").fill(f"reference,fact\n{office.name()},moved_away\n")
    finder.locator("#send_findings").click()
    expect(finder.locator("[role=status]")).to_contain_text("新增 1 筆")
    expect(finder.locator("input[name=finding]")).to_be_disabled()
    return finder.url.split("/runs/")[1].split("/")[0]


def _decide(judge: Page, office: eligibility_desk.Office) -> None:
    number = office.code.removeprefix("checked_")
    judge.locator("main a", has_text=f"測試借書證 {number} ").first.click()
    judge.locator("#accept").click()
    judge.locator("#words-investigate").fill("戶政系統仍在本市")
    judge.locator("#investigate").click()
    judge.locator("input[name=result][value=upheld]").check()
    judge.locator("#words-decide").fill("資料誤植")
    judge.locator("#decide").click()
    expect(judge.get_by_text("有理由：從中止那天起恢復")).to_be_visible()
