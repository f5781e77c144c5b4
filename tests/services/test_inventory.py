"""What identifies people is listed, excused for a time, or ends on a published day (3-I, 3-II)."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from services import inventory, milestones, plans, waivers
from services.inventory_models import (
    IdentitySystem,
    Integration,
    PlanVersion,
    SystemKind,
    Waiver,
    WaiverState,
)
from services.milestones import Done
from tests.make import NOON
from tests.services.city import an_agency
from tests.services.publishing_people import (
    OFFICER,
    PLAN,
    REVIEWER,
    TODAY,
    a_plan,
    a_system,
    asked,
    confirmed,
    granted,
)

DAY = timedelta(days=1)


@pytest.fixture
def agency(session: Session) -> UUID:
    return an_agency(session).organisation_id


@pytest.fixture
def system(session: Session, agency: UUID) -> IdentitySystem:
    return a_system(session, agency)


def is_red(session: Session, *, days: int) -> bool:
    [line] = inventory.lines(session, on=TODAY + days * DAY)
    return line.is_overdue


@pytest.mark.clause("3-I")
@pytest.mark.parametrize(
    ("status", "red"),
    [
        (None, True),
        (Integration.INTEGRATING, True),
        (Integration.INTEGRATED, False),
        (Integration.RETIRED, False),
    ],
)
def test_a_system_past_its_deadline_is_red_unless_it_is_settled(
    session: Session, system: IdentitySystem, status: Integration | None, *, red: bool
) -> None:
    if status is not None:
        inventory.set_status(session, system, status, now=NOON)

    assert is_red(session, days=10) is False
    assert is_red(session, days=11) is red


@pytest.mark.clause("3-I")
@pytest.mark.refusal("waiver.not_granted")
@pytest.mark.refusal("waiver.expired")
def test_a_waiver_excuses_until_its_last_day_and_no_longer(
    session: Session, system: IdentitySystem
) -> None:
    with pytest.raises(Refused, match=r"waiver\.not_granted"):
        inventory.set_status(session, system, Integration.EXEMPTED, now=NOON)
    granted(session, system)
    session.refresh(system)

    assert system.status is Integration.EXEMPTED
    assert is_red(session, days=20) is False
    assert is_red(session, days=21) is True
    with pytest.raises(Refused, match=r"waiver\.expired"):
        inventory.set_status(session, system, Integration.EXEMPTED, now=NOON + 21 * DAY)


@pytest.mark.clause("3-I")
def test_an_extension_takes_the_place_of_what_was_granted_and_can_be_ended(
    session: Session, system: IdentitySystem
) -> None:
    first, second = granted(session, system), granted(session, system, days=40)
    session.refresh(first)

    assert (first.state, second.state) == (WaiverState.EXTENDED, WaiverState.GRANTED)
    assert is_red(session, days=40) is False
    waivers.end(session, second, now=NOON)
    assert (second.state, second.until) == (WaiverState.ENDED, TODAY)
    assert waivers.counting(session, on=TODAY) == {}


@pytest.mark.refusal("case.self_dealing")
@pytest.mark.refusal("publish.reason_missing")
@pytest.mark.refusal("waiver.wrong_step")
@pytest.mark.refusal("waiver.already_requested")
@pytest.mark.refusal("waiver.incomplete")
def test_a_request_is_whole_single_and_decided_once_by_another_person(
    session: Session, system: IdentitySystem
) -> None:
    with pytest.raises(Refused, match=r"waiver\.incomplete"):
        asked(session, system, days=0)
    waiver, until = asked(session, system), TODAY + DAY
    with pytest.raises(Refused, match=r"waiver\.already_requested"):
        asked(session, system)
    with pytest.raises(Refused, match=r"case\.self_dealing"):
        waivers.grant(session, waiver, until=until, by=OFFICER, now=NOON)
    with pytest.raises(Refused, match=r"case\.self_dealing"):
        waivers.deny(session, waiver, reason="不", by=OFFICER, now=NOON)
    with pytest.raises(Refused, match=r"publish\.reason_missing"):
        waivers.deny(session, waiver, reason=" ", by=REVIEWER, now=NOON)
    with pytest.raises(Refused, match=r"waiver\.incomplete"):
        waivers.grant(session, waiver, until=TODAY, by=REVIEWER, now=NOON)
    waivers.deny(session, waiver, reason="設備可以先換", by=REVIEWER, now=NOON)

    with pytest.raises(Refused, match=r"waiver\.wrong_step"):
        waivers.grant(session, waiver, until=until, by=REVIEWER, now=NOON)
    with pytest.raises(Refused, match=r"waiver\.wrong_step"):
        waivers.end(session, waiver, now=NOON)


@pytest.mark.refusal("publish.document_no_missing")
def test_nothing_is_asked_without_a_document_number(
    session: Session, system: IdentitySystem
) -> None:
    with pytest.raises(Refused, match=r"publish\.document_no_missing"):
        waivers.request(
            session,
            system,
            reason="x",
            document_number=" ",
            until=TODAY + DAY,
            by=OFFICER,
            now=NOON,
        )


def test_the_database_lets_nobody_grant_their_own(session: Session, system: IdentitySystem) -> None:
    waiver = asked(session, system)

    with pytest.raises(IntegrityError):
        session.execute(
            update(Waiver)
            .where(Waiver.id == waiver.id)
            .values(state=WaiverState.GRANTED, until=TODAY + DAY, decided_by=OFFICER)
        )


@pytest.mark.clause("3-I")
def test_of_a_waiver_that_ran_out_it_is_told_once(session: Session, system: IdentitySystem) -> None:
    waiver = granted(session, system, days=1)

    assert waivers.run_out(session, now=NOON + DAY) == []
    assert waivers.run_out(session, now=NOON + 2 * DAY) == [waiver]
    assert waivers.run_out(session, now=NOON + 2 * DAY) == []


@pytest.mark.clause("3-I")
def test_coverage_counts_the_living_and_shows_the_overdue_first(
    session: Session, agency: UUID
) -> None:
    for status in (Integration.INTEGRATED, Integration.RETIRED, None):
        system = a_system(session, agency, days=-1)
        if status is not None:
            inventory.set_status(session, system, status, now=NOON)
    granted(session, a_system(session, agency, days=-1))

    [of] = inventory.coverage(inventory.lines(session, on=TODAY))

    assert (of.living, of.integrated, of.excused, of.overdue, of.percent) == (3, 1, 1, 1, 33)


@given(st.lists(st.sampled_from([*Integration, None]), max_size=6), st.integers(-2, 2))
def test_no_share_is_above_a_hundred_and_nothing_settled_is_red(
    statuses: list[Integration | None], days: int
) -> None:
    lines = tuple(
        inventory.Line(
            system=IdentitySystem(status=status, deadline=TODAY + days * DAY),
            waiver=None,
            plan=None,
            on=TODAY,
        )
        for status in statuses
    )
    of = inventory.Coverage(organisation=None, lines=lines)  # type: ignore[arg-type]  # not asked

    assert 0 <= of.percent <= 100
    assert of.overdue <= of.living
    assert of.overdue == 0 or days < 0


@pytest.mark.refusal("inventory.incomplete")
@pytest.mark.refusal("inventory.not_found")
@pytest.mark.refusal("waiver.not_found")
def test_a_system_has_two_names_and_another_agencys_is_not_found(
    session: Session, agency: UUID, system: IdentitySystem
) -> None:
    with pytest.raises(Refused, match=r"inventory\.incomplete"):
        inventory.enter(
            session, agency, SystemKind.LOGIN, Bilingual("名", ""), deadline=TODAY, now=NOON
        )
    for wanted in (system.id, new_id()):
        with pytest.raises(NotFound):
            inventory.mine(session, wanted, organisation_id=new_id())
    with pytest.raises(NotFound):
        waivers.get(session, new_id())
    inventory.set_deadline(session, system, TODAY, now=NOON)
    assert is_red(session, days=1) is True


# Plans


@pytest.mark.clause("3-II")
def test_a_plan_is_public_when_the_bureau_agreed_with_its_steps_and_its_day(
    session: Session, system: IdentitySystem
) -> None:
    row = a_plan(session, system)
    before = plans.published(session, on=TODAY)
    confirmed(session, row)

    assert before == []
    assert plans.published(session, on=TODAY) == [row]
    assert (row.sunset_on, plans.milestones(row)) == (PLAN.sunset_on, PLAN.milestones)
    assert inventory.lines(session, on=TODAY)[0].plan is row


@pytest.mark.clause("3-II")
@pytest.mark.refusal("plan.date_missing")
def test_a_published_day_is_moved_by_a_new_agreement_and_never_removed(
    session: Session, system: IdentitySystem
) -> None:
    confirmed(session, a_plan(session, system))
    with pytest.raises(Refused, match=r"plan\.date_missing"):
        plans.save(session, system, replace(PLAN, sunset_on=None), by=OFFICER, now=NOON)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(PlanVersion).values(sunset_on=None))
    moved = a_plan(session, system, replace(PLAN, sunset_on=TODAY + 60 * DAY))

    assert [row.sunset_on for row in plans.published(session, on=TODAY)] == [PLAN.sunset_on]
    confirmed(session, moved)
    assert [row.sunset_on for row in plans.published(session, on=TODAY)] == [TODAY + 60 * DAY]


@pytest.mark.refusal("plan.incomplete")
@pytest.mark.parametrize(
    "lacking",
    [
        {"process": Bilingual("", "x")},
        {"replacement": Bilingual("x", " ")},
        {"holders": Bilingual("x" * 301, "x")},
        {"sunset_on": TODAY},  # before its own steps
    ],
)
def test_a_plan_is_whole(
    session: Session,
    system: IdentitySystem,
    lacking: dict[str, Any],  # fields of a plan, of several types
) -> None:
    with pytest.raises(Refused, match=r"plan\.incomplete"):
        plans.save(session, system, replace(PLAN, **lacking), by=OFFICER, now=NOON)


@pytest.mark.refusal("plan.incomplete")
@pytest.mark.parametrize(
    "text",
    [
        "2027-01-31 通知",
        "2027-13-01 甲 | a",
        "甲 | a",
        "2027-01-01 甲 | a | b",
        "2027-01-01 甲 | a\n" * 21,
    ],
)
def test_a_step_has_a_day_and_both_languages(text: str) -> None:
    with pytest.raises(Refused, match=r"plan\.incomplete"):
        plans.read_milestones(text)


def test_steps_are_read_line_by_line_and_put_in_order() -> None:
    found = plans.read_milestones("2027-02-01 乙 | b\n\n 2027-01-01  甲|a ")

    assert [(each.on.isoformat(), *each.what) for each in found] == [
        ("2027-01-01", "甲", "a"),
        ("2027-02-01", "乙", "b"),
    ]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.refusal("waiver.wrong_step")
def test_of_two_decisions_at_once_one_counts(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        waiver_id = asked(session, a_system(session, an_agency(session).organisation_id)).id
    both, outcomes = Barrier(2), []

    def decide(by: UUID, *, grants: bool) -> None:
        with sessions() as session:
            waiver = waivers.get(session, waiver_id)
            both.wait()
            try:
                if grants:
                    waivers.grant(session, waiver, until=TODAY + DAY, by=by, now=NOON)
                else:
                    waivers.deny(session, waiver, reason="不", by=by, now=NOON)
                session.commit()
                outcomes.append("decided")
            except Refused as refused:
                outcomes.append(refused.code)

    threads = [
        Thread(target=decide, args=[UUID(int=8)], kwargs={"grants": True}),
        Thread(target=decide, args=[UUID(int=9)], kwargs={"grants": False}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["decided", "waiver.wrong_step"]


# What was done of a plan

STEP = milestones.key(PLAN.milestones[0])
REPORT = Done(on=TODAY + DAY, evidence="北市測字第 10 號")


def stood(session: Session, days: int) -> tuple[bool, bool]:
    """Say whether the step was done, and whether it was late, on a day."""
    [line] = inventory.lines(session, on=TODAY + days * DAY)
    [step] = line.steps
    return step.mark is not None, line.late_steps == 1


@pytest.mark.clause("3-II")
def test_a_step_that_was_done_is_not_overdue_and_no_earlier_day_changes(
    session: Session, system: IdentitySystem
) -> None:
    confirmed(session, a_plan(session, system))
    made = milestones.mark(session, system, STEP, REPORT, by=OFFICER, now=NOON + 3 * DAY)
    moved = replace(PLAN, sunset_on=TODAY + 60 * DAY)
    confirmed(session, a_plan(session, system, moved))
    before = [stood(session, days) for days in (1, 2, 3, 9)]

    milestones.take_back(session, system, made.id, by=OFFICER, now=NOON + 9 * DAY)

    assert before == [(False, False), (False, True), (True, False), (True, False)]
    assert [stood(session, days) for days in (2, 3, 9)] == [
        (False, True),
        (True, False),
        (False, True),
    ]
    with pytest.raises(NotFound):
        milestones.take_back(session, system, made.id, by=OFFICER, now=NOON + 9 * DAY)
    milestones.mark(session, system, STEP, REPORT, by=OFFICER, now=NOON + 9 * DAY)
    assert stood(session, 9) == (True, False)


@pytest.mark.refusal("milestone.day_invalid", "milestone.evidence_missing")
@pytest.mark.refusal("milestone.done_already", "publish.not_found")
def test_only_a_published_step_is_marked_once_with_a_day_and_what_shows_it(
    session: Session, system: IdentitySystem
) -> None:
    def mark(step: tuple[date, str] = STEP, done: Done = REPORT) -> None:
        milestones.mark(session, system, step, done, by=OFFICER, now=NOON + DAY)

    with pytest.raises(NotFound):
        mark()
    confirmed(session, a_plan(session, system))
    with pytest.raises(NotFound):
        mark((STEP[0], "別的"))
    for done, why in (
        (Done(on=TODAY + 2 * DAY, evidence="文"), "day_invalid"),
        (Done(on=TODAY, evidence=" "), "evidence_missing"),
        (Done(on=TODAY, evidence="文" * 301), "evidence_missing"),
    ):
        with pytest.raises(Refused, match=rf"milestone\.{why}"):
            mark(done=done)
    mark()
    with pytest.raises(Refused, match=r"milestone\.done_already"):
        mark()
