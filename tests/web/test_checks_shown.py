"""The member sees how their data were checked, and takes it along."""

import json

import pytest

from members import identity_checks, register
from members.models import CheckKind
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web.outbox import World
from tests.web.test_download import ask, taken

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OFFICE = "松山區健康服務中心"


def check(city: City, seen: str = "idcard", kind: CheckKind = CheckKind.DOCUMENT) -> None:
    with city.database() as session:
        member = register.get(session, city.member_id())
        identity_checks.record(
            session,
            member.id,
            kind=kind,
            of_type=seen,
            method="vpip",
            office=OFFICE,
            names=["name"],
            held=register.claims_of(member, keyring=make.KEYRING),
            keyring=make.KEYRING,
            now=city.now,
        )


@pytest.fixture
def browser(city: City) -> Browser:
    browser = Browser(city)
    browser.sign_in()
    return browser


def test_nothing_is_said_where_nobody_checked(browser: Browser) -> None:
    assert "怎麼查證的" not in browser.get("/account/personal").text


def test_every_check_is_shown_the_newest_first(city: City, browser: Browser) -> None:
    check(city)
    city.wait(minutes=30)
    check(city, "population_register", CheckKind.RECORD)

    page = browser.get("/account/personal").text
    english = browser.get("/account/personal", headers={"Accept-Language": "en"}).text

    card, register_ = f"國民身分證，{OFFICE}", f"戶籍資料，{OFFICE}"
    assert page.index(register_) < page.index(card)
    assert f"National ID card, {OFFICE}, 23 November 2026" in english


def test_the_archive_has_it(city: City, browser: Browser) -> None:
    check(city)
    world = World(city)
    ask(browser, "profile")
    world.work_off()

    rows = json.loads(taken(browser).read("profile.json"))

    found = {row["name"]: row["value"] for row in rows}
    assert found["verified_claims"].startswith(f"國民身分證，{OFFICE}，民國115年11月23日")
