"""A successor goes on with what its agency left open; nothing is nobody's (2(1), 6(1), 6(3))."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.models import Organisation, PurposeClaim
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from services import (
    activations,
    content,
    eligibility_runs,
    inventory,
    petition_endings,
    petitionable,
    petitions,
    sanctions,
    transfers,
)
from services import consolidation_batches as batches
from services import consolidation_docket as docket
from services.consolidation_models import Conflict, Resolution, Stream
from services.models import Activation
from services.petition_desk import Desk
from services.petition_models import Petition, PetitionState, Result, Way
from services.petitions import Plea
from services.sanctions import Charge
from tests import make
from tests.make import KEYRING, NOON
from tests.services import consolidating
from tests.services import publishing_people as people
from tests.services.checking import CODE, FINDER, VERIFIER, World, a_world
from tests.services.city import TODAY

JUDGE = UUID(int=9)
PLEA = Plea(words="我還住在臺北市", way=Way.ONLINE, language="zh-Hant-TW")
LATER = NOON + timedelta(days=9)
CHARGE = Charge(
    clause="6(1)",
    evidence="北市測字第 7 號",
    facts="把卡借給別人",
    services=[CODE],
    hear_by=TODAY + sanctions.HEARING,
)


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)


@pytest.fixture
def heir(session: Session, world: World) -> UUID:  # of its agency
    words = make.words("測試局", "Successor")
    return make.a_client(session, "successor", organisation=words).organisation_id


def hand_over(world: World, to: UUID | None) -> transfers.HandedOver:
    agency = world.agency.organisation_id
    return transfers.hand_over(world.session, agency, to=to, now=LATER)


@pytest.mark.clause("2(1)", "6(3)")
def test_the_successor_decides_open_petitions_and_hears_new_ones(
    session: Session, world: World, heir: UUID
) -> None:
    run = world.run()
    world.find(run, *world.holders[:2])
    first, second = world.confirm(run)
    before = petitions.file(session, first, PLEA, keyring=KEYRING, now=NOON)

    handed = hand_over(world, heir)

    after = petitions.file(session, second, PLEA, keyring=KEYRING, now=LATER)
    assert handed.petitions == [before]
    for each in (before, after):
        assert petitions.get(session, each.reference, organisation_id=heir) is each
    desk = Desk(session=session, keyring=KEYRING, by=JUDGE, now=LATER)
    desk.accept(before)
    desk.investigate(before, "戶政系統仍在本市")
    desk.decide(before, Result.UPHELD, "資料誤植")
    assert first.restored_at == LATER


def ended(session: Session, organisation_id: UUID, *, successor: UUID | None = None) -> None:
    agency = session.get_one(Organisation, organisation_id)
    agency.ends_on, agency.ended_at, agency.successor_id = LATER.date(), LATER, successor
    session.flush()


@pytest.mark.clause("2(1)", "6(3)")
def test_petitions_of_an_agency_that_was_merged_before_they_were_handed_over_follow_the_service(
    session: Session, world: World, heir: UUID
) -> None:
    run, words = world.run(), Bilingual("沒有機關承接", "Nobody followed")
    world.find(run, *world.holders[:1])
    (finding,) = world.confirm(run)
    petition = petitions.file(session, finding, PLEA, keyring=KEYRING, now=NOON)
    of_before = world.agency.organisation_id
    hand_over(world, heir)
    petition.organisation_id = of_before
    ended(session, of_before)

    closed = petition_endings.close_orphaned(session, words, keyring=KEYRING, now=LATER)
    followed = petition_endings.follow(session)

    assert (closed, followed) == ([], [petition])
    assert (petition.organisation_id, petition.closed_at) == (heir, None)
    assert petition_endings.follow(session) == []


@pytest.mark.clause("2(1)", "6(3)")
@pytest.mark.refusal("appeal.out_of_scope")
def test_without_a_successor_petitions_are_closed_with_a_letter_and_no_more_taken_in(
    session: Session, world: World
) -> None:
    run, words = world.run(), Bilingual("沒有機關承接", "Nobody followed")
    world.find(run, *world.holders[:2])
    first, second = world.confirm(run)
    petition = petitions.file(session, first, PLEA, keyring=KEYRING, now=NOON)
    still_there = petition_endings.close_orphaned(session, words, keyring=KEYRING, now=NOON)
    may_petition = petitionable.of_member(session, second.member_id)
    hand_over(world, None)
    ended(session, world.agency.organisation_id)

    closed = petition_endings.close_orphaned(session, words, keyring=KEYRING, now=LATER)

    assert (still_there, may_petition, closed) == ([], [second], [petition])
    assert (petition.state, petition.closed_at) == (PetitionState.NOT_PROCESSED, LATER)
    assert petitions.written(session, petition, keyring=KEYRING)[-1].words == words.zh
    assert petition_endings.close_orphaned(session, words, keyring=KEYRING, now=LATER) == []
    with pytest.raises(Refused, match="out_of_scope"):
        petitions.file(session, second, PLEA, keyring=KEYRING, now=LATER)
    assert petitionable.of_member(session, second.member_id) == []


@pytest.mark.clause("2(1)", "6(3)")
def test_what_was_decided_stays_with_who_decided_it(
    session: Session, world: World, heir: UUID
) -> None:
    run = world.run()
    world.find(run, world.holders[0])
    (finding,) = world.confirm(run)
    petition = petitions.file(session, finding, PLEA, keyring=KEYRING, now=NOON)
    Desk(session=session, keyring=KEYRING, by=JUDGE, now=NOON).refer(petition, heir, "社會局主管")

    handed = hand_over(world, heir)

    assert handed.petitions == []
    assert session.get_one(Petition, petition.id).organisation_id == world.agency.organisation_id
    assert run.organisation_id == world.agency.organisation_id  # the letter says who it was


@pytest.mark.clause("2(1)", "6(3)")
def test_the_successor_goes_on_with_a_check(session: Session, world: World, heir: UUID) -> None:
    run = world.run()
    hand_over(world, heir)

    mine = eligibility_runs.get(session, run.reference, organisation_id=heir)
    world.find(mine, world.holders[0])
    (found,) = world.confirm(mine)

    assert eligibility_runs.listed(session, heir, most=9) == [run]
    assert found.run is run
    with pytest.raises(NotFound):
        eligibility_runs.get(session, run.reference, organisation_id=world.agency.organisation_id)


@pytest.mark.clause("2(1)", "6(1)")
@pytest.mark.parametrize("is_merged", [True, False], ids=["by the successor", "by the Bureau"])
def test_a_sanction_is_lifted_when_its_agency_is_no_more(
    session: Session, world: World, heir: UUID, *, is_merged: bool
) -> None:
    mei, agency = world.holders[0].id, world.agency.organisation_id
    sanction, dropped = (
        sanctions.report(
            session, mei, CHARGE, organisation_id=agency, by=FINDER, keyring=KEYRING, now=NOON
        )
        for _ in range(2)
    )
    sanctions.end(session, dropped, "查無此事", by=VERIFIER, keyring=KEYRING, now=NOON)
    to = heir if is_merged else None

    handed = hand_over(world, to)

    assert handed.sanctions == [sanction]
    mine = sanctions.get(session, sanction.reference, organisation_id=to)
    sanctions.end(session, mine, "機關裁撤", by=JUDGE, keyring=KEYRING, now=LATER)
    assert mine.ended_at == LATER
    assert sanctions.of_house(session, agency, most=9) == [dropped]


@pytest.mark.clause("3-I", "6(4)")
def test_the_successor_keeps_the_texts_and_answers_for_the_inventory(
    session: Session, world: World, heir: UUID
) -> None:
    agency = world.agency.organisation_id
    item, system = people.an_item(session, agency), people.a_system(session, agency)

    hand_over(world, heir)

    assert content.of_agency(session, agency) == []
    assert content.of_agency(session, heir) == [item]
    assert inventory.mine(session, system.id, organisation_id=heir) is system


@pytest.mark.clause("3-II", "10-II")
def test_without_a_successor_nothing_of_the_service_leaves_any_more(
    session: Session, world: World
) -> None:
    purpose = world.agency.purposes[0]
    session.add(
        PurposeClaim(
            purpose_id=purpose.id,
            claim=CODE,
            required=False,
            approved_at=NOON,
            necessity_zh="為了優待",
            necessity_en="for the benefit",
        )
    )
    session.flush()

    handed = hand_over(world, None)

    assert world.service in handed.closed
    assert session.scalars(select(PurposeClaim).where(PurposeClaim.claim == CODE)).all() == []
    assert hand_over(world, None).closed == []


@pytest.mark.clause("10-II")
@pytest.mark.refusal("service.closed")
def test_a_note_whose_agency_is_no_more_is_not_disputed_before_nobody(
    session: Session, world: World
) -> None:
    hand_over(world, None)
    ended(session, world.agency.organisation_id)
    holder = world.holders[0].id

    with pytest.raises(Refused, match=r"service\.closed"):
        activations.dispute(session, CODE, member_id=holder, now=LATER)

    [noted] = activations.of_member(session, holder, {CODE})
    assert (noted.answered, noted.disputed_at) == (False, None)


@pytest.fixture
def consolidated(sessions: Sessions) -> consolidating.Agency:
    """Return an agency whose file contradicts two notes, one of them a "no"."""
    agency = consolidating.an_agency(sessions)
    agency.apply(consolidating.a_file([consolidating.yes(0), consolidating.no(1)]))
    agency.apply(
        consolidating.a_file(
            [consolidating.no(0, "2026-11-21"), consolidating.yes(1, as_of="2026-11-21")]
        )
    )
    return agency


@pytest.mark.clause("2(1)", "10-II")
def test_the_successor_ends_the_conflicts(
    sessions: Sessions, consolidated: consolidating.Agency
) -> None:
    with transaction(sessions) as session:
        words = make.words("測試局", "Successor")
        to = make.a_client(session, "successor", organisation=words).organisation_id
        before = docket.open_of(session, consolidated.organisation_id)

        handed = transfers.hand_over(session, consolidated.organisation_id, to=to, now=LATER)

        assert before
        assert list(handed.conflicts) == list(before) == list(docket.open_of(session, to))
        docket.resolve(
            session, before[0], Resolution.BOTH, officer=consolidating.CONFIRMER, now=LATER
        )


@pytest.mark.clause("2(1)", "10-II")
def test_without_a_successor_conflicts_end_with_the_right_and_no_file_is_taken_in(
    sessions: Sessions, consolidated: consolidating.Agency
) -> None:
    with transaction(sessions) as session:
        transfers.hand_over(session, consolidated.organisation_id, to=None, now=LATER)

        assert docket.open_of(session, consolidated.organisation_id) == []
        assert {*session.scalars(select(Conflict.resolution))} == {Resolution.BOTH}
        assert {*session.scalars(select(Stream.ended_at))} == {LATER}
        [kept] = activations.of_member(session, consolidated.members[0], [consolidating.SERVICE])
        assert kept.state is Activation.ACTIVATED


def a_successor(session: Session) -> UUID:
    words = make.words("測試局", "Successor")
    return make.a_client(session, "successor", organisation=words).organisation_id


@pytest.mark.clause("2(1)", "3-II")
@pytest.mark.refusal("consolidation.no_legal_basis")
def test_the_successor_has_the_batches_and_needs_a_stream_of_its_own(
    sessions: Sessions, consolidated: consolidating.Agency
) -> None:
    waiting = consolidated.upload(consolidating.a_file([consolidating.yes(2)]))
    with transaction(sessions) as session:
        to = a_successor(session)

        transfers.hand_over(session, consolidated.organisation_id, to=to, now=LATER)

        assert batches.listed(session, consolidated.organisation_id) == []
        mine = batches.listed(session, to)
        assert waiting in {each.id for each in mine}
        assert {*session.scalars(select(Stream.ended_at))} == {LATER}
        with pytest.raises(Refused, match="no_legal_basis"):
            batches.confirm(session, mine[0], officer=consolidating.CONFIRMER, now=LATER)


@pytest.mark.clause("2(1)", "10-II")
def test_a_batch_that_is_being_applied_opens_conflicts_for_the_successor(
    sessions: Sessions, consolidated: consolidating.Agency
) -> None:
    said = consolidating.a_file([consolidating.no(0, "2026-11-22")])
    applying = consolidated.upload(said)
    consolidated.confirm(applying)
    with transaction(sessions) as session:
        to = a_successor(session)
        transfers.hand_over(session, consolidated.organisation_id, to=to, now=LATER)

    consolidated.go_on(applying)

    with transaction(sessions) as session:
        assert docket.open_of(session, consolidated.organisation_id) == []
        assert applying in {each.batch_id for each in docket.open_of(session, to)}


@pytest.mark.clause("2(1)", "3-II")
def test_a_batch_that_is_being_applied_stops_where_its_service_closes(
    sessions: Sessions, consolidated: consolidating.Agency
) -> None:
    applying = consolidated.upload(consolidating.a_file([consolidating.yes(2)]))
    consolidated.confirm(applying)
    with transaction(sessions) as session:
        transfers.hand_over(session, consolidated.organisation_id, to=None, now=LATER)

    consolidated.go_on(applying)

    assert consolidated.note(2) is None


def left(session: Session) -> list[UUID]:
    return [each.id for each in transfers.left_behind(session, now=LATER)]


@pytest.mark.clause("2(1)")
def test_of_an_agency_whose_successors_ended_with_nobody_nothing_is_left_once_it_closed(
    session: Session, world: World, heir: UUID
) -> None:
    agency = world.agency.organisation_id
    ended(session, agency, successor=heir)
    ended(session, heir)

    before = left(session)
    handed = hand_over(world, None)

    assert before == [agency]
    assert CODE in {each.code for each in handed.closed}
    assert left(session) == []


@pytest.mark.clause("2(1)")
def test_what_is_kept_under_one_of_a_chain_follows_to_who_is_there(
    session: Session, world: World, heir: UUID
) -> None:
    agency = world.agency.organisation_id
    last = make.a_client(session, "last", organisation=make.words("末", "Last")).organisation_id
    ended(session, agency, successor=heir)
    ended(session, heir, successor=last)

    before = left(session)
    hand_over(world, last)

    assert (before, left(session)) == ([agency], [])


@pytest.mark.clause("2(1)", "6(1)")
@pytest.mark.parametrize("is_merged", [True, False], ids=["by the successor", "by the Bureau"])
def test_an_open_sanction_alone_is_left_behind_and_followed(
    session: Session, world: World, heir: UUID, *, is_merged: bool
) -> None:
    mei, agency = world.holders[0].id, world.agency.organisation_id
    to = heir if is_merged else None
    sanction = sanctions.report(
        session, mei, CHARGE, organisation_id=agency, by=FINDER, keyring=KEYRING, now=NOON
    )
    hand_over(world, to)
    ended(session, agency, successor=to)
    assert left(session) == []
    sanction.organisation_id = agency  # as an earlier version left it
    session.flush()

    before = left(session)
    handed = hand_over(world, to)

    assert (before, handed.sanctions) == ([agency], [sanction])
    assert left(session) == []


def test_who_has_no_part_in_it_keeps_what_is_theirs(
    session: Session, world: World, heir: UUID
) -> None:
    handed = transfers.hand_over(session, new_id(), to=heir, now=LATER)

    assert (handed.services, handed.petitions, handed.sanctions) == ([], [], [])
    assert (handed.closed, handed.conflicts) == ([], [])
    with pytest.raises(Refused, match="not_yours"):
        eligibility_runs.schedule(
            session, world.service, TODAY, organisation_id=heir, by=FINDER, now=NOON
        )
