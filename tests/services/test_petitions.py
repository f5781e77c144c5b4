"""Petitions: heard by who did not suspend; upheld, nothing was ever interrupted (6(3))."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.calendar import Calendar
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from services import (
    activations,
    decision_slips,
    eligibility_runs,
    mistaken_suspensions,
    note_checks,
    petitions,
    suspensions,
)
from services.eligibility_models import Finding
from services.models import Activation, ActivationEvent, ActivationNote
from services.petition_desk import Desk
from services.petition_models import NoProcess, Petition, PetitionState, Result, Way
from services.petitions import Plea
from services.suspensions import Act, Period
from tests.make import KEYRING, NOON
from tests.postgres import WAITS
from tests.services.checking import CODE, FINDER, VERIFIER, World, a_world
from tests.services.city import KEYED, TODAY

JUDGE = UUID(int=9)
PLEA = Plea(words="我還住在臺北市", way=Way.ONLINE, language="zh-Hant-TW")
LATER = NOON + timedelta(days=9)


def suspended(session: Session) -> tuple[World, Finding]:
    world = a_world(session)
    run = world.run()
    world.find(run, world.holders[0])
    (finding,) = world.confirm(run)
    return world, finding


def filed(session: Session, finding: Finding, plea: Plea = PLEA) -> Petition:
    return petitions.file(session, finding, plea, keyring=KEYRING, now=NOON)


def desk(session: Session, by: UUID = JUDGE) -> Desk:
    return Desk(session=session, keyring=KEYRING, by=by, now=LATER)


def decided(session: Session, finding: Finding, result: Result) -> Petition:
    petition, at = filed(session, finding), desk(session)
    at.accept(petition)
    at.investigate(petition, "戶政系統仍在本市")
    at.decide(petition, result, "資料誤植")
    return petition


@pytest.mark.clause("6(3)", "10-II")
def test_upheld_restores_as_from_the_suspension(session: Session) -> None:
    world, finding = suspended(session)
    mei = world.holders[0].id

    petition = decided(session, finding, Result.UPHELD)

    (kept,) = activations.of_member(session, mei, {CODE})
    assert (kept.state, kept.since) == (Activation.ACTIVATED, TODAY)
    assert suspensions.periods(session, mei, world.service.id) == [Period(TODAY, None)]
    assert finding.restored_at == LATER
    assert [each.occasion for each in petitions.written(session, petition, keyring=KEYRING)] == [
        "asked",
        "investigation",
        "decision",
    ]


def given_again(world: World, *, days: int) -> None:
    """Let the holder apply anew, and the agency agree."""
    activations.note(
        world.session,
        world.service,
        Activation.ACTIVATED,
        KEYED,
        member_id=world.holders[0].id,
        organisation_id=world.agency.organisation_id,
        as_of=TODAY + timedelta(days=days),
        now=NOON + timedelta(days=days),
    )


def is_founded(world: World) -> bool:
    mei = world.holders[0].id
    notes = world.session.scalars(select(ActivationNote).where(ActivationNote.member_id == mei))
    events = world.session.scalars(
        select(ActivationEvent)
        .where(ActivationEvent.member_id == mei)
        .order_by(ActivationEvent.at, ActivationEvent.id)
    )
    return not list(note_checks.unfounded(notes.all(), events.all()))


@pytest.mark.clause("6(3)", "10-II")
def test_upheld_after_a_new_application_it_closes_the_gap(session: Session) -> None:
    world, finding = suspended(session)
    mei = world.holders[0].id
    given_again(world, days=5)
    gap = suspensions.periods(session, mei, world.service.id)

    petition = decided(session, finding, Result.UPHELD)

    assert gap == [Period(TODAY, TODAY), Period(TODAY + timedelta(days=5), None)]
    assert suspensions.periods(session, mei, world.service.id) == [Period(TODAY, None)]
    (kept,) = activations.of_member(session, mei, {CODE})
    assert (kept.since, kept.as_of) == (TODAY, TODAY + timedelta(days=5))
    assert finding.restored_at == LATER
    assert not suspensions.is_open_upon(session, mei, petition.reference)
    assert is_founded(world)


@pytest.mark.clause("6(3)", "10-II")
def test_a_petition_about_an_earlier_suspension_leaves_the_later_one(session: Session) -> None:
    world, finding = suspended(session)
    mei, again = world.holders[0].id, TODAY + timedelta(days=6)
    given_again(world, days=3)
    act = Act(member_id=mei, service=world.service, actor=VERIFIER, reference="SECOND")
    suspensions.suspend(session, act, now=NOON + timedelta(days=6))

    decided(session, finding, Result.UPHELD)

    (kept,) = activations.of_member(session, mei, {CODE})
    assert kept.state is Activation.SUSPENDED
    assert suspensions.periods(session, mei, world.service.id) == [Period(TODAY, again)]
    assert is_founded(world)
    assert suspensions.restore(session, act, upon="SECOND", as_of=again, now=LATER)
    assert suspensions.periods(session, mei, world.service.id) == [Period(TODAY, None)]


@pytest.mark.clause("6(3)")
@pytest.mark.refusal("appeal.out_of_scope")
def test_partly_upheld_after_a_new_application_it_changes_no_note_and_the_finding_stands_no_more(
    session: Session,
) -> None:
    world, finding = suspended(session)
    given_again(world, days=5)
    eligibility_runs.close(session, finding.run, now=NOON)
    run = world.run()
    counted = eligibility_runs.share(session, run, now=LATER).findings
    before = suspensions.periods(session, world.holders[0].id, world.service.id)

    decided(session, finding, Result.PARTLY)

    assert suspensions.periods(session, world.holders[0].id, world.service.id) == before
    assert finding.restored_at == LATER
    assert (counted, eligibility_runs.share(session, run, now=LATER).findings) == (1, 0)
    with pytest.raises(Refused, match="out_of_scope"):
        filed(session, finding)


@pytest.mark.clause("6(3)")
def test_upheld_while_another_finding_suspends_it_is_not_petitioned_against_again(
    session: Session,
) -> None:
    world, finding = suspended(session)
    given_again(world, days=0)  # on the same day: there is no gap to close
    act = Act(
        member_id=world.holders[0].id, service=world.service, actor=VERIFIER, reference="SECOND"
    )
    suspensions.suspend(session, act, now=NOON)

    decided(session, finding, Result.UPHELD)

    (kept,) = activations.of_member(session, world.holders[0].id, {CODE})
    assert (kept.state, finding.restored_at) == (Activation.SUSPENDED, LATER)


@pytest.mark.clause("6(3)")
def test_partly_upheld_restores_from_now_on_and_not_upheld_nothing(session: Session) -> None:
    world, finding = suspended(session)
    of = (world.holders[0].id, world.service.id)

    decided(session, finding, Result.NOT_UPHELD)
    kept = suspensions.periods(session, *of)
    decided(session, finding, Result.PARTLY)

    assert kept == [Period(TODAY, TODAY)]
    later = date(2026, 12, 2)
    assert suspensions.periods(session, *of) == [Period(TODAY, TODAY), Period(later, None)]


@pytest.mark.clause("6(3)")
@pytest.mark.refusal("appeal.second_person", "case.self_dealing")
@pytest.mark.parametrize("by", [FINDER, VERIFIER])
def test_who_found_or_suspended_does_not_decide_and_the_database_agrees(
    session: Session, by: UUID
) -> None:
    world, finding = suspended(session)
    petition = filed(session, finding)

    with pytest.raises(Refused, match="second_person"):
        desk(session, by).accept(petition)
    with pytest.raises(Refused, match="self_dealing"):
        desk(session, world.holders[0].id).accept(petition)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Petition).values(decided_by=by))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_settles_a_dispute_waits_for_who_decides_and_holds_nothing_that_they_need(
    sessions: Sessions,
) -> None:
    with transaction(sessions) as session:
        finding_id = suspended(session)[1].id
        suspension = ActivationNote.state == Activation.SUSPENDED
        note_id = session.scalars(select(ActivationNote.id).where(suspension)).one()

    def settling() -> UUID | None:
        with transaction(sessions) as session:
            note = session.get_one(ActivationNote, note_id)
            found = mistaken_suspensions.hold(session, note, by=JUDGE)
            return None if found is None else found.id

    with ThreadPoolExecutor(1) as another, transaction(sessions) as session:
        session.get_one(ActivationNote, note_id, with_for_update=True)  # as a petition's decision
        held = another.submit(settling)
        while not (session.scalar(WAITS) or held.done()):
            pass
        session.get_one(Finding, finding_id, with_for_update={"nowait": True})

    assert held.result() == finding_id


@pytest.mark.refusal("appeal.duplicate", "appeal.out_of_scope")
def test_about_one_suspension_there_is_one_petition_at_a_time(session: Session) -> None:
    world, finding = suspended(session)
    filed(session, finding)

    with pytest.raises(Refused, match="duplicate"):
        filed(session, finding)
    desk(session).turn_away(
        petitions.of_member(session, world.holders[0].id)[0], NoProcess.OUT_OF_SCOPE, "沒有內容"
    )
    decided(session, finding, Result.UPHELD)
    with pytest.raises(Refused, match="out_of_scope"):
        filed(session, finding)  # nothing is suspended any more


def test_each_step_follows_the_one_before_and_says_why(session: Session) -> None:
    _, finding = suspended(session)
    petition, at = filed(session, finding), desk(session)

    with pytest.raises(Refused, match="wrong_state"):
        at.investigate(petition, "查過")
    with pytest.raises(Refused, match="wrong_state"):
        at.decide(petition, Result.UPHELD, "有理由")
    with pytest.raises(Refused, match="words_missing"):
        at.refer(petition, finding.run.organisation_id, " ")
    at.refer(petition, finding.run.organisation_id, "社會局主管")
    with pytest.raises(Refused, match="wrong_state"):
        at.accept(petition)
    with pytest.raises(Refused, match="words_missing"):
        filed(session, finding, Plea(words="\n", way=Way.ONLINE, language="en"))

    assert (petition.state, petition.closed_at) == (PetitionState.REFERRED, LATER)


def test_the_term_is_of_working_days_and_ends_with_the_decision(session: Session) -> None:
    _, finding = suspended(session)
    petition = filed(session, finding)

    assert petitions.due(petition, Calendar(off=frozenset())) == date(2027, 1, 4)
    desk(session).refer(petition, finding.run.organisation_id, "別的機關")
    assert petitions.due(petition, Calendar()) is None


@pytest.mark.clause("10-I(3)")
def test_another_members_and_another_agencys_petition_is_not_there(session: Session) -> None:
    _, finding = suspended(session)
    number = filed(session, finding).reference

    for whose in ({"member_id": new_id()}, {"organisation_id": new_id()}):
        with pytest.raises(NotFound):
            petitions.get(session, number, **whose)
    for wrong in ("", "\u5e02", "NO-SUCH", "\x00"):
        with pytest.raises(NotFound):
            petitions.get(session, wrong)
    assert petitions.get(session, number.lower()).reference == number


@pytest.mark.parametrize("wrong", ["", "AAAA-AAAA-AAAA-AAAA", "\u5e02", "\x00"])
def test_a_code_opens_its_own_paper_and_no_other(session: Session, wrong: str) -> None:
    _, finding = suspended(session)
    petition = filed(session, finding)
    papers: tuple[tuple[Any, Any], ...] = (
        (finding, decision_slips.suspension),
        (petition, decision_slips.petition),
    )

    for paper, opened in papers:
        right = decision_slips.code(paper.id, keyring=KEYRING)
        number = paper.reference
        assert opened(session, number.lower(), right.lower(), keyring=KEYRING) is paper
        assert opened(session, number, wrong, keyring=KEYRING) is None
        assert opened(session, "AAAAAAAA", right, keyring=KEYRING) is None
