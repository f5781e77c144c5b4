"""The pages of organisations and services, each with the way to get there."""

from itertools import count

from playwright.sync_api import Page

from clients import organisations, registry
from clients.models import Body
from kernel import clock
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from members import register
from services import activation_requests, activations, lifecycle
from services.models import Service
from services.request_models import Wish
from tests.journeys.city import CAFE, LIBRARY, City
from tests.journeys.staffing import at_work
from tests.live.server import KEYRING
from tests.services import lives

NUMBERS = count(1)
CODE = "scene_pass"


def organisation(page: Page, city: City) -> None:
    """See an agency with what can be changed."""
    with city.provider.database() as session:
        name = Bilingual("場景測試學校", "Scene Test School")
        entered = organisations.enter(session, name, Body.SCHOOL, now=clock.now())
    at_work(f"/doit/organisations/{entered.id}")(page, city)


def new_organisation(page: Page, city: City) -> None:
    """Forget the name of an agency."""
    at_work("/doit/organisations/new")(page, city)
    page.locator("#enter_organisation").click()
    page.locator("#name_zh-error").wait_for()


def terms(page: Page, city: City) -> None:
    """See terms that wait for the Bureau."""
    service = open_service(city)
    with city.provider.database() as session:
        there = session.get_one(Service, service.id)
        now = clock.now()
        try:
            lifecycle.rewrite(session, there, lives.terms(level=2), by=new_id(), now=now)
            lifecycle.submit(session, there, document_number="場景字第 2 號", now=now)
        except Refused:
            pass  # an earlier visit did
        version = lifecycle.versions(session, service.id)[0]
    at_work(f"/doit/services/{version.id}")(page, city)


def open_service(city: City) -> Service:
    """Let the library have a service that is open; return it."""
    now = clock.now()
    with city.provider.database() as session:
        found = [each for each in activations.services(session) if each.code == CODE]
        if found:
            return found[0]
        agency = registry.get(session, LIBRARY).organisation_id
        service = lives.opened(session, agency, now, CODE)
        service.working_days = 5
        return service


def application(city: City) -> str:
    """Let somebody apply; return the number of the application."""
    open_service(city)
    login = f"applies{next(NUMBERS)}"
    city.provider.enrol(login)
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        row = activation_requests.ask(
            session, CODE, Wish.OPEN, member_id=member.id, keyring=KEYRING, now=clock.now()
        )
        return row.reference


def applying(page: Page, city: City) -> None:
    """Read what a service demands, before applying."""
    open_service(city)
    page.goto(f"{city.provider.issuer}/account/services/{CODE}/open")
    page.locator("#ask_service").wait_for()


def filling_in(page: Page, city: City) -> None:
    """Apply for what has an annex form, and leave it empty."""
    page.goto(f"{city.provider.issuer}/account/services/library_card/open")
    page.locator("#ask_service").click()
    page.locator("#errors").wait_for()


def merchant(page: Page, city: City) -> None:
    """See a merchant with its contracts and offers."""
    with city.provider.database() as session:
        shop = registry.get(session, CAFE).organisation_id
    at_work(f"/doit/merchants/{shop}")(page, city)
