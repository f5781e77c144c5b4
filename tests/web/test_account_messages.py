"""訊息: what goes out by mail is in the account too, in one transaction and in two languages."""

import json

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from kernel.jobs import Job
from members.inbox_models import InboxMessage
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, statements
from web import notices
from web.account_messages import REST, TOPICS, kinds_of
from web.mails import WORDS, Mail

PAGE = "/account/messages"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser whose member has just signed in in it for the first time."""
    browser = Browser(city)
    browser.log_in(browser.get("/account/login"))
    return browser


def tell(city: City, words: Mail, login: str = "mei.chen") -> None:
    member_id = city.member_id(login)
    with city.database() as session:
        notices.mail(session, words, member_id=member_id, language="en", now=city.now)


def inbox(session: Session) -> list[str]:
    return list(session.scalars(select(InboxMessage.kind).order_by(InboxMessage.id)))


@pytest.mark.clause("7(9)")
def test_what_goes_by_mail_is_in_the_inbox_of_who_has_no_mailbox_too(city: City) -> None:
    city.enrol("no.mailbox", email=None, email_verified=None)
    browser = Browser(city)
    browser.log_in(browser.get("/account/login"), login="no.mailbox")

    page = browser.get(PAGE).text

    assert WORDS[Mail.NEW_BROWSER].happened.zh in page


def test_a_decision_undone_takes_its_message_along(city: City) -> None:
    member_id = city.member_id()
    with city.database() as session:
        notices.mail(session, Mail.LOCKED, member_id=member_id, language="en", now=city.now)
        session.rollback()

    with city.database() as session:
        assert inbox(session) == []
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_a_message_speaks_the_language_of_the_page(browser: Browser) -> None:
    chinese = browser.get(PAGE).text
    english = browser.get(PAGE, headers={"Accept-Language": "en"}).text

    words = WORDS[Mail.NEW_BROWSER]
    assert words.subject.zh in chinese
    assert words.subject.en in english


def test_the_menu_counts_what_is_unread_until_it_is_read(city: City, browser: Browser) -> None:
    tell(city, Mail.LOCKED)
    assert "2 則未讀" in browser.get("/account/password").text

    page = browser.get(PAGE)
    fields = {**hidden(page), "mark": "read"}
    first = page.text.split(f'action="{PAGE}/')[1].split('"')[0]
    assert browser.post(f"{PAGE}/{first}", fields).status_code == 303
    assert "1 則未讀" in browser.get("/account/password").text

    browser.post(f"{PAGE}/{first}", {**fields, "mark": "unread"})
    assert "2 則未讀" in browser.get("/account/password").text

    answer = browser.post(f"{PAGE}/read", hidden(browser.get(PAGE)))
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "則未讀" not in browser.get("/account/password").text


@pytest.mark.refusal("message.not_found")
@pytest.mark.parametrize("until", ["", "nothing", "\u0000"])
def test_all_of_nothing_in_particular_is_not_found(browser: Browser, until: str) -> None:
    fields = {**hidden(browser.get(PAGE)), "until": until}

    assert browser.post(f"{PAGE}/read", fields).status_code == 404


def test_filters_narrow_and_nonsense_filters_nothing(city: City, browser: Browser) -> None:
    tell(city, Mail.CONSENT_GIVEN)
    given, signed_in = WORDS[Mail.CONSENT_GIVEN].subject.zh, WORDS[Mail.NEW_BROWSER].subject.zh

    about_consents = browser.get(PAGE, {"topic": "consents", "state": "unread"}).text
    assert given in about_consents
    assert signed_in not in about_consents
    nonsense = browser.get(PAGE, {"topic": "\u0000", "before": "x"}).text
    assert given in nonsense
    assert signed_in in nonsense


def test_older_messages_are_a_page_away(city: City, browser: Browser) -> None:
    for _ in range(50):
        tell(city, Mail.LOCKED)

    page = browser.get(PAGE, {"topic": "signin"}).text
    older = page.split("更早的訊息")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")

    assert "topic=signin" in older
    assert WORDS[Mail.NEW_BROWSER].subject.zh not in page
    assert WORDS[Mail.NEW_BROWSER].subject.zh in browser.get(older).text


def test_every_notice_belongs_to_one_topic(database: Engine) -> None:
    del database  # of no account
    sorted_in = [kind for topic in (*TOPICS, REST) for kind in kinds_of(topic)]

    assert sorted(sorted_in) == sorted(each.value for each in Mail)


def test_letters_about_the_mailbox_stay_there(city: City) -> None:
    tell(city, Mail.RECOVERY_CODE)
    tell(city, Mail.CONTACT_CODE)

    with city.database() as session:
        assert inbox(session) == []


def test_the_link_that_ends_a_power_is_in_the_message_too(city: City, browser: Browser) -> None:
    with city.database() as session:
        notices.mail(
            session,
            Mail.PROXY_ENTERED,
            member_id=city.member_id(),
            language="en",
            now=city.now,
            notice=city.member_id(),
        )

    assert 'href="/not-me?key=' in browser.get(PAGE).text


def test_no_message_holds_a_datum(city: City, browser: Browser) -> None:
    browser.sign_in()

    with city.database() as session:
        kept = [(each.kind, each.facts) for each in session.scalars(select(InboxMessage))]
    assert len(kept) == 2
    assert not any(datum in json.dumps(kept) for datum in ("陳美玉", "mei.chen", "1990"))


def test_a_stranger_s_lock_costs_what_a_member_s_does(city: City, database: Engine) -> None:
    def lock(login: str) -> list[str]:
        for _ in range(4):
            attempt(login)
        with statements(database) as seen:
            attempt(login)
        return [each for each in seen if "inbox_message" in each]

    def attempt(login: str) -> None:
        browser = Browser(city)
        page = browser.get("/account/login")
        browser.submit(page, login_id=login, password="not the password")

    ours, theirs = lock("mei.chen"), lock("nobody.here")
    assert (len(ours), theirs) == (1, ours)
    with city.database() as session:
        assert len(inbox(session)) == 1
