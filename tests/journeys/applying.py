"""Apply to become a member in a browser, with a number that nobody has."""

import re
from itertools import count

from playwright.sync_api import Page
from sqlalchemy import select

from kernel import clock
from members import application_decisions, application_intake, approvals
from members.application_forms import Seen
from members.application_models import Application, Document
from members.numbers import check_digit
from tests.journeys.city import City
from tests.live.server import KEYRING

_NUMBERS = count(1)
BORN = "1996-05-01"


def a_number() -> str:
    """Return a synthetic national number, another one each time."""
    first_nine = f"A2{next(_NUMBERS):07}"
    return first_nine + check_digit(first_nine)


def begin(page: Page, city: City, *, number: str = "", born: str = BORN) -> None:
    """Fill in the first page."""
    page.goto(f"{city.provider.issuer}/apply/who")
    page.locator("#number").fill(number or a_number())
    page.locator("#name").fill("測試一號")
    page.locator("#birth_date").fill(born)
    go_on(page)


def go_on(page: Page) -> None:
    """Press the button of a page of the form."""
    page.locator("#submit_step").click()
    page.wait_for_load_state()


def to_the_services(page: Page, city: City) -> None:
    """Fill in how to be reached."""
    begin(page, city)
    page.locator("#email").fill("one@mail.invalid")
    go_on(page)


def to_the_terms(page: Page, city: City) -> None:
    """Choose no service."""
    to_the_services(page, city)
    go_on(page)


def without_agreeing(page: Page, city: City) -> None:
    """Leave the box as it is."""
    to_the_terms(page, city)
    go_on(page)


def to_the_review(page: Page, city: City) -> None:
    """Agree to the terms."""
    to_the_terms(page, city)
    page.locator("#terms").check()
    go_on(page)


def as_a_child(page: Page, city: City) -> None:
    """Be nine, and be asked for a parent."""
    begin(page, city, born="2017-05-05")


def too_young(page: Page, city: City) -> None:
    """Be three."""
    begin(page, city, born="2023-05-05")


def mistyped(page: Page, city: City) -> None:
    """Get two fields wrong."""
    begin(page, city, number="A123456780", born="昨天")


def apply(page: Page, city: City) -> None:
    """Hand the form in."""
    to_the_review(page, city)
    page.locator("#submit_application").click()
    page.wait_for_url("**/apply/receipt")


def follow(page: Page, city: City) -> None:
    """See how far it is."""
    page.goto(f"{city.provider.issuer}/track/application")


def number_of(page: Page) -> str:
    """Return the number on a receipt or its page."""
    found = re.search(r"<code[^>]*>([2-9A-HJ-NP-Z]{8})</code>", page.content())
    assert found is not None
    return found[1]


def applied(page: Page, city: City) -> None:
    """Apply, and see how far it is."""
    apply(page, city)
    follow(page, city)


def about_to_withdraw(page: Page, city: City) -> None:
    """Ask to take it back."""
    apply(page, city)
    page.goto(f"{city.provider.issuer}/track/withdraw")


def returned(page: Page, city: City) -> None:
    """Be asked for a correction."""
    apply(page, city)
    with city.provider.database() as session:
        application = _find(page, city)
        application_decisions.send_back(
            session,
            application.id,
            by=application.id,
            reason="名字和證件不同，請再確認。",
            keyring=KEYRING,
            now=clock.now(),
        )
    follow(page, city)


def approved(page: Page, city: City) -> None:
    """Show the card at a counter, be approved, and see the code."""
    apply(page, city)
    application, now = _find(page, city), clock.now()
    with city.provider.database() as session:
        application_intake.confirm(
            session,
            application.id,
            counter_id=application.id,
            clerk_id=application.id,
            documents=[Seen(document=Document.ID_CARD)],
            keyring=KEYRING,
            now=now,
        )
        approval_id = approvals.by_bootstrap(session, now=now)
        application_decisions.approve(
            session, application.id, approval_id=approval_id, keyring=KEYRING, now=now
        )
    follow(page, city)


def to_the_choice(page: Page, city: City) -> None:
    """Go and choose name and password."""
    approved(page, city)
    page.locator("#activate").click()
    page.wait_for_url("**/activate*")


def rejected(page: Page, city: City) -> None:
    """Be turned down."""
    apply(page, city)
    application, now = _find(page, city), clock.now()
    with city.provider.database() as session:
        application_intake.confirm(
            session,
            application.id,
            counter_id=application.id,
            clerk_id=application.id,
            documents=[Seen(document=Document.ID_CARD)],
            keyring=KEYRING,
            now=now,
        )
        application_decisions.reject(
            session,
            application.id,
            by=application.id,
            clause="8(1)",
            reason="證件和本人不符。",
            keyring=KEYRING,
            now=now,
        )
    follow(page, city)


def wrong_receipt(page: Page, city: City) -> None:
    """Type a receipt that is none."""
    page.goto(f"{city.provider.issuer}/track")
    page.locator("#number").fill("23456789")
    page.locator("#secret").fill("AAAA-BBBB-CCCC-DDDD")
    page.locator("#submit_track").click()
    page.wait_for_load_state()


def _find(page: Page, city: City) -> Application:
    with city.provider.database() as session:
        found = select(Application).where(Application.number == number_of(page))
        return session.scalars(found).one()
