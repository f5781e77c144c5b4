"""The member's own pages: everything of mine, nothing of anybody else's."""

from uuid import UUID

import pytest
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from clients import registry
from tests import make
from tests.flows.browser import Browser, answer, authorization, hidden
from tests.flows.provider import City
from web import sessions
from web.models import BrowserSession

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = ("/account", "/account/consents", "/account/sessions", "/account/password")
NEW = "a new umbrella for 2027"


@pytest.fixture
def mei(city: City) -> Browser:
    browser = Browser(city)
    browser.sign_in()
    return browser


@pytest.fixture
def lin(city: City) -> Browser:
    city.enrol("lin", name="林大同")
    browser = Browser(city)
    browser.sign_in(login="lin")
    return browser


def purpose_id(city: City, code: str = "library-card") -> str:
    with city.database() as session:
        library = registry.get(session, "library")  # another client calls a purpose so, too
        return str(next(each.id for each in library.purposes if each.code == code))


def session_id(city: City, login: str = "mei.chen") -> str:
    member = city.member_id(login)
    with city.database() as session:
        mine = select(BrowserSession.id).where(BrowserSession.member_id == member)
        return str(session.scalars(mine.order_by(BrowserSession.created_at)).first())


def send(browser: Browser, path: str, **fields: str) -> TestResponse:
    return browser.post(path, {**hidden(browser.get("/nothing")), **fields})


def change(browser: Browser, **fields: str) -> TestResponse:
    form = {
        "current_password": make.PASSWORD,
        "new_password": NEW,
        "repeat_password": NEW,
        **fields,
    }
    return send(browser, "/account/password", **form)


@pytest.mark.parametrize("path", PAGES)
@one_database
def test_a_stranger_is_sent_to_log_in(city: City, path: str) -> None:
    browser = Browser(city)

    assert browser.get(path).location == "/account/login"
    assert send(browser, "/account/sessions/end").location == "/account/login"


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_show_nobody_else(city: City, mei: Browser, lin: Browser, path: str) -> None:
    hers, his = mei.get(path), lin.get(path)

    assert hers.status_code == his.status_code == 200
    assert "陳○玉" in hers.text
    assert "林○同" in his.text
    for other in ("林○同", session_id(city, "lin")):
        assert other not in hers.text
    assert hers.headers["Cache-Control"] == "no-store"


def test_somebody_elses_session_is_not_there(city: City, mei: Browser, lin: Browser) -> None:
    response = send(lin, f"/account/sessions/{session_id(city)}/end")

    assert response.status_code == 404
    assert mei.get("/account").status_code == 200


def test_somebody_elses_consent_is_not_there(city: City, mei: Browser) -> None:
    city.enrol("wu")
    wu = Browser(city)
    wu.log_in(wu.get("/account/login"), "wu")
    path = f"/account/consents/{purpose_id(city)}/withdraw"

    assert wu.get(path).status_code == 404
    assert send(wu, path).status_code == 404
    assert answer(mei.get("/authorize", authorization(prompt="none")))["code"]


def test_a_consent_shows_who_for_what_which_claims_and_until_when(mei: Browser) -> None:
    text = mei.get("/account/consents").text

    for words in ("圖書館", "借閱證", "姓名", "出生日期", "民國116年2月21日"):
        assert words in text


@pytest.mark.clause("10(3)")
def test_withdrawing_asks_once_more_then_ends_it_and_remembers(city: City, mei: Browser) -> None:
    tokens = mei.tokens()
    page = mei.get(f"/account/consents/{purpose_id(city)}/withdraw")

    done = mei.follow(mei.submit(page))

    assert city.userinfo(tokens["access_token"]).status_code == 401
    assert "您撤回了" in done.text
    assert mei.get(page.request.path).status_code == 404
    told = answer(mei.get("/authorize", authorization(prompt="none")))
    assert told["error"] == "consent_required"


def test_withdrawing_one_purpose_leaves_the_others(city: City, mei: Browser) -> None:
    other = mei.tokens(scope="openid purpose:reading-room")

    mei.submit(mei.get(f"/account/consents/{purpose_id(city)}/withdraw"))

    assert city.is_alive(other["access_token"])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_signing_out_twice_at_once_is_signing_out(city: City, mei: Browser) -> None:
    form = hidden(mei.get("/account"))
    here = [UUID(session_id(city))]

    def press(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("DELETE FROM browser_session") and here:
            with city.database() as other:
                sessions.end(other, here.pop(), member_id=city.member_id())

    engine = city.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", press)
    try:
        response = mei.post("/account/logout", form)
    finally:
        event.remove(engine, "before_cursor_execute", press)

    assert (response.status_code, here) == (303, [])
    assert mei.get("/account").status_code == 303


def test_ending_one_session_ends_what_was_issued_in_it(city: City, mei: Browser) -> None:
    there = Browser(city)
    city.wait(seconds=1)
    token, kept = there.tokens()["access_token"], mei.tokens()["access_token"]
    listed = mei.get("/account/sessions").text
    paths = [part.split('"')[0] for part in listed.split('action="/account/sessions/')[1:]]
    other = next(path for path in paths if session_id(city) not in path and path != "end")

    mei.post(f"/account/sessions/{other}", hidden(mei.get("/nothing")))

    assert not city.is_alive(token)
    assert city.is_alive(kept)
    assert there.get("/account").location == "/account/login"


def test_signing_out_everywhere_includes_here(city: City, mei: Browser, lin: Browser) -> None:
    there = Browser(city)
    tokens = [there.tokens()["access_token"], mei.tokens()["access_token"]]
    his = lin.tokens()["access_token"]

    response = send(mei, "/account/sessions/end")

    assert response.location == "/account/login"
    assert [city.is_alive(each) for each in tokens] == [False, False]
    assert [each.get("/account").status_code for each in (mei, there)] == [303, 303]
    assert city.is_alive(his)


def test_signing_out_here_ends_what_was_issued_here(city: City, mei: Browser) -> None:
    token = mei.tokens()["access_token"]

    response = send(mei, "/account/logout")

    assert response.location == "/"
    assert not city.is_alive(token)


def test_signing_out_of_what_has_run_out_ends_what_was_issued_here(
    city: City, mei: Browser
) -> None:
    tokens, form = mei.tokens(), hidden(mei.get("/account"))
    city.wait(hours=3)

    response = mei.post("/account/logout", form)

    assert response.location == "/"
    assert city.refresh(tokens["refresh_token"]).status_code == 400
    assert mei.get("/logout").status_code == 200
    assert "decision" not in mei.get("/logout").text


def test_a_new_password_ends_every_other_session_and_what_was_issued_there(
    city: City, mei: Browser
) -> None:
    there = Browser(city)
    token, kept = there.tokens()["access_token"], mei.tokens()["access_token"]

    response = change(mei)

    assert response.location.startswith("/account")
    assert not city.is_alive(token)
    assert there.get("/account").location == "/account/login"
    assert city.is_alive(kept)


def test_a_new_password_ends_what_a_forgotten_session_left_behind(city: City, mei: Browser) -> None:
    there = Browser(city)
    refresh_token = there.tokens()["refresh_token"]
    with city.database() as session:  # as `taipei-id purge` does a day after a session ran out
        newest = select(BrowserSession).order_by(BrowserSession.id.desc())
        session.delete(session.scalars(newest).first())

    change(mei)

    assert city.refresh(refresh_token).status_code == 400


def test_the_new_password_works_and_the_old_one_does_not(city: City, mei: Browser) -> None:
    change(mei)

    def log_in(password: str) -> int:
        browser = Browser(city)
        page = browser.get("/account/login")
        return browser.submit(page, login_id="mei.chen", password=password).status_code

    assert (log_in(make.PASSWORD), log_in(NEW)) == (200, 303)


@pytest.mark.parametrize(
    "fields",
    [
        {"current_password": "wrong password"},
        {"repeat_password": NEW + "x"},
        {"new_password": "short", "repeat_password": "short"},
        {"new_password": make.PASSWORD, "repeat_password": make.PASSWORD},
        {"new_password": "x" * 1_025, "repeat_password": "x" * 1_025},
        {"new_password": "", "repeat_password": ""},
    ],
)
@one_database
def test_a_password_that_will_not_do_changes_nothing(
    city: City, mei: Browser, fields: dict[str, str]
) -> None:
    there = Browser(city)
    token = there.tokens()["access_token"]

    response = change(mei, **fields)

    assert response.status_code == 422
    assert 'class="error"' in response.text
    assert city.is_alive(token)


def test_guessing_the_present_password_is_locked_too(city: City, mei: Browser) -> None:
    for _ in range(5):
        change(mei, current_password="wrong password")

    response = change(mei)

    assert response.status_code == 422
    assert "嘗試太多次" in response.text


@one_database
def test_a_merchants_consent_and_an_ended_client_do_not_break_the_list(
    city: City, mei: Browser
) -> None:
    offer = make.a_purpose_form(claims=[make.a_claim_form("name")])
    city.register("till", kind="merchant", sector="till.invalid", purposes=[offer])
    mei.sign_in("till")
    with city.database() as session:
        registry.get(session, "till").disabled_at = city.now
    city.wait(seconds=1)

    assert mei.get("/account/consents").status_code == 200
