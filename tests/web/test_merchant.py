"""The Bureau registers merchants and approves offers; a merchant sees its own (2(8)4)."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit import footprint
from audit.lines import Kind
from clients import organisations, registry
from clients.models import Body, Client, Contract, Organisation, Purpose
from clients.officer_models import Role
from kernel.clock import TAIPEI
from kernel.ids import new_id
from kernel.wording import Bilingual
from services import merchant_offers
from services.models import Offer, OfferMonth
from services.offer_draft_models import OfferDraft
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import city as services
from tests.web import staff

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MINE, REGISTER = "/merchant", "/doit/merchants"
OFFER = {
    "title_zh": "敬老九折",
    "title_en": "Ten per cent off",
    "age": "65",
    "services": "senior_card",
    "join": "any_of",
    "valid_from": "2026-01-01",
    "valid_until": "2026-12-31",
    "document_number": "商字第 1 號",
}
CONTRACT = {
    "number": "TP-2027-009",
    "business_number": "04595252",
    "starts_on": "2027-01-01",
    "ends_on": "2027-12-31",
}


@pytest.fixture
def shop(city: City) -> UUID:
    """Register a shop whose possible offers tell nobody out."""
    with city.database() as session:
        services.an_agency(session, "notes")
        services.figures(session)
        return make.a_shop(session).organisation_id


@pytest.fixture
def merchant(city: City, shop: UUID) -> Browser:
    member_id = staff.appoint(city, "mer.chant", Role.MERCHANT, organisation_id=shop)
    return staff.sign_in(city, "mer.chant", member_id)


def purpose(city: City, code: str = "senior-10-percent") -> UUID:
    with city.database() as session:
        return session.scalars(select(Purpose.id).where(Purpose.code == code)).one()


def submit(city: City, merchant: Browser, **form: str) -> TestResponse:
    path = f"{MINE}/offers/new"
    sent = {**hidden(merchant.get(path)), "purpose": str(purpose(city)), **OFFER, **form}
    return merchant.post(path, sent)


def offer(city: City) -> Offer:
    with city.database() as session:
        return session.scalars(select(Offer).order_by(Offer.id.desc())).all()[0]


def decide(
    city: City, reviewer: Browser, shop: UUID, decision: str, number: str = "核字 1"
) -> TestResponse:
    page = reviewer.get(f"{REGISTER}/{shop}")
    return reviewer.post(
        f"{REGISTER}/{shop}/offers/{offer(city).id}/{decision}",
        {**hidden(page), "approval_number": number},
    )


@pytest.mark.clause("2(8)4", "6(4)")
def test_a_merchant_proposes_and_the_bureau_approves(
    city: City, merchant: Browser, shop: UUID
) -> None:
    reviewer = staff.an_officer(city)
    submitted = submit(city, merchant)
    waiting = merchant.get(submitted.location).text
    queue = reviewer.get(REGISTER).text
    without = decide(city, reviewer, shop, "approve", "")
    approved = decide(city, reviewer, shop, "approve")
    now = merchant.get(MINE).text

    assert submitted.status_code == 303
    assert "等資訊局核定" in waiting
    assert "有優惠等核定" in queue
    assert 'id="approval_number-error"' in without.text
    assert approved.status_code == 303
    assert "生效中" in now
    assert "已滿 65 歲" in now


@pytest.mark.clause("10-I(4)")
def test_an_offer_that_singles_people_out_is_held_back(
    city: City, merchant: Browser, shop: UUID
) -> None:
    submit(city, merchant, age="", services="low_income")
    page = decide(city, staff.an_officer(city), shop, "approve")

    assert 'id="approval_number-error"' in page.text
    assert offer(city).approved_at is None


def test_who_proposed_an_offer_does_not_approve_it(
    city: City, merchant: Browser, shop: UUID
) -> None:
    submit(city, merchant)
    reviewer_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    with city.database() as session:
        session.scalars(select(Offer)).one().submitted_by = reviewer_id
    reviewer = staff.sign_in(city, "rui.reviews", reviewer_id)

    assert 'id="approval_number-error"' in decide(city, reviewer, shop, "approve").text


@pytest.mark.refusal("offer.title_missing")
@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"title_en": ""}, "title_zh"),
        ({"age": "", "services": ""}, "age"),
        ({"age": "200"}, "age"),
        ({"age": "\x00٣"}, "age"),
        ({"services": "no_such_service"}, "age"),
        ({"valid_from": "2027-01-01"}, "valid_from"),
        ({"valid_until": "soon"}, "valid_from"),
        ({"document_number": " "}, "document_number"),
    ],
)
def test_an_offer_that_is_not_clear_is_shown_again(
    city: City, merchant: Browser, form: dict[str, str], field: str
) -> None:
    page = submit(city, merchant, **form)

    assert page.status_code in {409, 422}
    assert f'id="{field}-error"' in page.text


def test_a_version_put_forward_anew_takes_the_place_of_the_one_that_waits(
    city: City, merchant: Browser, shop: UUID
) -> None:
    reviewer = staff.an_officer(city)
    submit(city, merchant)
    page, waited = reviewer.get(f"{REGISTER}/{shop}"), offer(city)
    submit(city, merchant, age="70")

    late = reviewer.post(
        f"{REGISTER}/{shop}/offers/{waited.id}/approve",
        {**hidden(page), "approval_number": "核字 1"},
    )

    assert 'id="approval_number-error"' in late.text
    assert merchant.get(MINE).text.count("等資訊局核定") == 1


def test_all_conditions_may_be_needed(city: City, merchant: Browser) -> None:
    submit(city, merchant, join="all_of", resident="yes")

    assert "all_of" in offer(city).rule
    assert len(offer(city).rule["all_of"]) == 3


def test_a_merchant_ends_its_own_offers_and_no_others(
    city: City, merchant: Browser, shop: UUID
) -> None:
    submit(city, merchant)
    with city.database() as session:
        other = organisations.enter(
            session, Bilingual("別店", "Other"), Body.MERCHANT, now=city.now
        )
        other_id = other.id
    stranger_id = staff.appoint(city, "other.shop", Role.MERCHANT, organisation_id=other_id)
    stranger = staff.sign_in(city, "other.shop", stranger_id)
    path = f"{MINE}/offers/{offer(city).id}/end"
    theirs = stranger.post(path, hidden(stranger.get(f"{MINE}/offers/new")))
    mine = merchant.post(path, hidden(merchant.get(MINE)))
    foreign = stranger.post(
        f"{MINE}/offers/new",
        {**hidden(stranger.get(f"{MINE}/offers/new")), **OFFER, "purpose": str(purpose(city))},
    )

    assert (theirs.status_code, mine.status_code, foreign.status_code) == (404, 303, 404)
    assert "敬老九折" not in stranger.get(MINE).text
    assert "沒有登錄契約" in stranger.get(MINE).text
    assert offer(city).ended_at is not None


def test_a_till_gets_a_new_key_that_is_shown_once(city: City, merchant: Browser) -> None:
    with city.database() as session:
        client = registry.get(session, "cafe").id
    page = merchant.post(f"{MINE}/tills/{client}/key", hidden(merchant.get(MINE)))
    key = re.search(r'id="till_key"[^>]*>([^<]+)<', page.text)
    with city.database() as session:
        secrets = [each.expires_at is None for each in registry.get(session, "cafe").secrets]

    assert key is not None
    assert key[1] not in merchant.get(MINE).text
    assert sorted(secrets) == [False, True]
    nobodys = f"{MINE}/tills/{new_id()}/key"
    assert merchant.post(nobodys, hidden(merchant.get(MINE))).status_code == 404


@pytest.mark.clause("10-I(4)")
def test_counts_are_of_the_month_before_and_hide_what_is_small(
    city: City, merchant: Browser
) -> None:
    october = datetime(2026, 10, 20, 12, tzinfo=TAIPEI)
    member_id, first = city.member_id(), purpose(city)
    early = merchant.get(MINE).text
    with city.database() as session:
        for moment in (october, october, city.now):
            footprint.record(
                session, Kind.TILL_ANSWERED, member_id=member_id, now=moment, purpose_id=first
            )
        merchant_offers.reckon_month(session, now=city.now)
        merchant_offers.reckon_month(session, now=city.now)
        rows = session.scalars(select(OfferMonth)).all()
        row = next(each for each in rows if each.purpose_id == first)
        counted = (row.members, row.month, len(rows))
    hidden_page = merchant.get(MINE).text
    with city.database() as session:
        session.get_one(OfferMonth, (first, date(2026, 10, 1))).members = 80
    shown_page = merchant.get(MINE).text

    assert early.count("還沒有統計</td>") == 3  # two offers, and all together
    assert counted == (1, date(2026, 10, 1), 2)
    assert hidden_page.count("不公開</td>") == 2
    assert "80</td>" in shown_page


def test_no_offers_no_months(city: City) -> None:
    with city.database() as session:
        merchant_offers.reckon_month(session, now=city.now)

        assert session.scalars(select(OfferMonth)).all() == []


def register(reviewer: Browser, path: str, **form: str) -> TestResponse:
    return reviewer.post(REGISTER + path, {**hidden(reviewer.get(REGISTER)), **form})


@pytest.mark.clause("2(8)4")
def test_a_merchant_is_entered_with_its_contract_which_may_be_extended_and_end_early(
    city: City,
) -> None:
    reviewer = staff.an_officer(city)
    name = {"name_zh": "測試書店", "name_en": "Test Books"}
    entered = register(reviewer, "/new", **name, **CONTRACT)
    path = entered.location.split("?")[0].removeprefix(REGISTER)
    again = register(reviewer, "/new", **name, **CONTRACT)
    later = {
        **CONTRACT,
        "number": "TP-2028-001",
        "starts_on": "2028-01-01",
        "ends_on": "2028-12-31",
    }
    extended = register(reviewer, f"{path}/contract", **later)
    twice = register(reviewer, f"{path}/contract", **later)
    of_it = {"contract": later["number"]}
    never = register(reviewer, f"{path}/shorten", **of_it, last_on="2030-01-01")
    nothing = register(reviewer, f"{path}/shorten", **of_it, last_on="soon")
    shortened = register(reviewer, f"{path}/shorten", **of_it, last_on="2028-06-30")
    with city.database() as session:
        days = session.scalars(select(Contract.ends_on).order_by(Contract.ends_on)).all()
        houses = session.scalars(
            select(Organisation).where(Organisation.body == Body.MERCHANT)
        ).all()

    assert [each.status_code for each in (entered, extended, shortened)] == [303] * 3
    assert 'id="number-error"' in again.text
    assert 'id="number-error"' in twice.text
    assert 'id="last_on-error"' in never.text
    assert 'id="last_on-error"' in nothing.text
    assert days == [date(2027, 12, 31), date(2028, 6, 30)]
    assert len(houses) == 1


@pytest.mark.clause("2(8)4")
@pytest.mark.refusal("client.contract_not_found")
def test_the_contract_in_force_ends_early_though_the_next_is_recorded(city: City) -> None:
    reviewer = staff.an_officer(city)
    name = {"name_zh": "測試書店", "name_en": "Test Books"}
    entered = register(reviewer, "/new", **name, **{**CONTRACT, "starts_on": "2026-01-01"})
    path = entered.location.split("?")[0].removeprefix(REGISTER)
    after = {"number": "TP-2028-001", "starts_on": "2028-01-01", "ends_on": "2028-12-31"}
    register(reviewer, f"{path}/contract", **{**CONTRACT, **after})
    page = reviewer.get(REGISTER + path)

    number = CONTRACT["number"]
    done = register(reviewer, f"{path}/shorten", contract=number, last_on="2026-11-30")
    strange = register(reviewer, f"{path}/shorten", contract="TP-cafe", last_on="2026-11-30")

    assert f'<option value="{number}" selected>' in page.text
    assert done.status_code == 303
    assert strange.status_code == 404  # another merchant's
    with city.database() as session:
        mine = select(Contract.number, Contract.ends_on).order_by(Contract.starts_on)
        mine = mine.where(Contract.number.in_((number, after["number"])))
        assert [tuple(each) for each in session.execute(mine)] == [
            (number, date(2026, 11, 30)),
            (after["number"], date(2028, 12, 31)),
        ]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name_zh": ""}, "name_zh"),
        ({"business_number": "04595251"}, "number"),
        ({"ends_on": "2026-01-01"}, "number"),
        ({"starts_on": "\x00"}, "starts_on"),
    ],
)
def test_a_merchant_without_a_sound_contract_is_not_entered(
    city: City, form: dict[str, str], field: str
) -> None:
    name = {"name_zh": "測試書店", "name_en": "Test Books"}
    page = register(staff.an_officer(city), "/new", **{**name, **CONTRACT, **form})

    assert page.status_code == 200
    assert f'id="{field}-error"' in page.text


def test_an_agency_is_no_merchant_and_a_merchant_without_contract_ends_none(city: City) -> None:
    reviewer = staff.an_officer(city)
    with city.database() as session:
        agency = session.scalars(select(Client)).all()[0].organisation_id
        bare = organisations.enter(session, Bilingual("店", "Shop"), Body.MERCHANT, now=city.now).id

    assert reviewer.get(f"{REGISTER}/{agency}").status_code == 404
    assert register(reviewer, f"/{bare}/shorten", last_on="2026-12-01").status_code == 404


def test_a_contract_that_is_over_shows_offers_no_more_in_force(
    city: City, merchant: Browser, shop: UUID
) -> None:
    submit(city, merchant)
    decide(city, staff.an_officer(city), shop, "approve")
    decided = offer(city)
    with city.database() as session:
        session.get_one(Offer, decided.id).halted_at = city.now
    held = merchant.get(MINE).text
    with city.database() as session:
        row = session.get_one(Offer, decided.id)
        row.halted_at, row.valid_until = None, (city.now - timedelta(days=3)).date()
    over = merchant.get(MINE).text
    ended = decide(city, staff.an_officer(city, login="rui.two"), shop, "end")

    assert "停答" in held
    assert "不在期間內" in over
    assert ended.status_code == 303
    assert "已結束</span>" in merchant.get(MINE).text


# Drafts

DRAFT = {"title_zh": "敬老", "age": "65", "valid_from": "下週", "do": "save"}


def keep(
    city: City, merchant: Browser, path: str = f"{MINE}/offers/new", **form: str
) -> TestResponse:
    page = hidden(merchant.get(path))
    return merchant.post(path, {**page, "purpose": str(purpose(city)), **DRAFT, **form})


def the_draft(merchant: Browser) -> str:
    found = re.search(rf"{MINE}/offers/drafts/[0-9a-f-]{{36}}", merchant.get(MINE).text)
    assert found is not None
    return found[0]


def drafts(city: City) -> int:
    with city.database() as session:
        return len(session.scalars(select(OfferDraft)).all())


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("offer.draft_exists")
def test_an_unfinished_offer_is_kept_gone_on_with_and_put_forward(
    city: City, merchant: Browser
) -> None:
    kept, second = keep(city, merchant), keep(city, merchant)
    path = the_draft(merchant)
    shown = merchant.get(path).text
    unfinished = merchant.post(path, {**hidden(merchant.get(path)), **DRAFT, "do": "submit"})
    before = (staff.an_officer(city).get(REGISTER).text, drafts(city))

    done = merchant.post(path, {**hidden(merchant.get(path)), **OFFER})

    assert (kept.status_code, second.status_code, unfinished.status_code) == (303, 409, 422)
    assert 'value="下週"' in shown
    assert "有優惠等核定" not in before[0]
    assert (before[1], drafts(city)) == (1, 0)
    assert done.location.endswith("done=submitted")
    assert (offer(city).title_zh, offer(city).approved_at) == ("敬老九折", None)


@pytest.mark.refusal("offer.draft_changed")
def test_of_two_who_write_one_draft_the_second_is_told(city: City, merchant: Browser) -> None:
    keep(city, merchant)
    path = the_draft(merchant)
    first, second = hidden(merchant.get(path)), hidden(merchant.get(path))

    saved = [merchant.post(path, {**each, **DRAFT, "age": "70"}) for each in (first, second)]
    stale = merchant.post(f"{path}/discard", first)
    hostile = [
        merchant.post(path, {**first, **dict.fromkeys(OFFER, each), "edition": each, "do": "save"})
        for each in ("\x00", "字" * 700, "-1", "9" * 30)
    ]
    gone = merchant.post(f"{path}/discard", {**first, "edition": "2"})

    assert [each.status_code for each in (*saved, stale, gone)] == [303, 409, 409, 303]
    assert {each.status_code for each in hostile} == {409}
    assert merchant.get(path).status_code == 404
    assert drafts(city) == 0


def test_a_version_is_written_anew_from_its_own_words(city: City, merchant: Browser) -> None:
    submit(city, merchant)

    begun = merchant.get(f"{MINE}/offers/new?of={offer(city).id}").text

    assert 'value="敬老九折"' in begun
    assert 'value="65"' in begun
    assert re.search(r'value="senior_card"[^>]* checked', begun)
    assert merchant.get(f"{MINE}/offers/new?of={new_id()}").status_code == 404


@pytest.mark.clause("10-I(4)")
def test_another_merchants_draft_is_not_found(city: City, merchant: Browser) -> None:
    keep(city, merchant)
    path = the_draft(merchant)
    with city.database() as session:
        other = make.a_shop(
            session, "other-shop", organisation=make.words("另一家", "Another")
        ).organisation_id
    member_id = staff.appoint(city, "other.one", Role.MERCHANT, organisation_id=other)
    stranger = staff.sign_in(city, "other.one", member_id)

    assert stranger.get(path).status_code == 404
    assert stranger.post(path, {**hidden(stranger.get(MINE)), **DRAFT}).status_code == 404
    assert path not in stranger.get(MINE).text
