"""The Bureau decides who becomes a member: one decision, one officer, never the clerk."""

from dataclasses import replace
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import officers
from clients.officer_models import Role
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.jobs import Job
from members import application_intake, application_steps, guardians, numbering, numbers, reviewing
from members.application_forms import Declaration, Seen
from members.application_models import Application, Channel, Document, SeenDocument, State
from members.approval_models import ApprovalKind, MemberApproval
from members.models import Capacity, Member, Relation
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, statements
from tests.members import applying
from tests.web import staff

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX = "/doit/reviews"


def hand_in(
    city: City, *, clerk_id: UUID | None = None, papers: tuple[Seen, ...] = (), **changes: Any
) -> str:
    """Let a counter take an application in; return its number."""
    form = applying.a_form(documents=(Seen(document=Document.ID_CARD), *papers), **changes)
    with city.database() as session:
        return application_intake.submit(
            session,
            form,
            channel=Channel.COUNTER,
            keyring=make.KEYRING,
            now=city.now,
            counter_id=new_id(),
            clerk_id=clerk_id or new_id(),
        ).number


def press(officer: Browser, number: str, verb: str, **form: str) -> TestResponse:
    page = officer.get(f"{INDEX}/{number}")
    return officer.post(f"{INDEX}/{number}/{verb}", {**hidden(page), **form})


def correct(city: City) -> None:
    """Let the applicant correct what was returned, and a counter confirm it."""
    application_id, papers = the_application(city).id, [Seen(document=Document.ID_CARD)]
    with city.database() as session:
        application_intake.resubmit(
            session,
            application_id,
            applying.a_form(name="測試改名"),
            keyring=make.KEYRING,
            now=city.now,
        )
        application_intake.confirm(
            session,
            application_id,
            counter_id=new_id(),
            clerk_id=new_id(),
            documents=papers,
            keyring=make.KEYRING,
            now=city.now,
        )


def the_application(city: City) -> Application:
    with city.database() as session:
        return session.scalars(select(Application)).one()


@pytest.mark.clause("2(8)1")
def test_an_approved_applicant_is_a_member_by_the_officers_approval(city: City) -> None:
    officer, number = staff.an_officer(city), hand_in(city)

    done = press(officer, number, "approve")

    assert done.status_code == 303
    application, reviewer_id = the_application(city), city.member_id("rui.reviews")
    assert application.state is State.APPROVED
    with city.database() as session:
        approval = session.get_one(MemberApproval, application.approval_id)
        assert session.get_one(Member, application.member_id).id == approval.id
        assert approval.kind is ApprovalKind.PERSON
        assert approval.reviewer_id == reviewer_id
        assert approval.intake_by == application.intake_by
    assert "已核准" in officer.get(done.location).text


COURT = Seen(document=Document.COURT_DECISION)


def an_assisted_adult(city: City, *papers: Seen) -> str:
    """Let somebody apply whose assistant is a member; return the application's number."""
    with city.database() as session:
        assistant = make.a_member(session, "assistant")
        number = numbers.recognise(applying.OTHER_NATIONAL)
        numbering.enter(session, assistant, number, keyring=make.KEYRING, now=city.now)
    declared = Declaration(
        capacity=Capacity.ASSISTED, decree="測試第 2 號", declared_on=city.now.date()
    )
    assistant_named = replace(applying.PARENT, relation=Relation.ASSISTANT)
    return hand_in(city, papers=papers, declared=declared, guardian=assistant_named)


@pytest.mark.clause("2(8)1")
@one_database
def test_the_assistant_is_entered_and_told_at_the_approval(city: City) -> None:
    officer, number = staff.an_officer(city), an_assisted_adult(city, COURT)
    assert "輔助人是會員" in officer.get(f"{INDEX}/{number}").text

    press(officer, number, "approve")

    with city.database() as session:
        links = guardians.wards_of(session, city.member_id("assistant"), now=city.now)
        assert [each.relation for each in links] == [Relation.ASSISTANT]
        told = [
            job.payload["member"]
            for job in session.scalars(select(Job))
            if job.payload.get("template") == "law.noted"
        ]
    assert told == [str(city.member_id("assistant"))]


@pytest.mark.clause("7(1)", "8(2)2")
@one_database
def test_a_reviewer_reads_which_paper_is_missing_and_sends_it_back(city: City) -> None:
    officer, number = staff.an_officer(city), an_assisted_adult(city, COURT)
    with city.database() as session:  # one of before the court's paper was asked for
        session.execute(delete(SeenDocument).where(SeenDocument.document == COURT.document))

    page = officer.get(f"{INDEX}/{number}").text

    assert "缺：法院裁定" in page
    assert "輔助人不會登錄" in page
    assert press(officer, number, "return", reason="請帶裁定書").status_code == 303
    assert the_application(city).state is State.RETURNED


@pytest.mark.clause("2(8)1")
@one_database
def test_the_queue_names_nobody_and_the_application_says_everything(city: City) -> None:
    officer, number = staff.an_officer(city), hand_in(city)

    queue, page = officer.get(INDEX).text, officer.get(f"{INDEX}/{number}").text

    assert number in queue
    assert "測試一號" not in queue
    assert "測試一號" in page
    assert "身分證" in page
    assert applying.NATIONAL not in page  # the last four prove a holder to a certificate
    assert page.count("符合") == 4
    with city.database() as session:
        seen = select(TrailEntry.actor).where(TrailEntry.event == "application.viewed")
        actors = list(session.scalars(seen))
    assert actors == [city.member_id("rui.reviews")]


@pytest.mark.clause("9")
@one_database
def test_who_looked_stands_in_the_footprint_once_there_is_a_member(city: City) -> None:
    officer, number = staff.an_officer(city), hand_in(city)
    officer.get(f"{INDEX}/{number}")

    press(officer, number, "approve")

    with city.database() as session:
        made = session.scalars(select(Application.member_id)).one()
        lines = session.scalars(
            select(LedgerLine).where(LedgerLine.member_id == made, LedgerLine.kind == Kind.VIEWED)
        ).all()
    assert {each.detail["case"] for each in lines} == {number}
    assert [each.detail["role"][0] for each in lines] == ["審核人員"] * len(lines)
    assert lines[0].detail["viewer"] == ""


@pytest.mark.clause("9")
@one_database
def test_who_opens_a_members_old_application_stands_in_the_footprint(city: City) -> None:
    officer, number = staff.an_officer(city), hand_in(city)
    press(officer, number, "approve")
    with city.database() as session:
        made = session.scalars(select(Application.member_id)).one()
        mine = select(LedgerLine).where(LedgerLine.member_id == made)
        before = len(session.scalars(mine).all())

    officer.get(f"{INDEX}/{number}")

    who = city.member_id("rui.reviews")
    with city.database() as session:
        *_, last = session.scalars(mine.order_by(LedgerLine.id))
        assert len(session.scalars(mine).all()) == before + 1
        assert (last.kind, last.detail["case"]) == (Kind.VIEWED, number)
        looks = select(TrailEntry.actor).where(
            TrailEntry.event == "record.viewed", TrailEntry.subject == made
        )
        assert session.scalars(looks).all() == [who]


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("case.self_dealing")
@one_database
def test_the_clerk_who_took_it_in_decides_nothing_about_it(city: City) -> None:
    member_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    officer = staff.sign_in(city, "rui.reviews", member_id)
    number = hand_in(city, clerk_id=member_id)

    page = officer.get(f"{INDEX}/{number}")
    answers = {
        verb: press(officer, number, verb, reason="補正", why="不符", clause="7(1)").status_code
        for verb in ("approve", "return", "reject")
    }

    assert "這件不能由您審核" in page.text
    assert set(answers.values()) == {403}
    assert the_application(city).state is State.REVIEW


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("application.reason_missing")
@one_database
def test_no_rejection_leaves_without_a_clause_and_a_reason(city: City) -> None:
    officer, number = staff.an_officer(city), hand_in(city)

    wrong = [
        press(officer, number, "reject", clause="7(1)", why=" \n"),
        press(officer, number, "reject", clause="nonsense", why="文件不符"),
        press(officer, number, "reject"),
        press(officer, number, "return", reason=""),
    ]
    done = press(officer, number, "reject", clause="7(1)", why="文件與本人不符")

    assert [each.status_code for each in wrong] == [422] * 4
    assert done.status_code == 303
    assert the_application(city).state is State.REJECTED
    with city.database() as session:
        application = session.scalars(select(Application)).one()
        last = application_steps.history(session, application, keyring=make.KEYRING)[-1]
    assert (last.clause, last.reason) == ("7(1)", "文件與本人不符")


@one_database
def test_what_needs_correction_goes_back_with_a_reason(city: City) -> None:
    officer, number = staff.an_officer(city), hand_in(city)

    assert press(officer, number, "return", reason="請補健保卡").status_code == 303
    assert the_application(city).state is State.RETURNED
    page = officer.get(f"{INDEX}/{number}").text
    assert "請補健保卡" in page
    assert 'id="approve"' not in page


@pytest.mark.refusal("case.wrong_state")
@one_database
def test_what_is_decided_is_not_decided_again(city: City) -> None:
    officer, number = staff.an_officer(city), hand_in(city)
    token = hidden(officer.get(f"{INDEX}/{number}"))
    press(officer, number, "approve")

    for verb in ("approve", "reject"):
        form = {**token, "clause": "7(1)", "why": "x"}
        assert officer.post(f"{INDEX}/{number}/{verb}", form).status_code == 409


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("case.wrong_state")
@pytest.mark.parametrize("verb", ["approve", "return", "reject"])
@one_database
def test_what_was_corrected_since_the_officer_looked_is_looked_at_again(
    city: City, verb: str
) -> None:
    officer, number = staff.an_officer(city), hand_in(city)
    looked = hidden(officer.get(f"{INDEX}/{number}"))
    press(officer, number, "return", reason="請更正姓名")
    correct(city)

    typed = {"reason": "補正", "clause": "7(1)", "why": "不符"}
    answer = officer.post(f"{INDEX}/{number}/{verb}", {**looked, **typed})

    assert answer.status_code == 409
    assert the_application(city).state is State.REVIEW
    assert press(officer, number, verb, **typed).status_code == 303


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.already_exists")
@one_database
def test_whoever_is_a_member_under_a_former_number_is_seen_and_not_entered_again(
    city: City,
) -> None:
    officer, number = staff.an_officer(city), hand_in(city)
    press(officer, number, "approve")
    with pytest.raises(Refused, match=r"member\.already_exists"):
        hand_in(city)


@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize("role", [each for each in Role if each is not Role.REVIEWER])
@one_database
def test_no_other_post_reviews(city: City, role: Role) -> None:
    with city.database() as session:
        house = staff.house_for(session, role)
    member_id = staff.appoint(city, "rui.reviews", role, organisation_id=house)
    officer, number = staff.sign_in(city, "rui.reviews", member_id), hand_in(city)

    assert officer.get(INDEX).status_code == 403
    assert officer.get(f"{INDEX}/{number}").status_code == 403


@pytest.mark.parametrize("number", ["NOTHING", "%00", "市", "a b", "x" * 400])
@one_database
def test_an_unknown_number_is_no_page(city: City, number: str) -> None:
    assert staff.an_officer(city).get(f"{INDEX}/{number}").status_code == 404


@one_database
def test_the_queue_costs_the_same_however_long_it_is(city: City, database: Engine) -> None:
    officer = staff.an_officer(city)
    hand_in(city)
    officer.get(INDEX)
    with statements(database) as one:
        officer.get(INDEX)
    hand_in(city, number=applying.OTHER_NATIONAL)
    with statements(database) as two:
        page = officer.get(f"{INDEX}?page=-3")

    assert len(one) == len(two)
    assert page.status_code == 200
    assert officer.get(f"{INDEX}?page=99999999999999999999").status_code == 200
    assert officer.get(f"{INDEX}?page=x").status_code == 200


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("case.wrong_state")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_officers_who_approve_at_once_one_is_refused(sessions: Sessions) -> None:
    reviewers: list[tuple[UUID, UUID]] = []
    with transaction(sessions) as session:
        receipt = application_intake.submit(
            session,
            applying.a_form(
                number=applying.THIRD_NATIONAL,
                documents=(Seen(document=Document.ID_CARD),),
            ),
            channel=Channel.COUNTER,
            keyring=make.KEYRING,
            now=make.NOON,
            counter_id=new_id(),
            clerk_id=new_id(),
        )
        for _ in range(2):
            member_id = new_id()
            post = officers.appoint(
                session,
                member_id=member_id,
                organisation_id=None,
                role=Role.REVIEWER,
                by=None,
                until=make.NOON.replace(year=2027),
                now=make.NOON,
            )
            reviewers.append((post.id, member_id))
    start, outcomes = Barrier(2), list[str]()

    def approve(post_id: UUID, reviewer_id: UUID) -> None:
        try:
            with transaction(sessions) as session:
                start.wait()
                reviewing.approve(
                    session,
                    receipt.application_id,
                    post_id=post_id,
                    reviewer_id=reviewer_id,
                    keyring=make.KEYRING,
                    now=make.NOON,
                )
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(refused.code)

    threads = [Thread(target=approve, args=each) for each in reviewers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(outcomes) == ["case.wrong_state", "done"]
