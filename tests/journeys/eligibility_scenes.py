"""The pages of eligibility, petitions and sanctions, each with the way to get there."""

from playwright.sync_api import Page

from services import decision_slips, findings
from tests.journeys import eligibility_desk
from tests.journeys.city import City
from tests.live.server import KEYRING


def services(page: Page, city: City) -> None:
    """See the rules of an agency's services."""
    office = eligibility_desk.open_office(city)
    office.enter(page, office.finder, "/agency/eligibility")


def rule(page: Page, city: City) -> None:
    """Lay down a rule, and forget everything."""
    office = eligibility_desk.open_office(city)
    office.enter(page, office.finder, f"/agency/eligibility/services/{office.code}")
    page.locator("#adopt_rule").click()
    page.locator("#errors").wait_for()


def check(page: Page, city: City) -> None:
    """Verify what a check found."""
    office = eligibility_desk.open_office(city)
    office.enter(page, office.verifier, f"/agency/eligibility/runs/{office.found()}")


def decision(page: Page, city: City) -> None:
    """Read why a service was suspended."""
    office = eligibility_desk.open_office(city)
    number = office.suspended()
    office.enter(page, office.holder, f"/account/petitions/about/{number}")


def decisions(page: Page, city: City) -> None:
    """See what was suspended and petitioned, and what is held against one."""
    office = eligibility_desk.open_office(city)
    office.petitioned()
    office.charged()
    office.enter(page, office.holder, "/account/petitions")


def petition(page: Page, city: City) -> None:
    """Work on a petition."""
    office = eligibility_desk.open_office(city)
    office.enter(page, office.judge, f"/agency/petitions/{office.petitioned()}")


def letter(page: Page, city: City) -> None:
    """Petition with the agency's letter, without a login and without a name."""
    office = eligibility_desk.open_office(city)
    number = office.suspended()
    with city.provider.database() as session:
        finding = findings.suspension(session, number)
    page.goto(f"{city.provider.issuer}/petition")
    page.locator("#number").fill(number)
    page.locator("#code").fill(decision_slips.code(finding.id, keyring=KEYRING))
    page.locator("#open_paper").click()
    page.locator("#words").fill("It is wrong")
    page.locator("#file_petition").click()
    page.locator("#errors").wait_for()


def misuse(page: Page, city: City) -> None:
    """Report misuse."""
    office = eligibility_desk.open_office(city)
    office.charged()
    office.enter(page, office.finder, "/agency/sanctions")


def sanction(page: Page, city: City) -> None:
    """See a sanction that waits for its member's answer."""
    office = eligibility_desk.open_office(city)
    office.enter(page, office.verifier, f"/agency/sanctions/{office.charged()}")


def hearing(page: Page, city: City) -> None:
    """Be heard."""
    office = eligibility_desk.open_office(city)
    office.enter(page, office.holder, f"/account/petitions/sanctions/{office.charged()}")
