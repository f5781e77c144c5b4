"""May a merchant advertise: asked by itself, told as it was said, stopped at once (PDPA 20)."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from clients import registry
from consent.models import Consent, Decision, EndReason, Receipt
from consent.parts import Part
from idp.client_notices import MARKETING_EVENT, TYPE
from idp.signing import read_keys, read_signed
from kernel.errors import Refused
from members import requests
from members.models import RequestKind
from members.requests import Wish
from tests import make
from tests.flows.browser import Browser, answer, authorization, hidden
from tests.flows.provider import City
from tests.idp.test_races import at_once
from tests.web.outbox import World
from web import consent_endings, request_making

NOTICES = "https://cafe.invalid/notices"
ASKING = {"claims": json.dumps({"userinfo": {"marketing_allowed": None}})}
STOP = re.compile(r"/account/consents/[0-9a-f-]+/marketing/stop")


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser in a city whose café may ask for a name, and whether it may advertise."""
    claims = [make.a_claim_form("name"), make.a_claim_form("marketing_allowed")]
    offer = make.a_purpose_form("senior", kind="offer", claims=claims)
    form = make.a_shop_form(sector="cafe.invalid", purposes=[offer], contact="ask@cafe.invalid")
    city.register("cafe", **form)
    return Browser(city)


@pytest.fixture
def world(city: City) -> World:
    return World(city)


def arrive(browser: Browser, login: str = "mei.chen") -> TestResponse:
    """Give the name, and stand before whatever comes next."""
    page = browser.authorize("cafe", **ASKING)
    if page.request.path.endswith("/login"):
        page = browser.log_in(page, login)
    page = browser.consent(page, "name")
    return browser.consent(page, "name")


def says(browser: Browser, decision: str) -> str:
    page = arrive(browser)
    assert hidden(page)["part"] == "marketing", page.text
    return answer(browser.follow(browser.submit(page, decision=decision)))["code"]


def told(browser: Browser, code: str) -> dict[str, Any]:
    tokens = browser.city.exchange(code, "cafe").get_json()
    claims: dict[str, Any] = browser.city.userinfo(tokens["access_token"]).get_json()
    return claims


def silently(browser: Browser) -> dict[str, Any]:
    asking = authorization("cafe", prompt="none", **ASKING)
    return told(browser, answer(browser.get("/authorize", asking))["code"])


def stop(browser: Browser) -> TestResponse:
    page = browser.get("/account/consents")
    found = STOP.search(page.text)
    assert found, page.text
    return browser.post(found[0], hidden(page))


def answers(city: City) -> list[Consent]:
    with city.database() as session:
        rows = session.scalars(
            select(Consent).where(Consent.claim == "marketing_allowed").order_by(Consent.id)
        ).all()
        session.expunge_all()
        return list(rows)


def events(world: World) -> list[dict[str, Any]]:
    world.work_off()
    keys = read_keys(world.city.call("/jwks.json").get_json())
    opened = [read_signed(body.decode(), keys, typ=TYPE) for _, body, _ in world.calls]
    return [each["events"] for each in opened]


def test_the_question_stands_alone_and_nothing_is_ticked(browser: Browser) -> None:
    page = arrive(browser)

    assert hidden(page)["part"] == "marketing"
    assert "claim." not in page.text
    assert " checked" not in page.text
    assert page.text.count('name="decision"') == 2


@pytest.mark.parametrize(("decision", "allowed"), [("allow", True), ("deny", False)])
def test_the_merchant_is_told_what_the_member_said(
    browser: Browser, decision: str, *, allowed: bool
) -> None:
    claims = told(browser, says(browser, decision))

    assert claims["marketing_allowed"] is allowed
    assert claims["name"] == "陳美玉"
    assert silently(browser)["marketing_allowed"] is allowed


def test_the_answer_is_a_decision_of_its_own_with_its_own_text(browser: Browser) -> None:
    says(browser, "allow")
    (said,) = answers(browser.city)

    with browser.city.database() as session:
        receipt = session.get_one(Receipt, said.receipt_id)
        assert receipt.part is Part.MARKETING
        assert receipt.language == "zh-Hant-TW"
        beside = session.scalars(select(Consent).where(Consent.receipt_id == receipt.id))
        assert [each.claim for each in beside] == ["marketing_allowed"]
    assert said.text_version == 1
    assert "能不能向您行銷" in browser.get(f"/account/receipts/{said.receipt_id}").text


@pytest.mark.parametrize("form", [{}, {"decision": "maybe"}, {"decision": "x" * 5000}])
def test_silence_is_no_answer_and_no_answer_is_no_claim(
    browser: Browser, form: dict[str, str]
) -> None:
    page = arrive(browser)

    again = browser.follow(browser.submit(page, **form))

    assert hidden(again)["part"] == "marketing"
    assert answers(browser.city) == []
    assert "marketing_allowed" not in silently(browser)


@pytest.mark.clause("10(4)")
def test_a_stranger_is_not_asked_and_brings_no_answer(browser: Browser) -> None:
    page = browser.log_in(browser.authorize("cafe", **ASKING))

    code = answer(browser.consent(page))["code"]

    assert told(browser, code).keys() == {"sub"}


def test_children_are_not_asked(browser: Browser) -> None:
    browser.city.enrol("an.an", birthdate="2016-05-05")
    page = browser.log_in(browser.authorize("cafe", **ASKING), "an.an")
    page = browser.consent(page)
    assert "code" in answer(page)
    assert answers(browser.city) == []


def test_a_yes_is_stopped_by_one_press_and_a_no_with_a_receipt_takes_its_place(
    browser: Browser,
) -> None:
    says(browser, "allow")

    assert stop(browser).status_code == 303

    yes, no = answers(browser.city)
    assert (yes.decision, yes.end_reason) == (Decision.GIVEN, EndReason.WITHDRAWN)
    assert (no.decision, no.ended_at, no.expires_at) == (Decision.REFUSED, None, yes.expires_at)
    assert silently(browser)["marketing_allowed"] is False
    page = browser.get("/account/consents")
    assert "您不允許" in page.text
    assert not STOP.search(page.text)


def test_stopping_leaves_the_other_consents_and_their_grants_alone(browser: Browser) -> None:
    tokens = browser.city.exchange(says(browser, "allow"), "cafe").get_json()

    stop(browser)

    claims = browser.city.userinfo(tokens["access_token"]).get_json()
    assert claims["name"] == "陳美玉"
    assert claims["marketing_allowed"] is False


@pytest.mark.refusal("consent.not_found")
def test_who_never_said_yes_has_nothing_to_stop(browser: Browser) -> None:
    says(browser, "allow")
    page = browser.get("/account/consents")
    found = STOP.search(page.text)
    assert found
    other = Browser(browser.city)
    browser.city.enrol("lin")
    other.log_in(other.get("/account/login"), "lin")
    theirs = hidden(other.get("/account/consents"))

    assert other.post(found[0], theirs).status_code == 404
    assert browser.post(found[0], {}).status_code == 403
    assert browser.post(found[0], hidden(page)).status_code == 303
    assert browser.post(found[0], hidden(page)).status_code == 404


def test_the_stop_is_on_record_and_the_member_gets_word(browser: Browser, world: World) -> None:
    says(browser, "allow")
    stop(browser)

    with browser.city.database() as session:
        kinds = session.scalars(select(LedgerLine.kind)).all()
    assert Kind.CONSENT_WITHDRAWN in kinds
    assert "consent.withdrawn" in world.told()


def be_told(city: City) -> None:
    with city.database() as session:
        registry.get(session, "cafe").notice_uri = NOTICES
    city.wait(seconds=2)  # longer than the directory keeps a client


def test_the_merchant_hears_of_the_stop_by_an_event(browser: Browser, world: World) -> None:
    be_told(browser.city)
    says(browser, "allow")

    stop(browser)

    assert events(world) == [{MARKETING_EVENT: {"reason": "refused", "purpose": "senior"}}]


def test_a_merchant_without_an_address_for_events_gets_a_letter(
    browser: Browser, world: World
) -> None:
    claims = told(browser, says(browser, "allow"))

    stop(browser)
    world.work_off()

    (letter,) = [each for each in world.letters if each["To"] == "ask@cafe.invalid"]
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert claims["sub"] in text
    assert "請立刻停止" in text
    assert "陳美玉" not in text


def test_withdrawing_everything_ends_marketing_too(browser: Browser, world: World) -> None:
    be_told(browser.city)
    says(browser, "allow")
    page = browser.get("/account/consents").text
    withdrawal = re.search(r"/account/consents/[0-9a-f-]+/withdraw", page)
    assert withdrawal

    browser.submit(browser.get(withdrawal[0]))

    assert MARKETING_EVENT in {name for each in events(world) for name in each}


def test_a_yes_that_runs_out_with_the_data_is_told(browser: Browser, world: World) -> None:
    be_told(browser.city)
    says(browser, "allow")
    (said,) = answers(browser.city)
    browser.city.now = said.expires_at

    consent_endings.expire(browser.city.sessions, now=browser.city.now)

    assert MARKETING_EVENT in {name for each in events(world) for name in each}


@pytest.mark.parametrize("left", [False, True])
def test_a_yes_does_not_outlive_the_data_it_is_about(
    browser: Browser, world: World, *, left: bool
) -> None:
    be_told(browser.city)
    says(browser, "allow")
    soon = browser.city.now + timedelta(days=1)
    lasting = ["marketing_allowed", *(["name"] if left else [])]
    with browser.city.database() as session:
        session.execute(
            update(Consent).where(Consent.claim.not_in(lasting)).values(expires_at=soon)
        )
    browser.city.now = soon

    consent_endings.expire(browser.city.sessions, now=browser.city.now)

    heard = [name for each in events(world) for name in each]
    assert (MARKETING_EVENT in heard) is not left
    assert (answers(browser.city)[-1].ended_at is None) is left


def test_a_no_after_a_yes_is_told_and_a_second_no_is_not(browser: Browser, world: World) -> None:
    be_told(browser.city)
    says(browser, "allow")
    for _ in range(2):
        page = browser.authorize("cafe", prompt="consent", **ASKING)
        page = browser.consent(browser.consent(page, "name"), "name")
        browser.city.wait(seconds=1)
        browser.follow(browser.submit(page, decision="deny"))

    assert [list(each) for each in events(world)] == [[MARKETING_EVENT]]


@pytest.mark.parametrize("pages", [1, 2])
def test_a_yes_ends_with_a_no_to_the_data_it_is_about(
    browser: Browser, world: World, pages: int
) -> None:
    be_told(browser.city)
    says(browser, "allow")
    browser.city.wait(seconds=1)
    page = browser.authorize("cafe", prompt="consent", **ASKING)

    if pages == 1:
        browser.consent(page)  # not even looking at the second page is a no
    else:
        browser.consent(browser.consent(page, "name"), decision="deny")

    (said,) = answers(browser.city)
    assert said.end_reason is EndReason.WITHDRAWN
    assert events(world) == [{MARKETING_EVENT: {"reason": "refused", "purpose": "senior"}}]
    assert "marketing_allowed" not in silently(browser)


def test_a_yes_stays_while_its_data_are_given_again(browser: Browser, world: World) -> None:
    be_told(browser.city)
    says(browser, "allow")
    browser.city.wait(seconds=1)
    page = browser.authorize("cafe", prompt="consent", **ASKING)

    browser.consent(browser.consent(page, "name"), "name")

    assert [each.ended_at for each in answers(browser.city)] == [None]
    assert events(world) == []


def test_a_purpose_told_anew_ends_no_yes_before_its_data_are_asked_for(
    browser: Browser, world: World
) -> None:
    be_told(browser.city)
    says(browser, "allow")
    with browser.city.database() as session:
        (purpose,) = registry.get(session, "cafe").purposes
        purpose.text_version = purpose.terms_version = 2
    browser.city.wait(seconds=2)
    page = browser.authorize("cafe", **ASKING)

    page = browser.consent(page, "name")
    assert events(world) == []
    browser.submit(browser.consent(page, "name"), decision="allow")

    assert events(world) == []
    assert answers(browser.city)[-1].ended_at is None


@pytest.mark.refusal("client.form_invalid")
def test_a_yes_to_marketing_cannot_be_required() -> None:
    bundled = make.a_claim_form("marketing_allowed", required=True)
    form = make.a_client_form(**make.a_shop_form(purposes=[make.a_purpose_form(claims=[bundled])]))

    with pytest.raises(Refused, match=r"client\.form_invalid"):
        registry.parse(form)


@pytest.mark.refusal("flow.purpose_mismatch")
def test_an_agency_does_not_ask_for_marketing(city: City) -> None:
    purpose = make.a_purpose_form(claims=[make.a_claim_form("marketing_allowed")])

    with pytest.raises(Refused, match=r"flow\.purpose_mismatch"):
        city.register("archive-2", purposes=[purpose])


@pytest.mark.clause("10(4)")
def test_a_letter_is_not_the_first_to_bring_a_merchant_a_name(
    browser: Browser, world: World
) -> None:
    browser.consent(browser.log_in(browser.authorize("cafe", **ASKING)))
    city, rooms = browser.city, world.rooms
    member_id, wish = city.member_id(), Wish(kind=RequestKind.INQUIRE, language="en", acr="")
    with city.database() as session:
        client_id = registry.get(session, "cafe").id
        asked = requests.make(
            session, wish, member_id=member_id, keyring=rooms.keyring, now=city.now
        )
        request_making.tell(session, client_id, asked, stage="done", now=city.now)
        cafe = rooms.provider.directory.find(session, "cafe", now=city.now)
    assert cafe is not None

    world.work_off()

    (letter,) = [each for each in world.letters if each["To"] == "ask@cafe.invalid"]
    assert rooms.provider.sub_of(member_id, cafe) not in str(letter)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_several_presses_at_once_one_stops_and_the_merchant_hears_once(
    browser: Browser, world: World
) -> None:
    be_told(browser.city)
    says(browser, "allow")
    page = browser.get("/account/consents")
    found = STOP.search(page.text)
    assert found
    path, form, cookie = found[0], hidden(page), cookies(browser)

    def press() -> TestResponse:
        return browser.city.call(path, form, headers={"Cookie": cookie})

    statuses = sorted(each.status_code for each in at_once(press))

    assert statuses == [303, 404, 404, 404]
    yes, no = answers(browser.city)
    assert (yes.end_reason, no.ended_at) == (EndReason.WITHDRAWN, None)
    assert len(events(world)) == 1


def cookies(browser: Browser) -> str:
    """Return what the browser would send, for one more tab."""
    jar = browser.http._cookies or {}  # werkzeug has no other way to all of them
    return "; ".join(f"{each.key}={each.value}" for each in jar.values())
