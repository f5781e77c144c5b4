"""The pages of consolidation, each with the way to get there."""

from datetime import timedelta
from itertools import count

from playwright.sync_api import Page
from sqlalchemy import select

from clients import officers, registry
from clients.officer_models import Role
from kernel import clock
from kernel.ids import new_id
from kernel.wording import Bilingual
from members import register
from services import activations
from services import consolidation_schema as schema
from services.consolidation_models import Footing
from services.consolidation_schema import Field, Proposal
from services.models import Channel, Service
from tests import make
from tests.journeys import counter_desk
from tests.journeys.city import LIBRARY, City

NUMBERS = count(1)
SERVICE = "reading_card"
HEADINGS = "證號,註記,開通日,資料日"
PROPOSAL = Proposal(
    columns=frozenset({Field.NUMBER, Field.STATE, Field.SINCE, Field.AS_OF}),
    basis="pdpa-15-1",
    provision="臺北市立圖書館閱覽規定第 3 條",
    footing=Footing.NOTICE,
    channel=Channel.AGREED,
)


def nothing_yet(page: Page, city: City) -> None:
    """See the agency's batches, with the form for the next."""
    confirmed(city)
    sign_in(page, city)
    page.goto(f"{city.provider.issuer}/agency/imports")


def proposing(page: Page, city: City) -> None:
    """Say what will be sent, and forget on which ground."""
    sign_in(page, city)
    confirmed(city)
    page.goto(f"{city.provider.issuer}/agency/imports/streams")
    page.locator("#propose").click()
    page.locator("#provision-error").wait_for()


def tried(page: Page, city: City) -> None:
    """See what a file would do."""
    confirmed(city)
    sign_in(page, city)
    known = counter_desk.enrol(city, f"came.in.{next(NUMBERS)}")
    lines = [f"{known},已開通,2020-01-01,2026-01-01", "A1,已開通,,x", f"{known},未開通,,2026-01-01"]
    upload(page, city, *lines)


def in_conflict(page: Page, city: City) -> None:
    """See the file of one officer against a note, as another."""
    confirmed(city)
    known = counter_desk.enrol(city, f"differs.{next(NUMBERS)}")
    for line in (f"{known},已開通,2020-01-01,2026-01-01", f"{known},未開通,,2026-02-01"):
        sign_in(page, city)
        address = upload(page, city, line)
        sign_in(page, city)
        confirm(page, address)
    page.goto(f"{city.provider.issuer}/agency/conflicts")
    page.locator("main a:has(code)").last.click()
    page.locator("#keep_system").wait_for()


def to_confirm(page: Page, city: City) -> None:
    """See what an agency would like to send, as DoIT."""
    service(city)
    with city.provider.database() as session:
        schema.propose(
            session,
            SERVICE,
            PROPOSAL,
            organisation_id=registry.get(session, LIBRARY).organisation_id,
            officer=new_id(),
            now=clock.now(),
        )
    sign_in(page, city, role=Role.REVIEWER)
    page.goto(f"{city.provider.issuer}/doit/imports")


def service(city: City) -> None:
    """Let the library have a service of its own for this."""
    with city.provider.database() as session:
        if session.scalar(select(Service.id).where(Service.code == SERVICE)) is None:
            activations.open_service(
                session,
                registry.get(session, LIBRARY).organisation_id,
                SERVICE,
                Bilingual("閱覽證", "Reading card"),
                sensitive=False,
                now=clock.now(),
            )


def confirmed(city: City) -> None:
    """Let DoIT confirm the library's stream, once."""
    service(city)
    with city.provider.database() as session:
        library = registry.get(session, LIBRARY).organisation_id
        known = schema.of_agency(session, library)
        if any(each.approved_at and each.service.code == SERVICE for each in known):
            return
        stream = schema.propose(
            session,
            SERVICE,
            PROPOSAL,
            organisation_id=library,
            officer=new_id(),
            now=clock.now(),
        )
        schema.decide(session, stream.id, approves=True, reviewer=new_id(), now=clock.now())


def sign_in(page: Page, city: City, role: Role = Role.OFFICER) -> None:
    """Sign somebody new in who has this post."""
    login = f"imports.{next(NUMBERS)}"
    city.provider.enrol(login)
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
            until=clock.now() + timedelta(days=30),
            now=clock.now(),
        )
    page.context.clear_cookies()
    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_id").fill(login)
    page.locator("#password").fill(make.PASSWORD)
    page.locator("#submit_login").click()
    page.wait_for_url("**/account")
    counter_desk.strengthen(city, login)


def upload(page: Page, city: City, *lines: str) -> str:
    """Upload a file of these lines, wait until it was read, and return its page."""
    page.goto(f"{city.provider.issuer}/agency/imports")
    content = "\n".join((HEADINGS, *lines)).encode("big5hkscs")
    page.locator("#service").select_option(SERVICE)
    page.locator("#file").set_input_files(
        {"name": "cards.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.locator("#upload").click()
    wait_for(page, "#cancel_batch")
    return page.url


def confirm(page: Page, address: str) -> None:
    """Confirm somebody else's batch, and wait until it was applied."""
    page.goto(address)
    page.locator("#confirm_batch").click()
    wait_for(page, "#roll_back")


def wait_for(page: Page, found: str) -> None:
    """Look again until the worker has come as far as this."""
    page.locator("h1 code").wait_for()
    while not page.locator(found).count():
        page.wait_for_timeout(300)
        page.reload()
        page.locator("h1 code").wait_for()
