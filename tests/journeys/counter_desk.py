"""A counter of the demo city for journeys and scenes: open today, with a clerk, and who comes."""

from datetime import timedelta
from itertools import count

from playwright.sync_api import Page
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients import registry
from clients.models import Organisation, OrganisationKind
from counters import delegations, hours, readers, register, staff, training
from counters.delegations import Citation, Terms
from counters.models import District, Ground, Holder, Matter, ReaderKind
from counters.register import Description
from counters.training_models import Course
from idp.acr import ACR
from kernel import clock
from kernel.clock import taipei_day
from kernel.wording import Bilingual
from members import numbering
from members import register as members
from members.numbers import check_digit, recognise
from services.models import OFFERED, Service
from tests.journeys.city import LIBRARY, City
from tests.live.server import KEYRING
from web.models import BrowserSession

NUMBERS = count(1)
DAY = timedelta(days=1)


def new_number() -> str:
    """Return a synthetic identity number that nobody has yet."""
    first = f"Z1{next(NUMBERS):07}"
    return first + check_digit(first)


def enrol(city: City, login: str, **claims: str) -> str:
    """Put a member with an identity number on record, and return the number."""
    city.provider.enrol(login, **claims)
    number = new_number()
    with city.provider.database() as session:
        member = members.find_by_login(session, login)
        assert member is not None
        numbering.enter(session, member, recognise(number), keyring=KEYRING, now=clock.now())
    return number


def open_counter(city: City) -> str:
    """Open a counter with everything it needs; return the login of its clerk."""
    number = next(NUMBERS)
    login = f"clerk.{number}"
    city.provider.enrol(login, name="櫃小姐")
    now = clock.now()
    today = taipei_day(now)
    with city.provider.database() as session:
        clerk = members.find_by_login(session, login)
        assert clerk is not None
        agency = session.get_one(Organisation, registry.get(session, LIBRARY).organisation_id)
        assert agency.kind is OrganisationKind.AGENCY
        described = Description(
            name=Bilingual(f"測試窗口 {number}", f"Test Counter {number}"),
            district=District.DAAN,
            address=Bilingual("臺北市大安區測試路 1 號", "1 Test Rd., Taipei"),
            phone="02-0000-0000",
            hours=hours.read(dict.fromkeys(hours.DAYS, ("00:00-23:59",))),
        )
        counter = register.register(
            session,
            agency.id,
            f"test-{number}",
            Holder.BODY,
            described,
            is_training=False,
            now=now,
        )
        offered = select(Service.code).where(
            Service.organisation_id == agency.id, Service.state.in_(OFFERED)
        )
        terms = Terms(
            ground=Ground.COMMISSIONED,
            provision="行政程序法第 15 條",
            document_number=f"北市測字第 {number} 號",
            matters=frozenset(Matter),
            services=frozenset(session.scalars(offered)),
            cost="由機關負擔",
            starts_on=today - 30 * DAY,
            ends_on=today + 300 * DAY,
        )
        row = delegations.draft(session, counter, terms, now=now)
        delegations.sign(session, row, now=now)
        cited = Citation(notice_on=today - 30 * DAY, gazette="臺北市政府公報測試期")
        delegations.publish(session, row, cited, now=now)
        staff.add_desk(session, counter, "1 號櫃檯", now=now)
        staff.appoint(session, counter, clerk.id, now=now)
        training.passed(session, _course(session), member_id=clerk.id, on=today, score=90, now=now)
        make = readers.Make(
            serial=f"R-{number}", kind=ReaderKind.BOTH, model="測試型", firmware="1.0"
        )
        readers.add(session, counter, make, now=now)
        register.open_(session, counter, now=now)
    return login


def _course(session: Session) -> Course:
    known = training.courses(session)
    if known:
        return known[-1]
    title = Bilingual("窗口訓練", "Clerks' course")
    return training.release(
        session,
        1,
        title,
        valid_days=365,
        grace_days=0,
        pass_score=70,
        refresh_by=None,
        now=clock.now(),
    )


def strengthen(city: City, login: str) -> None:
    """Let the clerk's sessions be such as a passkey opens: the journey is about the desk."""
    with city.provider.database() as session:
        clerk = members.find_by_login(session, login)
        assert clerk is not None
        session.execute(
            update(BrowserSession)
            .where(BrowserSession.member_id == clerk.id)
            .values(acr=ACR[1], authenticated_at=clock.now())
        )


def take_in(page: Page, city: City, matter: str, idno: str, *, age: str = "adult") -> None:
    """Choose a matter, tick every paper, type the number, and go as far as the slip's page."""
    page.goto(f"{city.provider.issuer}/counter/intake")
    page.locator(f"input[name=matter][value={matter}]").check()
    page.locator(f"input[name=age][value={age}]").check()
    page.locator("#list_documents").click()
    page.locator("#take_in").wait_for()
    for box in page.locator("input[name=paper]").all():
        box.check()
    page.locator("#idno").fill(idno)
