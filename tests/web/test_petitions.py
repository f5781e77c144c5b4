"""A suspended service: the member reads why, petitions, and somebody else decides (6(3))."""

import re

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from clients.models import Organisation
from services import activations, decision_slips, suspensions
from services.activations import Provenance
from services.eligibility_models import Finding
from services.models import Activation, ActivationNote, Channel, Service, ServiceState
from services.petition_models import Petition, PetitionState
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services.checking import CODE
from tests.services.city import TODAY
from tests.web.checking import Office, an_officer, open_office
from tests.web.outbox import World
from web import organisation_endings
from web.mails import WORDS, Mail

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DESK = "/agency/petitions"
MINE = "/account/petitions"


@pytest.fixture
def office(city: City) -> Office:
    return open_office(city)


@pytest.fixture
def member(city: City) -> Browser:
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    return browser


@pytest.fixture
def judge(office: Office) -> Browser:
    return an_officer(office.city, office.organisation_id, "judge")[0]


def petition(office: Office) -> Petition:
    with office.city.database() as session:
        return session.scalars(select(Petition).order_by(Petition.id.desc())).first() or Petition()


def file(member: Browser, number: str, words: str = "我還住在臺北市") -> TestResponse:
    path = f"{MINE}/about/{number}"
    return member.post(path, {**hidden(member.get(path)), "words": words})


def press(browser: Browser, number: str, verb: str, **form: str) -> TestResponse:
    page = browser.get(f"{DESK}/{number}")
    assert page.status_code == 200, page.text
    named = {f"words-{verb}": form.pop("words")} if "words" in form else {}
    return browser.post(f"{DESK}/{number}/{verb}", {**hidden(page), **form, **named})


def decided(judge: Browser, number: str, result: str) -> TestResponse:
    press(judge, number, "accept")
    press(judge, number, "investigate", words="戶政系統仍在本市")
    return press(judge, number, "decide", result=result, words="資料誤植")


@pytest.mark.clause("6(3)", "10-II")
@pytest.mark.refusal("appeal.second_person")
@one_database
def test_a_suspension_that_was_a_mistake_is_given_back_from_its_day_by_somebody_else(
    office: Office, member: Browser
) -> None:
    office.suspended()
    member.post(f"/account/services/{CODE}/wrong", hidden(member.get("/account/services")))
    with office.city.database() as session:
        disputed = select(ActivationNote.dispute).where(ActivationNote.dispute.is_not(None))
        at = f"/agency/activations/disputes/{session.scalars(disputed).one()}"
    office.city.wait(days=8)
    judge, _ = an_officer(office.city, office.organisation_id, "judge")
    own, found = office.again("verifier"), office.again("finder")
    right, stands = ({"state": Activation(each)} for each in ("activated", "suspended"))

    refused = [
        each.post(at, {**hidden(each.get(at)), **said})
        for each in (own, found)
        for said in (stands, right)
    ]
    done = judge.post(at, {**hidden(judge.get(at)), **right})

    assert [each.status_code for each in refused] == [200] * 4  # the page again, with why not
    assert all('id="state-error"' in each.text for each in refused)
    assert done.status_code == 303, done.text
    with office.city.database() as session:
        (period,) = suspensions.periods(session, office.mei, office.service_id)
        finding = session.scalars(select(Finding)).one()
        note = session.scalars(
            select(ActivationNote).where(ActivationNote.member_id == office.mei)
        ).one()
    assert period.until is None
    assert finding.restored_at == office.city.now
    assert (note.state, note.dispute) == (Activation.ACTIVATED, None)
    assert note.since == period.since


@pytest.mark.clause("6(3)")
@one_database
def test_the_notice_says_facts_reason_rule_moment_and_every_way_out(
    office: Office, member: Browser
) -> None:
    number = office.suspended()

    page = member.get(f"{MINE}/about/{number}").text

    for part in (
        "戶籍已經遷出本市",
        "戶政資料已經遷出",
        "北市測字第 9 號",
        "已滿 65 歲，而且住在臺北市",
        "第 1 版",
        "民國115年11月23日",
        "馬上重新申請",
        "訴願",
        'id="file_petition"',
    ):
        assert part in page, part
    assert number in member.get(MINE).text
    assert f"{MINE}/about/{number}" in member.get("/account/services").text


@pytest.mark.clause("6(3)", "10-II")
def test_a_petition_upheld_restores_and_the_history_has_no_gap(
    office: Office, member: Browser
) -> None:
    number = office.suspended()
    assert file(member, number).status_code == 303
    reference = petition(office).reference
    office.city.wait(days=8)
    judge, _ = an_officer(office.city, office.organisation_id, "judge")
    own = press(office.again("verifier"), reference, "accept")

    done = decided(judge, reference, "upheld")

    assert (own.status_code, done.status_code) == (403, 303)
    with office.city.database() as session:
        (period,) = suspensions.periods(session, office.mei, office.service_id)
        kinds = list(
            session.scalars(
                select(LedgerLine.kind)
                .where(LedgerLine.member_id == office.mei)
                .order_by(LedgerLine.id)
            )
        )
    assert period.until is None
    assert {Kind.PETITION_FILED, Kind.PETITION_MOVED, Kind.SERVICE_RESTORED} <= {*kinds}
    assert kinds.count(Kind.VIEWED) >= 4  # every look of an officer
    member = office.again("mei.chen")
    page = member.get(f"{MINE}/{reference}").text
    assert "有理由" in page
    assert "戶政系統仍在本市" in page
    assert "已撤銷" in member.get(MINE).text
    told = World(office.city).told()
    assert {Mail.PETITION_RECEIVED, Mail.PETITION_NEWS, Mail.SERVICE_RESTORED} <= {*told}


@pytest.mark.clause("6(3)")
@one_database
def test_of_two_suspensions_each_has_its_own_petition(
    office: Office, member: Browser, judge: Browser
) -> None:
    first = office.suspended()
    office.press(office.finder, office.the_reference(), "close")
    with office.city.database() as session:
        service = session.get_one(Service, office.service_id)
        provenance = Provenance(channel=Channel.KEYED, actor="clerk-7", reference="case-2")
        activations.note(
            session,
            service,
            Activation.ACTIVATED,
            provenance,
            member_id=office.mei,
            organisation_id=office.organisation_id,
            as_of=TODAY,
            now=office.city.now,
        )
    second = office.suspended()
    file(member, first)

    decided(judge, petition(office).reference, "upheld")

    services = member.get("/account/services").text
    assert f"{MINE}/about/{second}" in services
    assert f"{MINE}/about/{first}" not in services
    assert Mail.SERVICE_RESTORED not in World(office.city).told()


@pytest.mark.refusal("appeal.duplicate", "request.words_missing")
@one_database
def test_an_empty_petition_and_a_second_one_are_said_above_the_form(
    office: Office, member: Browser
) -> None:
    number = office.suspended()

    empty, first, second = (file(member, number, words) for words in (" ", "不對", "真的不對"))

    assert (empty.status_code, first.status_code, second.status_code) == (422, 303, 422)
    assert "真的不對" in second.text


@pytest.mark.refusal("appeal.anonymous")
@pytest.mark.clause("6(3)")
@one_database
def test_who_has_no_login_petitions_by_the_letter_and_follows_by_the_slip(office: Office) -> None:
    number, run = office.suspended(), office.findings()[-1]
    told = office.press(office.finder, office.the_reference(), "letters.csv")
    code = decision_slips.code(run.id, keyring=make.KEYRING)
    stranger = Browser(office.city)
    wrong = stranger.submit(stranger.get("/petition"), number=number, code="AAAA")
    stranger.submit(stranger.get("/petition"), number=number, code=code)
    form = hidden(stranger.get("/petition/letter"))
    nameless = stranger.post("/petition/letter", {**form, "words": "不對"})

    done = stranger.post("/petition/letter", {**form, "words": "不對", "name": "陳美玉"})

    assert f"{number},{code}," in told.text
    assert (wrong.status_code, nameless.status_code, done.status_code) == (422, 422, 303)
    slip = stranger.get("/petition/slip").text
    found = petition(office)
    assert found.reference in slip
    assert decision_slips.code(found.id, keyring=make.KEYRING) in slip
    stranger.post("/petition/leave", hidden(stranger.get("/petition/slip")))
    for path in ("letter", "slip"):
        assert stranger.get(f"/petition/{path}").status_code == 303
    assert stranger.post("/petition/letter", form).location.endswith("/petition")


@pytest.mark.refusal("appeal.not_read_back", "appeal.not_signed", "appeal.out_of_scope")
@one_database
def test_what_is_said_is_written_down_read_back_and_a_slip_given(office: Office) -> None:
    number = office.suspended()
    form = {**hidden(office.finder.get(DESK)), "number": number, "words": "我說的"}
    unread = office.finder.post(DESK, {**form, "signed": "yes"})
    unsigned = office.finder.post(DESK, {**form, "read_back": "yes"})
    with office.city.database() as session:
        other = make.a_client(session, "sports", organisation=make.words("體育局", "Sports"))
        elsewhere = other.organisation_id
    stranger, _ = an_officer(office.city, elsewhere, "stranger")
    both = {"read_back": "yes", "signed": "yes"}
    foreign = stranger.post(DESK, {**form, **hidden(stranger.get(DESK)), **both})

    done = office.finder.post(DESK, {**form, **both})

    assert [each.status_code for each in (unread, unsigned, foreign, done)] == [422, 422, 422, 303]
    slip = office.finder.get(done.location).text
    assert re.search(r"<code>\w{4}-\w{4}-\w{4}-\w{4}</code>", slip)
    assert stranger.get(f"{DESK}/{petition(office).reference}").status_code == 404


@pytest.mark.refusal("appeal.choice_missing", "appeal.second_person", "appeal.not_found")
@one_database
def test_a_petition_is_referred_or_turned_away_with_a_ground(
    office: Office, member: Browser, judge: Browser
) -> None:
    number = office.suspended()
    file(member, number)
    reference = petition(office).reference
    for verb, form in (
        ("turn-away", {"words": "不清楚"}),
        ("refer", {"words": "別的機關", "to": "nobody"}),
        ("refer", {"words": "別的機關", "to": str(office.organisation_id)}),
        ("turn-away", {"words": " ", "ground": "duplicate"}),
    ):
        assert press(judge, reference, verb, **form).status_code == 422, verb

    done = press(judge, reference, "turn-away", words="答覆過了", ground="duplicate")

    assert done.status_code == 303
    assert petition(office).state is PetitionState.NOT_PROCESSED
    assert "同一件事已經明確答覆過" in member.get(f"{MINE}/{reference}").text
    assert member.get(f"{MINE}/NOTHING").status_code == 404
    assert press(judge, reference, "accept").status_code == 409


@pytest.mark.clause("2(1)", "6(3)")
@one_database
def test_whose_agency_is_no_more_is_told_that_nobody_decides(
    office: Office, member: Browser
) -> None:
    file(member, office.suspended())
    world = World(office.city)
    world.work_off()
    world.letters.clear()
    with office.city.database() as session:
        session.get_one(Organisation, office.organisation_id).ended_at = office.city.now

    organisation_endings.close_petitions(world.rooms, now=office.city.now)

    assert petition(office).state is PetitionState.NOT_PROCESSED
    page = member.get(f"{MINE}/{petition(office).reference}").text
    assert "沒有機關承接" in page
    assert "不屬陳情事項" not in page  # it was one
    assert "主管機關裁撤，沒有機關承接" in page
    assert "不服這個決定" not in page  # nobody decided
    assert "您可以陳情" not in member.get(MINE).text  # there is nobody to hear one
    assert world.told()[-1] == Mail.PETITION_NEWS.value
    assert "機關處理了" not in str(WORDS[Mail.PETITION_NEWS])  # none did


@pytest.mark.clause("2(1)", "6(3)")
@one_database
def test_no_petition_is_offered_that_nobody_could_decide(office: Office, member: Browser) -> None:
    number, finding = office.suspended(), office.findings()[-1]
    code = decision_slips.code(finding.id, keyring=make.KEYRING)
    stranger = Browser(office.city)
    stranger.submit(stranger.get("/petition"), number=number, code=code)
    with office.city.database() as session:
        session.get_one(Organisation, office.organisation_id).ended_at = office.city.now

    pages = [member.get(f"{MINE}/about/{number}").text, stranger.get("/petition/letter").text]

    for page in pages:
        assert "沒有人能處理陳情" in page
        assert "訴願" in page
        assert 'id="file_petition"' not in page
        assert "向機關陳情" not in page


@pytest.mark.clause("6(3)", "10-II")
@one_database
def test_who_lost_a_service_that_closed_since_is_not_sent_to_apply_again(
    office: Office, member: Browser
) -> None:
    number = office.suspended()
    with office.city.database() as session:
        service = session.get_one(Finding, office.findings()[-1].id).run.service
        service.state, service.closed_at = ServiceState.CLOSED, office.city.now

    page = member.get(f"{MINE}/about/{number}").text

    assert "馬上重新申請" not in page
    assert 'id="file_petition"' in page
