"""Bring a browser to the pages of who forgot something, as far as the letter and beyond it."""

from uuid import UUID

from playwright.sync_api import Page
from sqlalchemy import select

from kernel import clock
from kernel.ids import new_id
from members import recovery, register
from members.models import Member
from members.recovery_models import Recovery, Wanted
from tests.journeys.city import City
from tests.live.server import KEYRING


def ask(page: Page, city: City, login: str = "forgetful") -> UUID:
    """Say that the password is forgotten; return the request's id, the page asking for the code."""
    page.goto(f"{city.provider.issuer}/recover/password")
    page.locator("#login_id").fill(login)
    page.locator("#submit_recover").click()
    page.locator("#code").wait_for()
    return UUID(page.url.rpartition("/")[2])


def find(city: City, recovery_id: UUID, login: str) -> str:
    """Do what the worker does; return the code it would send."""
    with city.provider.database() as session:
        row = session.get_one(Recovery, recovery_id)
        row.member_id = session.scalars(select(Member.id).where(Member.login == login)).one()
        row.typed_sealed = recovery.GONE
    return recovery.code_of(recovery_id, key=KEYRING.derive(recovery.KEY))


def type_wrongly(page: Page, city: City) -> None:
    ask(page, city)
    page.locator("#code").fill("2345 6789")
    page.locator("#submit_code").click()
    page.locator("#code-error").wait_for()


def prove(page: Page, city: City, login: str) -> None:
    """Come to where a new password is chosen."""
    code = find(city, ask(page, city, login), login)
    page.locator("#code").fill(code)
    page.locator("#submit_code").click()
    page.locator("#submit_password").wait_for()


def choose(page: Page, new: str) -> None:
    page.locator("#new_password").fill(new)
    page.locator("#repeat_password").fill(new)
    page.locator("#submit_password").click()


def see_the_account(page: Page, city: City, login: str) -> None:
    """Read an account name: a request for it, its code typed already."""
    ask(page, city)
    browser = next(each for each in page.context.cookies() if each["name"].endswith("browser"))
    recovery_id, now, key = new_id(), clock.now(), KEYRING.derive(recovery.KEY)
    with city.provider.database() as session:
        member = register.find_by_login(session, login)
        recovery_id = recovery.ask(
            session,
            Wanted.ACCOUNT,
            {},
            browser=browser["value"],
            language="en",
            keyring=KEYRING,
            now=now,
        )
        session.get_one(Recovery, recovery_id).member_id = member.id if member else None
        code = recovery.code_of(recovery_id, key=key)
        session.flush()
        recovery.verify(session, recovery_id, code, key=key, now=now)
    page.goto(f"{city.provider.issuer}/recover/account/{recovery_id}")
    page.locator("h1").wait_for()


def mistype_a_slip(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/recover/slip")
    page.locator("#code").fill("ABCD-EFGH-JKLM-NPQR")
    choose(page, "a new and long password")
    page.locator("#code-error").wait_for()
