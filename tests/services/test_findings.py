"""Checks of eligibility: found by one, verified by another, halted where too many lose (6(3))."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members.models import Member
from services import activations, eligibility_runs, findings, suspensions
from services.eligibility_models import CheckRun, FactCode, Finding, FindingState, RunState
from services.models import Activation, Channel
from services.references import References
from services.suspensions import Period
from tests import make
from tests.make import KEYRING, NOON
from tests.services.checking import CODE, FINDER, MANAGER, VERDICT, VERIFIER, a_world
from tests.services.city import TODAY, noted

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def state(session: Session, member: Member) -> Activation | None:
    (found,) = activations.of_member(session, member.id, {CODE})
    return found.state


@pytest.mark.clause("6(3)")
def test_a_finding_alone_suspends_nobody(session: Session) -> None:
    world = a_world(session)
    run = world.run()

    report = world.find(run, world.holders[0])

    assert (report.taken, report.known, report.unknown) == (1, 0, [])
    assert state(session, world.holders[0]) is Activation.ACTIVATED


@pytest.mark.clause("6(3)")
@pytest.mark.refusal("service.suspend_unverified")
def test_only_a_second_person_suspends_and_only_with_file_and_reason(session: Session) -> None:
    world = a_world(session)
    run = world.run()
    world.find(run, world.holders[0])

    with pytest.raises(Refused, match="suspend_unverified"):
        world.confirm(run, by=FINDER)
    for wrong in (replace(VERDICT, evidence=" "), replace(VERDICT, reason="\n")):
        with pytest.raises(Refused, match="suspend_unverified"):
            world.confirm(run, verdict=wrong)
    (finding,) = world.confirm(run)

    assert state(session, world.holders[0]) is Activation.SUSPENDED
    assert finding.decided_by == VERIFIER
    assert [each.words for each in findings.reason(session, finding, keyring=KEYRING)] == [
        VERDICT.reason
    ]


@pytest.mark.clause("6(3)")
def test_the_database_refuses_a_verifier_who_is_the_finder(session: Session) -> None:
    world = a_world(session)
    world.find(world.run(), world.holders[0])

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            update(Finding).values(state=FindingState.CONFIRMED, decided_by=FINDER, decided_at=NOON)
        )


@pytest.mark.clause("10-II")
@pytest.mark.refusal("right.presumption_keeps")
def test_that_records_differ_takes_nothing_away_and_the_database_agrees(session: Session) -> None:
    world = a_world(session)
    run = world.run()
    world.find(run, world.holders[0], fact=FactCode.RECORDS_DIFFER)

    with pytest.raises(Refused, match="presumption_keeps"):
        world.confirm(run)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            update(Finding).values(
                state=FindingState.CONFIRMED, decided_by=VERIFIER, decided_at=NOON
            )
        )


@pytest.mark.clause("6(3)")
@pytest.mark.parametrize("wanted", [Activation.SUSPENDED, Activation.NOT_ACTIVATED])
def test_no_note_takes_away_what_nobody_verified(session: Session, wanted: Activation) -> None:
    world = a_world(session, holders=1)

    with pytest.raises(Refused, match="suspend_unverified"):
        activations.note(
            session,
            world.service,
            wanted,
            activations.Provenance(channel=Channel.INTERFACE, actor="batch", reference="case-2"),
            member_id=world.holders[0].id,
            organisation_id=world.agency.organisation_id,
            as_of=TODAY,
            now=NOON,
        )


@pytest.mark.clause("6(3)")
def test_sending_the_same_again_changes_nothing(session: Session) -> None:
    world = a_world(session)
    run = world.run()
    world.find(run, world.holders[0])
    world.confirm(run)

    again = world.find(run, world.holders[0])

    assert (again.taken, again.known) == (0, 1)
    assert world.confirm(run) == []


@pytest.mark.clause("10-I(3)")
def test_a_name_of_another_service_and_one_of_nobody_are_answered_alike(session: Session) -> None:
    world = a_world(session, holders=2)
    run = world.run()
    elsewhere = activations.get_service(session, "library_card")
    theirs = References(KEYRING, elsewhere.id).of(world.holders[0].id)
    stranger = world.name(make.a_member(session, "stranger"))

    rows = [(name, FactCode.MOVED_AWAY) for name in (theirs, "a" * 52, "", stranger)]
    report = findings.take_in(session, run, rows, by=FINDER, keyring=KEYRING, now=NOON)

    assert (report.taken, report.unknown) == (0, [2, 3, 4, 5])
    with pytest.raises(NotFound):
        eligibility_runs.get(session, run.reference, organisation_id=new_id())


@pytest.mark.clause("10-I(3)")
def test_the_agency_learns_its_own_cases_and_names_that_join_to_nothing(session: Session) -> None:
    world = a_world(session, holders=3)
    run = world.run()

    told = list(eligibility_runs.holders(session, run, KEYRING))

    assert [each.reference for each in told] == sorted(world.name(x) for x in world.holders)
    assert {each.case for each in told} == {"case-1"}
    other = References(KEYRING, new_id())
    assert not {other.of(each.id) for each in world.holders} & {each.reference for each in told}


@pytest.mark.clause("6(3)")
@pytest.mark.refusal("eligibility.halted", "eligibility.second_person")
def test_a_check_that_touches_three_in_ten_stops_until_somebody_else_agrees(
    session: Session,
) -> None:
    world = a_world(session)
    run = world.run()
    world.find(run, *world.holders[:2])
    before = run.state
    world.find(run, world.holders[2])

    with pytest.raises(Refused, match="halted"):
        world.confirm(run)
    for by, reason, code in ((FINDER, "yes", "second_person"), (MANAGER, " ", "reason_missing")):
        with pytest.raises(Refused, match=code):
            eligibility_runs.release(session, run, reason, by=by, now=NOON)
    eligibility_runs.release(session, run, "名單對過", by=MANAGER, now=NOON)

    assert (before, run.state) == (RunState.RUNNING, RunState.RUNNING)
    assert len(world.confirm(run)) == 3
    world.find(run, world.holders[3])
    assert run.state is RunState.HALTED  # one more than was agreed to


@pytest.mark.clause("6(3)")
def test_several_small_checks_within_a_month_are_one(session: Session) -> None:
    world = a_world(session)
    first = world.run()
    world.find(first, *world.holders[:2])
    world.confirm(first)
    eligibility_runs.close(session, first, now=NOON)

    second = world.run()
    world.find(second, world.holders[2])

    assert (second.holders, second.state) == (8, RunState.HALTED)


@pytest.mark.clause("10-II")
def test_what_is_restored_as_from_the_suspension_was_never_interrupted(session: Session) -> None:
    world = a_world(session)
    mei, run = world.holders[0], world.run()
    world.find(run, mei)
    (finding,) = world.confirm(run)
    act = suspensions.Act(
        member_id=mei.id, service=world.service, actor=MANAGER, reference=finding.reference
    )
    during = suspensions.periods(session, mei.id, world.service.id)
    later = NOON + timedelta(days=9)

    assert suspensions.restore(session, act, upon=finding.reference, as_of=TODAY, now=later)

    assert during == [Period(TODAY, TODAY)]
    assert suspensions.periods(session, mei.id, world.service.id) == [Period(TODAY, None)]
    (kept,) = activations.of_member(session, mei.id, {CODE})
    assert (kept.state, kept.since) == (Activation.ACTIVATED, TODAY)
    assert not suspensions.restore(session, act, upon=finding.reference, as_of=TODAY, now=later)


def test_what_is_given_back_later_leaves_a_gap(session: Session) -> None:
    world = a_world(session)
    mei, run = world.holders[0], world.run()
    world.find(run, mei)
    (finding,) = world.confirm(run)
    later = TODAY + timedelta(days=9)
    act = suspensions.Act(
        member_id=mei.id, service=world.service, actor=MANAGER, reference="PETITION"
    )

    suspensions.restore(
        session, act, upon=finding.reference, as_of=later, now=NOON + timedelta(days=9)
    )

    found = suspensions.periods(session, mei.id, world.service.id)
    assert found == [Period(TODAY, TODAY), Period(later, None)]


def test_who_has_the_service_no_more_is_left_alone(session: Session) -> None:
    world = a_world(session)
    mei, run = world.holders[0], world.run()
    world.find(run, mei)
    act = suspensions.Act(member_id=mei.id, service=world.service, actor=MANAGER, reference="OTHER")
    suspensions.suspend(session, act, now=NOON)

    assert world.confirm(run) == []
    assert findings.tally(session, run) == {(FindingState.DISMISSED, FactCode.MOVED_AWAY): 1}
    with pytest.raises(NotFound):
        findings.suspension(session, session.scalars(select(Finding.reference)).one())


@pytest.mark.refusal("case.self_dealing")
def test_nobody_decides_about_themselves(session: Session) -> None:
    world = a_world(session)
    mei, run = world.holders[0], world.run()
    world.find(run, mei)
    waiting = [each.reference for each, _ in findings.waiting(session, run)]

    with pytest.raises(Refused, match="self_dealing"):
        world.confirm(run, by=mei.id)
    with pytest.raises(Refused, match="self_dealing"):
        findings.dismiss(session, run, waiting, by=mei.id, now=NOON)
    with pytest.raises(Refused, match="second_person"):
        findings.dismiss(session, run, waiting, by=FINDER, now=NOON)
    assert findings.dismiss(session, run, waiting, by=VERIFIER, now=NOON) == 1
    with pytest.raises(Refused, match="wrong_state"):
        findings.dismiss(session, run, waiting, by=VERIFIER, now=NOON)


@pytest.mark.refusal(
    "eligibility.run_early",
    "eligibility.run_open",
    "eligibility.rule_missing",
    "eligibility.findings_open",
)
def test_a_check_has_its_day_its_rule_and_its_end(session: Session) -> None:
    world = a_world(session)
    mine = world.agency.organisation_id

    def planned(code: str = CODE, days: int = 1) -> CheckRun:
        service = activations.get_service(session, code)
        on = TODAY + timedelta(days=days)
        return eligibility_runs.schedule(
            session, service, on, organisation_id=mine, by=FINDER, now=NOON
        )

    for code, days, refused in (("library_card", 1, "rule_missing"), (CODE, -1, "backdated")):
        with pytest.raises(Refused, match=refused):
            planned(code, days)
    run = planned()
    with pytest.raises(Refused, match="run_open"):
        planned()
    with pytest.raises(Refused, match="run_early"):
        eligibility_runs.start(session, run, now=NOON)
    with pytest.raises(Refused, match="wrong_state"):
        list(eligibility_runs.holders(session, run, KEYRING))
    tomorrow = NOON + timedelta(days=1)
    eligibility_runs.start(session, run, now=tomorrow)
    world.find(run, world.holders[0])
    with pytest.raises(Refused, match="findings_open"):
        eligibility_runs.close(session, run, now=tomorrow)
    world.confirm(run)
    eligibility_runs.close(session, run, now=tomorrow)
    with pytest.raises(Refused, match="wrong_state"):
        world.find(run, world.holders[1])


@pytest.mark.refusal("eligibility.file_invalid")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "reference,fact\n",
        "fact,reference\na,moved_away\n",
        "reference,fact\na,poor\n",
        "reference,fact\na,moved_away,5000\n",
        "reference,fact\n" + "a,moved_away\n" * 20_000,
        "reference,fact\n" + "a" * 200_000,
    ],
    ids=[
        "nothing",
        "nobody",
        "other columns",
        "no fact",
        "one column more",
        "too long",
        "too wide",
    ],
)
def test_a_file_is_read_whole_or_not_at_all(text: str) -> None:
    with pytest.raises(Refused, match="file_invalid"):
        findings.read(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_a_file(text: str) -> None:
    for tried in (text, f"reference,fact\n{text}"):
        with suppress(Refused):
            findings.read(tried)


@given(st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_a_name_but_the_ones_we_made(text: str) -> None:
    names = References(KEYRING, new_id())
    key = new_id()

    assert names.member(text) is None
    assert names.member(f" {names.of(key).upper()} ") == key


@one_database
def test_a_noted_service_survives_what_agencies_send_every_night(session: Session) -> None:
    world = a_world(session, holders=1)

    noted(session, world.agency, world.holders[0])

    assert state(session, world.holders[0]) is Activation.ACTIVATED


@pytest.mark.clause("6(3)")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_confirm_at_once_one_suspends(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        world = a_world(session)
        reference = world.run().reference
        run = eligibility_runs.get(session, reference, organisation_id=None)
        world.find(run, world.holders[0])
    start, won = Barrier(2), list[int]()

    def confirm(by: UUID) -> None:
        with transaction(sessions) as session:
            start.wait()
            mine = eligibility_runs.get(session, reference, organisation_id=None)
            chosen = session.scalars(select(Finding.reference)).all()
            with suppress(Refused):
                done = findings.confirm(
                    session, mine, chosen, VERDICT, by=by, keyring=KEYRING, now=NOON
                )
                won.append(len(done))

    threads = [Thread(target=confirm, args=(by,)) for by in (VERIFIER, MANAGER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert won == [1]
