"""Cases: each step once, by one clerk, in its order; none closes before something is bound."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from carriers import bindings
from carriers.models import CarrierKind, Place
from counters import cases
from counters.case_models import Case, CaseMatter, CaseOutcome, CaseState
from counters.cases import BEFORE, Clerk, Intake
from counters.terms import Workdays
from kernel.calendar import Calendar, declare, load
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from tests import make

NOW = make.NOON
HERE, THERE = new_id(), new_id()
KEY = b"k" * 32


def a_case(
    session: Session,
    member_id: UUID | None = None,
    *,
    matter: CaseMatter = CaseMatter.BIND,
    held_until: datetime | None = None,
) -> Case:
    return cases.take_in(
        session,
        Intake(
            matter=matter,
            person_kind="national",
            counter_id=HERE,
            clerk_id=new_id(),
            language="zh-Hant-TW",
            member_id=member_id,
            held_until=held_until,
        ),
        key=KEY,
        now=NOW,
    )


def a_clerk(session: Session, *, counter_id: UUID = HERE, now: datetime = NOW) -> Clerk:
    return Clerk(session=session, member_id=new_id(), counter_id=counter_id, now=now)


def worked_on(session: Session, member_id: UUID | None = None, **more: object) -> Case:
    case = a_case(session, member_id, **more)  # type: ignore[arg-type]  # as it takes them
    a_clerk(session).accept(case)
    a_clerk(session).take_up(case)
    return case


def bind_a_card(session: Session, member_id: UUID, kind: CarrierKind = CarrierKind.CARD) -> None:
    bindings.bind(
        session,
        member_id=member_id,
        kind=kind,
        fingerprint="7" * 64,
        name="card",
        where=Place.COUNTER,
        acr="",
        now=NOW,
    )


@pytest.mark.clause("4")
def test_a_case_walks_from_intake_to_its_end_and_every_step_is_written(session: Session) -> None:
    mei = make.a_member(session).id
    case, clerk = worked_on(session, mei), a_clerk(session)
    bind_a_card(session, mei)

    clerk.decide(case, CaseOutcome.APPROVED)
    clerk.fulfil(case)
    clerk.close(case)

    session.flush()
    walked = cases.events(session, case.id)
    assert [each.state.value for each in walked] == [
        *("intake", "accepted", "in_process", "decided", "fulfilled", "closed")
    ]
    assert walked[1].clause == "4-I(1)"
    assert {each.actor for each in walked[3:]} == {clerk.member_id}
    assert case.closed_at == NOW


@pytest.mark.clause("4")
def test_what_was_only_collected_begins_its_term_at_the_counter_it_is_forwarded_to(
    session: Session,
) -> None:
    case, here = a_case(session), a_clerk(session)
    later = NOW + timedelta(days=1)
    there = a_clerk(session, counter_id=THERE, now=later)

    here.collect(case)
    assert cases.due(case, Workdays(Calendar())) is None
    here.forward(case, THERE)
    there.accept(case)

    assert (case.collected_at, case.collected_by) == (NOW, HERE)
    assert (case.accepted_at, case.counter_id) == (later, THERE)
    assert cases.due(case, Workdays(Calendar())) == date(2026, 11, 25)
    assert [each.id for each in cases.open_at(session, THERE)] == [case.id]
    assert not cases.open_at(session, HERE)


def test_a_case_is_not_forwarded_to_where_it_is(session: Session) -> None:
    case, here = a_case(session), a_clerk(session)
    here.collect(case)

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        here.forward(case, HERE)


def test_the_competent_counter_may_refuse_what_another_collected(session: Session) -> None:
    case, here = a_case(session), a_clerk(session)
    here.collect(case)
    here.forward(case, THERE)

    a_clerk(session, counter_id=THERE).not_accept(case, "case.service_out_of_scope")

    assert case.state is CaseState.NOT_ACCEPTED
    assert (case.reason, case.closed_at) == ("case.service_out_of_scope", NOW)


@pytest.mark.refusal("case.wrong_state")
def test_a_clerk_touches_only_what_lies_at_their_counter(session: Session) -> None:
    case = a_case(session)

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        a_clerk(session, counter_id=THERE).accept(case)


@given(steps=st.lists(st.sampled_from("accept take ask go decide fulfil close stop".split())))
def test_no_order_of_steps_leaves_the_machine(sessions: Sessions, steps: list[str]) -> None:
    with sessions() as session:
        case, clerk = a_case(session), a_clerk(session)
        for step in steps:
            before = case.state
            try:
                take(clerk, case, step)
            except Refused:
                assert case.state is before
            else:
                assert before in BEFORE[case.state]
        session.rollback()


def take(clerk: Clerk, case: Case, step: str) -> None:
    {
        "accept": lambda: clerk.accept(case),
        "take": lambda: clerk.take_up(case),
        "ask": lambda: clerk.ask_applicant(case, "case.documents_missing"),
        "go": lambda: clerk.go_on(case),
        "decide": lambda: clerk.decide(case, CaseOutcome.REFUSED, why="case.documents_missing"),
        "fulfil": lambda: clerk.fulfil(case),
        "close": lambda: clerk.close(case),
        "stop": lambda: clerk.stop(case),
    }[step]()


# Clocks


@pytest.mark.clause("8(4)")
def test_the_clock_counts_working_days_and_a_typhoon_moves_the_end(session: Session) -> None:
    friday = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    case = a_case(session, matter=CaseMatter.CHANGE)
    a_clerk(session, now=friday).accept(case)

    before = cases.due(case, Workdays(load(session)))
    declare(session, date(2026, 12, 1), is_workday=False, note="typhoon")

    assert (before, cases.due(case, Workdays(load(session)))) == (
        date(2026, 12, 2),
        date(2026, 12, 3),
    )


@pytest.mark.clause("8(4)")
def test_the_clock_stands_still_while_the_applicant_is_asked(session: Session) -> None:
    case = worked_on(session, matter=CaseMatter.CHANGE)
    a_clerk(session).ask_applicant(case, "case.documents_missing")
    while_waiting = cases.due(case, Workdays(Calendar()))

    a_clerk(session, now=NOW + timedelta(days=2)).go_on(case)

    assert while_waiting is None
    assert cases.due(case, Workdays(Calendar())) == date(
        2026, 11, 30
    )  # two of its days did not count
    with pytest.raises(Refused, match=r"case\.wrong_state"):
        a_clerk(session).go_on(case)


# Guards


@pytest.mark.clause("7(4)")
@pytest.mark.refusal("case.no_carrier_bound")
def test_no_case_closes_while_its_person_carries_nothing(session: Session) -> None:
    mei = make.a_member(session).id
    case, clerk = worked_on(session, mei), a_clerk(session)
    bind_a_card(session, mei, CarrierKind.PASSKEY)  # nothing to show at a desk
    clerk.decide(case, CaseOutcome.APPROVED)
    clerk.fulfil(case)

    with pytest.raises(Refused, match=r"case\.no_carrier_bound"):
        clerk.close(case)

    assert case.closed_at is None


def test_an_applicant_who_is_no_member_carries_nothing(session: Session) -> None:
    case, clerk = worked_on(session, matter=CaseMatter.JOIN), a_clerk(session)
    clerk.decide(case, CaseOutcome.APPROVED)
    clerk.fulfil(case)

    with pytest.raises(Refused, match=r"case\.no_carrier_bound"):
        clerk.close(case)
    mei = make.a_member(session).id
    bind_a_card(session, mei)
    clerk.connect(case, mei)
    clerk.close(case)

    assert case.state is CaseState.CLOSED


def test_what_was_refused_closes_without_a_carrier_and_is_not_fulfilled(session: Session) -> None:
    case, clerk = worked_on(session, make.a_member(session).id), a_clerk(session)
    clerk.decide(case, CaseOutcome.REFUSED, why="eligibility.agency_rule")

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        clerk.fulfil(case)
    clerk.close(case)

    assert (case.state, case.reason) == (CaseState.CLOSED, "eligibility.agency_rule")


def test_what_was_approved_is_done_before_it_closes(session: Session) -> None:
    case, clerk = worked_on(session, matter=CaseMatter.CHANGE), a_clerk(session)
    clerk.decide(case, CaseOutcome.APPROVED)

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        clerk.close(case)


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.cooling_off")
def test_a_risky_matter_of_a_proxy_is_done_only_after_the_principal_could_object(
    session: Session,
) -> None:
    until = NOW + timedelta(hours=24)
    case = worked_on(session, matter=CaseMatter.RECOVERY, held_until=until)
    a_clerk(session).decide(case, CaseOutcome.APPROVED)

    with pytest.raises(Refused, match=r"case\.cooling_off"):
        a_clerk(session, now=until - timedelta(seconds=1)).fulfil(case)
    a_clerk(session, now=until).fulfil(case)

    assert case.state is CaseState.FULFILLED


@pytest.mark.clause("7(3)")
@pytest.mark.refusal("carrier.visible_info_mismatch")
def test_a_face_is_marked_only_after_it_was_compared(session: Session) -> None:
    case = worked_on(session)

    with pytest.raises(Refused, match=r"carrier\.visible_info_mismatch"):
        cases.require_face_checked(case)
    a_clerk(session).check_face(case, likeness="variant")
    cases.require_face_checked(case)

    session.flush()
    assert cases.events(session, case.id)[-1].reason == "face.variant"


def test_work_happens_only_in_a_case_that_is_worked_on(session: Session) -> None:
    case = a_case(session)

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        cases.require_open(case)
    with pytest.raises(Refused, match=r"case\.wrong_state"):
        a_clerk(session).take_up(case)


# Finding


def test_a_case_is_found_by_what_stands_on_its_slip(session: Session) -> None:
    case = a_case(session)
    secret = cases.slip_secret(case.id, key=KEY)

    assert cases.get(session, f" {case.number.lower()} ") is case
    assert cases.of_slip(session, case.number.lower(), secret.lower()) is case
    assert cases.of_slip(session, case.number, "WRONG-SECRET") is None
    assert cases.of_slip(session, "'; DROP TABLE", secret) is None
    assert cases.slip_secret(case.id, key=b"x" * 32) != secret


@pytest.mark.refusal("case.not_found")
@pytest.mark.parametrize("typed", ["", "ZZZZZZZZ", "é", "a b", "\N{NULL}", "８" * 8])
def test_what_is_no_number_finds_no_case(session: Session, typed: str) -> None:
    with pytest.raises(NotFound, match=r"case\.not_found"):
        cases.get(session, typed)


def test_a_member_s_cases_come_the_newest_first(session: Session) -> None:
    mei = make.a_member(session).id
    first, second = a_case(session, mei), a_case(session, mei)

    assert [each.id for each in cases.of_member(session, mei)] == [second.id, first.id]


# At once


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_clerks_who_decide_at_once_one_is_refused(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        case_id = worked_on(session).id
    said, together = list[str](), Barrier(2)

    def decide(outcome: CaseOutcome) -> None:
        with transaction(sessions) as session:
            case = session.get_one(Case, case_id)
            together.wait()
            try:
                a_clerk(session).decide(case, outcome)
            except Refused as refused:
                said.append(refused.code)
            else:
                said.append("done")

    both = [Thread(target=decide, args=(each,)) for each in CaseOutcome]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert sorted(said) == ["case.wrong_state", "done"]


def test_a_principal_stops_a_case_until_it_is_decided(session: Session) -> None:
    early, late = worked_on(session), worked_on(session)
    a_clerk(session).decide(late, CaseOutcome.REFUSED, why="case.documents_missing")

    assert cases.stop_by_principal(session, early.id, why="disowned", now=NOW)
    assert not cases.stop_by_principal(session, late.id, why="disowned", now=NOW)

    session.refresh(early)
    assert (early.state, early.reason) == (CaseState.STOPPED, "disowned")
