"""Walk through the pages of who forgot something, and read the letters they get."""

import re
from email.message import EmailMessage

from werkzeug.test import TestResponse

from tests.flows.browser import Browser
from tests.web.outbox import World

NEW = "lanterns over the Keelung river"
CODE = re.compile(r"^([2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4})$", re.MULTILINE)
NUMBER = "A123456789"  # REGULATION 5.4
BORN = "1990-04-01"  # as make.a_profile says


def forget_password(browser: Browser, login: str = "mei.chen") -> TestResponse:
    """Say that the password is forgotten; return the page that asks for the code."""
    asked = browser.submit(browser.get("/recover/password"), login_id=login)
    assert asked.status_code == 303, asked.text
    return browser.get(asked.location)


def forget_account(browser: Browser, number: str = NUMBER, born: str = BORN) -> TestResponse:
    asked = browser.submit(browser.get("/recover/account"), number=number, birthdate=born)
    assert asked.status_code == 303, asked.text
    return browser.get(asked.location)


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


def codes(world: World) -> list[str]:
    """Send what is due; return the codes in the letters, the oldest first."""
    world.work_off()
    found = (CODE.search(text_of(letter)) for letter in world.letters)
    return [each[1] for each in found if each is not None]


def prove(browser: Browser, page: TestResponse, code: str) -> TestResponse:
    """Type the code; return the page behind it."""
    return browser.follow(browser.submit(page, code=code))


def choose(browser: Browser, page: TestResponse, new: str = NEW) -> TestResponse:
    return browser.submit(page, new_password=new, repeat_password=new)


def reset_by_mail(browser: Browser, world: World, login: str = "mei.chen") -> TestResponse:
    page = forget_password(browser, login)
    return choose(browser, prove(browser, page, codes(world)[-1]))


def sign_in(browser: Browser, password: str = NEW, login: str = "mei.chen") -> TestResponse:
    page = browser.get("/account/login")
    return browser.submit(page, login_id=login, password=password)
