"""A corrected birth date: whose word counts follows at once, and what was written down with it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from consent import approvals, ledger, representation
from consent.models import ApprovalRequest, ApprovalState, Consent, EndReason
from idp.models import Grant, GrantEnd
from kernel.errors import Refused
from kernel.jobs import Job
from members import capacities, guardians, proxies, register
from members.models import Capacity, Evidence, GuardianLink, Relation, Standing
from members.proxy_models import Letter, Matter, PowerOfAttorney
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.postgres import WAITS
from tests.web.outbox import World
from web.birth_dates import Followed, Record

CHILD, ADULT = date(2016, 5, 5), date(1990, 4, 1)
REASON = "看過戶口名簿"
NOTICES = "https://library.invalid/notices"


@pytest.fixture
def shop(city: City) -> City:
    """Lend a city with a merchant that asks for a name, and somebody else."""
    claims = [make.a_claim_form("name", required=True), make.a_claim_form("age_over_18")]
    with city.database() as session:
        make.a_shop(session, "cafe", purposes=[make.a_purpose_form("membership", claims=claims)])
    city.enrol("da.chen", name="陳大")
    return city


def corrected(city: City, born: date, login: str = "mei.chen", reason: str = REASON) -> Followed:
    rooms, member_id = city.app.extensions["taipei_id"], city.member_id(login)
    with city.database() as session:
        record = Record(
            session=session,
            member_id=member_id,
            keyring=rooms.keyring,
            table=rooms.representation,
            now=city.now,
        )
        return record.correct(born, reason=reason)


def linked(city: City, ward: str, guardian: str, until: datetime | None) -> UUID:
    ward_id, guardian_id = city.member_id(ward), city.member_id(guardian)
    with city.database() as session:
        guardians.link(
            session,
            ward_id=ward_id,
            guardian_id=guardian_id,
            relation=Relation.PARENT if until else Relation.GUARDIAN,
            evidence=Evidence.HOUSEHOLD_REGISTER,
            until=until,
            now=city.now,
        )
        return session.scalars(select(GuardianLink.id)).one()


def asks(city: City, login: str) -> Browser:
    """Let somebody give their name at the café, as far as they can."""
    browser = Browser(city)
    browser.sign_in("cafe", login=login, purpose="membership", share=())
    return browser


def in_force(city: City) -> set[str]:
    with city.database() as session:
        return set(session.scalars(select(Consent.claim).where(Consent.ended_at.is_(None))))


@pytest.mark.clause("2(8)5")
def test_who_had_no_birth_date_decides_alone_once_it_is_entered(shop: City) -> None:
    shop.enrol("who.knows", birthdate=None)
    asks(shop, "who.knows")
    assert "name" not in in_force(shop)

    corrected(shop, ADULT, "who.knows")
    asks(shop, "who.knows")

    assert in_force(shop) == {"sub", "name", "age_over_18"}


@pytest.mark.clause("2(8)5")
def test_a_correction_is_on_record_with_its_reason_and_the_member_is_told(shop: City) -> None:
    corrected(shop, CHILD)

    member_id = shop.member_id()
    with shop.database() as session:
        line = session.scalars(
            select(LedgerLine).where(LedgerLine.kind == Kind.RECORD_CORRECTED)
        ).one()
        entry = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "member.birthdate_corrected")
        ).one()
        member = register.get(session, member_id)
        held = register.claims_of(member, keyring=make.KEYRING)
    assert (line.detail["reason"], line.claims) == (REASON, ["birthdate"])
    assert (entry.detail["reason"], entry.subject) == (REASON, member.id)
    assert (held["birthdate"], held["name"]) == ("2016-05-05", "陳美玉")
    assert "2016" not in str(line.detail) + str(entry.detail)
    assert "record.corrected" in World(shop).told()
    browser = Browser(shop)
    browser.log_in(browser.get("/account/login"))
    page = browser.get("/account/footprint").text
    assert "更正了您的資料：出生日期" in page
    assert REASON in page


@pytest.mark.clause("10-I(4)")
def test_what_was_never_a_childs_alone_to_give_ends_and_the_merchant_hears_of_it(
    shop: City,
) -> None:
    asks(shop, "mei.chen")
    Browser(shop).sign_in("library")  # which a child may do alone
    with shop.database() as session:
        registry.get(session, "cafe").notice_uri = NOTICES

    followed = corrected(shop, CHILD)

    assert followed.consents == 1
    with shop.database() as session:
        ended = session.scalars(select(Consent).where(Consent.ended_at.is_not(None))).all()
        grants = session.scalars(select(Grant.end_reason)).all()
        told = [job.payload for job in session.scalars(select(Job)) if "purpose" in job.payload]
        kinds = set(session.scalars(select(LedgerLine.kind)))
    assert {each.end_reason for each in ended} == {EndReason.OVERRULED}
    assert "name" in {each.claim for each in ended}
    assert sorted(map(str, grants)) == sorted(["None", str(GrantEnd.STANDING)])
    assert [each["reason"] for each in told] == ["overruled"]
    assert Kind.CONSENT_OVERRULED in kinds
    browser = Browser(shop)
    browser.log_in(browser.get("/account/login"))
    assert "改由法定代理人決定" in browser.get("/account/consents").text
    receipt = browser.get(f"/account/receipts/{ended[0].receipt_id}").text
    assert "改由法定代理人決定" in receipt


@pytest.mark.clause("2(8)1")
def test_links_and_what_was_approved_end_with_the_new_eighteenth_birthday(shop: City) -> None:
    shop.enrol("an.an", name="陳安安", birthdate=str(CHILD))
    link_id = linked(shop, "an.an", "da.chen", representation.comes_of_age(str(CHILD)))
    asks(shop, "an.an")
    parent = Browser(shop)
    parent.log_in(parent.get("/account/login"), "da.chen")
    with shop.database() as session:
        asked = session.scalars(select(ApprovalRequest.id)).one()
    parent.submit(parent.get(f"/account/guardians/{asked}"), decision="allow")
    assert "name" in in_force(shop)

    corrected(shop, date(2008, 12, 1), "an.an")  # of age in a week

    of_age = datetime.fromisoformat("2026-12-01T00:00:00+08:00")
    with shop.database() as session:
        assert session.get_one(GuardianLink, link_id).ends_at == of_age
        approved = session.scalars(select(Consent).where(Consent.claim == "name")).one()
        assert (approved.expires_at, approved.ended_at) == (of_age, None)
        alone = session.scalars(select(Consent).where(Consent.claim == "sub")).one()
        assert alone.expires_at > of_age
    corrected(shop, date(2007, 12, 1), "an.an")  # of age for a year
    ward_id = shop.member_id("an.an")
    with shop.database() as session:
        assert guardians.guardians_of(session, ward_id, now=shop.now) == []


def test_a_question_that_waits_is_taken_back(shop: City) -> None:
    shop.enrol("an.an", name="陳安安", birthdate=str(CHILD))
    linked(shop, "an.an", "da.chen", representation.comes_of_age(str(CHILD)))
    asks(shop, "an.an")

    corrected(shop, ADULT, "an.an")

    with shop.database() as session:
        states = session.scalars(select(ApprovalRequest.state)).all()
    assert states == [ApprovalState.TAKEN_BACK]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_correction_waits_for_a_guardians_yes_and_holds_nothing_that_it_needs(
    shop: City,
) -> None:
    shop.enrol("an.an", name="陳安安", birthdate=str(CHILD))
    linked(shop, "an.an", "da.chen", representation.comes_of_age(str(CHILD)))
    asks(shop, "an.an")
    parent, parent_id = Browser(shop), shop.member_id("da.chen")
    parent.log_in(parent.get("/account/login"), "da.chen")
    with shop.database() as session:
        asked = session.scalars(select(ApprovalRequest.id)).one()
    parent.submit(parent.get(f"/account/guardians/{asked}"), decision="allow")
    with shop.database() as session:  # and it is asked once more
        question = session.get_one(ApprovalRequest, asked)
        question.state, question.decided_at = ApprovalState.WAITING, None

    with ThreadPoolExecutor(1) as another, shop.database() as session:
        yes = ApprovalState.APPROVED
        assert approvals.decide(session, asked, yes, by=parent_id, now=shop.now)
        correcting = another.submit(corrected, shop, date(2008, 12, 1), "an.an")
        while not (session.scalar(WAITS) or correcting.done()):
            pass
        ledger.lock_member(session, shop.member_id("an.an"))  # as whoever writes a consent
        given = select(Consent).where(Consent.ended_at.is_(None)).with_for_update()
        overtaken = {each.claim for each in session.scalars(given)}  # which the new yes supersedes

    assert "name" in overtaken
    assert correcting.result().consents == 0
    with shop.database() as session:
        assert session.get_one(ApprovalRequest, asked).state is ApprovalState.APPROVED


@pytest.mark.clause("7(2)")
def test_who_turns_out_to_be_a_minor_acts_for_nobody(shop: City) -> None:
    shop.enrol("an.an", name="陳安安", birthdate=str(CHILD))
    linked(shop, "an.an", "mei.chen", representation.comes_of_age(str(CHILD)))
    mei, da = shop.member_id(), shop.member_id("da.chen")
    with shop.database() as session:
        for principal_id, proxy_id in ((mei, da), (da, mei)):
            proxies.enter(
                session,
                principal_id=principal_id,
                proxy_id=proxy_id,
                matters=Matter,
                letter=Letter.PAPER,
                reference="7",
                starts_at=shop.now,
                ends_at=shop.now + timedelta(days=9),
                now=shop.now,
            )

    assert corrected(shop, date(2012, 1, 1)).acting == 3

    with shop.database() as session:
        assert guardians.wards_of(session, mei, now=shop.now) == []
        assert None not in session.scalars(select(PowerOfAttorney.ended_at)).all()


def test_an_adult_under_guardianship_keeps_the_guardian(shop: City) -> None:
    ward_id = shop.member_id("da.chen")
    with shop.database() as session:
        capacities.note(
            session,
            ward_id,
            Capacity.GUARDED,
            source="115-監宣-4",
            declared_on=date(2026, 1, 5),
            now=shop.now,
        )
    link_id = linked(shop, "da.chen", "mei.chen", None)

    corrected(shop, date(1950, 1, 1), "da.chen")

    with shop.database() as session:
        link = session.get_one(GuardianLink, link_id)
        assert (link.ends_at, link.ended_at) == (None, None)


@pytest.mark.clause("2(8)5")
def test_whoever_received_the_date_or_an_age_hears_of_the_correction(shop: City) -> None:
    browser = Browser(shop)
    shop.userinfo(browser.tokens()["access_token"])  # the library got the date
    browser.sign_in("archive", share=())  # which got none
    with shop.database() as session:
        registry.get(session, "library").notice_uri = NOTICES

    assert corrected(shop, date(1991, 4, 1)).told == 1

    with shop.database() as session:
        (told,) = [job.payload for job in session.scalars(select(Job)) if "stage" in job.payload]
    assert (told["kind"], told["claims"], told["stage"]) == ("correct", ["birthdate"], "done")


@pytest.mark.refusal(
    "member.birthdate_impossible",
    "member.birthdate_same",
    "member.reason_missing",
    "member.closed",
)
def test_what_is_no_correction_is_refused_and_changes_nothing(shop: City) -> None:
    def refusal(born: date, **more: str) -> str:
        with pytest.raises(Refused) as refused:
            corrected(shop, born, **more)
        return refused.value.code

    assert refusal(ADULT) == "member.birthdate_same"
    assert refusal(date(2026, 11, 24)) == "member.birthdate_impossible"
    assert refusal(date(1879, 1, 1)) == "member.birthdate_impossible"
    assert refusal(CHILD, reason=" ") == "member.reason_missing"
    shop.set_standing(Standing.CLOSED)
    assert refusal(CHILD) == "member.closed"
    with shop.database() as session:
        kinds = set(session.scalars(select(LedgerLine.kind)))
    assert Kind.RECORD_CORRECTED not in kinds
