"""Let people of the running city work for it: a post, and a proof as strong as work wants it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from playwright.sync_api import Page
from sqlalchemy import select, update

from clients import officers
from clients.officer_models import OfficerPost, Role
from idp.acr import ACR
from kernel import clock
from members import records, register
from members.record_models import Discrepancy
from tests.journeys.city import City
from web.models import BrowserSession

OFFICER, AUDITOR, CHIEF = "officer", "auditor", "chief"
ROLES = {OFFICER: Role.REVIEWER, AUDITOR: Role.AUDITOR, CHIEF: Role.ADMINISTRATOR}
NUMBERS = count(1)
FORM = {"clause": "6(1)", "evidence": "115-001", "reason": "115-001-2"}


def employ(city: City, login: str, role: Role) -> None:
    """Give a member a post."""
    now = clock.now()
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        if member is not None:
            officers.appoint(
                session,
                member_id=member.id,
                organisation_id=None,
                role=role,
                by=None,
                until=now + timedelta(days=300),
                now=now,
            )


def at_work(path: str) -> Callable[[Page, City], None]:
    """Go to a page of a console, as somebody who showed a card just now."""

    def enter(page: Page, city: City) -> None:
        staff = select(OfficerPost.member_id)
        with city.provider.database() as session:
            session.execute(
                update(BrowserSession)
                .where(BrowserSession.member_id.in_(staff))
                .values(acr=ACR[1], authenticated_at=clock.now())
            )
        page.goto(city.provider.issuer + path)
        page.locator(".seat").wait_for()

    return enter


def reviewing(page: Page, city: City) -> None:
    """Open the application that waits longest."""
    at_work("/doit/reviews")(page, city)
    page.locator("main a:has(code)").first.click()
    page.locator("#approve").wait_for()


def reviewing_without_a_reason(page: Page, city: City) -> None:
    """Turn an application down, and forget to say why."""
    reviewing(page, city)
    page.locator("#reject").click()
    page.locator("#why-error").wait_for()


def proposing(page: Page, city: City, login: str, kind: str) -> None:
    """Propose an order about somebody."""
    at_work("/doit/standing")(page, city)
    page.locator(f"input[name=kind][value={kind}]").check()
    for name, words in {"login_id": login, **FORM}.items():
        page.locator(f"#{name}").fill(words)
    page.locator("#propose").click()


def suspending_nobody(page: Page, city: City) -> None:
    """Name an account there is not."""
    proposing(page, city, "nobody.at.all", "protection")
    page.locator("#login_id-error").wait_for()


def awaiting_a_second(page: Page, city: City) -> None:
    """See an order of one's own that waits for somebody else."""
    at_work("/doit/standing")(page, city)
    if not page.locator("main a:has(code)").count():
        city.provider.enrol("scene.ordered")
        proposing(page, city, "scene.ordered", "death")
    else:
        page.locator("main a:has(code)").first.click()
    page.locator("#end_order").wait_for()


def see_a_finding(page: Page, city: City) -> None:
    """See what a night found, and forget to say what it was."""
    login, now = city.provider.enrol(f"found{next(NUMBERS)}").login, clock.now()
    with city.provider.database() as session:
        records.begin(session, now=now)
        member = register.find_by_login(session, login)
        if member is not None:
            what = Discrepancy.NOTE_UNFOUNDED
            records.report(session, member.id, what, "senior_card", now=now)
    at_work("/doit/quality")(page, city)
    page.locator("main .rows form button").first.click()
    page.locator("[aria-invalid=true]").first.wait_for()
