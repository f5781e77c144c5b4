"""我的請求: the five rights and petitions, from the form to the decision, and who is told."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit import footprint
from audit.lines import Kind
from audit.models import LedgerLine
from clients import registry
from idp import client_notices, member_notices
from kernel import calendar
from kernel.errors import Refused
from members import register, requests
from members.models import Outcome, RequestKind, RequestState, SubjectRequest
from members.requests import Desk, Wish
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.outbox import World
from web import contact_mails, request_making

PAGE = "/account/requests"
SECRET_WORDS = "我的生日是 1991-04-01，不是 1990-04-01"
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser whose member let the library read name and birth date."""
    browser = Browser(city)
    city.userinfo(browser.tokens()["access_token"])
    return browser


@pytest.fixture
def world(city: City) -> World:
    return World(city)


def ask(browser: Browser, kind: str, **more: str) -> TestResponse:
    page = browser.get(f"{PAGE}/new", {"kind": kind, **more})
    assert page.status_code == 200, page.text
    fields = {name: value for name, value in more.items() if name in {"words", "recipient"}}
    return browser.post(PAGE, {**hidden(page), **fields})


def made(browser: Browser, kind: str, **more: str) -> str:
    """Make a request and return its reference number."""
    response = ask(browser, kind, **more)
    assert response.status_code == 303, response.text
    return str(response.location.rpartition("/")[2].partition("?")[0])


@contextmanager
def at_the_desk(city: City, reference: str) -> Iterator[tuple[Desk, SubjectRequest]]:
    with city.database() as session:
        request = requests.get(session, reference)
        yield Desk(session=session, keyring=make.KEYRING, now=city.now), request


def line_links(browser: Browser, kind: str) -> list[str]:
    page = browser.get("/account/footprint").text.replace("&amp;", "&")
    return re.findall(rf'href="({PAGE}/new\?kind={kind}&line=[^"]+)"', page)


def kinds(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)))


# Asking


@pytest.mark.clause("10-I(1)")
@pytest.mark.parametrize("kind", [each.value for each in RequestKind])
@one_database
def test_each_right_can_be_used_and_followed(browser: Browser, kind: str) -> None:
    reference = made(browser, kind, words="請處理")

    page = browser.get(f"{PAGE}/{reference}").text
    assert reference in page
    assert "處理中" in page
    assert "民國115年12月14日" in page or "民國116年1月" in page
    assert reference in browser.get(PAGE).text


@pytest.mark.clause("10-I(1)")
def test_the_page_names_five_rights_and_says_nobody_can_waive_them(browser: Browser) -> None:
    page = browser.get(PAGE).text

    assert "不能預先拋棄" in page
    assert len(re.findall(rf'href="{PAGE}/new\?kind=', page)) == 6  # and petitions


def test_what_was_written_lies_sealed_and_is_shown_to_its_member(
    city: City, browser: Browser
) -> None:
    reference = made(browser, "correct", words=SECRET_WORDS, claim="birthdate")

    with city.database() as session:
        row = session.scalars(select(SubjectRequest)).one()
        assert b"1991" not in row.words_sealed
        assert (row.claims, row.about) == (["birthdate"], "birthdate")
    assert "1991-04-01" in browser.get(f"{PAGE}/{reference}").text
    with city.database() as session:
        details = json.dumps([line.detail for line in session.scalars(select(LedgerLine))])
    assert "1991" not in details


@pytest.mark.refusal("request.words_missing")
@pytest.mark.parametrize("kind", ["correct", "petition"])
@one_database
def test_a_correction_and_a_petition_need_words(browser: Browser, kind: str) -> None:
    response = ask(browser, kind, words=" \n")

    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert "請寫下內容或理由" in response.text


@pytest.mark.refusal("request.already_open")
def test_the_same_request_is_not_taken_twice(browser: Browser) -> None:
    made(browser, "stop")

    assert ask(browser, "stop").status_code == 409
    assert ask(browser, "delete").status_code == 303


@pytest.mark.refusal("request.too_many")
@one_database
def test_nobody_floods_the_desk(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_OPEN", 1)
    made(browser, "stop")

    assert ask(browser, "delete").status_code == 409


@pytest.mark.refusal("request.not_found")
@one_database
def test_another_members_request_is_not_there(city: City, browser: Browser) -> None:
    reference = made(browser, "inquire")
    city.enrol("other.member", name="林不同")
    other = Browser(city)
    other.log_in(other.get("/account/login"), "other.member")

    assert other.get(f"{PAGE}/{reference}").status_code == 404
    assert reference not in other.get(PAGE).text


@pytest.mark.parametrize("reference", ["%00", "%ED%A0%80", "2" * 300, "ABCDEFGH", "ß", "' OR 1=1"])
def test_a_number_nobody_was_given_is_not_there(browser: Browser, reference: str) -> None:
    assert browser.get(f"{PAGE}/{reference}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"kind": "nonsense"},
        {"kind": "delete", "line": "00000000-0000-7000-8000-000000000000"},
        {"kind": "delete", "purpose": "00000000-0000-7000-8000-000000000000"},
    ],
)
@one_database
def test_a_form_about_nothing_of_the_members_is_not_there(
    browser: Browser, query: dict[str, str]
) -> None:
    assert browser.get(f"{PAGE}/new", query).status_code == 404


@one_database
def test_only_who_received_something_can_be_addressed(browser: Browser) -> None:
    response = ask(browser, "delete", recipient="00000000-0000-7000-8000-000000000000")

    assert response.status_code == 404


@settings(max_examples=20)
@given(
    form=st.dictionaries(
        st.sampled_from(["kind", "line", "purpose", "claim", "recipient", "words"]),
        st.text(max_size=40) | st.sampled_from(["delete", "city", "birthdate", "\x00", "\ud7ff"]),
    )
)
@one_database
def test_nothing_in_a_form_breaks_it(city: City, form: dict[str, str]) -> None:
    browser = Browser(city)
    browser.log_in(browser.get("/account/login"))
    page = browser.get(PAGE)

    response = browser.post(PAGE, {**hidden(page), **form})

    assert response.status_code in {303, 404, 409, 422}
    assert browser.get(f"{PAGE}/new", form).status_code in {200, 404}


def test_a_forged_form_asks_for_nothing(city: City, browser: Browser) -> None:
    assert browser.post(PAGE, {"kind": "delete"}).status_code == 403
    assert Kind.REQUEST_MADE not in kinds(city)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_tabs_at_once_make_one_request(city: City) -> None:
    member_id, start, said = city.member_id(), Barrier(4), []
    wish = Wish(kind=RequestKind.DELETE, language="en", acr="1")

    def ask_at_once() -> None:
        start.wait()
        try:
            with city.database() as session:
                requests.make(
                    session, wish, member_id=member_id, keyring=make.KEYRING, now=city.now
                )
            said.append("made")
        except Refused as refused:
            said.append(refused.code)

    at_once(ask_at_once, 4)

    assert sorted(said) == ["made"] + ["request.already_open"] * 3


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_clerks_who_decide_at_once_one_is_refused(city: City, browser: Browser) -> None:
    reference, start, said = made(browser, "delete"), Barrier(2), []

    def decide() -> None:
        start.wait()
        try:
            with at_the_desk(city, reference) as (desk, request):
                desk.decide(request, Outcome.GRANTED, "可以")
            said.append("decided")
        except Refused as refused:
            said.append(refused.code)

    at_once(decide, 2)

    assert sorted(said) == ["decided", "request.wrong_state"]
    with at_the_desk(city, reference) as (desk, request):
        member = register.get(desk.session, request.member_id)
        letters = requests.letters(request, member, keyring=make.KEYRING)
    assert [each.occasion for each in letters] == ["asked", "decision"]


def at_once(work: Callable[[], None], count: int) -> None:
    threads = [Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# From a line of the footprint


@pytest.mark.clause("10(3)")
def test_a_line_leads_to_deletion_at_its_recipient_filled_in(
    city: City, browser: Browser, world: World
) -> None:
    with city.database() as session:
        registry.get(session, "library").notice_uri = "https://library.invalid/notices"
    city.wait(seconds=2)
    (link,) = line_links(browser, "delete")
    page = browser.get(link)
    assert "圖書館" in page.text
    assert "姓名、出生日期" in page.text

    response = browser.post(PAGE, hidden(page))

    assert response.status_code == 303
    world.work_off()
    claims = told(world)
    (event,) = claims["events"].values()
    assert event["kind"] == "delete"
    assert event["claims"] == ["birthdate", "name"]
    assert event["stage"] == "asked"
    assert event["reference"] in response.location
    assert "陳美玉" not in json.dumps(claims, ensure_ascii=False)


def told(world: World) -> dict[str, Any]:
    (call,) = world.calls
    payload = call[1].split(b".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + b"=="))
    return found


def test_a_client_without_an_address_for_events_gets_mail(
    city: City, browser: Browser, world: World
) -> None:
    with city.database() as session:
        registry.get(session, "library").contact = "privacy@library.invalid"
    city.wait(seconds=2)
    browser.post(PAGE, hidden(browser.get(line_links(browser, "stop")[0])))

    world.work_off()

    (letter,) = [each for each in world.letters if each["To"] == "privacy@library.invalid"]
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "birthdate, name" in text
    assert "陳美玉" not in text
    assert "1990" not in text


@pytest.mark.parametrize("contact", [None, "https://library.invalid/contact"])
@one_database
def test_a_client_without_any_address_is_left_to_the_desk(
    city: City, browser: Browser, world: World, contact: str | None
) -> None:
    with city.database() as session:
        registry.get(session, "library").contact = contact
    city.wait(seconds=2)
    browser.post(PAGE, hidden(browser.get(line_links(browser, "stop")[0])))

    world.work_off()

    jobs = {job.kind: job for job in world.jobs()}
    assert jobs[contact_mails.KIND].done_at is not None
    assert not world.calls


@one_database
def test_a_petition_about_a_line_goes_to_the_city(city: City, browser: Browser) -> None:
    page = browser.get(line_links(browser, "petition")[0])
    browser.post(PAGE, {**hidden(page), "words": "圖書館不該有我的生日"})

    with city.database() as session:
        row = session.scalars(select(SubjectRequest)).one()
        assert row.recipient == "city"
        assert row.claims == ["birthdate", "name"]


@pytest.mark.clause("10(4)")
def test_a_shop_that_knows_nobody_cannot_be_written_to(city: City, browser: Browser) -> None:
    member_id = city.member_id()
    with city.database() as session:
        shop = make.a_client(
            session,
            "cafe",
            kind="merchant",
            organisation=make.words("好日子", "Good Day"),
            sector="cafe.invalid",
            purposes=[make.a_purpose_form("offer", claims=[])],
        )
        for kind in (Kind.TILL_ANSWERED, Kind.SIGNED_IN, Kind.RELEASED):
            footprint.record(
                session,
                kind,
                member_id=member_id,
                client_id=shop.id,
                claims=() if kind == Kind.SIGNED_IN else {"offer_eligible"},
                now=city.now,
            )
        shop_id = str(shop.id)
        found = request_making.recipients(session, member_id)

    assert [named.kind for named in found.values()] == ["agency"]
    assert ask(browser, "delete", recipient=shop_id).status_code == 404
    page = browser.get("/account/footprint").text
    lines = [each for each in page.split("<li>") if "Good Day" in each or "好日子" in each]
    assert not any("kind=delete" in each for each in lines)


# The desk


@pytest.mark.clause("10-I(1)")
def test_a_request_runs_its_course(city: City, browser: Browser, world: World) -> None:
    reference = made(browser, "correct", words=SECRET_WORDS, claim="birthdate")
    with at_the_desk(city, reference) as (desk, request):
        desk.question(request, "請上傳戶籍謄本")
        assert requests.due(request, calendar.load(desk.session)) is None
    city.wait(days=3)
    page = browser.log_in(browser.get("/account/login"))
    page = browser.get(f"{PAGE}/{reference}")
    assert "請上傳戶籍謄本" in page.text
    assert "期限先暫停" in page.text

    answered = browser.post(f"{PAGE}/{reference}/answer", {**hidden(page), "words": "已寄出"})
    assert answered.status_code == 303
    with at_the_desk(city, reference) as (desk, request):
        assert request.pauses == ["2026-11-23/2026-11-26"]
        desk.extend(request, "要向戶政機關查證", calendar.load(desk.session))
        desk.decide(request, Outcome.GRANTED, "查證屬實")
        assert desk.fulfil(request) is True
        request_making.tell_recipients(desk.session, request, now=city.now)
        request_making.moved(desk.session, request, "fulfilled", now=city.now)

    page = browser.get(f"{PAGE}/{reference}")
    assert "已完成，也通知了收到資料的單位" in page.text
    assert [word in page.text for word in ("要向戶政機關查證", "查證屬實", "已寄出")] == [True] * 3
    assert Kind.REQUEST_MOVED in kinds(city)
    assert contact_mails.KIND in {job.kind for job in world.jobs()}


@pytest.mark.refusal("request.wrong_state")
@one_database
def test_no_step_is_skipped_or_taken_twice(city: City, browser: Browser) -> None:
    reference = made(browser, "inquire")
    with at_the_desk(city, reference) as (desk, request):
        for step in (
            lambda: desk.answer(request, "x"),
            lambda: desk.fulfil(request),
        ):
            with pytest.raises(Refused, match=r"request\.wrong_state"):
                step()
        desk.decide(request, Outcome.REFUSED, "不是您的資料")
        for step in (
            lambda: desk.decide(request, Outcome.GRANTED, "x"),
            lambda: desk.question(request, "x"),
            lambda: desk.withdraw(request),
            lambda: desk.fulfil(request),
        ):
            with pytest.raises(Refused, match=r"request\.wrong_state"):
                step()
        assert request.closed_at == city.now


@one_database
def test_a_refusal_says_why_and_what_can_be_done_against_it(city: City, browser: Browser) -> None:
    reference = made(browser, "delete")
    with at_the_desk(city, reference) as (desk, request):
        desk.decide(request, Outcome.REFUSED, "依法要保存五年")

    page = browser.get(f"{PAGE}/{reference}").text
    assert "依法要保存五年" in page
    assert "訴願" in page
    assert ask(browser, "delete").status_code == 303


@one_database
def test_a_decision_without_a_reason_is_none(city: City, browser: Browser) -> None:
    reference = made(browser, "delete")
    with (
        at_the_desk(city, reference) as (desk, request),
        pytest.raises(Refused, match=r"request\.words_missing"),
    ):
        desk.decide(request, Outcome.GRANTED, " ")


@pytest.mark.refusal("request.extended_already")
@pytest.mark.refusal("request.overdue")
@one_database
def test_the_term_is_extended_once_and_in_time(city: City, browser: Browser) -> None:
    first, second = made(browser, "inquire"), made(browser, "copy")
    with at_the_desk(city, first) as (desk, request):
        days = calendar.load(desk.session)
        before = requests.due(request, days)
        desk.extend(request, "資料很多", days)
        after = requests.due(request, days)
        assert before is not None
        assert after is not None
        assert before < after
        with pytest.raises(Refused, match=r"request\.extended_already"):
            desk.extend(request, "還是很多", days)
    city.wait(days=60)
    with (
        at_the_desk(city, second) as (desk, request),
        pytest.raises(Refused, match=r"request\.overdue"),
    ):
        desk.extend(request, "忘了", calendar.load(desk.session))


def test_the_member_takes_a_request_back_and_makes_it_again(city: City, browser: Browser) -> None:
    reference = made(browser, "delete")
    page = browser.get(f"{PAGE}/{reference}")

    response = browser.post(f"{PAGE}/{reference}/withdraw", hidden(page))

    assert response.status_code == 303
    assert "您已撤回" in browser.get(f"{PAGE}/{reference}").text
    assert ask(browser, "delete").status_code == 303
    assert Kind.REQUEST_WITHDRAWN in kinds(city)


@one_database
def test_an_empty_answer_is_sent_back(city: City, browser: Browser) -> None:
    reference = made(browser, "inquire")
    with at_the_desk(city, reference) as (desk, request):
        desk.question(request, "哪一年的？")
    page = browser.get(f"{PAGE}/{reference}")

    response = browser.post(f"{PAGE}/{reference}/answer", {**hidden(page), "words": ""})

    assert response.status_code == 422
    with city.database() as session:
        assert requests.get(session, reference).state is RequestState.WAITING


# What clients are told


@pytest.mark.parametrize("kind", [member_notices.REQUESTED, member_notices.PURGED])
def test_a_client_that_registered_no_address_is_not_called(city: City, kind: str) -> None:
    with city.database() as session:
        client = registry.get(session, "library")
        if kind == member_notices.PURGED:
            queued = member_notices.enqueue_purged(
                session, client.id, member_id=client.id, now=city.now
            )
        else:
            queued = member_notices.enqueue_request(
                session,
                client.id,
                member_id=client.id,
                reference="ABCDEFGH",
                kind="delete",
                claims=(),
                stage="asked",
                now=city.now,
            )
    assert queued is False


def test_a_deleted_account_is_told_by_its_own_event(city: City, world: World) -> None:
    with city.database() as session:
        client = registry.get(session, "library")
        client.notice_uri = "https://library.invalid/notices"
        queued = member_notices.enqueue_purged(
            session, client.id, member_id=client.id, now=city.now
        )
    city.wait(hours=6)

    world.work_off()

    assert queued is True
    assert told(world)["events"] == {member_notices.PURGED_EVENT: {}}
    assert world.calls[0][2] == client_notices.CONTENT_TYPE
