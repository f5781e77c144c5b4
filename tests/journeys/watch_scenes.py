"""The pages of audits, incidents and the Bureau's daily work, each with the way to get there."""

from datetime import timedelta
from itertools import count

from playwright.sync_api import Page
from sqlalchemy import select, update

from audit import figures, footprint, trail
from clients import officers, registry
from clients.officer_models import OfficerPost, Role
from idp.acr import ACR
from kernel import clock
from members import register
from tests import make
from tests.journeys import staffing
from tests.journeys.city import LIBRARY, City
from web.models import BrowserSession

NUMBERS = count(1)
INCIDENT = {"words": "A site was broken into. 有網站被入侵。", "happened_at": "2026-01-02 08:30"}


def work_as_auditor(page: Page, city: City) -> None:
    """Sign in as an auditor, as if by a card."""
    login = f"auditor.{next(NUMBERS)}"
    city.provider.enrol(login)
    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_id").fill(login)
    page.locator("#password").fill(make.PASSWORD)
    page.locator("#submit_login").click()
    page.wait_for_url("**/account")
    now = clock.now()
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        officers.appoint(
            session,
            member_id=member.id,
            organisation_id=None,
            role=Role.AUDITOR,
            by=None,
            until=now + timedelta(days=30),
            now=now,
        )
        session.execute(
            update(BrowserSession)
            .where(BrowserSession.member_id == member.id)
            .values(acr=ACR[1], authenticated_at=now)
        )


def looks(city: City) -> None:
    """Let every officer of the library have looked at somebody yesterday."""
    at = clock.now() - timedelta(days=1)
    with city.provider.database() as session:
        agency = registry.get(session, LIBRARY).organisation_id
        people = session.scalars(
            select(OfficerPost.member_id).where(OfficerPost.organisation_id == agency)
        ).all()
        for person in people:
            line = footprint.record_view(
                session,
                member_id=person,
                claims=["name"],
                office=("臺北市立圖書館", "Taipei Public Library"),
                role=("機關承辦人", "Agency officer"),
                viewer="",
                case="CASE2345",
                now=at,
            )
            trail.record(
                session,
                "record.viewed",
                actor=person,
                subject=person,
                now=at,
                line=str(line),
                case="CASE2345",
            )


def plan(page: Page, city: City) -> None:
    """Plan an announced audit of the library over the last week."""
    today = clock.taipei_day(clock.now())
    with city.provider.database() as session:
        agency = registry.get(session, LIBRARY).organisation_id
    page.goto(f"{city.provider.issuer}/audit/new")
    page.locator("#audited").select_option(f"agency/{agency}")
    page.locator("#since").fill((today - timedelta(days=7)).isoformat())
    page.locator("#until").fill((today - timedelta(days=1)).isoformat())
    page.locator("#act-looks").check()
    page.locator("#plan_audit").click()
    page.locator("#step_announce").wait_for()


def planning(page: Page, city: City) -> None:
    """Send the form of a plan empty."""
    work_as_auditor(page, city)
    page.goto(f"{city.provider.issuer}/audit/new")
    page.locator("#plan_audit").click()
    page.locator("#errors").wait_for()


def asking(page: Page, city: City) -> None:
    """See an audit with its sample and a question."""
    work_as_auditor(page, city)
    looks(city)
    plan(page, city)
    page.locator("#step_announce").click()
    page.locator("#step_draw").click()
    soon = clock.taipei_day(clock.now()) + timedelta(days=7)
    page.locator("#question").fill("Please explain. 請說明。")
    page.locator("#due_on").fill(soon.isoformat())
    page.locator("#ask").click()
    page.locator("h3").first.wait_for()


def incident(page: Page, city: City) -> None:
    """See an incident of one's own."""
    staffing.at_work("/doit/incidents")(page, city)
    for name, words in INCIDENT.items():
        page.locator(f"#{name}").fill(words)
    page.locator("#open_incident").click()
    page.locator("#step_level").wait_for()


def statistics(page: Page, city: City) -> None:
    """See a month of figures."""
    now = clock.now()
    last = clock.taipei_day(now) - timedelta(days=1)
    with city.provider.database() as session:
        for back in range(30):
            counted = {(figures.SIGN_INS, "password"): 900 + 37 * back, ("case", "accepted"): 40}
            counted |= {(figures.SIGN_INS, "passkey"): 3 * back}
            figures.keep(session, last - timedelta(days=29 - back), counted)
    staffing.at_work("/doit/statistics")(page, city)
