"""Logging in: equal for strangers and members, counted, and the start of a new session."""

import re

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters.password.hashing import Hasher
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from members.models import Standing
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
VARYING = re.compile(r'name="csrf_token" value="[^"]+"|nonce="[^"]+"|value="[a-z.]*"')
MINUTES = 15


def attempt(
    browser: Browser, login: str = "mei.chen", password: str = "wrong password"
) -> TestResponse:
    return browser.submit(browser.get("/account/login"), login_id=login, password=password)


def is_in(response: TestResponse) -> bool:
    return response.status_code == 303


def reasons(city: City) -> list[str]:
    with city.database() as session:
        strangers = select(TrailEntry.detail).where(TrailEntry.event == "login.failed")
        members = select(LedgerLine.detail).where(LedgerLine.kind == Kind.LOGIN_FAILED)
        found = [*session.scalars(strangers), *session.scalars(members)]
        return [detail["reason"] for detail in found]


class CountingHasher(Hasher):
    """A hasher that counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__(parallel=4, cost=make.QUICK)
        self.asked = 0

    def matches(self, kept: str | None, password: str) -> bool:
        self.asked += 1
        return super().matches(kept, password)


def test_the_right_password_opens_the_account(city: City) -> None:
    browser = Browser(city)

    response = attempt(browser, "Ｍei.Chen ", make.PASSWORD)

    assert response.location == "/account"
    assert "mei.chen" in browser.get("/account").text


@pytest.mark.refusal("login.failed")
def test_unknown_wrong_and_suspended_look_exactly_alike_and_cost_the_same(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.enrol("lin.ming", standing=Standing.SUSPENDED)
    city.enrol("wu.fang", standing=Standing.CLOSED)
    hasher = CountingHasher()
    adapter = city.app.extensions["taipei_id"].adapters["password"]
    monkeypatch.setattr(adapter, "hasher", hasher)
    tries = [
        ("mei.chen", "wrong password"),
        ("nobody.here", "wrong password"),
        ("lin.ming", make.PASSWORD),
        ("lin.ming", "wrong password"),
        ("wu.fang", make.PASSWORD),
    ]

    answers = [attempt(Browser(city), *each) for each in tries]

    assert {each.status_code for each in answers} == {200}
    assert len({VARYING.sub("", each.text) for each in answers}) == 1
    assert "帳號或密碼不正確" in answers[0].text
    assert hasher.asked == len(tries)
    assert len({tuple(sorted(each.headers.keys())) for each in answers}) == 1
    assert set(reasons(city)) == {
        "password.wrong",
        "password.unknown_login",
        "member.suspended",
        "member.closed",
    }


def test_the_account_name_that_was_typed_is_not_on_the_trail(city: City) -> None:
    attempt(Browser(city), "my-password-by-mistake")

    with city.database() as session:
        entries = session.scalars(select(TrailEntry)).all()
    assert "my-password-by-mistake" not in str([each.detail for each in entries])


@pytest.mark.parametrize("login", ["mei.chen", "nobody.here"])
def test_five_failures_lock_the_name_for_a_quarter_of_an_hour(city: City, login: str) -> None:
    failures = [attempt(Browser(city), login) for _ in range(5)]

    locked = attempt(Browser(city), login, make.PASSWORD)
    city.wait(minutes=MINUTES, seconds=-1)
    still = attempt(Browser(city), login, make.PASSWORD)
    city.wait(seconds=1)
    free = attempt(Browser(city), login, make.PASSWORD)

    assert {each.status_code for each in failures} == {200}
    assert [locked.status_code, still.status_code] == [429, 429]
    assert "12:15" in locked.text
    assert VARYING.sub("", locked.text) == VARYING.sub("", still.text)
    assert is_in(free) == (login == "mei.chen")


def test_a_lock_follows_the_name_however_it_is_spelled_and_wherever_it_is_typed(
    city: City,
) -> None:
    for spelling in ("mei.chen", "MEI.CHEN", " Mei.Chen ", "ｍei.chen", "mei.chen"):
        attempt(Browser(city), spelling)

    browser = Browser(city)
    page = browser.authorize()
    elsewhere = browser.submit(page, login_id="mei.chen", password=make.PASSWORD)

    assert elsewhere.status_code == 429


def test_success_forgets_the_failures_before_it(city: City) -> None:
    for _ in range(3):
        for _ in range(4):
            attempt(Browser(city))
        assert is_in(attempt(Browser(city), password=make.PASSWORD))


def test_one_address_trying_many_names_is_stopped_and_another_is_not(city: City) -> None:
    city.enrol("lin")
    for number in range(30):
        attempt(Browser(city), f"guess-{number}")

    here = attempt(Browser(city), "lin", make.PASSWORD)
    browser = Browser(city)
    browser.http.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    there = attempt(browser, "lin", make.PASSWORD)

    assert here.status_code == 429
    assert is_in(there)


def test_a_whole_school_behind_one_address_may_sign_in(city: City) -> None:
    assert all(is_in(attempt(Browser(city), password=make.PASSWORD)) for _ in range(35))


def test_logging_in_again_renews_the_cookie_and_keeps_the_session(city: City) -> None:
    browser = Browser(city)
    token = browser.tokens()["access_token"]
    before = cookie(browser)

    browser.log_in(browser.authorize(prompt="login"))

    assert cookie(browser) != before
    assert city.is_alive(token)
    old = city.call("/account", headers={"Cookie": f"__Host-taipei-id-session={before}"})
    assert old.location == "/account/login"


def cookie(browser: Browser) -> str:
    found = browser.http.get_cookie("__Host-taipei-id-session", "id.example.invalid")
    return "" if found is None else found.value


def test_a_cookie_planted_beforehand_is_never_the_session(city: City) -> None:
    browser = Browser(city)
    planted = "a" * 43
    browser.http.set_cookie("__Host-taipei-id-session", planted, domain="id.example.invalid")

    attempt(browser, password=make.PASSWORD)

    assert cookie(browser) not in {"", planted}


def test_another_member_logging_in_ends_what_was_issued_to_the_first(city: City) -> None:
    city.enrol("lin")
    browser = Browser(city)
    token = browser.tokens()["access_token"]

    browser.log_in(browser.authorize(prompt="login"), "lin")

    assert not city.is_alive(token)


@pytest.mark.parametrize(
    ("shared", "minutes", "inside"),
    [("yes", 9, True), ("yes", 10, False), ("", 119, True), ("", 120, False)],
)
def test_a_session_ends_by_itself(city: City, shared: str, minutes: int, *, inside: bool) -> None:
    browser = Browser(city)
    page = browser.get("/account/login")
    browser.submit(page, login_id="mei.chen", password=make.PASSWORD, shared_computer=shared)

    city.wait(minutes=minutes)

    assert (browser.get("/account").status_code == 200) == inside


def test_a_session_in_use_lasts_twelve_hours_at_most(city: City) -> None:
    browser = Browser(city)
    attempt(browser, password=make.PASSWORD)

    hours = []
    for _ in range(13):
        city.wait(hours=1)
        hours.append(browser.get("/account").status_code == 200)

    assert hours == [True] * 11 + [False] * 2


@pytest.mark.clause("6(1)")
def test_a_suspended_member_is_signed_out_at_once(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()

    city.set_standing(Standing.SUSPENDED)

    assert browser.get("/account").location == "/account/login"
    told = answer(browser.get("/authorize", authorization(prompt="none")))
    assert told["error"] == "login_required"


@pytest.mark.refusal("login.busy")
@one_database
def test_when_all_places_for_hashing_are_taken_people_are_asked_to_wait(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Hasher(parallel=1, cost=make.QUICK, patience_seconds=0)
    adapter = city.app.extensions["taipei_id"].adapters["password"]
    monkeypatch.setattr(adapter, "hasher", busy)

    with busy._place():
        response = attempt(Browser(city), password=make.PASSWORD)

    assert "現在登入的人很多" in response.text
    assert is_in(attempt(Browser(city), password=make.PASSWORD))


@one_database
def test_who_is_signed_in_needs_no_login_page(city: City) -> None:
    browser = Browser(city)
    attempt(browser, password=make.PASSWORD)

    assert browser.get("/account/login").location == "/account"
