"""A proxy acts as themselves, in what the letter names, told at once, stopped at once."""

import json
import re
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from consent.models import ApprovalRequest, Consent, EndReason, Receipt
from members import capacities, guardians, proxies, requests
from members.models import (
    Capacity,
    Evidence,
    Member,
    Relation,
    RequestState,
    Standing,
    SubjectRequest,
)
from members.proxy_models import Letter, Matter, PowerEnd, PowerOfAttorney
from members.requests import Desk
from tests import make
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import City
from tests.idp.test_races import at_once
from tests.web.outbox import World
from web import archive_representation
from web.archive_parts import Whose

ALL = tuple(Matter)


@pytest.fixture
def shop(city: City) -> City:
    """Lend a city with a merchant that asks for a name, and a grandmother."""
    claims = [make.a_claim_form("name", required=True), make.a_claim_form("email")]
    with city.database() as session:
        make.a_shop(session, "cafe", purposes=[make.a_purpose_form("membership", claims=claims)])
    city.enrol("grandmother", name="周李月", birthdate="1940-03-03", email="yue@mail.invalid")
    return city


def empowered(city: City, *matters: Matter, days: int = 30) -> UUID:
    principal_id, proxy_id = city.member_id("grandmother"), city.member_id()
    with city.database() as session:
        return proxies.enter(
            session,
            principal_id=principal_id,
            proxy_id=proxy_id,
            matters=matters or ALL,
            letter=Letter.PAPER,
            reference="115-委-7",
            starts_at=city.now,
            ends_at=city.now + timedelta(days=days),
            now=city.now,
        )


def signed_in(city: City, login: str = "mei.chen") -> Browser:
    browser = Browser(city)
    browser.log_in(browser.get("/account/login"), login)
    return browser


def consented(city: City, login: str = "grandmother") -> UUID:
    """Let somebody agree at the library, and return the purpose."""
    Browser(city).sign_in("library", login=login)
    with city.database() as session:
        member = select(Consent.purpose_id).where(Consent.ended_at.is_(None)).limit(1)
        return session.scalars(member).one()


def withdraws(browser: Browser, power_id: UUID, purpose_id: UUID) -> TestResponse:
    page = browser.get(f"/account/guardians/for/{power_id}/consents/{purpose_id}")
    return browser.submit(page) if page.status_code == 200 else page


def kinds(city: City, login: str) -> set[str]:
    member_id = city.member_id(login)
    with city.database() as session:
        return set(
            session.scalars(select(LedgerLine.kind).where(LedgerLine.member_id == member_id))
        )


def link_in(world: World) -> str:
    """Return the path of the link in the newest letter that has one."""
    world.work_off()
    bodies = [each.get_body(("plain",)) for each in world.letters]
    text = "\n".join(body.get_content() for body in bodies if body is not None)
    paths: list[str] = re.findall(r"https://id\.example\.invalid(/not-me\?key=\S+)", text)
    return paths[-1]


@pytest.mark.clause("7(2)", "10(4)")
def test_a_proxy_withdraws_and_both_footprints_and_the_receipt_name_both(shop: City) -> None:
    power_id, purpose_id = empowered(shop), consented(shop)
    proxy = signed_in(shop)
    page = proxy.get(f"/account/guardians/for/{power_id}")
    assert "周李月" in page.text
    assert "圖書館" in page.text

    assert withdraws(proxy, power_id, purpose_id).status_code == 303

    with shop.database() as session:
        ended = session.scalars(select(Consent)).all()
        receipt_id = session.scalars(select(Receipt.id)).one()
    assert {each.end_reason for each in ended} == {EndReason.WITHDRAWN}
    assert {each.ended_by for each in ended} == {shop.member_id()}
    assert Kind.CONSENT_WITHDRAWN in kinds(shop, "grandmother")
    assert Kind.PROXY_WITHDREW in kinds(shop, "mei.chen")
    principal = signed_in(shop, "grandmother")
    assert "您的受託人 陳美玉" in principal.get("/account/footprint").text
    assert "周李月" in signed_in(shop).get("/account/footprint").text
    form = {**hidden(principal.get("/account/footprint")), "format": "csv"}
    assert "您的受託人 陳美玉" in principal.post("/account/footprint/export", form).text
    listed = principal.get("/account/consents").text
    assert "由代理您的人撤回了" in listed
    assert "您撤回了" not in listed
    receipt = principal.get(f"/account/receipts/{receipt_id}").text
    assert "您撤回了" not in receipt
    assert "陳美玉" in receipt
    assert "周李月" in receipt


@pytest.mark.clause("7(2)")
def test_the_principal_is_told_and_ends_it_without_signing_in(shop: City) -> None:
    power_id, purpose_id = empowered(shop), consented(shop)
    proxy = signed_in(shop)
    withdraws(proxy, power_id, purpose_id)
    path, anybody = link_in(World(shop)), Browser(shop)

    page = anybody.get(path)
    assert page.status_code == 200
    assert "周李月" not in page.text
    assert proxy.get(f"/account/guardians/for/{power_id}").status_code == 200  # a look ends nothing
    after = anybody.follow(anybody.submit(page))

    assert "委託已停止" in after.text
    assert proxy.get(f"/account/guardians/for/{power_id}").status_code == 404
    assert anybody.submit(page).status_code == 404
    with shop.database() as session:
        assert session.get_one(PowerOfAttorney, power_id).end is PowerEnd.DISOWNED
    assert Kind.POWER_ENDED in kinds(shop, "grandmother") & kinds(shop, "mei.chen")


def test_a_link_grows_old(shop: City) -> None:
    power_id, purpose_id = empowered(shop), consented(shop)
    withdraws(signed_in(shop), power_id, purpose_id)
    path = link_in(World(shop))
    shop.wait(days=15)
    browser = Browser(shop)

    assert "不能再用" in browser.get(path).text
    form = hidden(browser.get("/account/login"))
    key = path.partition("=")[2]
    assert browser.post("/not-me", {**form, "key": key}).status_code == 404


@pytest.mark.refusal("poa.not_found")
@pytest.mark.parametrize("secret", ["", "x", "x" * 5000, "\U0001f426", "\0", "' OR 1=1"])
def test_a_made_up_link_is_no_page(shop: City, secret: str) -> None:
    browser = Browser(shop)
    form = hidden(browser.get("/account/login"))

    assert browser.get("/not-me", {"key": secret}).status_code == 404
    assert browser.post("/not-me", {**form, "key": secret}).status_code == 404


@pytest.mark.refusal("case.poa_scope")
@pytest.mark.parametrize("matters", [(Matter.MERCHANTS,), (Matter.FOOTPRINT,)])
def test_what_the_letter_does_not_name_is_refused(shop: City, matters: tuple[Matter, ...]) -> None:
    power_id, purpose_id = empowered(shop, *matters), consented(shop)
    proxy = signed_in(shop)

    assert "圖書館" not in proxy.get(f"/account/guardians/for/{power_id}").text
    assert withdraws(proxy, power_id, purpose_id).status_code == 422
    with shop.database() as session:
        assert not session.scalars(select(Consent.ended_at).where(Consent.ended_at.is_not(None)))\
            .all()  # fmt: skip


@pytest.mark.refusal("case.poa_scope")
def test_a_footprint_is_read_only_by_a_letter_that_says_so_and_that_is_a_line(shop: City) -> None:
    power_id = empowered(shop, Matter.SERVICES)
    proxy = signed_in(shop)
    assert proxy.get(f"/account/guardians/for/{power_id}/footprint").status_code == 422
    with shop.database() as session:
        proxies.end(session, power_id, PowerEnd.COUNTER, now=shop.now)
    signed_in(shop, "grandmother")
    power_id = empowered(shop, Matter.FOOTPRINT)
    page = proxy.get(f"/account/guardians/for/{power_id}/footprint")
    assert "登入了帳號" not in page.text

    assert "登入了帳號" in proxy.submit(page).text

    assert Kind.FOOTPRINT_READ in kinds(shop, "grandmother")
    assert Kind.PROXY_READ in kinds(shop, "mei.chen")
    assert "proxy.acted" in World(shop).told()


REQUESTS = "/account/guardians/for/{}/requests"


def asks_for(browser: Browser, power_id: UUID, kind: str = "delete", **form: str) -> TestResponse:
    """Make a request in the grandmother's stead, as far as it goes."""
    path = REQUESTS.format(power_id)
    page = browser.get(f"{path}/new", {"kind": kind})
    return browser.post(path, {**hidden(page), **form}) if page.status_code == 200 else page


@pytest.mark.clause("7(2)", "10-I(1)")
def test_a_proxy_makes_and_follows_a_request_and_nothing_else(shop: City) -> None:
    power_id = empowered(shop, Matter.REQUESTS)
    consented(shop)
    principal = signed_in(shop, "grandmother")
    form = hidden(principal.get("/account/requests/new", {"kind": "inquire"}))
    principal.post("/account/requests", form)
    proxy = signed_in(shop)

    made = asks_for(proxy, power_id, words="請刪除借閱紀錄")

    page = proxy.get(made.location).text
    assert "請刪除借閱紀錄" in page
    assert "周李月" in page
    assert 'id="withdraw_request"' not in page
    listed = proxy.get(REQUESTS.format(power_id)).text
    reference = made.location.rpartition("/")[2]
    with shop.database() as session:
        hers, theirs = session.scalars(select(SubjectRequest).order_by(SubjectRequest.id)).all()
    assert (theirs.reference, theirs.filed_by) == (reference, shop.member_id())
    assert hers.filed_by is None
    assert reference in listed
    assert hers.reference not in listed
    assert proxy.get(f"{REQUESTS.format(power_id)}/{hers.reference}").status_code == 404
    assert proxy.get(f"/account/requests/{reference}").status_code == 404  # it is not the proxy's


@pytest.mark.clause("7(2)")
def test_both_read_of_a_proxys_request_and_the_principal_takes_it_back(shop: City) -> None:
    power_id = empowered(shop, Matter.REQUESTS)
    proxy = signed_in(shop)
    reference = asks_for(proxy, power_id).location.rpartition("/")[2]

    assert Kind.REQUEST_MADE in kinds(shop, "grandmother")
    assert Kind.PROXY_REQUESTED in kinds(shop, "mei.chen")
    assert {"request.received", "proxy.acted"} <= set(World(shop).told())
    principal = signed_in(shop, "grandmother")
    assert "您的受託人 陳美玉" in principal.get("/account/footprint").text
    assert "由受託人 陳美玉 提出" in principal.get("/account/requests").text
    page = principal.get(f"/account/requests/{reference}")
    assert "陳美玉" in page.text
    assert (
        principal.post(f"/account/requests/{reference}/withdraw", hidden(page)).status_code == 303
    )
    assert "撤回" in proxy.get(f"{REQUESTS.format(power_id)}/{reference}").text


def test_a_proxy_answers_what_the_city_asks_about_their_request(shop: City) -> None:
    power_id = empowered(shop, Matter.REQUESTS)
    proxy = signed_in(shop)
    address = asks_for(proxy, power_id, "correct", words="生日不對").location
    with shop.database() as session:
        row = session.scalars(select(SubjectRequest)).one()
        keyring = shop.app.extensions["taipei_id"].keyring
        Desk(session=session, keyring=keyring, now=shop.now).question(row, "哪一天？")
    page = proxy.get(address)
    assert "哪一天？" in page.text

    assert proxy.post(f"{address}/answer", {**hidden(page), "words": " "}).status_code == 422
    assert proxy.post(f"{address}/answer", {**hidden(page), "words": "4 月"}).status_code == 303
    assert proxy.post(f"{address}/answer", {**hidden(page), "words": "5 月"}).status_code == 409

    with shop.database() as session:
        assert session.scalars(select(SubjectRequest.state)).one() is RequestState.CHECKED
    assert Kind.REQUEST_ANSWERED in kinds(shop, "grandmother")
    assert Kind.PROXY_REPLIED in kinds(shop, "mei.chen")


@pytest.mark.refusal("case.poa_scope", "request.not_found")
def test_only_a_letter_that_names_requests_lets_a_proxy_ask(shop: City) -> None:
    power_id = empowered(shop, Matter.SERVICES, Matter.FOOTPRINT)
    proxy = signed_in(shop)
    form = hidden(proxy.get("/account/guardians"))
    path = REQUESTS.format(power_id)

    assert path not in proxy.get(f"/account/guardians/for/{power_id}").text
    assert proxy.get(path).status_code == 422
    assert proxy.post(path, {**form, "kind": "delete"}).status_code == 422
    with shop.database() as session:
        proxies.end(session, power_id, PowerEnd.COUNTER, now=shop.now)
    power_id = empowered(shop, Matter.REQUESTS)
    assert asks_for(proxy, power_id, "nonsense").status_code == 404
    assert asks_for(proxy, power_id, recipient=str(UUID(int=1))).status_code == 404
    assert asks_for(proxy, power_id, "petition").status_code == 422  # without words
    made = asks_for(proxy, power_id).location
    with shop.database() as session:
        proxies.end(session, power_id, PowerEnd.COUNTER, now=shop.now)
    assert proxy.get(made).status_code == 404


@pytest.mark.refusal("request.too_many")
def test_a_proxy_cannot_fill_the_desk_in_anothers_name(
    shop: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_OF_A_PROXY", 1)
    power_id = empowered(shop, Matter.REQUESTS)
    proxy, principal = signed_in(shop), signed_in(shop, "grandmother")

    assert asks_for(proxy, power_id, "stop").status_code == 303
    assert asks_for(proxy, power_id, "delete").status_code == 409
    form = hidden(principal.get("/account/requests/new", {"kind": "delete"}))
    assert principal.post("/account/requests", form).status_code == 303


@pytest.mark.refusal("guardian.not_linked")
def test_nobody_else_acts_by_a_letter(shop: City) -> None:
    power_id, purpose_id = empowered(shop), consented(shop)
    shop.enrol("a.stranger")

    for login in ("a.stranger", "grandmother"):
        assert withdraws(signed_in(shop, login), power_id, purpose_id).status_code == 404
    assert signed_in(shop).get(f"/account/guardians/for/{UUID(int=1)}").status_code == 404


def test_it_ends_by_the_clock(shop: City) -> None:
    power_id = empowered(shop, days=1)
    shop.wait(days=1)

    assert signed_in(shop).get(f"/account/guardians/for/{power_id}").status_code == 404


def test_nobody_acts_for_who_paused_their_account(shop: City) -> None:
    power_id = empowered(shop)
    shop.set_standing(Standing.PAUSED, "grandmother")

    assert signed_in(shop).get(f"/account/guardians/for/{power_id}").status_code == 404


@pytest.mark.parametrize(
    ("login", "why"), [("grandmother", PowerEnd.REVOKED), ("mei.chen", PowerEnd.RESIGNED)]
)
def test_either_party_ends_it_at_once(shop: City, login: str, why: PowerEnd) -> None:
    power_id = empowered(shop)
    browser = signed_in(shop, login)
    page = browser.get("/account/guardians")
    path = f"/account/guardians/powers/{power_id}/end"
    assert path in page.text

    assert browser.post(path, hidden(page)).status_code == 303

    with shop.database() as session:
        assert session.get_one(PowerOfAttorney, power_id).end is why
    assert browser.post(path, hidden(page)).status_code == 404


@pytest.mark.refusal("poa.not_found")
def test_a_stranger_ends_nothing(shop: City) -> None:
    power_id = empowered(shop)
    shop.enrol("a.stranger")
    browser = signed_in(shop, "a.stranger")
    form = hidden(browser.get("/account/guardians"))

    for each in (power_id, UUID(int=1)):
        path = f"/account/guardians/powers/{each}/end"
        assert browser.post(path, form).status_code == 404
    with shop.database() as session:
        assert session.get_one(PowerOfAttorney, power_id).ended_at is None


# Answering for the principal


def asks(city: City, login: str = "grandmother", client: str = "cafe") -> TestResponse:
    browser = Browser(city)
    changes = {"purpose": "membership"} if client == "cafe" else {}
    page = browser.authorize(client, scope="openid profile email", **changes)
    page = browser.log_in(page, login)
    return browser.follow(browser.submit(page, decision="ask"))


def request_id(city: City) -> UUID:
    with city.database() as session:
        newest = select(ApprovalRequest.id).order_by(ApprovalRequest.id.desc())
        return session.scalars(newest).first() or UUID(int=1)


def decides(browser: Browser, decision: str = "allow", **fields: str) -> TestResponse:
    page = browser.follow(browser.get(f"/account/guardians/{request_id(browser.city)}"))
    if page.status_code != 200:
        return page
    return browser.submit(page, decision=decision, **fields)


@pytest.mark.clause("7(2)")
def test_a_proxy_decides_what_the_principal_put_before_them(shop: City) -> None:
    empowered(shop, Matter.MERCHANTS)
    browser = Browser(shop)
    page = browser.authorize("cafe", scope="openid profile email", purpose="membership")
    page = browser.log_in(page, "grandmother")
    assert "您的受託人 陳美玉 可以替您決定" in re.sub("<[^>]+>", "", page.text)
    page = browser.follow(browser.submit(page, decision="ask"))
    assert page.request.path.endswith("/guardian")
    proxy = signed_in(shop)
    assert "周李月" in proxy.get("/account").text

    assert decides(proxy, duration="90d").status_code == 303

    assert "code" in answer(browser.follow(browser.get(page.request.path)))
    with shop.database() as session:
        given = session.scalars(select(Consent.claim).where(Consent.decision == "given")).all()
        receipt = session.scalars(select(Receipt)).one()
    assert set(given) == {"sub", "name"}  # what nobody ticked is withheld
    assert (receipt.approver_id, receipt.relation) == (shop.member_id(), "proxy")
    assert Kind.PROXY_APPROVED in kinds(shop, "mei.chen")
    assert World(shop).told()[-1] == "proxy.acted"


@pytest.mark.clause("10(3)")
@pytest.mark.parametrize("who", ["principal", "proxy"])
def test_what_was_withdrawn_is_not_put_in_force_again_by_a_yes(shop: City, who: str) -> None:
    power_id = empowered(shop)
    principal = Browser(shop)
    request = {"scope": "openid profile email", "purpose": "membership"}
    principal.consents(principal.log_in(principal.authorize("cafe", **request), "grandmother"))
    page = principal.authorize("cafe", prompt="consent", **request)
    principal.submit(page, decision="ask")
    proxy = signed_in(shop)
    with shop.database() as session:
        purpose_id = session.scalars(select(Consent.purpose_id).limit(1)).one()

    if who == "proxy":
        withdraws(proxy, power_id, purpose_id)
    else:
        principal.submit(principal.get(f"/account/consents/{purpose_id}/withdraw"))

    assert decides(proxy, duration="90d").status_code == 409
    with shop.database() as session:
        assert session.scalars(select(Consent).where(Consent.ended_at.is_(None))).all() == []
        asked = session.scalars(select(ApprovalRequest)).one()
    assert asked.decided_by == shop.member_id("mei.chen" if who == "proxy" else "grandmother")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("_attempt", range(3))
def test_of_a_withdrawal_and_a_yes_at_once_nothing_stays_in_force(
    shop: City, _attempt: int
) -> None:
    empowered(shop)
    principal, proxy = Browser(shop), signed_in(shop)
    request = {"scope": "openid profile email", "purpose": "membership"}
    principal.consents(principal.log_in(principal.authorize("cafe", **request), "grandmother"))
    principal.submit(principal.authorize("cafe", prompt="consent", **request), decision="ask")
    with shop.database() as session:
        purpose_id = session.scalars(select(Consent.purpose_id).limit(1)).one()
    asked = proxy.get(f"/account/guardians/{request_id(shop)}")
    withdrawing = principal.get(f"/account/consents/{purpose_id}/withdraw")
    acts = [
        partial(proxy.submit, asked, decision="allow", duration="90d"),
        partial(principal.submit, withdrawing),
    ]

    at_once(lambda: acts.pop()().status_code, workers=2)

    with shop.database() as session:
        assert session.scalars(select(Consent).where(Consent.ended_at.is_(None))).all() == []


def test_an_answer_of_ones_own_ends_the_question_to_the_proxy(shop: City) -> None:
    empowered(shop)
    principal = Browser(shop)
    request = {"scope": "openid profile email", "purpose": "membership"}
    first = principal.log_in(principal.authorize("cafe", **request), "grandmother")
    principal.submit(first, decision="ask")

    principal.consents(principal.follow(principal.submit(first, decision="allow", duration="90d")))

    assert decides(signed_in(shop), duration="90d").status_code == 409


def test_a_proxys_answer_without_data_ends_the_yes_to_marketing(shop: City) -> None:
    empowered(shop)
    names = ("name", "email", "marketing_allowed")
    purposes = [make.a_purpose_form("club", claims=[make.a_claim_form(each) for each in names])]
    shop.register("bakery", **make.a_shop_form(sector="bakery.invalid", purposes=purposes))
    asking = {"claims": json.dumps({"userinfo": {"name": None, "marketing_allowed": None}})}
    principal = Browser(shop)
    principal.consents(
        principal.log_in(principal.authorize("bakery", **asking), "grandmother"), *names
    )
    principal.submit(principal.authorize("bakery", prompt="consent", **asking), decision="ask")

    assert decides(signed_in(shop), duration="90d").status_code == 303  # being recognised alone

    with shop.database() as session:
        live = session.scalars(
            select(Consent.claim).where(Consent.ended_at.is_(None), Consent.decision == "given")
        )
        assert set(live) == {"sub"}


def test_without_a_duration_nothing_is_agreed_to(shop: City) -> None:
    empowered(shop)
    asks(shop)
    proxy = signed_in(shop)

    assert decides(proxy, duration="for ever").status_code == 303
    with shop.database() as session:
        assert session.scalars(select(Consent)).all() == []
    assert decides(proxy, "deny").status_code == 303
    assert Kind.PROXY_REFUSED in kinds(shop, "mei.chen")


@pytest.mark.refusal("case.poa_missing")
def test_who_has_no_proxy_asks_nobody(shop: City) -> None:
    assert asks(shop).status_code == 422


def test_a_letter_for_agencies_answers_no_merchant(shop: City) -> None:
    empowered(shop, Matter.SERVICES)

    assert asks(shop).status_code == 422
    assert asks(shop, client="library").status_code == 200


def test_a_power_cannot_be_passed_on(shop: City) -> None:
    """The proxy's own wards and principals are not the principal's, nor the other way round."""
    power_id = empowered(shop)
    shop.enrol("child", name="周小", birthdate="2016-05-05")
    ward_id, principal_id = shop.member_id("child"), shop.member_id("grandmother")
    with shop.database() as session:
        guardians.link(
            session,
            ward_id=ward_id,
            guardian_id=principal_id,
            relation=Relation.GUARDIAN,
            evidence=Evidence.COURT_DECISION,
            until=shop.now + timedelta(days=30),
            now=shop.now,
        )
    asks(shop, "child")
    proxy = signed_in(shop)

    assert "周小" not in proxy.get(f"/account/guardians/for/{power_id}").text
    assert decides(proxy).status_code == 404
    assert decides(signed_in(shop, "grandmother")).status_code == 303


# Adults under guardianship and assistance


def declared(city: City, capacity: Capacity, relation: Relation) -> UUID:
    ward_id, guardian_id = city.member_id("grandmother"), city.member_id()
    with city.database() as session:
        capacities.note(
            session,
            ward_id,
            capacity,
            source="115-監宣-4",
            declared_on=date(2026, 1, 5),
            now=city.now,
        )
        guardians.link(
            session,
            ward_id=ward_id,
            guardian_id=guardian_id,
            relation=relation,
            evidence=Evidence.COURT_DECISION,
            until=None,
            now=city.now,
        )
        return guardians.wards_of(session, guardian_id, now=city.now)[0].id


@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize("client", ["cafe", "library"])
def test_a_guardian_decides_for_an_adult_under_guardianship(shop: City, client: str) -> None:
    link_id = declared(shop, Capacity.GUARDED, Relation.GUARDIAN)
    browser = Browser(shop)
    changes = {"purpose": "membership"} if client == "cafe" else {}
    page = browser.authorize(client, scope="openid profile email", **changes)
    page = browser.log_in(page, "grandmother")
    assert page.request.path.endswith("/decided-by-another")
    form = hidden(page)
    decide = page.request.path.replace("decided-by-another", "consent")
    assert browser.follow(browser.post(decide, {**form, "decision": "allow"})).request.path == (
        page.request.path
    )
    page = browser.follow(browser.post(decide, {**form, "decision": "ask"}))
    guardian = signed_in(shop)

    assert decides(guardian, duration="90d").status_code == 303

    assert "code" in answer(browser.follow(browser.get(page.request.path)))
    with shop.database() as session:
        purpose_id = session.scalars(select(Receipt.purpose_id)).one()
    assert withdraws(guardian, link_id, purpose_id).status_code == 303
    assert Kind.GUARDIAN_WITHDREW in kinds(shop, "mei.chen")


def test_who_is_assisted_acts_with_approval(shop: City) -> None:
    declared(shop, Capacity.ASSISTED, Relation.ASSISTANT)
    browser = Browser(shop)
    page = browser.authorize("cafe", scope="openid profile email", purpose="membership")
    page = browser.consents(browser.log_in(page, "grandmother"), "email")
    assert "已經請人確認" in page.text

    decides(signed_in(shop), **{"claim.email": "share"})

    assert "code" in answer(browser.follow(browser.get(page.request.path)))
    with shop.database() as session:
        relations = session.scalars(select(Receipt.relation).order_by(Receipt.id)).all()
        assert relations == [None, "assistant"]


@pytest.mark.refusal("approval.over")
def test_a_proxy_answers_nothing_any_more_once_a_court_spoke(shop: City) -> None:
    power_id, helper = empowered(shop), signed_in(shop)
    asks(shop)
    with shop.database() as session:
        capacities.note(
            session,
            shop.member_id("grandmother"),
            Capacity.ASSISTED,
            source="115-輔宣-3",
            declared_on=date(2026, 1, 5),
            now=shop.now,
        )

    assert helper.get(f"/account/guardians/for/{power_id}").status_code == 200
    assert decides(helper).status_code == 409


def test_an_assistant_is_asked_even_if_a_proxy_is_wished_for(shop: City) -> None:
    declared(shop, Capacity.ASSISTED, Relation.ASSISTANT)

    asks(shop)

    with shop.database() as session:
        assert session.scalars(select(ApprovalRequest.voice)).one() == "guardian_approves"


@pytest.mark.clause("7(2)")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_archive_names_the_other_person_until_they_leave(shop: City) -> None:
    empowered(shop)
    rooms, principal_id = World(shop).rooms, shop.member_id("grandmother")
    whose = Whose(
        rooms=rooms,
        make=rooms.sessions,
        member_id=shop.member_id(),
        language="zh-Hant-TW",
        at=shop.now,
    )
    (before,) = archive_representation.sheet_of(whose).rows()

    with shop.database() as session:
        session.get_one(Member, principal_id).standing = Standing.CLOSED
    (after,) = archive_representation.sheet_of(whose).rows()

    assert before[:3] == ["我代理的人", "受託人", "周李月"]
    assert after == [*before[:2], "", *before[3:]]
