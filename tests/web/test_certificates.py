"""Certificates over HTTP: bind one, sign in, step up; and every way to forge the proxy's word."""

import base64
import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters.certificate.models import BoundCertificate
from audit.models import LedgerLine, TrailEntry
from carriers import bindings
from carriers.models import Binding, CarrierKind, Suspension
from tests import make
from tests.certificates import pki, signing
from tests.certificates.holder import Holder, an_adapter, install, silent
from tests.certificates.pki import Leaf
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import ISSUER, City
from tests.web import office
from web.fronts import CERTIFICATE, SECRET
from web.models import BrowserSession, PresentedCertificate

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STRONGEST = "urn:taipei-id:acr:3"
DEMAND = json.dumps({"id_token": {"acr": {"essential": True, "values": [STRONGEST]}}})
FRONT, SHARED = "https://*.card.example.invalid", "what only the proxy and we know, both"
HOLDER = Holder(leaf=Leaf(serial=77), origin=ISSUER)
OTHER = Holder(
    leaf=Leaf(serial=78, subject=pki.name("合成會員二", serial="0000000100000002")), origin=ISSUER
)


@pytest.fixture
def cards(city: City) -> City:
    """Offer certificates, by card program and at the front, to a member of the holder's name."""
    install(city, an_adapter())
    rooms = city.app.extensions["taipei_id"]
    settings = rooms.settings.model_copy(
        update={"certificate_front": FRONT, "certificate_front_secret": SecretStr(SHARED)}
    )
    city.app.extensions["taipei_id"] = replace(rooms, settings=settings)
    city.enrol("holder", name="合成會員一")
    return city


def token(browser: Browser) -> str:
    return hidden(browser.get("/nothing"))["csrf_token"]


def sign_in(browser: Browser, login: str = "holder") -> None:
    page = browser.get("/account/login")
    assert browser.submit(page, login_id=login, password=make.PASSWORD).location == "/account"


def place_of(page: TestResponse) -> str:
    found = re.search(r'data-place="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def send(browser: Browser, page: TestResponse, holder: Holder, **more: str) -> TestResponse:
    """Answer a page as a card program does."""
    form = {"csrf_token": token(browser), "place": place_of(page)}
    asked = browser.post("/certificate/options", form).get_json()
    assert asked["origin"] == ISSUER
    signed = {"challenge": asked["nonce"], "token": holder.token(asked["nonce"])}
    return browser.post(page.request.path, {"csrf_token": token(browser), **signed, **more})


def escaped(holder: Holder) -> str:
    pem = x509.load_der_x509_certificate(holder.der).public_bytes(Encoding.PEM)
    return quote(pem.decode())


def start(browser: Browser, page: TestResponse) -> str:
    """Go to the front; return its address."""
    form = {"csrf_token": token(browser), "place": place_of(page), **page.request.args}
    response = browser.post("/certificate/start", form)
    assert response.status_code == 303
    return response.location


def at_front(city: City, url: str, **headers: str) -> TestResponse:
    """Arrive at the front as the proxy passes it on; no cookie of ours goes there."""
    parts = urlsplit(url)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    http = city.app.test_client(use_cookies=False)
    http_url, query = f"https://{parts.netloc}", parts.query
    return http.get(parts.path, base_url=http_url, query_string=query, headers=sent)


def present(browser: Browser, page: TestResponse, holder: Holder) -> TestResponse:
    """Present a certificate over TLS and come back to the page that asked."""
    headers = {CERTIFICATE: escaped(holder), SECRET: SHARED}
    back = at_front(browser.city, start(browser, page), **headers)
    assert back.location.startswith(f"{ISSUER}/certificate/back?")
    return browser.follow(browser.get(back.location.removeprefix(ISSUER)))


def bind(browser: Browser, holder: Holder = HOLDER, **typed: str) -> TestResponse:
    form = {"last_four": "0001", "name": "我的憑證", **typed}
    return send(browser, browser.get("/account/carriers/certificate"), holder, **form)


def enrolled(city: City) -> None:
    browser = Browser(city)
    sign_in(browser)
    assert bind(browser).location == "/account/carriers?done=certificate"


def lines(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)))


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


# Binding


@pytest.mark.clause("7(6)3")
def test_a_member_binds_their_own_certificate(cards: City) -> None:
    browser = Browser(cards)
    sign_in(browser)

    assert bind(browser).location == "/account/carriers?done=certificate"

    with cards.database() as session:
        (binding,) = bindings.live(session, cards.member_id("holder"))
        assert (binding.kind, binding.name) == (CarrierKind.CERTIFICATE, "我的憑證")
    assert "carrier.bound" in lines(cards)
    assert "我的憑證" in browser.get("/account/carriers").text


@one_database
@pytest.mark.refusal("carrier.certificate_other_person")
def test_somebody_elses_certificate_is_not_bound(cards: City) -> None:
    browser = Browser(cards)
    sign_in(browser)

    for holder, typed in ((OTHER, "0001"), (HOLDER, "0002")):
        refused = bind(browser, holder, last_four=typed)
        assert (refused.status_code, "不符" in refused.text) == (422, True)
    with cards.database() as session:
        assert session.scalars(select(BoundCertificate)).all() == []


@one_database
@pytest.mark.clause("2(3)")
@pytest.mark.refusal("carrier.certificate_other_person")
def test_the_certificate_of_a_namesake_is_not_bound_whatever_is_typed(cards: City) -> None:
    browser, member_id = Browser(cards), cards.member_id("holder")
    sign_in(browser)
    office.enter_number(cards, member_id, office.MEI)

    refused = bind(browser)
    office.enter_number(cards, member_id, office.NOBODYS)  # it ends as the certificate says

    assert (refused.status_code, "不符" in refused.text) == (422, True)
    assert bind(browser).location == "/account/carriers?done=certificate"


@one_database
@pytest.mark.clause("10(1)")
def test_a_certificate_made_out_under_a_former_number_is_bound(cards: City) -> None:
    browser, member_id = Browser(cards), cards.member_id("holder")
    sign_in(browser)
    office.enter_number(cards, member_id, office.NOBODYS)  # it ends as the certificate says
    office.enter_number(cards, member_id, office.MEI)

    assert bind(browser).location == "/account/carriers?done=certificate"


@one_database
def test_a_certificate_presented_over_tls_is_bound_too(cards: City) -> None:
    browser = Browser(cards)
    sign_in(browser)

    page = present(browser, browser.get("/account/carriers/certificate"), HOLDER)
    bound = browser.submit(page, last_four="0001", name="")

    assert bound.location == "/account/carriers?done=certificate"
    assert "憑證" in browser.get("/account/carriers").text


@one_database
@pytest.mark.clause("8(3)")
def test_after_a_loss_a_password_alone_binds_nothing(cards: City) -> None:
    enrolled(cards)
    with cards.database() as session:
        (binding,) = bindings.live(session, cards.member_id("holder"))
        bindings.suspend(session, binding, Suspension.LOST, actor=None, now=cards.now)
    browser = Browser(cards)
    sign_in(browser)

    page = browser.get("/account/carriers/certificate")

    assert "申辦窗口" in page.text
    form = {"csrf_token": token(browser), "challenge": "x"}
    assert browser.post("/account/carriers/certificate", form).status_code == 403


@one_database
def test_a_password_alone_does_not_touch_what_a_certificate_guards(cards: City) -> None:
    """Whoever guessed a password must not remove the card, or add a key of their own."""
    enrolled(cards)
    browser = Browser(cards)
    sign_in(browser)
    with cards.database() as session:
        (binding,) = bindings.live(session, cards.member_id("holder"))
    url = f"/account/carriers/{binding.id}/remove"

    for guarded in (url, "/account/carriers/new"):
        assert "need=passkey" in browser.get(guarded).location
    assert "need=passkey" in browser.post(url, {"csrf_token": token(browser)}).location
    page = browser.follow(browser.get(url))
    assert "只有密碼不夠" in page.text
    assert 'id="submit_confirm"' not in page.text

    confirming = browser.get("/account/confirm/certificate")
    assert "還沒有綁定" in send(browser, confirming, OTHER).text
    assert send(browser, confirming, HOLDER).location == "/account"
    assert browser.get(url).status_code == 200


@one_database
def test_a_certificate_presented_over_tls_confirms_too(cards: City) -> None:
    enrolled(cards)
    browser = Browser(cards)
    sign_in(browser)

    wanted = browser.get("/account/carriers/new").location
    confirm = browser.get(wanted).text
    url = re.search(r'id="confirm_certificate" href="([^"]*)"', confirm)
    assert url, confirm

    back = present(browser, browser.get(html.unescape(url[1])), HOLDER)

    onward = "/account/carriers/new"
    assert f'name="next" value="{onward}"' in back.text
    assert browser.submit(back, next=onward).location == onward
    assert browser.get("/account/carriers/new").status_code == 200


@one_database
@pytest.mark.parametrize(
    "hostile",
    ["//evil.invalid/", "https://evil.invalid/", "/\\evil.invalid", "/x\r\nSet-Cookie: a=b"],
)
def test_the_way_over_the_front_leads_to_our_own_pages_only(cards: City, hostile: str) -> None:
    enrolled(cards)
    browser = Browser(cards)
    sign_in(browser)
    page = browser.get(f"/account/confirm/certificate?next={quote(hostile, safe='')}")

    back = present(browser, page, HOLDER)

    assert 'name="next" value="/account"' in back.text
    assert browser.submit(back, next=hostile).location == "/account"


@one_database
@pytest.mark.clause("2(8)2")
def test_who_was_sent_to_bind_a_certificate_comes_back_to_the_service(cards: City) -> None:
    browser = Browser(cards)
    step_up = browser.log_in(browser.authorize(claims=DEMAND), login="holder")
    add = re.search(r'id="add_certificate" href="([^"]*)"', step_up.text)
    assert add

    form = {"last_four": "0001", "next": step_up.request.path.removesuffix("/step-up")}
    bound = send(browser, browser.get(html.unescape(add[1])), HOLDER, **form)

    assert bound.location == step_up.request.path.removesuffix("/step-up")


# Signing in


@pytest.mark.clause("2(8)2")
@pytest.mark.parametrize("way", ["by token", "over tls"])
def test_a_certificate_signs_in_at_the_highest_level(cards: City, way: str) -> None:
    enrolled(cards)
    browser = Browser(cards)
    login = browser.authorize(claims=DEMAND)
    page = browser.get(login.request.path.replace("/login", "/certificate"))

    if way == "by token":
        response = send(browser, page, HOLDER)
    else:
        response = browser.submit(present(browser, page, HOLDER))

    consent = browser.follow(response)
    tokens = cards.exchange(answer(browser.consent(consent, "birthdate"))["code"]).get_json()
    claims = cards.opened(tokens["id_token"])
    assert claims["acr"] == STRONGEST
    assert claims["amr"] == ["hwk", "sc", "pin", "mfa"]


@one_database
def test_the_login_page_leads_to_the_certificate(cards: City) -> None:
    browser = Browser(cards)
    page = browser.authorize()

    assert f'href="{page.request.path.replace("/login", "/certificate")}"' in page.text
    assert 'href="/account/login/certificate"' in browser.get("/account/login").text


@one_database
def test_a_certificate_opens_the_account(cards: City) -> None:
    enrolled(cards)
    browser = Browser(cards)

    page = browser.get("/account/login/certificate")
    assert send(browser, page, HOLDER).location == "/account"

    assert is_signed_in(browser)
    assert browser.get("/account/login/certificate").location == "/account"
    other = Browser(cards)
    back = present(other, other.get("/account/login/certificate"), HOLDER)
    assert other.submit(back).location == "/account"


@one_database
@pytest.mark.clause("2(8)2")
def test_a_certificate_confirms_what_a_password_is_not_enough_for(cards: City) -> None:
    enrolled(cards)
    browser = Browser(cards)
    page = browser.log_in(browser.authorize(claims=DEMAND), login="holder")
    assert page.request.path.endswith("/step-up")

    certificate = browser.get(page.request.path.replace("/step-up", "/certificate"))
    assert browser.follow(send(browser, certificate, HOLDER)).request.path.endswith("/consent")


@one_database
def test_another_members_certificate_confirms_nothing(cards: City) -> None:
    enrolled(cards)
    browser = Browser(cards)
    cards.enrol("other", name="合成會員二")
    other = Browser(cards)
    sign_in(other, "other")
    assert bind(other, OTHER).location == "/account/carriers?done=certificate"
    step_up = browser.log_in(browser.authorize(claims=DEMAND), login="holder")

    page = browser.get(step_up.request.path.replace("/step-up", "/certificate"))
    response = send(browser, page, OTHER)

    assert "沒有通過" in response.text
    with cards.database() as session:
        details = session.scalars(
            select(LedgerLine.detail).where(LedgerLine.kind == "login.failed")
        ).all()
    assert [each["reason"] for each in details] == ["certificate.other_member"]


@one_database
@pytest.mark.clause("2(8)2")
def test_who_has_no_certificate_is_told_how_to_bind_one(cards: City) -> None:
    browser = Browser(cards)
    page = browser.log_in(browser.authorize(claims=DEMAND), login="holder")

    assert "/account/carriers/certificate" in page.text
    left = browser.post(page.request.path + "/leave", hidden(page))
    assert answer(left)["error"] == "unmet_authentication_requirements"


@one_database
def test_a_wish_for_the_highest_level_stops_nobody_who_cannot_fulfil_it(cards: City) -> None:
    browser = Browser(cards)

    page = browser.log_in(browser.authorize(acr_values=STRONGEST), login="holder")

    assert page.request.path.endswith("/consent")


@one_database
@pytest.mark.parametrize(
    ("holder", "said"),
    [
        (HOLDER.but(end=make.NOON - timedelta(days=1)), "過期"),
        (HOLDER.but(by=pki.root()), "不受理"),
        (OTHER, "還沒有綁定"),
        (replace(HOLDER, origin="https://elsewhere.invalid"), "沒有通過"),
    ],
    ids=["expired", "of another authority", "not bound", "signed for another site"],
)
def test_whoever_holds_the_card_is_told_what_is_wrong_with_it(
    cards: City, holder: Holder, said: str
) -> None:
    enrolled(cards)
    browser = Browser(cards)

    response = send(browser, browser.get("/account/login/certificate"), holder)

    assert said in response.text
    assert not is_signed_in(browser)
    with cards.database() as session:
        failed = session.scalars(select(TrailEntry).where(TrailEntry.event == "login.failed"))
        assert len(failed.all()) == 1


@one_database
def test_nobody_signs_in_while_the_authority_cannot_be_asked(cards: City) -> None:
    enrolled(cards)
    install(cards, an_adapter(silent))
    browser = Browser(cards)

    response = send(browser, browser.get("/account/login/certificate"), HOLDER)

    assert "現在無法查驗憑證" in response.text


@one_database
@pytest.mark.clause("7(7)")
def test_a_renewed_certificate_lifts_what_the_old_ones_end_brought(cards: City) -> None:
    enrolled(cards)
    with cards.database() as session:
        (binding,) = bindings.live(session, cards.member_id("holder"))
        bindings.suspend(session, binding, Suspension.REVOKED, actor=None, now=cards.now)
    browser = Browser(cards)
    page = browser.get("/account/login/certificate")

    assert send(browser, page, HOLDER.but(serial=99)).location == "/account"

    with cards.database() as session:
        assert session.scalars(select(Binding)).one().is_usable
        kept = session.scalars(select(BoundCertificate.serial)).one()
        assert int.from_bytes(kept, "big") == 99


# The front, and who pretends to be it


@one_database
def test_each_attempt_gets_a_host_and_a_path_of_its_own(cards: City) -> None:
    browser = Browser(cards)
    page = browser.get("/account/login/certificate")

    first, second = start(browser, page), start(browser, page)

    assert urlsplit(first).netloc != urlsplit(second).netloc
    assert urlsplit(first).path != urlsplit(second).path


SPOOFED = {
    "without the proxy's secret": {CERTIFICATE: escaped(HOLDER)},
    "with another secret": {CERTIFICATE: escaped(HOLDER), SECRET: SHARED + "x"},
    "with an empty secret": {CERTIFICATE: escaped(HOLDER), SECRET: ""},
    "under a name with underscores": {"X_Client_Certificate": escaped(HOLDER), SECRET: ""},
}


@one_database
@pytest.mark.parametrize("headers", SPOOFED.values(), ids=SPOOFED)
def test_a_header_the_proxy_did_not_write_is_not_looked_at(
    cards: City, headers: dict[str, str]
) -> None:
    browser = Browser(cards)
    url = start(browser, browser.get("/account/login/certificate"))

    assert at_front(cards, url, **headers).status_code == 404


@one_database
@pytest.mark.parametrize(
    "host",
    [
        urlsplit(ISSUER).netloc,
        "card.example.invalid",
        "evil.card.example.invalid",
        f"{'0' * 20}.card.example.invalid.evil.invalid",
        f"{'0' * 20}-card.example.invalid",
    ],
)
def test_only_at_the_front_is_a_certificate_taken(cards: City, host: str) -> None:
    browser = Browser(cards)
    url = start(browser, browser.get("/account/login/certificate"))
    headers = {CERTIFICATE: escaped(HOLDER), SECRET: SHARED}

    response = at_front(cards, f"https://{host}{urlsplit(url).path}", **headers)

    assert response.status_code == 404


@one_database
def test_a_header_on_another_page_changes_nothing(cards: City) -> None:
    enrolled(cards)
    browser = Browser(cards)
    headers = {CERTIFICATE: escaped(HOLDER), SECRET: SHARED}

    page = browser.get("/account/login/certificate", headers=headers)
    form = {"csrf_token": token(browser), "challenge": "x", "ticket": "x"}
    response = browser.post(page.request.path, form, headers=headers)

    assert "放太久" in response.text
    assert not is_signed_in(browser)


def ticket_of(back: TestResponse) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(back.location).query).items()}


@one_database
def test_a_ticket_is_good_once_and_only_in_the_browser_that_asked(cards: City) -> None:
    """An attacker who has a victim present a certificate gets nothing: neither has both halves."""
    enrolled(cards)
    attacker, victim = Browser(cards), Browser(cards)
    url = start(attacker, attacker.get("/account/login/certificate"))
    headers = {CERTIFICATE: escaped(HOLDER), SECRET: SHARED}

    back = at_front(cards, url, **headers)
    assert victim.get(back.location.removeprefix(ISSUER)).status_code == 400
    tickets = ticket_of(back)
    guess = {"challenge": tickets["n"], "ticket": "guessed"}
    form = {"csrf_token": token(attacker), **guess}
    assert "沒有通過" in attacker.post("/account/login/certificate", form).text
    again = at_front(cards, url, **headers)

    assert not is_signed_in(attacker)
    assert not is_signed_in(victim)
    assert "t" not in ticket_of(again)


@one_database
def test_a_presented_certificate_goes_when_it_is_taken_and_lies_sealed_till_then(
    cards: City,
) -> None:
    enrolled(cards)
    browser = Browser(cards)
    page = present(browser, browser.get("/account/login/certificate"), HOLDER)
    with cards.database() as session:
        row = session.scalars(select(PresentedCertificate)).one()
        assert HOLDER.der[20:60] not in row.certificate_sealed

    assert browser.submit(page).location == "/account"

    with cards.database() as session:
        assert session.scalars(select(PresentedCertificate)).all() == []


@one_database
def test_a_ticket_is_good_for_two_minutes(cards: City) -> None:
    enrolled(cards)
    browser = Browser(cards)
    page = present(browser, browser.get("/account/login/certificate"), HOLDER)
    cards.wait(minutes=2)

    assert "沒有通過" in browser.submit(page).text


@one_database
@pytest.mark.parametrize("sent", ["", "no certificate", "%2D" * 20_000, quote("憑證")])
def test_who_presents_nothing_is_told_so(cards: City, sent: str) -> None:
    browser = Browser(cards)
    url = start(browser, browser.get("/account/login/certificate"))

    back = at_front(cards, url, **{CERTIFICATE: sent, SECRET: SHARED})
    page = browser.follow(browser.get(back.location.removeprefix(ISSUER)))

    assert "沒有讀到憑證" in page.text


@one_database
def test_an_answer_to_no_page_of_ours_leads_nowhere(cards: City) -> None:
    browser = Browser(cards)
    form = {"csrf_token": token(browser), "place": "nowhere"}
    url = browser.post("/certificate/start", form).location
    back = at_front(cards, url, **{CERTIFICATE: escaped(HOLDER), SECRET: SHARED})

    assert browser.get(back.location.removeprefix(ISSUER)).status_code == 404


@one_database
def test_where_no_certificates_are_taken_there_is_no_page(city: City) -> None:
    browser = Browser(city)
    form = {"csrf_token": token(browser), "place": "account-certificate"}

    assert browser.get("/account/login/certificate").status_code == 404
    assert browser.post("/certificate/options", form).status_code == 404
    assert browser.post("/certificate/start", form).status_code == 404
    assert browser.get("/certificate/present/x").status_code == 404


@one_database
def test_an_interaction_that_wants_no_login_shows_no_certificate_page(cards: City) -> None:
    browser = Browser(cards)
    page = browser.log_in(browser.authorize(), login="holder")
    url = page.request.path.replace("/consent", "/certificate")

    assert browser.get(url).status_code == 303
    assert browser.post(url, {"csrf_token": token(browser)}).status_code == 303


# A program that takes text and PIN from the page


@pytest.fixture
def page_signs(cards: City) -> City:
    """Believe such programs as well."""
    adapter = an_adapter()
    adapter.page_signed = True
    install(cards, adapter)
    enrolled(cards)
    return cards


def let_sign(browser: Browser, page: TestResponse) -> TestResponse:
    """Answer a page as its script does with what such a program signed."""
    form = {"csrf_token": token(browser), "place": place_of(page)}
    asked = browser.post("/certificate/options", form).get_json()
    signed = base64.b64encode(signing.cms(asked["text"].encode(), signing.of(HOLDER.leaf))).decode()
    sent = {
        "csrf_token": token(browser),
        "challenge": asked["nonce"],
        "token": json.dumps({"format": "page-signed:1", "signature": signed}),
    }
    return browser.post(page.request.path, sent)


@one_database
def test_what_a_page_had_signed_signs_in_and_reaches_the_second_level_only(
    page_signs: City,
) -> None:
    browser = Browser(page_signs)
    response = let_sign(browser, browser.get("/account/login/certificate"))

    assert response.location == "/account"
    with page_signs.database() as session:
        shown = BrowserSession.carrier_id.is_not(None)
        (acr,) = session.scalars(select(BrowserSession.acr).where(shown))
    assert acr == "urn:taipei-id:acr:2"


@one_database
def test_the_page_asks_for_a_pin_only_where_such_programs_are_believed(page_signs: City) -> None:
    page = Browser(page_signs).get("/account/login/certificate").text
    (field,) = re.findall(r"<input[^>]*data-pin[^>]*>", page)
    assert " name=" not in field

    install(page_signs, an_adapter())

    assert "data-pin" not in Browser(page_signs).get("/account/login/certificate").text
