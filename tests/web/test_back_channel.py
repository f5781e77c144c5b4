"""Wherever a sign-in ends, the clients that want to know are told, and nobody else."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from sqlalchemy import Engine, select
from sqlalchemy import delete as delete_rows

from clients import registry
from clients.keys import ClientKeys
from clients.models import FetchedKeys
from idp import back_channel, sign_outs
from idp.grants import end_for_sessions
from idp.models import Grant, GrantEnd
from idp.signing import SignatureInvalid
from kernel.db import Sessions, transaction
from kernel.jobs import Job
from kernel.outgoing import AddressForbidden, Answer, CallFailed
from members import leaving
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.idp.test_encryption import EC, SIGNS, Site, public
from tests.idp.test_encryption import opened as decrypted
from tests.web.outbox import World
from tests.web.test_withdrawal import withdraw
from web import closing

ADDRESS = "https://library.invalid/logout"
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def told(city: City) -> World:
    """Let the client `books` be told, beside the two that are not."""
    city.register("books", sector="books.invalid", backchannel_logout_uri=ADDRESS)
    world = World(city)
    world.answer = Answer(200, b"")
    return world


@pytest.fixture
def browser(city: City) -> Browser:
    return Browser(city)


def signed_in(city: City, browser: Browser, client_id: str = "books") -> dict[str, Any]:
    """Return the claims of a fresh id_token."""
    return city.opened(browser.tokens(client_id)["id_token"])


def logout_tokens(world: World) -> list[dict[str, Any]]:
    """Do what is due and return the claims of the logout tokens that left, signatures verified."""
    world.work_off()
    found = []
    for url, body, content_type in world.calls:
        assert (url, content_type) == (ADDRESS, "application/x-www-form-urlencoded")
        (token,) = parse_qs(body.decode(), strict_parsing=True)["logout_token"]
        found.append(opened(world.city, token))
    return found


def opened(city: City, token: str) -> dict[str, Any]:
    rooms = city.app.extensions["taipei_id"]
    with city.database() as session:
        keys = rooms.provider.keys.signer(session, now=city.now)._all
    read = jwt.decode(token, keys, algorithms=["ES256", "RS256"])
    assert read.header["typ"] == "logout+jwt"
    return dict(read.claims)


def sign_out(browser: Browser) -> None:
    page = browser.get("/logout")
    assert "已登出" in browser.submit(page, decision="yes").text


def sign_out_in_the_account(browser: Browser) -> None:
    token = hidden(browser.get("/account"))
    assert browser.post("/account/logout", token).status_code == 303


def sign_out_everywhere(browser: Browser) -> None:
    token = hidden(browser.get("/account/sessions"))
    assert browser.post("/account/sessions/end", token).status_code == 303


def sign_out_elsewhere(browser: Browser) -> None:
    """End this browser's session from another browser, by changing the password there."""
    other = Browser(browser.city)
    page = other.get("/account/login")
    other.submit(page, login_id="mei.chen", password=make.PASSWORD)
    new = "a new sentence for tests 2026"
    response = other.submit(
        other.get("/account/password"),
        current_password=make.PASSWORD,
        new_password=new,
        repeat_password=new,
    )
    assert response.status_code == 303


def disown(browser: Browser) -> None:
    page = browser.get("/account/footprint").text
    line = page.split('/not-me"', 1)[0].rsplit("/", 1)[1]
    response = browser.submit(browser.get(f"/account/footprint/{line}/not-me"))
    assert response.status_code == 303


def pause(browser: Browser) -> None:
    token = hidden(browser.get("/account/confirm"))
    browser.post("/account/confirm", {**token, "password": make.PASSWORD, "next": "/account/pause"})
    response = browser.submit(browser.get("/account/pause"))
    assert response.status_code == 303


def delete(browser: Browser) -> None:
    """Let the account be deleted, its day being today."""
    city = browser.city
    with city.database() as session:
        leaving.ask(session, city.member_id(), wait=timedelta(), language="en", now=city.now)
    assert closing.run(city.app.extensions["taipei_id"], now=city.now) == 1


ENDS: dict[str, tuple[Callable[[Browser], None], GrantEnd | None]] = {
    "the logout page": (sign_out, GrantEnd.LOGGED_OUT),
    "the account": (sign_out_in_the_account, GrantEnd.LOGGED_OUT),
    "everywhere": (sign_out_everywhere, GrantEnd.LOGGED_OUT),
    "a new password": (sign_out_elsewhere, GrantEnd.LOGGED_OUT),
    "not me": (disown, GrantEnd.LOGGED_OUT),
    "withdrawal": (withdraw, GrantEnd.WITHDRAWN),
    "a pause": (pause, GrantEnd.STANDING),
    "deletion": (delete, None),  # the grant itself is gone
}


@pytest.mark.parametrize("how", ENDS)
@one_database
def test_the_client_is_told_by_the_name_it_knows(
    city: City, browser: Browser, told: World, how: str
) -> None:
    known = signed_in(city, browser)
    end, reason = ENDS[how]

    end(browser)

    (said,) = logout_tokens(told)
    assert (said["sub"], said["sid"]) == (known["sub"], known["sid"])
    assert (said["iss"], said["aud"]) == (known["iss"], "books")
    assert said["events"] == {back_channel.EVENT: {}}
    assert said["exp"] - said["iat"] <= 120
    assert "nonce" not in said
    with city.database() as session:
        ended = session.scalars(select(Grant.end_reason)).all()
    assert ended == ([] if reason is None else [reason])


def test_the_word_leaves_with_the_logout_on_both_databases(
    city: City, browser: Browser, told: World
) -> None:
    signed_in(city, browser)

    sign_out(browser)

    assert len(logout_tokens(told)) == 1


@pytest.mark.clause("10(3)")
@one_database
def test_two_clients_know_one_session_by_names_that_nobody_can_join(
    city: City, browser: Browser, told: World
) -> None:
    city.register("maps", sector="maps.invalid", backchannel_logout_uri=ADDRESS)
    known = [signed_in(city, browser, each) for each in ("books", "maps")]

    sign_out(browser)

    said = logout_tokens(told)
    assert len({each[name] for each in known for name in ("sub", "sid")}) == 4
    assert {each["sid"] for each in said} == {each["sid"] for each in known}


@one_database
def test_several_sign_ins_of_one_session_are_one_word(
    city: City, browser: Browser, told: World
) -> None:
    known = {signed_in(city, browser)["sid"] for _ in range(3)}

    sign_out(browser)

    assert [each["sid"] for each in logout_tokens(told)] == list(known)


@one_database
def test_another_browser_stays_signed_in_where_only_one_left(
    city: City, browser: Browser, told: World
) -> None:
    stays = Browser(city)
    other = signed_in(city, stays)
    known = signed_in(city, browser)

    sign_out(browser)

    assert other["sub"] == known["sub"]
    assert [each["sid"] for each in logout_tokens(told)] == [known["sid"]] != [other["sid"]]


@pytest.mark.clause("10(4)")
@one_database
def test_a_stranger_stays_a_stranger_in_each_word(city: City, browser: Browser) -> None:
    form = make.a_shop_form(backchannel_logout_uri=ADDRESS)
    city.register("cafe", sector="cafe.invalid", **form)
    world = World(city)
    world.answer = Answer(204, b"")
    asked = {"scope": "openid purpose:senior-10-percent"}
    visits = [city.opened(browser.tokens("cafe", **asked)["id_token"]) for _ in range(2)]

    sign_out(browser)

    said = logout_tokens(world)
    assert len({each["sub"] for each in visits} | {each["sid"] for each in visits}) == 4
    assert {(each["sub"], each["sid"]) for each in said} == {
        (each["sub"], each["sid"]) for each in visits
    }


@one_database
def test_who_never_redeemed_the_code_knows_nobody_and_is_told_nothing(
    city: City, browser: Browser, told: World
) -> None:
    code = browser.code("books")

    sign_out(browser)

    assert logout_tokens(told) == []
    assert city.exchange(code, "books").status_code == 400


@one_database
def test_a_client_without_an_address_gets_neither_a_word_nor_a_sid(
    city: City, browser: Browser, told: World
) -> None:
    known = city.opened(browser.tokens("library")["id_token"])

    sign_out(browser)

    assert "sid" not in known
    assert [job.kind for job in told.jobs() if job.kind == sign_outs.KIND] == []


@one_database
def test_a_client_that_revoked_its_token_is_told_all_the_same(
    city: City, browser: Browser, told: World
) -> None:
    tokens = browser.tokens("books")
    city.revoke(tokens["refresh_token"], "books")

    sign_out(browser)

    (said,) = logout_tokens(told)
    assert said["sid"] == city.opened(tokens["id_token"])["sid"]
    with city.database() as session:
        assert session.scalars(select(Grant.end_reason)).all() == [GrantEnd.REVOKED]


@one_database
def test_tokens_long_dead_do_not_keep_a_client_from_being_told(
    city: City, browser: Browser, told: World
) -> None:
    known = signed_in(city, browser)
    city.wait(days=3)
    fresh = Browser(city)
    fresh.submit(fresh.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)

    sign_out_everywhere(fresh)

    assert [each["sid"] for each in logout_tokens(told)] == [known["sid"]]


@one_database
def test_nobody_is_told_twice(city: City, browser: Browser, told: World) -> None:
    signed_in(city, browser)
    withdraw(browser)
    sign_out(browser)
    fresh = Browser(city)
    fresh.submit(fresh.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    sign_out_everywhere(fresh)

    assert len(logout_tokens(told)) == 1


# The way out


@pytest.mark.parametrize(
    "answer", [CallFailed("call.no_connection"), Answer(400, b"{}"), Answer(503, b"")]
)
@one_database
def test_what_is_not_taken_is_tried_again_with_a_new_token(
    city: City, browser: Browser, told: World, answer: Answer | CallFailed
) -> None:
    signed_in(city, browser)
    sign_out(browser)
    told.answer = answer
    told.work_off()
    city.wait(hours=20)
    told.answer = Answer(200, b"")

    said = logout_tokens(told)

    first, second = said
    assert first["jti"] != second["jti"]
    assert second["iat"] == int(city.now.timestamp())
    assert second["sid"] == first["sid"]


@one_database
def test_an_address_we_must_not_call_is_set_aside_for_an_operator(
    city: City, browser: Browser, told: World
) -> None:
    signed_in(city, browser)
    sign_out(browser)
    told.answer = AddressForbidden("call.private_address")

    told.work_off()

    (job,) = (job for job in told.jobs() if job.kind == sign_outs.KIND)
    assert (job.failed_at, job.last_error) == (city.now, "call.private_address")
    assert "陳" not in str(job.payload)


@one_database
def test_a_client_that_left_meanwhile_is_not_called(
    city: City, browser: Browser, told: World
) -> None:
    signed_in(city, browser)
    sign_out(browser)
    with city.database() as session:
        registry.get(session, "books").disabled_at = city.now
    city.wait(seconds=2)

    assert logout_tokens(told) == []
    assert all(job.done_at for job in told.jobs() if job.kind == sign_outs.KIND)


@one_database
def test_a_logout_token_is_no_id_token(city: City, browser: Browser, told: World) -> None:
    signed_in(city, browser)
    sign_out(browser)
    told.work_off()
    (token,) = parse_qs(told.calls[0][1].decode())["logout_token"]

    with pytest.raises(SignatureInvalid):
        city.opened(token)
    assert Browser(city).authorize(id_token_hint=token).status_code == 303


@one_database
def test_a_sign_in_without_a_session_is_told_by_its_name_alone(
    city: City, browser: Browser, told: World
) -> None:
    known = signed_in(city, browser)
    with city.database() as session:
        session.scalars(select(Grant)).one().session_id = None

    sign_out_everywhere(browser)

    (said,) = logout_tokens(told)
    assert said["sub"] == known["sub"]
    assert "sid" not in said


@one_database
def test_who_needs_the_session_named_is_not_told_of_one_that_has_none(
    city: City, browser: Browser, told: World
) -> None:
    city.register(
        "strict",
        sector="strict.invalid",
        backchannel_logout_uri=ADDRESS,
        backchannel_logout_session_required=True,
    )
    for client_id in ("books", "strict"):
        signed_in(city, browser, client_id)
    with city.database() as session:
        for grant in session.scalars(select(Grant)):
            grant.session_id = None

    sign_out_everywhere(browser)

    (said,) = logout_tokens(told)
    assert said["aud"] == "books"


def test_two_logouts_at_once_are_one_word(
    city: City, browser: Browser, told: World, sessions: Sessions, database: Engine
) -> None:
    signed_in(city, browser)
    with city.database() as session:
        found = session.scalars(select(Grant.session_id)).all()
    session_ids = [each for each in found if each is not None]
    start = Barrier(2)

    def end() -> None:
        start.wait()
        with transaction(sessions) as own:
            end_for_sessions(own, session_ids, reason=GrantEnd.LOGGED_OUT, now=city.now)

    racing = [Thread(target=end) for _ in range(2)]
    for each in racing:
        each.start()
    for each in racing:
        each.join()

    with city.database() as session:
        assert len(session.scalars(select(Job).where(Job.kind == sign_outs.KIND)).all()) == 1


# Clients whose id_tokens are encrypted


def encrypting(city: City, **form: Any) -> Browser:  # forms are JSON
    """Sign in at a client that encrypts; return the browser."""
    how = {"id_token_encryption": {"alg": "ECDH-ES"}, "backchannel_logout_uri": ADDRESS}
    city.register("sealed", sector="sealed.invalid", **how, **form)
    browser = Browser(city)
    browser.tokens("sealed")
    return browser


def logout_token(world: World) -> str:
    ((_, body, _),) = world.calls
    (token,) = parse_qs(body.decode())["logout_token"]
    return token


@one_database
def test_who_reads_encrypted_id_tokens_is_told_in_an_encrypted_logout_token(city: City) -> None:
    world = World(city, answer=Answer(200, b""))
    sign_out(encrypting(city, jwks=public(SIGNS, EC)))

    world.work_off()

    header, inner = decrypted(logout_token(world), EC, "ECDH-ES")
    assert header["cty"] == "JWT"
    assert opened(city, inner)["events"] == {back_channel.EVENT: {}}


@one_database
def test_who_publishes_no_key_to_encrypt_for_is_told_once_it_does(city: City) -> None:
    site, world = Site(SIGNS, EC), World(city, answer=Answer(200, b""))
    city.app.extensions["taipei_id"].provider.client_keys = ClientKeys(city.sessions, site)
    sign_out(encrypting(city, jwks_uri="https://sealed.invalid/jwks.json"))
    with city.database() as session:
        session.execute(delete_rows(FetchedKeys))
    site.keys = (SIGNS,)

    world.work_off()
    assert world.calls == []
    site.keys = (EC,)
    city.wait(minutes=5)
    world.work_off()

    assert decrypted(logout_token(world), EC, "ECDH-ES")
