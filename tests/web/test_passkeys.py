"""Passkeys over HTTP, with one made of software: sign in, step up, add, lose, remove."""

import base64
import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from adapters.passkey.models import Passkey as Row
from adapters.passkey.naming import handle_of
from audit.models import LedgerLine
from carriers.models import Binding, Suspension
from kernel.jobs import Job
from members.models import Standing
from tests import make
from tests.authenticator import Passkey
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import ISSUER, City
from web import challenges
from web.models import OpenChallenge

STRONG = "urn:taipei-id:acr:2"
DEMAND = json.dumps({"id_token": {"acr": {"essential": True, "values": [STRONG]}}})
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def a_passkey(city: City, login: str = "mei.chen", **changes: Any) -> Passkey:
    # fields of a passkey, of several types
    handle = handle_of(city.member_id(login))
    host = ISSUER.removeprefix("https://")
    return replace(Passkey(handle=handle, origin=ISSUER, host=host), **changes)


def token(browser: Browser) -> str:
    return hidden(browser.get("/nothing"))["csrf_token"]


def nonce_of(response: TestResponse) -> str:
    assert response.status_code == 200, response.text
    challenge: str = response.get_json()["challenge"]
    return base64.urlsafe_b64decode(challenge + "==").decode()


def ask(browser: Browser, place: str, url: str = "/passkey/options") -> str:
    return nonce_of(browser.post(url, {"csrf_token": token(browser), "place": place}))


def place_of(page: TestResponse) -> str:
    found = re.search(r'data-place="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def send(browser: Browser, url: str, nonce: str, credential: str, **more: str) -> TestResponse:
    form = {"csrf_token": token(browser), "challenge": nonce, "credential": credential, **more}
    return browser.post(url, form)


def sign_in(
    browser: Browser, passkey: Passkey, url: str = "/account/login/passkey", place: str = "account"
) -> TestResponse:
    nonce = ask(browser, place)
    return send(browser, url, nonce, passkey.get(nonce))


def sign_in_by_password(browser: Browser, login: str = "mei.chen") -> None:
    page = browser.get("/account/login")
    response = browser.submit(page, login_id=login, password=make.PASSWORD)
    assert response.location == "/account", response.text


def add(browser: Browser, passkey: Passkey, **more: str) -> TestResponse:
    nonce = ask(browser, "", "/account/carriers/options")
    return send(browser, "/account/carriers/new", nonce, passkey.create(nonce), **more)


def enrolled(city: City, **changes: Any) -> Passkey:  # fields of a passkey
    """Give mei.chen a passkey, from another browser."""
    browser, passkey = Browser(city), a_passkey(city, **changes)
    sign_in_by_password(browser)
    assert add(browser, passkey, name="My phone").location == "/account/carriers?done=carrier"
    return passkey


def carrier(city: City) -> Binding:
    with city.database() as session:
        return session.scalars(select(Binding)).one()


def kinds(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)))


def mails(city: City) -> list[str]:
    with city.database() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "mail.send").order_by(Job.id))
        return [job.payload["template"] for job in jobs]


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


# Signing in


@pytest.mark.clause("2(8)7")
def test_a_passkey_signs_in_and_is_worth_acr_2(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    page = browser.authorize(claims=DEMAND)
    place = place_of(page)

    sign_in(browser, passkey, page.request.path.replace("/login", "/passkey"), place)

    page = browser.follow(browser.get(page.request.path))
    tokens = city.exchange(answer(browser.consent(page, "birthdate"))["code"]).get_json()
    claims = city.opened(tokens["id_token"])
    assert claims["acr"] == STRONG
    assert claims["amr"] == ["hwk", "user", "mfa"]
    assert carrier(city).last_used_at == city.now


def test_the_browser_remembers_the_method_and_shows_it_first(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    assert 'class="last"' not in browser.get("/account/login").text

    sign_in(browser, passkey)
    browser.submit(browser.get("/account"))
    browser.post("/account/logout", {"csrf_token": token(browser)})

    assert 'class="last"' in browser.get("/account/login").text


def test_what_everybody_is_asked_names_nobody(city: City) -> None:
    enrolled(city)
    browser = Browser(city)

    asked = browser.post("/passkey/options", {"csrf_token": token(browser), "place": "account"})

    assert asked.headers["Cache-Control"] == "no-store"
    assert asked.get_json()["allowCredentials"] == []


@pytest.mark.refusal("login.failed")
def test_strangers_wrong_keys_and_suspended_members_get_one_answer(city: City) -> None:
    passkey = enrolled(city)
    texts = set()
    for wrong in (
        a_passkey(city),
        replace(passkey, key=Passkey().key),
        replace(passkey, origin="https://evil.invalid"),
    ):
        texts.add(shown(sign_in(Browser(city), wrong)))
    city.set_standing(Standing.SUSPENDED)
    texts.add(shown(sign_in(Browser(city), passkey)))

    assert len(texts) == 1
    assert "通行密鑰沒有通過" in texts.pop()


def shown(page: TestResponse) -> str:
    assert page.status_code == 200
    return re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page.text)


# The question


@pytest.mark.refusal("challenge.expired")
def test_a_question_is_answered_once(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    nonce = ask(browser, "account")
    credential = passkey.get(nonce)

    assert send(browser, "/account/login/passkey", nonce, "garbage").status_code == 200
    again = send(browser, "/account/login/passkey", nonce, credential)

    assert "這一頁放太久了" in again.text
    assert not is_signed_in(browser)


@pytest.mark.refusal("challenge.expired")
def test_a_question_is_good_for_one_browser_one_place_and_half_an_hour(city: City) -> None:
    passkey = enrolled(city)
    mine, other = Browser(city), Browser(city)

    def goes(browser: Browser, nonce: str) -> bool:
        send(browser, "/account/login/passkey", nonce, passkey.get(nonce))
        return is_signed_in(browser)

    assert not goes(other, ask(mine, "account"))
    assert not goes(mine, ask(mine, "confirm"))
    late = ask(mine, "account")
    city.wait(minutes=30)
    assert not goes(mine, late)
    assert goes(mine, ask(mine, "account"))


def test_the_nonce_is_not_kept(city: City) -> None:
    nonce = ask(Browser(city), "account")

    with city.database() as session:
        row = session.scalars(select(OpenChallenge)).one()
    assert nonce.encode() not in row.nonce_hash + row.browser_hash


@pytest.mark.refusal("login.locked")
@one_database
def test_one_network_may_ask_only_so_often(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "ASKED", replace(challenges.ASKED, limit=2))
    browser = Browser(city)
    form = {"csrf_token": token(browser), "place": "account"}

    codes = [browser.post("/passkey/options", form).status_code for _ in range(4)]

    assert codes == [200, 200, 429, 429]


@one_database
def test_wrong_answers_lock_the_address(city: City) -> None:
    browser = Browser(city)
    form = {"csrf_token": token(browser)}
    codes = [browser.post("/account/login/passkey", form).status_code for _ in range(31)]

    assert codes[-1] == 429
    assert set(codes[:-1]) == {200}


@one_database
@given(
    challenge=st.text(max_size=80),
    credential=st.text(max_size=200) | st.from_regex(r'\{"id":".*"\}'),
)
def test_nothing_a_form_holds_breaks_the_provider(
    city: City, challenge: str, credential: str
) -> None:
    city.wait(hours=1)
    browser = Browser(city)
    for url in ("/account/login/passkey", "/account/carriers/new", "/account/confirm/passkey"):
        assert send(browser, url, challenge, credential).status_code < 500


@one_database
@pytest.mark.parametrize("place", ["", "x" * 999, "\0", "市"])
def test_any_place_may_be_asked_for_and_is_good_for_nothing(city: City, place: str) -> None:
    browser = Browser(city)
    form = {"csrf_token": token(browser), "place": place}

    assert browser.post("/passkey/options", form).status_code < 500


# Step-up


@pytest.mark.clause("2(8)2")
def test_step_up_keeps_the_person_and_raises_the_session(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))
    assert page.request.path.endswith("/step-up")
    assert "陳○玉" in page.text
    assert "submit_login" not in page.text
    before = browser.http.get_cookie("__Host-taipei-id-session", domain="id.example.invalid")

    sign_in(browser, passkey, page.request.path, place_of(page))

    page = browser.follow(browser.get(page.request.path))
    tokens = city.exchange(answer(browser.consent(page))["code"]).get_json()
    after = browser.http.get_cookie("__Host-taipei-id-session", domain="id.example.invalid")
    assert city.opened(tokens["id_token"])["acr"] == STRONG
    assert before is not None
    assert after is not None
    assert before.value != after.value


@pytest.mark.clause("2(8)2")
def test_another_members_passkey_raises_nothing(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    city.enrol("ah.hua")
    add_for_hua = Browser(city)
    sign_in_by_password(add_for_hua, "ah.hua")
    add(add_for_hua, a_passkey(city, "ah.hua"))
    page = browser.log_in(browser.authorize(claims=DEMAND), "ah.hua")

    refused = sign_in(browser, passkey, page.request.path, place_of(page))

    assert "通行密鑰沒有通過" in refused.text
    assert browser.follow(browser.get(page.request.path)).request.path.endswith("/step-up")


@pytest.mark.clause("2(8)2")
def test_who_has_no_passkey_is_told_and_the_client_learns_that_it_cannot_be(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))
    assert "add_passkey" in page.text

    left = browser.post(f"{page.request.path}/leave", hidden(page))

    assert answer(left)["error"] == "unmet_authentication_requirements"


def test_who_would_rather_not_is_not_told_of(city: City) -> None:
    enrolled(city)
    browser = Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))

    left = browser.post(f"{page.request.path}/leave", hidden(page))

    assert answer(left)["error"] == "access_denied"


def test_what_a_client_only_wishes_is_not_asked_of_who_cannot(city: City) -> None:
    browser = Browser(city)

    page = browser.log_in(browser.authorize(acr_values=STRONG))

    assert page.request.path.endswith("/consent")


def test_what_a_client_wishes_is_asked_of_who_can(city: City) -> None:
    enrolled(city)
    browser = Browser(city)

    page = browser.log_in(browser.authorize(acr_values=STRONG))

    assert page.request.path.endswith("/step-up")


def test_the_pages_of_a_step_that_is_over_lead_on(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    login = browser.authorize()
    step_up = login.request.path.replace("/login", "/step-up")
    by_passkey = login.request.path.replace("/login", "/passkey")

    assert browser.get(step_up).location == login.request.path
    assert sign_in(browser, passkey, step_up, "x").status_code == 303
    browser.log_in(login)
    assert sign_in(browser, passkey, by_passkey, "x").status_code == 303


def test_a_passkey_that_fails_leaves_the_login_page(city: City) -> None:
    browser = Browser(city)
    page = browser.authorize()

    failed = sign_in(
        browser, a_passkey(city), page.request.path.replace("/login", "/passkey"), place_of(page)
    )

    assert "通行密鑰沒有通過" in failed.text
    assert "submit_login" in failed.text


# Confirming


def test_the_passkey_is_asked_first_and_confirms(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    sign_in_by_password(browser)
    page = browser.get("/account/confirm", {"next": "/account/sessions"})
    assert page.text.index("confirm_passkey") < page.text.index("submit_confirm")

    nonce = ask(browser, "confirm")
    sent = send(
        browser, "/account/confirm/passkey", nonce, passkey.get(nonce), next="/account/sessions"
    )

    assert sent.location == "/account/sessions"


def test_a_wrong_passkey_confirms_nothing(city: City) -> None:
    enrolled(city)
    browser = Browser(city)
    sign_in_by_password(browser)

    failed = sign_in(browser, a_passkey(city), "/account/confirm/passkey", "confirm")

    assert failed.status_code == 200
    assert "通行密鑰沒有通過" in failed.text


@pytest.mark.clause("8(3)")
def test_a_password_adds_and_removes_no_passkey_of_who_has_one(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    sign_in_by_password(browser)
    remove = f"/account/carriers/{carrier(city).id}/remove"

    for path in ("/account/carriers/new", remove):
        assert "need=passkey" in browser.get(path).location
        sent = browser.post(path, {"csrf_token": token(browser)})
        assert "need=passkey" in sent.location
    page = browser.follow(browser.get(remove))
    assert "submit_confirm" not in page.text

    sign_in(browser, passkey, "/account/confirm/passkey", "confirm")
    assert browser.get(remove).status_code == 200


# Adding


@pytest.mark.clause("2(8)7")
def test_adding_is_recorded_told_and_listed(city: City) -> None:
    enrolled(city)

    binding = carrier(city)
    assert (binding.name, binding.bound_acr) == ("My phone", "urn:taipei-id:acr:1")
    assert "carrier.bound" in kinds(city)
    assert "carrier.added" in mails(city)
    browser = Browser(city)
    sign_in_by_password(browser)
    assert "My phone" in browser.get("/account/carriers").text
    assert "新增了通行密鑰" in browser.get("/account/footprint").text


@pytest.mark.clause("2(3)")
@pytest.mark.refusal("carrier.already_bound")
def test_a_second_member_cannot_bind_the_same_passkey(city: City) -> None:
    passkey = enrolled(city)
    city.enrol("ah.hua")
    browser = Browser(city)
    sign_in_by_password(browser, "ah.hua")

    refused = add(browser, passkey)

    assert refused.status_code == 409
    assert "已經綁定" in refused.text


@pytest.mark.refusal("carrier.not_readable")
def test_what_is_no_passkey_is_refused_on_the_page(city: City) -> None:
    browser = Browser(city)
    sign_in_by_password(browser)
    nonce = ask(browser, "", "/account/carriers/options")

    refused = send(browser, "/account/carriers/new", nonce, "garbage")

    assert refused.status_code == 422
    assert "create_passkey" in refused.text


@pytest.mark.clause("2(8)7")
def test_a_question_put_to_one_member_binds_nothing_for_another(city: City) -> None:
    browser = Browser(city)
    sign_in_by_password(browser)
    nonce = ask(browser, "", "/account/carriers/options")
    city.enrol("ah.hua")
    browser.post("/account/logout", {"csrf_token": token(browser)})
    sign_in_by_password(browser, "ah.hua")

    passkey = a_passkey(city, "ah.hua")
    refused = send(browser, "/account/carriers/new", nonce, passkey.create(nonce))

    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/interaction/x", "/interaction/x"),
        ("https://evil.invalid", "/account/carriers?done=carrier"),
        ("//evil.invalid", "/account/carriers?done=carrier"),
    ],
)
def test_adding_on_the_way_leads_back_to_where_it_was_wanted(
    city: City, wanted: str, led: str
) -> None:
    browser = Browser(city)
    sign_in_by_password(browser)

    assert add(browser, a_passkey(city), next=wanted).location == led


def test_a_stranger_adds_nothing(city: City) -> None:
    browser = Browser(city)

    for path in ("/account/carriers/new", "/account/carriers/options"):
        sent = browser.post(path, {"csrf_token": token(browser)})
        assert sent.location == "/account/login"


# Losing, renaming, removing


def act(browser: Browser, carrier_id: UUID, verb: str, **form: str) -> TestResponse:
    url = f"/account/carriers/{carrier_id}/{verb}"
    return browser.post(url, {"csrf_token": token(browser), **form})


@pytest.mark.clause("7(7)")
def test_a_lost_passkey_is_refused_and_what_it_opened_ends(city: City) -> None:
    passkey, thief, mei = enrolled(city), Browser(city), Browser(city)
    sign_in(thief, passkey)
    page = thief.consent(thief.authorize(), "birthdate")
    access = city.exchange(answer(page)["code"]).get_json()["access_token"]
    assert city.is_alive(access)
    sign_in_by_password(mei)

    assert act(mei, carrier(city).id, "lost").location == "/account/carriers?done=lost"

    assert not is_signed_in(thief)
    assert not city.is_alive(access)
    assert "通行密鑰沒有通過" in sign_in(thief, passkey).text
    assert is_signed_in(mei)
    assert "carrier.lost" in kinds(city)
    assert mails(city).count("carrier.lost") == 1
    assert "已掛失" in mei.get("/account/carriers").text


def test_losing_twice_tells_once(city: City) -> None:
    enrolled(city)
    mei = Browser(city)
    sign_in_by_password(mei)

    for _ in range(2):
        assert act(mei, carrier(city).id, "lost").status_code == 303

    assert mails(city).count("carrier.lost") == 1


def test_losing_what_one_is_signed_in_with_signs_out(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    sign_in(browser, passkey)

    assert act(browser, carrier(city).id, "lost").location == "/account/login?done=lost"

    assert not is_signed_in(browser)


@pytest.mark.clause("8(3)")
@pytest.mark.refusal("carrier.counter_needed")
def test_after_the_only_one_was_lost_the_next_is_bound_at_a_counter(city: City) -> None:
    enrolled(city)
    browser = Browser(city)
    sign_in_by_password(browser)
    act(browser, carrier(city).id, "lost")
    assert browser.get("/account/carriers/new").status_code == 403
    city.wait(hours=73)  # the password counts again as far as it did
    sign_in_by_password(browser)

    page = browser.get("/account/carriers/new")
    refused = add(browser, a_passkey(city))

    assert "create_passkey" not in page.text
    assert "申辦窗口" in page.text
    assert refused.status_code == 403


@pytest.mark.clause("7(7)")
def test_a_copied_passkey_is_suspended_and_its_member_told(city: City) -> None:
    passkey, thief, mei = enrolled(city, count=5), Browser(city), Browser(city)
    sign_in(mei, replace(passkey, count=9))

    sign_in(thief, replace(passkey, count=7))

    assert carrier(city).suspension is Suspension.COPIED
    assert not is_signed_in(thief)
    assert not is_signed_in(mei)
    assert "carrier.copied" in kinds(city)
    assert "carrier.copied" in mails(city)
    assert "通行密鑰沒有通過" in sign_in(mei, replace(passkey, count=10)).text


def test_a_loss_while_signing_in_counts(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    binding = carrier(city)
    with city.database() as session:
        session.execute(
            update(Binding)
            .where(Binding.id == binding.id)
            .values(suspended_at=city.now, suspension=Suspension.LOST)
        )

    sign_in(browser, passkey)

    assert not is_signed_in(browser)


def test_a_carrier_is_renamed(city: City) -> None:
    enrolled(city)
    browser = Browser(city)
    sign_in_by_password(browser)

    act(browser, carrier(city).id, "rename", name=" <b>Old</b> phone ")

    assert carrier(city).name == "<b>Old</b> phone"
    assert "&lt;b&gt;Old" in browser.get("/account/carriers").text
    act(browser, carrier(city).id, "rename", name="")
    assert "通行密鑰</h2>" in browser.get("/account/carriers").text


def test_a_removed_passkey_is_gone_and_its_member_told(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    sign_in(browser, passkey)
    page = browser.get(f"/account/carriers/{carrier(city).id}/remove")
    assert "最後一個" in page.text

    assert act(browser, carrier(city).id, "remove").location == "/account/login?done=removed"

    assert carrier(city).released_at == city.now
    assert "carrier.removed" in kinds(city)
    assert "carrier.removed" in mails(city)
    assert "通行密鑰沒有通過" in sign_in(browser, passkey).text


@pytest.mark.refusal("carrier.not_found")
def test_somebody_elses_carrier_is_not_there(city: City) -> None:
    enrolled(city)
    city.enrol("ah.hua")
    browser = Browser(city)
    sign_in_by_password(browser, "ah.hua")

    for verb in ("lost", "remove", "rename"):
        assert act(browser, carrier(city).id, verb).status_code == 404
    assert carrier(city).is_usable


def test_where_passkeys_are_not_offered_no_page_speaks_of_them(city: City) -> None:
    rooms = city.app.extensions["taipei_id"]
    offered = {"password": rooms.adapters["password"]}
    city.app.extensions["taipei_id"] = replace(rooms, adapters=offered)
    browser = Browser(city)
    sign_in_by_password(browser)

    assert "login_passkey" not in Browser(city).get("/account/login").text
    assert "add_carrier" not in browser.get("/account/carriers").text
    assert browser.get("/account/carriers/new").status_code == 404
    form = {"csrf_token": token(browser), "place": "account"}
    assert browser.post("/passkey/options", form).status_code == 404


def test_removing_a_member_removes_their_passkeys(city: City) -> None:
    enrolled(city)

    with city.database() as session:
        session.delete(session.scalars(select(Binding)).one())
        session.flush()
        assert not session.scalars(select(Row)).all()


# In the footprint


def not_me(browser: Browser, action: str) -> TestResponse:
    """Press “not me” at the newest line that says `action`."""
    page = browser.get("/account/footprint").text
    entry = page[page.index(action) :]
    found = re.search(r'href="([^"]*/not-me)"', entry)
    assert found
    asked = browser.get(found[1])
    assert "和掛失一樣" in asked.text
    return browser.submit(asked)


@pytest.mark.clause("7(7)")
@pytest.mark.parametrize("action", ["新增了通行密鑰", "用通行密鑰"])
def test_who_says_it_was_not_them_ends_the_passkey_too(city: City, action: str) -> None:
    thief, mei = Browser(city), Browser(city)
    passkey = enrolled(city)
    sign_in(thief, passkey)
    sign_in_by_password(mei)

    assert not_me(mei, action).location.endswith("/reported")

    assert carrier(city).suspension is Suspension.LOST
    assert "通行密鑰沒有通過" in sign_in(thief, passkey).text


def test_the_footprint_says_with_what_one_signed_in(city: City) -> None:
    passkey, browser = enrolled(city), Browser(city)
    sign_in(browser, passkey)

    page = browser.get("/account/footprint").text

    assert page.count("My phone") == 2  # added, and used
    assert "用通行密鑰" in page
    assert "用密碼" in page
