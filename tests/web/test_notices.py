"""Prove who is written to, when, and how little a letter and its job give away."""

import json
from email.message import EmailMessage
from typing import Any

import pytest

from kernel.wording import LANGUAGES, Bilingual
from members import register
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web.outbox import World
from web import notices
from web.mails import WORDS, Mail, write

SYNTHETIC = ("陳", "美玉", "mei.chen", "1990-04-01", "+886")


@pytest.fixture
def browser(city: City) -> Browser:
    return Browser(city)


@pytest.fixture
def world(city: City) -> World:
    return World(city)


def log_in(browser: Browser, password: str = make.PASSWORD, **more: str) -> int:
    page = browser.get("/account/login")
    return browser.submit(page, login_id="mei.chen", password=password, **more).status_code


def log_out(browser: Browser) -> None:
    browser.submit(browser.get("/account"))
    browser.post("/account/logout", {"csrf_token": token(browser)})


def token(browser: Browser) -> str:
    page = browser.get("/account").text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_sign_in_from_a_new_browser_is_told_once(
    city: City, browser: Browser, world: World
) -> None:
    log_in(browser)
    log_out(browser)
    city.wait(minutes=1)
    log_in(browser)

    assert world.told() == ["login.new_browser"]

    log_in(Browser(city))

    assert world.told() == ["login.new_browser"] * 2


def test_a_browser_known_to_one_member_is_new_to_another(
    city: City, browser: Browser, world: World
) -> None:
    city.enrol("da.wang")
    log_in(browser)
    log_out(browser)
    browser.submit(browser.get("/account/login"), login_id="da.wang", password=make.PASSWORD)

    assert world.told() == ["login.new_browser"] * 2


def test_a_shared_computer_is_news_every_time(browser: Browser, world: World) -> None:
    for _ in range(2):
        log_in(browser, shared_computer="yes")
        log_out(browser)

    assert world.told() == ["login.new_browser"] * 2


def test_consent_and_withdrawal_are_told(browser: Browser, world: World) -> None:
    browser.sign_in()
    page = browser.get("/account/consents").text
    path = "/account/consents/" + page.split("/account/consents/")[1].split('"')[0]
    browser.submit(browser.get(path))

    assert world.told() == ["login.new_browser", "consent.given", "consent.withdrawn"]


def test_a_changed_password_is_told(browser: Browser, world: World) -> None:
    log_in(browser)
    new = "clouds over Yangmingshan"
    browser.submit(
        browser.get("/account/password"),
        current_password=make.PASSWORD,
        new_password=new,
        repeat_password=new,
    )

    assert world.told() == ["login.new_browser", "password.changed"]


def test_a_lockout_is_told_once_however_often_it_is_tried(city: City, world: World) -> None:
    for _ in range(9):
        log_in(Browser(city), "not the password")

    assert world.told() == ["login.locked"]


def test_nobody_s_mailbox_is_filled_by_guessing(city: City, world: World) -> None:
    for _ in range(6):
        for _ in range(5):
            log_in(Browser(city), "not the password")
        city.wait(minutes=20)

    assert world.told() == ["login.locked"] * 3


def guess(city: City, login: str) -> None:
    for _ in range(5):
        browser = Browser(city)
        page = browser.get("/account/login")
        browser.submit(page, login_id=login, password="not the password")


def test_guessing_at_a_stranger_costs_the_same_and_writes_to_nobody(
    city: City, world: World
) -> None:
    guess(city, "nobody.here")

    (job,) = world.jobs()
    assert job.payload == {"template": "login.locked", "member": None, "language": "zh-Hant-TW"}
    world.work_off()
    assert world.letters == []


def test_a_job_holds_ids_and_codes_only(city: City, browser: Browser, world: World) -> None:
    browser.sign_in()

    for job in world.jobs():
        assert set(job.payload) == {"template", "member", "language"}
        assert not any(datum in json.dumps(job.payload) for datum in SYNTHETIC)


def test_a_letter_goes_to_the_address_of_the_moment_it_is_sent(
    city: City, browser: Browser, world: World
) -> None:
    log_in(browser)
    city.wait(minutes=5)
    world.work_off()

    (letter,) = world.letters
    assert letter["To"] == "mei.chen@mail.invalid"
    assert letter["From"] == "no-reply@id.invalid"
    assert letter["Subject"].startswith("臺北市單一識別服務: ")
    assert "民國115年11月23日 (2026-11-23) 12:00" in part(letter, "plain")
    assert "https://id.example.invalid/account/sessions" in part(letter, "html")


def test_a_letter_names_no_client_and_no_datum(browser: Browser, world: World) -> None:
    browser.sign_in()
    world.work_off()

    for letter in world.letters:
        said = part(letter, "plain") + part(letter, "html") + str(letter["Subject"])
        assert not any(word in said for word in ("圖書館", "Library", "借閱證", *SYNTHETIC))


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": None}])
def test_without_a_confirmed_address_nobody_is_written_to(
    city: City, world: World, claims: dict[str, Any]
) -> None:
    member_id = city.enrol("da.wang", **claims)
    with city.database() as session:
        notices.mail(session, Mail.LOCKED, member_id=member_id, language="en", now=city.now)

    assert world.told() == ["login.locked"]
    assert world.letters == []


def test_who_has_gone_is_not_written_to(city: City, world: World) -> None:
    member_id = city.enrol("da.wang")
    with city.database() as session:
        notices.mail(session, Mail.LOCKED, member_id=member_id, language="en", now=city.now)
        session.delete(register.get(session, member_id))

    world.work_off()

    assert world.letters == []
    assert world.jobs()[0].done_at is not None


@pytest.mark.parametrize("mail", list(Mail))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_speaks_both_languages_the_reader_s_first(mail: Mail, language: str) -> None:
    words = WORDS[mail]
    written = write(
        mail,
        language=language,
        service=Bilingual("服務", "Service"),
        issuer="https://id.invalid",
        at=Bilingual("中午", "noon"),
    )

    first, second = written.text.split("\n\n----\n\n")
    assert written.subject.endswith(words.subject.text(language))
    assert words.happened.text(language) in first
    assert words.happened.text(language) not in second
    assert f'<html lang="{language}">' in written.html
    assert written.html.count("<section lang=") == 2


@pytest.mark.parametrize("locale", ["en-GB", "en", "zh-Hant-TW", "ja", None])
def test_who_is_not_there_is_written_to_in_their_own_language(
    city: City, world: World, locale: str | None
) -> None:
    member_id = city.enrol("ann", locale=locale)
    with city.database() as session:
        notices.mail(
            session,
            Mail.LOGIN_WANTED,
            member_id=member_id,
            language=notices.OWN,
            now=city.now,
        )

    world.work_off()

    words = WORDS[Mail.LOGIN_WANTED].subject
    (letter,) = world.letters
    expected = words.en if (locale or "").startswith("en") else words.zh
    assert expected in str(letter["Subject"])
