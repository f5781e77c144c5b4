"""Two workers at once: what may happen once happens once, and nobody is logged out by chance."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from idp import grants
from idp.models import GrantEnd
from tests.flows.browser import Browser, answer, hidden, is_at_client
from tests.flows.provider import City
from web import sessions

WORKERS = 4
T = TypeVar("T")


def at_once(work: Callable[[], T], workers: int = WORKERS) -> list[T]:
    """Do the same from several threads, all let go together."""
    barrier = Barrier(workers)

    def run() -> T:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(workers) as threads:
        return [done.result() for done in [threads.submit(run) for _ in range(workers)]]


@pytest.mark.pyop_row(3)
@pytest.mark.parametrize("_attempt", range(3))
def test_of_several_exchanges_of_one_code_one_succeeds_and_is_taken_back(
    city: City, _attempt: int
) -> None:
    code = Browser(city).code()

    responses = at_once(lambda: city.exchange(code))

    assert sorted(each.status_code for each in responses) == [200, 400, 400, 400]
    won = next(each for each in responses if each.status_code == 200).get_json()
    assert not city.is_alive(won["access_token"])
    assert city.refresh(won["refresh_token"]).status_code == 400


@pytest.mark.parametrize("_attempt", range(3))
def test_racing_refreshes_all_get_tokens_that_live(city: City, _attempt: int) -> None:
    token = Browser(city).tokens()["refresh_token"]

    responses = at_once(lambda: city.refresh(token))

    assert [each.status_code for each in responses] == [200] * WORKERS
    city.wait(seconds=31)
    for each in responses:
        assert city.is_alive(each.get_json()["access_token"])
        assert city.refresh(each.get_json()["refresh_token"]).status_code == 200


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("silently", [True, False])
def test_a_code_written_while_the_member_signs_out_is_worth_nothing(
    city: City, *, silently: bool
) -> None:
    browser, member_id = Browser(city), city.member_id()
    browser.sign_in()
    page = None if silently else browser.authorize(prompt="consent")
    waiting = [member_id]

    def sign_out(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("INSERT INTO authorization_grant") and waiting:
            waiting.clear()
            with city.database() as other:
                sessions.end_all(other, member_id=member_id)
                grants.end_for_member(other, member_id, reason=GrantEnd.LOGGED_OUT, now=city.now)

    engine = city.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", sign_out)
    try:
        response = browser.authorize() if page is None else browser.consent(page)
    finally:
        event.remove(engine, "before_cursor_execute", sign_out)

    assert not waiting
    assert error(city.exchange(answer(response)["code"])) == "invalid_grant"


def error(response: TestResponse) -> str:
    assert response.status_code == 400, response.text
    return str(response.get_json()["error"])


def test_of_two_tabs_that_finish_one_interaction_one_gets_a_code(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())
    form = {**hidden(page), "decision": "allow", "duration": "90d"}
    cookies = "; ".join(
        f"{each.key}={each.value}"
        for name in ("browser", "session")
        if (each := browser.http.get_cookie(f"__Host-taipei-id-{name}", "id.example.invalid"))
    )

    responses = at_once(lambda: city.call(page.request.path, form, headers={"Cookie": cookies}))

    answers = [answer(each) for each in responses if is_at_client(each)]
    assert [list(each) for each in answers] == [["code", "state", "session_state", "iss"]]
    assert city.exchange(answers[0]["code"]).status_code == 200
