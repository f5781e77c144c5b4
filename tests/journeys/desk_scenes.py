"""The pages of a counter's desk, each with the way to get there."""

from itertools import count

from playwright.sync_api import Page

from tests import make
from tests.journeys import counter_desk, eligibility_desk
from tests.journeys.city import City

NUMBERS = count(1)


def home(page: Page, city: City) -> None:
    """See a case that waits."""
    open_case(page, city)
    page.goto(f"{city.provider.issuer}/counter")


def nothing_yet(page: Page, city: City) -> None:
    """See the desk of a counter to which nobody came."""
    sit_down(page, city)


def intake(page: Page, city: City) -> None:
    """Begin to take a matter in."""
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/counter/intake")


def child(page: Page, city: City) -> None:
    """See what a child brings, with a proxy's letter."""
    sit_down(page, city)
    query = "matter=join&kind=national&age=child&by_proxy=yes"
    page.goto(f"{city.provider.issuer}/counter/intake?{query}")


def mistyped(page: Page, city: City) -> None:
    """Mistype a number."""
    sit_down(page, city)
    counter_desk.take_in(page, city, "bind", "A123456788")
    page.locator("#take_in").click()
    page.locator("#errors").wait_for()


def annex(page: Page, city: City) -> None:
    """Take in what has an annex form, and leave the form empty."""
    sit_down(page, city)
    query = "matter=activation&kind=national&age=adult&service=library_card"
    page.goto(f"{city.provider.issuer}/counter/intake?{query}")
    for paper in page.locator("input[name=paper]").all():
        paper.check()
    page.locator("#take_in").click()
    page.locator("#errors").wait_for()


def refused(page: Page, city: City) -> None:
    """Print a slip of refusal."""
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/counter/intake?matter=bind&kind=foreign&age=adult")
    page.locator("#take_in").click()
    page.wait_for_url("**/counter/refusals/*")


def slip(page: Page, city: City) -> None:
    """Print a receipt."""
    open_case(page, city)


def case(page: Page, city: City) -> None:
    """Work on a case."""
    open_case(page, city)
    page.locator("a.back[href*='/counter/cases/']").click()
    page.locator("#step_finish").wait_for()


def not_closed(page: Page, city: City) -> None:
    """Try to close a case although nothing is bound."""
    case(page, city)
    page.locator("#step_finish").click()
    page.locator("#step_close").click()
    page.locator("#errors").wait_for()


def face(page: Page, city: City) -> None:
    """Compare a card's face."""
    case(page, city)
    page.locator("#printed").fill("陳美玉")
    page.locator("#compare_face").click()
    page.locator("#attest_face").wait_for()


def other_face(page: Page, city: City) -> None:
    """Compare the face of somebody else's card."""
    case(page, city)
    page.locator("#printed").fill("王大明")
    page.locator("#compare_face").click()
    page.locator("[role=alert]").wait_for()


def binding(page: Page, city: City) -> None:
    """Read a card to be bound."""
    case(page, city)
    page.locator("#bind_card").click()
    page.locator("#name").wait_for()


def new_card(page: Page, city: City) -> None:
    """Order a new card in a case, and make it."""
    case(page, city)
    page.locator("#order_card").click()
    page.locator("#printed").wait_for()


def new_cards(page: Page, city: City) -> None:
    """See the new cards of a counter."""
    new_card(page, city)
    page.goto(f"{city.provider.issuer}/counter/cards")


def followed(page: Page, city: City) -> None:
    """Follow a case by its receipt, from home."""
    open_case(page, city)
    number, code = (page.locator(".slip dd").nth(place).inner_text() for place in (0, 1))
    page.goto(f"{city.provider.issuer}/track")
    page.locator("#number").fill(number)
    page.locator("#secret").fill(code)
    page.locator("#submit_track").click()
    page.wait_for_url("**/track/case")


def open_case(page: Page, city: City, matter: str = "bind") -> str:
    """Take a matter in as far as its receipt; return the login of who came."""
    sit_down(page, city)
    login = f"came.{next(NUMBERS)}"
    counter_desk.take_in(page, city, matter, counter_desk.enrol(city, login))
    page.locator("#take_in").click()
    page.wait_for_url("**/slip")
    return login


def sit_down(page: Page, city: City) -> None:
    """Sign a clerk of a new counter in."""
    login = counter_desk.open_counter(city)
    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_id").fill(login)
    page.locator("#password").fill(make.PASSWORD)
    page.locator("#submit_login").click()
    page.wait_for_url("**/account")
    counter_desk.strengthen(city, login)
    page.goto(f"{city.provider.issuer}/counter")


def at_the_reader(page: Page, city: City) -> None:
    """Choose the reader at one's place, and look whose card lies there."""
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/clerk")
    serial = page.locator("code").first.inner_text()
    page.locator("#serial").fill(serial)
    page.locator("#use_reader").click()
    page.locator("#look_again, #hear_reader").first.wait_for(state="attached")
    page.goto(f"{city.provider.issuer}/counter/person")
    page.locator("#number").wait_for(state="attached")


def mirror(page: Page, city: City) -> None:
    """See what the citizen sees."""
    case(page, city)
    page.locator("#show_mirror").click()
    page.locator("#show_mirror").wait_for()
    page.goto(f"{city.provider.issuer}/counter/mirror")
    page.locator("[data-mirror] h1").wait_for()


def online(page: Page, city: City) -> None:
    """See what waits for a counter."""
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/counter/online-queue?all=yes")


def changes(page: Page, city: City) -> None:
    """Look for a change that nobody asked for."""
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/clerk/changes")
    page.locator("#reference").fill("NOTHING2")
    page.locator("main form .button").first.click()
    page.locator("#reference-error").wait_for()


def petition(page: Page, city: City) -> None:
    """Write a petition down, and forget which suspension it is about."""
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/counter/petitions")
    page.locator("#words").fill("It is wrong")
    page.locator("#read_petition").click()
    page.locator("#number-error").wait_for()


def petition_record(page: Page, city: City) -> None:
    """Read a petition back, and forget that it has to be signed."""
    number = eligibility_desk.open_office(city).suspended()
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/counter/petitions")
    page.locator("#number").fill(number)
    page.locator("#words").fill("It is wrong")
    page.locator("#read_petition").click()
    page.locator("#seen").check()
    page.locator("#read_back").check()
    page.locator("#file_petition").click()
    page.locator("#signed-error").wait_for()


def petition_lost(page: Page, city: City) -> None:
    """Look for a suspension by who stands there, and forget to look at their document."""
    sit_down(page, city)
    page.goto(f"{city.provider.issuer}/counter/petitions/lost")
    page.locator("#idno").fill("A123456789")
    page.locator("#find_letter").click()
    page.locator("#seen-error").wait_for()


def passwords(page: Page, city: City) -> None:
    """Print a code to reset a password."""
    sit_down(page, city)
    number = counter_desk.enrol(city, f"forgot.{next(NUMBERS)}")
    counter_desk.take_in(page, city, "recovery", number)
    page.locator("#take_in").click()
    page.wait_for_url("**/slip")
    receipt = page.locator(".slip dd").first.inner_text()
    page.goto(f"{city.provider.issuer}/clerk/passwords")
    page.locator("#number").fill(number)
    page.locator("#case").fill(receipt)
    page.locator("#print_slip").click()
    page.locator("#slip").wait_for()
