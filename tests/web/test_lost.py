"""Report a loss without signing in, learn nothing by it, and take it back with more than that."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from carriers import bindings, loss_reports
from carriers.models import Binding, CarrierKind, Place
from idp.acr import ACR
from kernel.errors import Refused
from kernel.jobs import Job
from tests import make
from tests.authenticator import Passkey
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.test_passkeys import a_passkey, ask, send, sign_in
from web.models import BrowserSession

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BORN = "1990-04-01"  # as make.a_profile says
VARYING = re.compile(r'name="csrf_token" value="[^"]+"|nonce="[^"]+"')


def enrolled(city: City, name: str = "My phone") -> Passkey:
    """Sign in on a phone by password and add a passkey."""
    browser, passkey = Browser(city), a_passkey(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    nonce = ask(browser, "", "/account/carriers/options")
    send(browser, "/account/carriers/new", nonce, passkey.create(nonce), name=name)
    return passkey


def report(city: City, login: str = "mei.chen", born: str = BORN) -> TestResponse:
    browser = Browser(city)
    return browser.submit(browser.get("/lost"), login_id=login, birthdate=born)


def by_password(city: City) -> Browser:
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    return browser


def states(city: City) -> list[str]:
    with city.database() as session:
        found = session.scalars(select(Binding).order_by(Binding.bound_at)).all()
        return ["usable" if each.is_usable else str(each.suspension) for each in found]


def letters(city: City) -> list[str]:
    with city.database() as session:
        return [job.payload["template"] for job in session.scalars(select(Job))]


def lines(city: City, kind: Kind) -> list[Mapping[str, object]]:
    with city.database() as session:
        found = select(LedgerLine.detail).where(LedgerLine.kind == kind)
        return [dict(each) for each in session.scalars(found)]


def carrier_url(city: City, action: str) -> str:
    with city.database() as session:
        return f"/account/carriers/{session.scalars(select(Binding.id)).first()}/{action}"


@pytest.mark.clause("7(7)")
def test_a_loss_is_reported_in_one_step_without_signing_in(city: City) -> None:
    passkey, phone = enrolled(city), Browser(city)
    assert sign_in(phone, passkey).status_code == 303

    told = report(city)

    assert told.location == "/lost?done=yes"
    assert states(city) == ["lost"]
    assert phone.get("/account").status_code == 303  # signed out at once
    assert sign_in(Browser(city), passkey).status_code == 200
    assert lines(city, Kind.CARRIERS_REPORTED) == [{"count": 1}]
    assert letters(city).count("carrier.all_reported") == 1
    assert by_password(city).get("/account").status_code == 200  # the password still works


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # it keeps no NUL
def test_what_no_keyboard_makes_is_not_part_of_a_name(city: City) -> None:
    enrolled(city)

    told = report(city, "mei\x00.chen")

    assert told.location == "/lost?done=yes"


@one_database
def test_everybody_gets_the_same_answer(city: City) -> None:
    enrolled(city)
    city.enrol("daming")

    told = [
        report(city),
        report(city),
        report(city, born="1990-04-02"),
        report(city, "daming"),
        report(city, "nobody"),
    ]

    assert {each.location for each in told} == {"/lost?done=yes"}
    pages = {VARYING.sub("", Browser(city).get(each.location).text) for each in told}
    assert len(pages) == 1
    assert letters(city).count("carrier.all_reported") == 1  # only the first did anything


@one_database
def test_a_wrong_birth_date_stops_nothing(city: City) -> None:
    enrolled(city)

    report(city, born="1990-04-02")

    assert states(city) == ["usable"]


@one_database
def test_a_date_may_be_written_with_strokes_and_wide(city: City) -> None:
    enrolled(city)

    report(city, born=" １９９０/04/01 ")

    assert states(city) == ["lost"]


@pytest.mark.refusal("login.locked")
@one_database
def test_birth_dates_cannot_be_tried_one_by_one(city: City) -> None:
    enrolled(city)
    for login in ("mei.chen", "nobody"):
        for day in range(2, 5):
            assert report(city, login, f"1990-04-0{day}").status_code == 303

        told = report(city, login)
        assert told.status_code == 429
        assert "11月24日" in told.text  # a day from now
        assert f'value="{login}"' in told.text
    assert states(city) == ["usable"]


@one_database
def test_what_is_missing_is_said_and_counted_by_nobody(city: City) -> None:
    for _ in range(4):
        assert "請輸入帳號" in report(city, " ", BORN).text
        assert "請輸入出生日期" in report(city, "mei.chen", "yesterday").text


@given(login=st.text(max_size=200), born=st.text(max_size=20))
@one_database
def test_whatever_is_typed_is_a_page_and_no_error(city: City, login: str, born: str) -> None:
    assert report(city, login, born).status_code in {303, 422, 429}
    assert report(city, login, BORN).status_code in {303, 422, 429}


@pytest.mark.clause("8(3)")
def test_a_member_takes_it_back_by_the_passkey_itself(city: City) -> None:
    passkey = enrolled(city)
    report(city)
    browser = by_password(city)
    assert "有人沒有登入就掛失了它" in browser.get("/account/carriers").text
    page = browser.get(carrier_url(city, "found"))
    assert "found_passkey" in page.text

    url = page.request.path
    nonce = ask(browser, url.split("/")[-1] + "/" + url.split("/")[-2])
    back = send(browser, url, nonce, passkey.get(nonce, sign_count=1))

    assert back.location == "/account/carriers?done=found"
    assert states(city) == ["usable"]
    assert len(lines(city, Kind.CARRIER_FOUND)) == 1
    assert "carrier.found" in letters(city)
    assert sign_in(Browser(city), passkey).status_code == 303
    history = browser.get("/account/carriers").text
    assert "沒有登入的人" in history
    assert "恢復使用" in history


@pytest.mark.clause("8(3)")
@one_database
def test_a_password_alone_takes_nothing_back(city: City) -> None:
    passkey = enrolled(city)
    report(city)
    browser = by_password(city)
    url = carrier_url(city, "found")
    page = browser.get(url)

    empty = browser.post(url, hidden(page))
    nonce = ask(browser, "account")  # a question for another place
    misplaced = send(browser, url, nonce, passkey.get(nonce, sign_count=1))
    place = "found/" + url.split("/")[3]
    nonce = ask(browser, place)
    stranger = send(browser, url, nonce, a_passkey(city, credential_id=b"other").get(nonce))

    assert {each.status_code for each in (empty, misplaced, stranger)} == {200}
    assert states(city) == ["lost"]


@one_database
def test_another_members_passkey_takes_nothing_back(city: City) -> None:
    enrolled(city)
    report(city)
    city.enrol("daming")
    theirs = a_passkey(city, "daming", credential_id=b"theirs")
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="daming", password=make.PASSWORD)
    nonce = ask(browser, "", "/account/carriers/options")
    send(browser, "/account/carriers/new", nonce, theirs.create(nonce))
    report(city, "daming")
    mine, url = by_password(city), carrier_url(city, "found")

    nonce = ask(mine, "found/" + url.split("/")[3])
    told = send(mine, url, nonce, theirs.get(nonce, sign_count=1))

    assert told.status_code == 200
    assert states(city) == ["lost", "lost"]
    assert browser.get(url).status_code == 404


@pytest.mark.clause("8(3)")
@one_database
def test_who_signed_in_more_strongly_takes_it_back_by_one_press(city: City) -> None:
    enrolled(city)
    report(city)
    browser, url = by_password(city), carrier_url(city, "found")
    with city.database() as session:
        for each in session.scalars(select(BrowserSession)):
            each.acr, each.amr = ACR[1], ["hwk", "user", "mfa"]  # by another carrier
    page = browser.get(url)
    assert "found_yes" in page.text

    assert browser.post(url, hidden(page)).location == "/account/carriers?done=found"
    assert states(city) == ["usable"]


@pytest.mark.refusal("carrier.counter_needed")
@one_database
def test_a_card_is_taken_back_at_a_counter(city: City) -> None:
    member_id = city.member_id()
    with city.database() as session:
        bindings.bind(
            session,
            member_id=member_id,
            kind=CarrierKind.CARD,
            fingerprint="a card",
            name="",
            where=Place.COUNTER,
            acr=ACR[0],
            now=city.now,
        )
    report(city)
    browser, url = by_password(city), carrier_url(city, "found")
    page = browser.get(url)
    assert "要臨櫃恢復" in page.text

    browser.post(url, hidden(page))

    assert states(city) == ["lost"]


@pytest.mark.clause("7(7)")
@pytest.mark.refusal("carrier.reported_lost")
@one_database
def test_what_its_member_confirms_as_lost_stays_lost(city: City) -> None:
    enrolled(city)
    report(city)
    browser = by_password(city)
    page = browser.get("/account/carriers")

    browser.post(carrier_url(city, "lost"), hidden(page))

    assert browser.get(carrier_url(city, "found")).status_code == 404
    with city.database() as session:
        binding = session.scalars(select(Binding)).one()
        with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
            loss_reports.take_back(session, binding, now=city.now)
    assert states(city) == ["lost"]


@pytest.mark.clause("7(7)")
@one_database
def test_who_says_that_a_sign_in_was_not_theirs_settles_the_report_too(city: City) -> None:
    passkey = enrolled(city)
    sign_in(Browser(city), passkey)
    report(city)
    browser = by_password(city)
    page = browser.get("/account/footprint").text
    for line in re.findall(r'href="(/account/footprint/[^"]+/not-me)"', page):
        browser.submit(browser.get(line))
        browser = by_password(city)

    assert browser.get(carrier_url(city, "found")).status_code == 404
    with city.database() as session:
        binding = session.scalars(select(Binding)).one()
        with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
            loss_reports.take_back(session, binding, now=city.now)
