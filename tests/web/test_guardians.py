"""A minor asks, a guardian answers, and the minor goes on; nobody else can, and not for ever."""

import base64
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from consent import approvals, representation
from consent.models import ApprovalRequest, ApprovalState, Consent, Decision, Receipt
from kernel.jobs import Job
from members import guardians
from members.models import Evidence, Relation
from tests import make
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import City

CHILD = "2016-05-05"
CAFE = {"client_id": "cafe"}


@pytest.fixture
def shop(city: City) -> City:
    """Lend a city with a merchant that asks for a name, and a ten-year-old."""
    claims = [make.a_claim_form("name", required=True), make.a_claim_form("email")]
    with city.database() as session:
        purposes = [make.a_purpose_form("membership", claims=claims)]
        make.a_shop(session, "cafe", purposes=purposes)
    city.enrol("an.an", name="陳安安", birthdate=CHILD)
    return city


def bound(city: City, *logins: str, ward: str = "an.an", birthdate: str = CHILD) -> None:
    until = representation.comes_of_age(birthdate)
    assert until is not None
    ward_id, ids = city.member_id(ward), [city.member_id(login) for login in logins]
    with city.database() as session:
        for guardian_id in ids:
            guardians.link(
                session,
                ward_id=ward_id,
                guardian_id=guardian_id,
                relation=Relation.PARENT,
                evidence=Evidence.HOUSEHOLD_REGISTER,
                until=until,
                now=city.now,
            )


def asks(city: City, login: str = "an.an") -> tuple[Browser, TestResponse]:
    """Let the child go as far as it goes at the café, giving name and mail address."""
    browser = Browser(city)
    page = browser.authorize("cafe", scope="openid profile email", purpose="membership")
    page = browser.log_in(page, login)
    assert page.request.path.endswith("/consent"), page.text
    return browser, browser.consents(page, "email")


def request_id(city: City) -> UUID:
    with city.database() as session:
        return session.scalars(
            select(ApprovalRequest.id).order_by(ApprovalRequest.id.desc())
        ).first() or UUID(int=0)


def signed_in(city: City, login: str = "mei.chen") -> Browser:
    browser = Browser(city)
    browser.log_in(browser.get("/account/login"), login)
    return browser


def decides(browser: Browser, decision: str = "allow", **claims: str) -> TestResponse:
    page = browser.follow(browser.get(f"/account/guardians/{request_id(browser.city)}"))
    if page.status_code != 200:
        return page
    fields = {f"claim.{name}": value for name, value in claims.items()}
    return browser.submit(page, decision=decision, **fields)


def kinds(city: City, login: str) -> set[str]:
    with city.database() as session:
        member_id = city.member_id(login)
        return set(
            session.scalars(select(LedgerLine.kind).where(LedgerLine.member_id == member_id))
        )


def given(city: City) -> set[str]:
    with city.database() as session:
        rows = session.scalars(select(Consent).where(Consent.ended_at.is_(None)))
        return {row.claim for row in rows if row.decision is Decision.GIVEN}


@pytest.mark.clause("10-I(4)")
def test_a_mere_yes_or_no_to_an_offer_is_the_childs_own(shop: City) -> None:
    claims = [make.a_claim_form("offer_eligible", required=True), make.a_claim_form("name")]
    purposes = [make.a_purpose_form("juice", kind="offer", claims=claims)]
    shop.register("bakery", **make.a_shop_form(sector="bakery.invalid", purposes=purposes))
    asking = {"scope": "openid", "claims": json.dumps({"userinfo": {"offer_eligible": None}})}

    back = Browser(shop).sign_in("bakery", login="an.an", share=(), **asking)

    assert "code" in answer(back)
    assert given(shop) == {"sub", "offer_eligible"}


@pytest.mark.clause("10-I(4)", "2(8)1")
def test_a_child_goes_on_once_a_guardian_agreed(shop: City) -> None:
    bound(shop, "mei.chen")
    child, page = asks(shop)
    assert "已經請 陳美玉 確認" in page.text.replace('<span lang="zh-Hant-TW">', "")
    assert given(shop) == {"sub"}  # the first page names nobody

    parent = signed_in(shop)
    assert "請您確認" in parent.get("/account").text
    assert decides(parent, email="share").status_code == 303

    back = child.follow(child.get(page.request.path))
    assert "code" in answer(back)
    assert given(shop) == {"sub", "name", "email"}
    assert Kind.CONSENT_APPROVED in kinds(shop, "an.an")
    assert Kind.GUARDIAN_APPROVED in kinds(shop, "mei.chen")


def test_a_guardian_approves_less_but_never_more(shop: City) -> None:
    bound(shop, "mei.chen")
    child, page = asks(shop)

    decides(signed_in(shop), email="withhold", address="share")

    assert given(shop) == {"sub", "name"}
    assert "code" in answer(child.follow(child.get(page.request.path)))


@pytest.mark.clause("10-I(4)")
def test_a_guardian_begins_with_nothing_ticked_and_reads_what_the_child_wished(shop: City) -> None:
    bound(shop, "mei.chen")
    asks(shop)

    page = signed_in(shop).get(f"/account/guardians/{request_id(shop)}").text

    assert " checked" not in page
    assert re.sub("<[^>]+>", "", page).count("陳安安 想提供這一項。") == 1  # the name is required
    assert "為了辦證" in page


def test_what_a_guardian_does_not_choose_is_withheld(shop: City) -> None:
    bound(shop, "mei.chen")
    asks(shop)

    assert decides(signed_in(shop)).status_code == 303

    assert given(shop) == {"sub", "name"}


def test_what_the_child_withheld_is_named_and_cannot_be_given(shop: City) -> None:
    bound(shop, "mei.chen")
    child = Browser(shop)
    page = child.authorize("cafe", scope="openid profile email", purpose="membership")
    page = child.consents(child.log_in(page, "an.an"))
    assert page.request.path.endswith("/guardian"), page.text
    parent = signed_in(shop)
    assert "不想提供的，誰也不能代為提供：電子郵件" in re.sub(
        "<[^>]+>", "", parent.get(f"/account/guardians/{request_id(shop)}").text
    )

    decides(parent, email="share")

    assert given(shop) == {"sub", "name"}


def test_a_yes_to_nothing_is_asked_again_and_is_no_yes(shop: City) -> None:
    claims = [make.a_claim_form("name"), make.a_claim_form("email")]
    purposes = [make.a_purpose_form("membership", claims=claims)]
    shop.register("bakery", **make.a_shop_form(sector="bakery.invalid", purposes=purposes))
    bound(shop, "mei.chen")
    child = Browser(shop)
    page = child.log_in(child.authorize("bakery", scope="openid profile email"), "an.an")
    child.consents(page, "name", "email")
    parent = signed_in(shop)

    again = decides(parent, name="withhold")

    assert again.status_code == 422
    assert 'href="#claim.name"' in again.text
    assert given(shop) == {"sub"}
    assert decides(parent, name="share").status_code == 303
    assert given(shop) == {"sub", "name"}


def test_a_receipt_names_both(shop: City) -> None:
    bound(shop, "mei.chen")
    child, _ = asks(shop)
    decides(signed_in(shop), email="share")
    with shop.database() as session:
        receipt = session.scalars(select(Receipt).where(Receipt.approver_id.is_not(None))).one()
    page = child.get(f"/account/receipts/{receipt.id}")

    assert "陳安安" in page.text
    assert "陳美玉" in page.text
    signed = child.get(f"/account/receipts/{receipt.id}.jwt").text
    payload = signed.split(".")[1]
    parties = json.loads(base64.urlsafe_b64decode(payload + "=="))["party_identification"]
    assert [each["party_name"] for each in parties[2:]] == ["陳安安", "陳美玉"]
    assert parties[3]["party_relation"] == "parent"


def test_a_no_is_an_answer(shop: City) -> None:
    bound(shop, "mei.chen")
    child, page = asks(shop)

    decides(signed_in(shop), "deny")
    page = child.follow(child.get(page.request.path))

    assert "大人這次沒有同意" in page.text
    assert "code" in answer(child.follow(child.submit(page)))
    assert given(shop) == {"sub"}
    assert Kind.APPROVAL_REFUSED in kinds(shop, "an.an")


def test_after_a_no_the_child_sees_again_what_to_give_and_may_ask_for_less(shop: City) -> None:
    bound(shop, "mei.chen")
    child, page = asks(shop)
    decides(signed_in(shop), "deny")
    page = child.follow(child.get(page.request.path))
    less = re.search(r'id="give_less" href="([^"]+)"', page.text)
    assert less

    again = child.follow(child.get(less[1]))

    assert again.request.path.endswith("/consent")
    assert child.consent(again, "email").status_code == 409  # the same is not asked again
    assert child.consent(again).request.path.endswith("/guardian")
    assert decides(signed_in(shop)).status_code == 303
    assert given(shop) == {"sub", "name"}


def test_a_child_can_stop_waiting_and_goes_on_as_a_stranger(shop: City) -> None:
    bound(shop, "mei.chen")
    child, page = asks(shop)

    assert "code" in answer(child.follow(child.submit(page)))
    assert decides(signed_in(shop)).status_code == 409


def test_a_child_who_comes_back_later_finds_the_question_waiting(shop: City) -> None:
    bound(shop, "mei.chen")
    asks(shop)
    shop.wait(hours=2)
    browser = Browser(shop)

    page = browser.authorize("cafe", scope="openid profile email", purpose="membership")
    assert browser.log_in(page, "an.an").request.path.endswith("/guardian")

    decides(signed_in(shop), email="share")
    later = Browser(shop)
    page = later.authorize("cafe", scope="openid profile email", purpose="membership")
    assert "code" in answer(later.log_in(page, "an.an"))


@pytest.mark.clause("10(3)")
@pytest.mark.refusal("approval.over")
def test_a_childs_later_no_is_not_overruled_by_a_yes(shop: City) -> None:
    bound(shop, "mei.chen")
    child = Browser(shop)
    page = child.authorize("cafe", scope="openid profile email", purpose="membership")
    second = child.consent(child.log_in(page, "an.an"), "email")
    child.consent(second, "email")

    child.submit(second, decision="deny")  # found with the back button

    assert decides(signed_in(shop), email="share").status_code == 409
    assert given(shop) == {"sub"}


def test_answering_another_page_again_leaves_the_question_waiting(shop: City) -> None:
    bound(shop, "mei.chen")
    asks(shop)
    child = Browser(shop)
    page = child.authorize(
        "cafe", scope="openid profile email", purpose="membership", prompt="consent"
    )

    child.consent(child.log_in(page, "an.an"), "email")  # the first page, with the second to come

    assert decides(signed_in(shop), email="share").status_code == 303
    assert given(shop) == {"sub", "name", "email"}


@pytest.mark.refusal("member.guardian_required")
def test_without_a_guardian_the_page_says_where_to_go(shop: City) -> None:
    _, page = asks(shop)

    assert page.status_code == 422
    assert "申辦窗口" in page.text
    assert given(shop) == {"sub"}


@pytest.mark.parametrize("client", ["library", "cafe"])
def test_no_adult_and_no_agency_waits_for_anybody(shop: City, client: str) -> None:
    if client == "library":
        assert "code" in answer(Browser(shop).sign_in("library", login="an.an"))
    else:
        assert "code" in answer(asks(shop, "mei.chen")[1])


@pytest.mark.refusal("approval.not_found", "guardian.not_linked")
def test_a_stranger_cannot_answer(shop: City) -> None:
    bound(shop, "mei.chen")
    shop.enrol("a.stranger")
    asks(shop)

    assert decides(signed_in(shop, "a.stranger")).status_code == 404
    assert signed_in(shop).get(f"/account/guardians/{UUID(int=1)}").status_code == 404
    assert given(shop) == {"sub"}


def test_a_guardian_proves_who_they_are_just_before(shop: City) -> None:
    bound(shop, "mei.chen")
    parent = signed_in(shop)
    asks(shop)
    shop.wait(minutes=6)

    page = parent.follow(parent.get(f"/account/guardians/{request_id(shop)}"))

    assert page.request.path == "/account/confirm"


@pytest.mark.refusal("approval.over")
def test_one_of_two_guardians_is_enough_and_the_other_is_told(shop: City) -> None:
    shop.enrol("da.chen", email="da@mail.invalid")
    bound(shop, "mei.chen", "da.chen")
    asks(shop)
    first, second = signed_in(shop), signed_in(shop, "da.chen")

    decides(first)

    assert decides(second).status_code == 409
    with shop.database() as session:
        told = [job.payload for job in session.scalars(select(Job)) if "template" in job.payload]
    expected = {str(shop.member_id(login)) for login in ("da.chen", "an.an")}
    decided = {each["member"] for each in told if each["template"] == "approval.decided"}
    assert decided == expected


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_guardians_at_once_only_one_decides(shop: City) -> None:
    shop.enrol("da.chen")
    bound(shop, "mei.chen", "da.chen")
    asks(shop)
    asked, together = request_id(shop), Barrier(2)
    ids = [shop.member_id(login) for login in ("mei.chen", "da.chen")]
    won: list[bool] = []

    def answers(by: UUID, state: ApprovalState) -> None:
        with shop.database() as session:
            session.execute(select(1))
            together.wait()
            won.append(approvals.decide(session, asked, state, by=by, now=shop.now))

    states = (ApprovalState.APPROVED, ApprovalState.REFUSED)
    threads = [Thread(target=answers, args=pair) for pair in zip(ids, states, strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(won) == [False, True]


@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize(("seconds", "status"), [(-1, 303), (0, 404)])
def test_at_midnight_in_taipei_it_is_over(shop: City, seconds: int, status: int) -> None:
    birthdate = "2008-11-24"
    shop.enrol("almost", name="林快滿", birthdate=birthdate)
    bound(shop, "mei.chen", ward="almost", birthdate=birthdate)
    asks(shop, "almost")
    parent = signed_in(shop)
    page = parent.get(f"/account/guardians/{request_id(shop)}")
    midnight = datetime.fromisoformat("2026-11-24T00:00:00+08:00")
    shop.now = midnight + timedelta(seconds=seconds)
    parent = signed_in(shop) if seconds else parent

    response = decides(parent) if seconds else signed_in(shop).get(page.request.path)

    assert response.status_code == status
    if seconds:
        with shop.database() as session:
            approved = session.scalars(select(Consent).where(Consent.claim != "sub"))
            assert {each.expires_at for each in approved} == {midnight}


@pytest.mark.refusal("account.deletion_blocked_guardian")
def test_who_acts_for_a_minor_does_not_leave(shop: City) -> None:
    bound(shop, "mei.chen")

    assert "法定代理人" in signed_in(shop).get("/account/delete").text


def test_both_see_the_link(shop: City) -> None:
    bound(shop, "mei.chen")

    assert "陳安安" in signed_in(shop).get("/account/guardians").text
    assert "陳美玉" in signed_in(shop, "an.an").get("/account/guardians").text


@pytest.mark.parametrize("form", [{}, {"decision": "maybe"}, {"decision": "x" * 5000}])
def test_silence_approves_nothing(shop: City, form: dict[str, str]) -> None:
    bound(shop, "mei.chen")
    asks(shop)
    parent = signed_in(shop)
    page = parent.get(f"/account/guardians/{request_id(shop)}")

    assert parent.submit(page, **form).status_code == 303
    assert given(shop) == {"sub"}


# Withdrawing, being told no, asking too often


@pytest.mark.clause("10(4)")
def test_a_guardian_withdraws_what_needed_approval_and_both_are_told(shop: City) -> None:
    shop.enrol("da.chen", email="da@mail.invalid")
    bound(shop, "mei.chen", "da.chen")
    asks(shop)
    decides(signed_in(shop), email="share")
    Browser(shop).sign_in("library", login="an.an")  # which the child may do alone
    parent = signed_in(shop)
    with shop.database() as session:
        link_id = guardians.wards_of(session, shop.member_id(), now=shop.now)[0].id
        receipts = {each.relation: each for each in session.scalars(select(Receipt))}
    page = parent.get(f"/account/guardians/for/{link_id}")
    assert "好日子咖啡" in page.text
    assert "圖書館" not in page.text

    path = f"/account/guardians/for/{link_id}/consents/"
    assert parent.get(f"{path}{receipts[None].purpose_id}").status_code == 422
    page = parent.get(f"{path}{receipts['parent'].purpose_id}")
    assert parent.submit(page).status_code == 303

    assert given(shop) == {"sub", "name", "birthdate"}  # the library's stay
    assert Kind.GUARDIAN_WITHDREW in kinds(shop, "mei.chen")
    assert Kind.CONSENT_WITHDRAWN in kinds(shop, "an.an")
    assert "陳美玉" in signed_in(shop, "an.an").get("/account/footprint").text
    with shop.database() as session:
        told = [job.payload for job in session.scalars(select(Job)) if "template" in job.payload]
    expected = {str(shop.member_id(login)) for login in ("da.chen", "an.an")}
    withdrawn = {each["member"] for each in told if each["template"] == "consent.withdrawn_for_you"}
    assert withdrawn == expected


def test_a_guardian_withdraws_what_they_approved_also_if_the_child_answered_since(
    shop: City,
) -> None:
    bound(shop, "mei.chen")
    asks(shop)
    decides(signed_in(shop), email="share")
    shop.wait(days=1)
    child = Browser(shop)
    request = {"scope": "openid profile email", "purpose": "membership"}
    page = child.log_in(child.authorize("cafe", prompt="consent", **request), "an.an")
    child.consent(page, "email")  # the first page alone: being recognised
    parent = signed_in(shop)
    with shop.database() as session:
        link_id = guardians.wards_of(session, shop.member_id(), now=shop.now)[0].id
        purpose_id = session.scalars(select(Consent.purpose_id).limit(1)).one()

    page = parent.get(f"/account/guardians/for/{link_id}/consents/{purpose_id}")

    assert parent.submit(page).status_code == 303
    assert given(shop) == set()


def test_a_no_stands_for_a_week_and_only_for_the_same_data(shop: City) -> None:
    bound(shop, "mei.chen")
    asks(shop)
    decides(signed_in(shop), "deny")
    shop.wait(days=6)

    child, page = asks(shop)
    assert page.status_code == 409
    assert "大人這次沒有同意" in page.text
    leave = page.request.path.replace("/consent", "/guardian")
    assert "code" in answer(child.post(leave, hidden(page)))  # as a stranger

    less = Browser(shop)
    page = less.authorize("cafe", scope="openid profile email", purpose="membership")
    page = less.consent(less.log_in(page, "an.an"))
    assert page.request.path.endswith("/guardian")
    less.submit(page)
    shop.wait(days=2)
    assert asks(shop)[1].status_code == 200


@pytest.mark.refusal("approval.too_many")
def test_asking_is_slowed_down(shop: City) -> None:
    bound(shop, "mei.chen")
    for _ in range(5):
        child, page = asks(shop)
        assert page.status_code == 200
        child.submit(page)

    child, page = asks(shop)

    assert page.status_code == 429
    leave = page.request.path.replace("/consent", "/guardian")
    assert "code" in answer(child.post(leave, hidden(page)))  # as a stranger
    shop.wait(days=2)
    assert asks(shop)[1].status_code == 200


@pytest.mark.refusal("member.guardian_required")
def test_who_has_no_guardian_finds_the_way_back_and_one_without_an_account(shop: City) -> None:
    child, page = asks(shop)

    assert "不用帳號也能辦" in page.text
    leave = page.request.path.replace("/consent", "/guardian")
    assert "code" in answer(child.post(leave, hidden(page)))  # as a stranger


@pytest.mark.refusal("member.age_unknown")
def test_who_may_be_a_child_is_not_taken_for_an_adult(shop: City) -> None:
    shop.enrol("who.knows", birthdate=None)

    assert asks(shop, "who.knows")[1].status_code == 422
    assert given(shop) == {"sub"}
    assert "code" in answer(Browser(shop).sign_in("library", login="who.knows"))


def test_an_operator_makes_the_table_stricter(shop: City, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"child": {"agency_identified": "guardian_decides"}}
    rooms = replace(shop.app.extensions["taipei_id"], representation=representation.table_of(rows))
    monkeypatch.setitem(shop.app.extensions, "taipei_id", rooms)
    browser = Browser(shop)

    page = browser.log_in(browser.authorize("library"), "an.an")

    assert page.request.path.endswith("/decided-by-another")
