"""The pages where agencies publish, where DoIT confirms, and where everybody reads."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import officers, registry
from clients.officer_models import Role
from kernel import clock
from kernel.wording import Bilingual
from members import register
from services import (
    activations,
    attachments,
    content,
    forms,
    inventory,
    milestones,
    plans,
    publishing,
    waivers,
)
from services.content import Text
from services.inventory_models import SystemKind
from services.milestones import Done
from services.models import Service
from services.plans import Milestone, Plan
from services.publication_models import ContentKind
from tests import make
from tests.journeys import counter_desk
from tests.journeys.city import LIBRARY, City
from tests.services.publishing_people import FORM, OFFICER, PHOTO, REVIEWER
from tests.services.test_attachments import A_PDF

SERVICE, SPARE, SLUG = "reading_room", "chess_room", "reading-room"
NAME = Bilingual("自修室座位", "Seats in the reading room")
NEEDED = "帶借閱證。\n\n- 週一到週五 08:30–20:00\n- 週末 09:00–17:00\n\n[看看附近的窗口](/counters)"
WANTED = "Bring your card.\n\n- Weekdays 08:30 to 20:00\n- Weekends 09:00 to 17:00"


def at(path: str) -> Callable[[Page, City], None]:
    """Read a page of the website on which there is something."""

    def enter(page: Page, city: City) -> None:
        fill(city)
        page.goto(city.provider.issuer + path)

    return enter


def at_the_agency(path: str) -> Callable[[Page, City], None]:
    """Open a page of the agency's console."""

    def enter(page: Page, city: City) -> None:
        fill(city)
        work(page, city, Role.OFFICER)
        page.goto(city.provider.issuer + path)

    return enter


def one_system(page: Page, city: City) -> None:
    """Look at what is said of one card, of whose plan a step was done."""
    at_the_agency("/agency/inventory")(page, city)
    page.locator("main .rows a").nth(1).click()  # the first is overdue, and has no plan
    page.locator("#mark_step").wait_for()


def at_the_bureau(path: str) -> Callable[[Page, City], None]:
    """Open a page of the Bureau's console."""

    def enter(page: Page, city: City) -> None:
        fill(city)
        work(page, city, Role.REVIEWER)
        page.goto(city.provider.issuer + path)

    return enter


def reviewing(page: Page, city: City) -> None:
    """See a form beside what is in force."""
    at_the_bureau("/doit/forms")(page, city)
    page.locator("main .rows a").first.click()
    page.locator("#approve_version").wait_for()


def a_waiver(page: Page, city: City) -> None:
    """Look at one waiver."""
    at_the_bureau("/doit/waivers")(page, city)
    page.locator("main .rows a").first.click()
    page.locator("#end_waiver").wait_for()


def work(page: Page, city: City, role: Role) -> str:
    """Sign somebody with a post in, as if by a card; return the login."""
    login = f"publishes.{next(counter_desk.NUMBERS)}"
    city.provider.enrol(login)
    now = clock.now()
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        library = registry.get(session, LIBRARY).organisation_id
        officers.appoint(
            session,
            member_id=member.id,
            organisation_id=library if role is Role.OFFICER else None,
            role=role,
            by=None,
            until=now + timedelta(days=30),
            now=now,
        )
    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_id").fill(login)
    page.locator("#password").fill(make.PASSWORD)
    page.locator("#submit_login").click()
    page.wait_for_url("**/account")
    counter_desk.strengthen(city, login)
    return login


def fill(city: City) -> None:
    """Let there be one of everything that is published."""
    now = clock.now()
    with city.provider.database() as session:
        if session.scalars(select(Service).where(Service.code == SERVICE)).one_or_none():
            return
        agency = registry.get(session, LIBRARY).organisation_id
        activations.open_service(session, agency, SERVICE, NAME, sensitive=False, now=now)
        spare = Bilingual("棋藝室", "Chess room")
        activations.open_service(session, agency, SPARE, spare, sensitive=False, now=now)
        service = activations.get_service(session, SERVICE)
        row = forms.save(session, service, FORM, by=OFFICER, now=now)
        forms.submit(session, row, document_number="北市圖字第 1 號", by=OFFICER, now=now)
        forms.approve(session, row, by=REVIEWER, now=now)
        renamed = FORM.put(PHOTO.model_copy(update={"label_zh": "證上的姓名"}))
        row = forms.save(session, service, renamed, by=OFFICER, now=now)
        forms.submit(session, row, document_number="北市圖字第 2 號", by=OFFICER, now=now)
        item = content.open_item(
            session,
            SLUG,
            ContentKind.SERVICE,
            organisation_id=agency,
            service_code=SERVICE,
            now=now,
        )
        text = Text(title=NAME, body=Bilingual(NEEDED, WANTED))
        version = content.save(session, item, text, by=OFFICER, now=now)
        plan = Bilingual("座位圖", "Plan of the seats")
        attachments.add(session, version, plan, A_PDF, by=OFFICER, now=now)
        publishing.submit(session, version, document_number="北市圖字第 3 號", by=OFFICER, now=now)
        content.approve(session, version, by=REVIEWER, now=now)
        content.save(session, item, text, by=OFFICER, now=now)
        _ending(session, agency, now)


def _ending(session: Session, agency: UUID, now: datetime) -> None:
    """Let one card be excused and end by a plan, and another be overdue."""
    today, day = clock.taipei_day(now), timedelta(days=1)
    overdue = Bilingual("館內電腦登入", "Login of the library's computers")
    inventory.enter(session, agency, SystemKind.LOGIN, overdue, deadline=today - day, now=now)
    card = inventory.enter(
        session,
        agency,
        SystemKind.CARD,
        Bilingual("舊借閱證", "Old library card"),
        deadline=today + 30 * day,
        now=now,
    )
    waiver = waivers.request(
        session,
        card,
        reason="讀卡設備明年汰換",
        document_number="北市圖字第 4 號",
        until=today + 60 * day,
        by=OFFICER,
        now=now,
    )
    waivers.grant(session, waiver, until=today + 60 * day, by=REVIEWER, now=now)
    steps = (
        Milestone(on=today, what=Bilingual("公告期程", "Say when")),
        Milestone(on=today + 20 * day, what=Bilingual("通知持卡人", "Tell the holders")),
    )
    plan = Plan(
        process=Bilingual(
            "分三批歸戶，每批先試跑再確認。", "In three parts, each tried out first."
        ),
        replacement=Bilingual("臺北市單一識別", "Taipei ID"),
        holders=Bilingual("借閱資格不變，不必重新申請。", "What they may borrow stays as it is."),
        milestones=steps,
        sunset_on=today + 90 * day,
    )
    row = plans.save(session, card, plan, by=OFFICER, now=now)
    publishing.submit(session, row, document_number="北市圖字第 5 號", by=OFFICER, now=now)
    publishing.approve(session, row, by=REVIEWER, now=now)
    done = Done(on=today, evidence="北市圖字第 6 號")
    milestones.mark(session, card, milestones.key(steps[0]), done, by=OFFICER, now=now)
