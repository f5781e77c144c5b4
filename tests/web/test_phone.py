"""A phone signs another device in: scanned or typed, a number typed, one try, one phone."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place, Suspension
from idp import acr
from kernel import throttle
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.jobs import Job
from members.models import Standing
from tests import make
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import ISSUER, City
from tests.web.test_passkeys import a_passkey, ask, send
from web import handovers, losses
from web.handovers import Approver, Device
from web.models import BrowserSession, Handover

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CHROME = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"
STRONG, STRONGEST = acr.ACR[1], acr.ACR[2]
KEY = make.KEYRING.derive("handover/v1")


def demand(value: str = STRONG) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": [value]}}})


class Desk:
    """A browser at the library's sign-in, showing a code."""

    def __init__(self, city: City, **request: str) -> None:
        self.city = city
        self.browser = Browser(city)
        self.browser.http.environ_base["HTTP_USER_AGENT"] = CHROME
        page = self.browser.authorize(**request)
        self.path = page.request.path.rpartition("/")[0]
        self.show(page)

    def show(self, page: TestResponse) -> None:
        self.page = self.browser.follow(self.browser.post(f"{self.path}/phone", hidden(page)))

    @property
    def row(self) -> Handover:
        with self.city.database() as session:
            return session.scalars(select(Handover).order_by(Handover.id.desc())).first() or fail()

    @property
    def code(self) -> str:
        return handovers.code_of(self.row.id, key=KEY)

    @property
    def number(self) -> str:
        return handovers.number_of(self.row.id, key=KEY)

    def look(self) -> TestResponse:
        return self.browser.get(f"{self.path}/phone")

    def state(self) -> str:
        return str(self.browser.get(f"{self.path}/phone/state").get_json()["state"])

    def go_on(self, **more: str) -> TestResponse:
        form = {**hidden(self.browser.get("/nothing")), **more}
        return self.browser.follow(self.browser.post(f"{self.path}/phone/continue", form))


def fail() -> Handover:
    raise AssertionError("nothing waits")


def a_phone(city: City, login: str = "mei.chen") -> Browser:
    """Sign in on a phone by password."""
    browser = Browser(city)
    page = browser.get("/account/login")
    browser.submit(page, login_id=login, password=make.PASSWORD)
    return browser


def a_strong_phone(city: City) -> Browser:
    """Sign in on a phone by passkey."""
    browser, passkey = a_phone(city), a_passkey(city)
    nonce = ask(browser, "", "/account/carriers/options")
    send(browser, "/account/carriers/new", nonce, passkey.create(nonce), name="My phone")
    nonce = ask(browser, "confirm")
    send(browser, "/account/confirm/passkey", nonce, passkey.get(nonce, sign_count=1))
    return browser


def bind_a_passkey(city: City, login: str) -> None:
    """Tie a passkey to a member that no device has."""
    with city.database() as session:
        bindings.bind(
            session,
            member_id=city.member_id(login),
            kind=CarrierKind.PASSKEY,
            fingerprint=login,
            name="",
            where=Place.ACCOUNT,
            acr=acr.ACR[0],
            now=city.now,
        )


def decide(phone: Browser, desk: Desk, number: str | None = None, **more: str) -> TestResponse:
    """Scan the code, type the number the desk shows or another, and press the button."""
    page = phone.get("/phone", {"code": desk.code})
    assert page.status_code == 200, page.location
    form = {"number": desk.number if number is None else number, "decision": "approve", **more}
    return phone.follow(phone.submit(page, **form))


def kept(city: City, kind: Kind) -> list[dict[str, object]]:
    with city.database() as session:
        found = select(LedgerLine.detail).where(LedgerLine.kind == kind).order_by(LedgerLine.id)
        return [dict(detail) for detail in session.scalars(found)]


def test_a_phone_signs_the_other_device_in(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    assert desk.state() == "waiting"
    assert desk.number in desk.page.text

    told = decide(phone, desk)
    assert "請回到另一台裝置" in told.text
    assert desk.state() == "ready"
    assert "陳○玉" in desk.look().text
    page = desk.go_on()
    tokens = city.exchange(answer(desk.browser.consent(page))["code"]).get_json()

    claims = city.opened(tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == (acr.ACR[0], ["pwd", "mca"])
    assert kept(city, Kind.HANDED_OVER) == [{"browser": "Chrome, Windows", "answer": "approved"}]
    assert kept(city, Kind.LOGGED_IN)[-1]["method"] == "phone"
    footprint = desk.browser.get("/account/footprint").text
    assert "用手機讓另一台裝置登入" in footprint
    assert "用手機確認" in footprint
    with city.database() as session:
        letters = [job.payload["template"] for job in session.scalars(select(Job))]
    assert letters.count("login.new_browser") == 2  # the phone's, and the desk's


@one_database
def test_a_public_computer_is_signed_out_soon_however_its_visitor_came_in(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    decide(phone, desk)

    assert 'name="shared_computer"' in desk.look().text
    desk.go_on(shared_computer="yes")

    with city.database() as session:
        found = session.scalars(select(BrowserSession))
        lasting = {each.shared_computer: each.expires_at for each in found}
    assert lasting[True] <= city.now + timedelta(minutes=10) < lasting[False]


def test_the_picture_holds_an_address_of_ours_and_the_code(city: City) -> None:
    desk = Desk(city)

    assert f"{desk.code[:4]} {desk.code[4:]}" in desk.page.text
    assert ISSUER.removeprefix("https://") + "/phone" in desk.page.text
    assert '<svg class="qr"' in desk.page.text or 'class="qr"' in desk.page.text


@one_database
def test_the_phone_says_who_asks_and_from_where(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)

    page = phone.get("/phone", {"code": f" {desk.code[:4].lower()}-{desk.code[4:]} "})

    assert all(word in page.text for word in ("圖書館", "Chrome, Windows", "陳○玉"))
    assert f">{desk.number}<" not in page.text


@one_database
def test_who_is_not_signed_in_comes_back_to_the_code_after_signing_in(city: City) -> None:
    desk, phone = Desk(city), Browser(city)

    onward = f"/phone?code={desk.code}"
    login = phone.follow(phone.get(onward))
    assert f'name="next" value="{onward}"' in login.text
    wrong = phone.submit(login, login_id="mei.chen", password="wrong", next=onward)
    assert f'name="next" value="{onward}"' in wrong.text
    right = phone.submit(wrong, login_id="mei.chen", password=make.PASSWORD, next=onward)
    page = phone.follow(right)

    assert page.request.path == "/phone"
    assert "Chrome, Windows" in page.text
    assert phone.get("/account/login", {"next": "//elsewhere.invalid"}).location == "/account"


@one_database
def test_a_phone_signed_in_long_ago_proves_itself_again(city: City) -> None:
    phone = a_phone(city)
    city.wait(minutes=5)
    desk = Desk(city)

    asked = phone.get("/phone", {"code": desk.code})

    assert urlsplit(asked.location).path == "/account/confirm"
    assert parse_qs(urlsplit(asked.location).query)["next"] == [f"/phone?code={desk.code}"]


@one_database
def test_a_wrong_number_ends_the_matter(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    wrong = "10" if desk.number != "10" else "11"

    told = decide(phone, desk, wrong)

    assert "號碼不對" in told.text
    assert desk.state() == "stopped"
    assert "手機上擋下了" in desk.look().text
    assert phone.get("/phone", {"code": desk.code}).status_code == 410
    assert desk.go_on().request.path.endswith("/phone")
    assert kept(city, Kind.HANDOVER_STOPPED)[0]["answer"] == "wrong"


@one_database
def test_stopping_is_one_press_and_reported(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)

    told = decide(phone, desk, "", decision="stop")

    assert "已擋下" in told.text
    assert desk.state() == "stopped"
    with city.database() as session:
        entry = session.scalars(select(TrailEntry).where(TrailEntry.event == "handover.stopped"))
        assert entry.one().detail == {"reason": "stopped"}
    desk.show(desk.page)
    assert desk.state() == "waiting"


@one_database
def test_a_number_typed_with_a_chinese_keyboard_is_understood(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    wide = desk.number.translate({ord("0") + each: ord("０") + each for each in range(10)})

    assert "請回到另一台裝置" in decide(phone, desk, f" {wide}").text


@pytest.mark.refusal("handover.over")
@one_database
def test_codes_that_do_not_wait_look_alike(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    used = desk.code
    decide(phone, desk)
    old = Desk(city)
    old_code = old.code
    city.wait(seconds=120)

    told = {code: phone.get("/phone", {"code": code}) for code in (used, old_code, "7GK2M4QP", "?")}

    assert {page.status_code for page in told.values()} == {410}
    assert all("換一個新的" in page.text for page in told.values())
    assert old.state() == "over"
    assert "代碼過期了" in old.look().text
    assert phone.get("/phone").status_code == 200


@pytest.mark.refusal("login.locked")
@one_database
def test_codes_cannot_be_tried_one_by_one(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    for _ in range(10):
        phone.get("/phone", {"code": "7GK2M4QP"})

    assert phone.get("/phone", {"code": desk.code}).status_code == 429


@one_database
def test_a_yes_is_used_once_and_soon(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    decide(phone, desk)
    city.wait(seconds=120)
    assert desk.state() == "over"
    assert desk.go_on().request.path.endswith("/phone")

    desk.show(desk.page)
    decide(phone, desk)
    assert desk.go_on().request.path.endswith("/consent")
    assert not handovers.is_ready(desk.row, now=city.now)
    with city.database() as session, pytest.raises(Refused, match=r"^handover\.over$"):
        handovers.take(session, desk.row, here=None, now=city.now)


@one_database
def test_another_browser_gets_nothing_from_it(city: City) -> None:
    desk, phone, thief = Desk(city), a_phone(city), Browser(city)
    decide(phone, desk)

    form = hidden(thief.get("/nothing"))

    assert thief.get(f"{desk.path}/phone").status_code == 404
    assert thief.post(f"{desk.path}/phone/continue", form).status_code == 404
    assert thief.get("/account").status_code == 303


@one_database
def test_who_goes_on_without_a_yes_writes_no_more_lines_than_others_may(city: City) -> None:
    desk = Desk(city)

    for _ in range(throttle.ADDRESS.limit + 3):
        desk.go_on()

    with city.database() as session:
        failed = select(func.count()).where(TrailEntry.event == "login.failed")
        assert session.scalar(failed) == throttle.ADDRESS.limit


@one_database
def test_a_code_of_one_sign_in_does_nothing_for_another(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    decide(phone, desk)
    other = desk.browser.authorize("archive").request.path.rpartition("/")[0]

    response = desk.browser.post(f"{other}/phone/continue", hidden(desk.browser.get("/nothing")))

    assert desk.browser.follow(response).request.path.endswith("/login")


@pytest.mark.clause("2(8)2")
def test_a_passkey_on_the_phone_opens_a_card_service_on_the_desk(city: City) -> None:
    phone = a_strong_phone(city)
    desk = Desk(city, claims=demand())

    decide(phone, desk)
    page = desk.go_on()

    assert page.request.path.endswith("/consent")
    tokens = city.exchange(answer(desk.browser.consent(page))["code"]).get_json()
    claims = city.opened(tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == (STRONG, ["hwk", "user", "mfa", "mca"])


@pytest.mark.refusal("handover.too_weak")
@pytest.mark.clause("2(8)2")
@one_database
def test_a_password_on_the_phone_does_not(city: City) -> None:
    desk, phone = Desk(city, claims=demand()), a_phone(city)
    page = phone.get("/phone", {"code": desk.code})
    assert "要用通行密鑰才能確認" in page.text
    assert "phone_approve" not in page.text

    forced = phone.submit(page, number=desk.number, decision="approve")

    assert forced.status_code == 403
    assert desk.state() == "waiting"


@pytest.mark.clause("7(7)")
@one_database
def test_a_loss_ends_what_the_phone_opened_and_what_it_was_about_to(city: City) -> None:
    phone, desk = a_strong_phone(city), Desk(city)
    decide(phone, desk)
    desk.go_on()
    waiting = Desk(city)
    decide(phone, waiting)

    with city.database() as session:
        binding = session.scalars(select(Binding)).one()
        losses.suspend(session, binding.id, Suspension.LOST, language="en", now=city.now)

    assert desk.browser.get("/account").status_code == 303
    assert waiting.go_on().request.path.endswith("/phone")
    assert waiting.browser.get("/account").status_code == 303


@one_database
def test_who_may_not_sign_in_may_not_do_so_through_a_phone(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    decide(phone, desk)
    city.set_standing(Standing.SUSPENDED)

    assert desk.go_on().request.path.endswith("/phone")
    assert desk.browser.get("/account").status_code == 303


@one_database
def test_a_phone_steps_up_its_own_member_and_no_other(city: City) -> None:
    city.enrol("daming")
    bind_a_passkey(city, "daming")
    phone = a_strong_phone(city)
    for login, leads in (("mei.chen", "/consent"), ("daming", "/phone")):
        desk = Desk.__new__(Desk)
        desk.city, desk.browser = city, Browser(city)
        page = desk.browser.log_in(desk.browser.authorize(claims=demand()), login)
        assert "用手機登入" in page.text
        desk.path = page.request.path.rpartition("/")[0]
        desk.show(page)
        assert "用手機確認" in desk.page.text
        decide(phone, desk)

        assert desk.go_on().request.path.endswith(leads)
    assert kept(city, Kind.LOGIN_FAILED)[-1]["reason"] == "login.other_member"


@one_database
def test_what_no_phone_can_do_is_not_offered(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())
    path = page.request.path.rpartition("/")[0]
    form = hidden(page)

    assert browser.get(f"{path}/phone").location == path
    assert browser.post(f"{path}/phone", form).location == path
    assert browser.post(f"{path}/phone/continue", form).location == path


def test_a_phone_vouches_for_no_more_than_the_second_level() -> None:
    card = ("hwk", "sc", "pin", "mfa")

    assert acr.handed_over(STRONGEST, card) == acr.Assurance(STRONG, (*card, "mca"))
    assert acr.handed_over(STRONG, ("pwd", "mca")).amr == ("pwd", "mca")


def test_the_weakest_of_what_will_do_is_wanted() -> None:
    assert acr.weakest([STRONGEST, "urn:x", STRONG]) == STRONG
    assert acr.weakest(["urn:x"]) == acr.weakest([]) == ""


@given(st.uuids())
def test_numbers_have_two_digits_and_codes_eight_characters(handover_id: UUID) -> None:
    assert 10 <= int(handovers.number_of(handover_id, key=KEY)) <= 99
    assert len(handovers.code_of(handover_id, key=KEY)) == 8


@given(number=st.text(max_size=20), code=st.text(max_size=20))
@one_database
def test_whatever_is_typed_is_a_page_and_no_error(city: City, number: str, code: str) -> None:
    phone = a_phone(city)
    form = {**hidden(phone.get("/phone")), "number": number, "code": code, "decision": "approve"}

    assert phone.get("/phone", {"code": code}).status_code in {200, 410, 429}
    assert phone.post("/phone", form).status_code in {303, 410, 429}


def test_of_two_phones_one_wins(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        members = [make.a_member(session, login).id for login in ("one", "two")]
        place = Device(browser="b", place="p", client_id=None, wanted="", words="Chrome")
        handover_id = handovers.ask(session, place, key=KEY, now=make.NOON)
    number = handovers.number_of(handover_id, key=KEY)

    def approve(member_id: UUID) -> bool:
        by = Approver(
            member_id=member_id,
            acr=acr.ACR[0],
            amr=("pwd",),
            carrier_id=None,
            session_id=new_id(),
            authenticated_at=make.NOON,
        )
        try:
            with transaction(sessions) as session:
                code = handovers.code_of(handover_id, key=KEY)
                found = handovers.find(session, code, key=KEY, now=make.NOON)
                return handovers.approve(session, found, number, by=by, key=KEY, now=make.NOON)
        except Refused:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, members)) == [False, True]


def test_two_devices_with_the_same_code_get_different_ones(sessions: Sessions) -> None:
    place = Device(browser="b", place="p", client_id=None, wanted="", words="Chrome")
    drawn = iter([UUID(int=1), UUID(int=1), UUID(int=2)])
    with transaction(sessions) as session:
        for browser in ("one", "two"):
            other = Device(**{**vars(place), "browser": browser})
            handovers.ask(session, other, key=KEY, now=make.NOON, draw=lambda: next(drawn))

        assert len(session.scalars(select(Handover.code_hash)).all()) == 2
        assert session.scalars(select(BrowserSession)).all() == []


# How old and how strong what a phone opened is


@one_database
def test_what_a_phone_opened_is_as_old_as_the_phones_own_proof(city: City) -> None:
    phone, proven_at = a_phone(city), city.now
    city.wait(minutes=3)
    desk = Desk(city)
    decide(phone, desk)

    desk.go_on()

    with city.database() as session:
        ages = session.scalars(select(BrowserSession.authenticated_at)).all()
    assert set(ages) == {proven_at}


@one_database
def test_who_was_signed_in_by_a_phone_signs_nobody_else_in(city: City) -> None:
    desk, phone = Desk(city), a_strong_phone(city)
    decide(phone, desk)
    desk.go_on()

    third = Desk(city)
    asked = desk.browser.get("/phone", {"code": third.code})
    typed = {**hidden(desk.browser.get("/nothing")), "code": third.code, "number": third.number}
    desk.browser.post("/phone", {**typed, "decision": "approve"})

    assert urlsplit(asked.location).path == "/account/confirm"
    assert third.state() == "waiting"


@pytest.mark.parametrize("path", ["/account/carriers/new", "/account/password/new"])
@one_database
def test_a_phones_word_confirms_nothing_on_the_other_device(city: City, path: str) -> None:
    desk, phone = Desk(city), a_strong_phone(city)
    decide(phone, desk)
    desk.go_on()

    asked = desk.browser.get(path)
    page = desk.browser.follow(asked)

    assert urlsplit(asked.location).path == "/account/confirm"
    assert page.status_code == 200
    assert "在手機上辦理" in page.text
    assert phone.get(path).status_code == 200


@one_database
def test_whoever_has_only_a_password_confirms_with_it_there(city: City) -> None:
    desk, phone = Desk(city), a_phone(city)
    decide(phone, desk)
    desk.go_on()
    page = desk.browser.follow(desk.browser.get("/account/carriers/new"))
    assert page.request.path == "/account/confirm"

    confirmed = desk.browser.submit(page, password=make.PASSWORD, next="/account/carriers/new")

    assert desk.browser.follow(confirmed).request.path == "/account/carriers/new"


@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"max_age": "3600"}, {"max_age": "0"}])
@one_database
def test_a_client_that_wants_a_new_login_gets_one_from_the_phone_too(
    city: City, demand: dict[str, str]
) -> None:
    phone = a_phone(city)
    city.wait(minutes=3)
    desk = Desk(city, **demand)

    asked = phone.get("/phone", {"code": desk.code})
    assert urlsplit(asked.location).path == "/account/confirm"
    page = phone.follow(asked)
    phone.submit(page, password=make.PASSWORD)
    decide(phone, desk)
    page = desk.go_on()

    assert page.request.path.endswith("/consent")
    tokens = city.exchange(answer(desk.browser.consent(page))["code"]).get_json()
    assert city.opened(tokens["id_token"]).get("auth_time") in {None, int(city.now.timestamp())}


# What ends a phone's word


def _sign_out_everywhere(browser: Browser) -> None:
    browser.post("/account/sessions/end", hidden(browser.get("/account/sessions")))


def _sign_the_phone_out(browser: Browser) -> None:
    with browser.city.database() as session:
        newest = session.scalars(select(BrowserSession.id).order_by(BrowserSession.id.desc()))
        phone = newest.first()
    form = hidden(browser.get("/account/sessions"))
    assert browser.post(f"/account/sessions/{phone}/end", form).status_code == 303


def _change_the_password(browser: Browser) -> None:
    new = "a new sentence for tests 2026"
    fields = {"current_password": make.PASSWORD, "new_password": new, "repeat_password": new}
    assert browser.submit(browser.get("/account/password"), **fields).status_code == 303


def _disown(browser: Browser) -> None:
    page = browser.get("/account/footprint").text
    address = re.findall(r'href="(/account/footprint/[^"]+/not-me)"', page)[0]
    browser.submit(browser.get(address))


@pytest.mark.parametrize(
    "end", [_sign_out_everywhere, _sign_the_phone_out, _change_the_password, _disown]
)
def test_a_word_ends_with_the_session_that_gave_it(
    city: City, end: Callable[[Browser], None]
) -> None:
    mine = a_phone(city)
    thief, desk = a_phone(city), Desk(city)
    decide(thief, desk)
    assert desk.state() == "ready"

    end(mine)

    assert desk.go_on().request.path.endswith("/phone")
    assert desk.browser.get("/account").status_code == 303


@pytest.mark.parametrize("_attempt", range(3))
def test_a_word_used_while_everything_ends_opens_nothing(city: City, _attempt: int) -> None:
    mine, thief, desk = a_phone(city), a_phone(city), Desk(city)
    decide(thief, desk)

    with ThreadPoolExecutor(2) as pool:
        used = pool.submit(desk.go_on)
        _sign_out_everywhere(mine)
        used.result()

    assert desk.browser.get("/account").status_code == 303
