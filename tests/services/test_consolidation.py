"""Consolidation: a closed list, two officers, the same result twice, and back again (3-II)."""

import io
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from members.models import Member
from services import activations, closures, consolidation_reading, note_checks, suspensions
from services import consolidation_batches as batches
from services import consolidation_schema as schema
from services.consolidation_applying import apply_some
from services.consolidation_files import Encoding
from services.consolidation_models import Batch, BatchPart, BatchRow, BatchState
from services.consolidation_reading import destroy_held
from services.consolidation_schema import Field
from services.models import (
    Activation,
    ActivationEvent,
    ActivationNote,
    Channel,
    Happening,
    Service,
)
from tests import make
from tests.flows.provider import statements
from tests.make import KEYRING, NOON
from tests.services import city
from tests.services import consolidating as world
from tests.services.consolidating import Agency, a_file, no, number, yes

STRANGER = 999


@pytest.fixture
def agency(sessions: Sessions) -> Agency:
    return world.an_agency(sessions)


def state(agency: Agency, place: int) -> Activation | None:
    note = agency.note(place)
    return None if note is None else note.state


# The closed list


@pytest.mark.clause("2(4)", "3-II")
@pytest.mark.refusal("consolidation.field_out_of_scope")
def test_a_column_too_many_refuses_the_whole_batch_before_a_row_is_written(
    agency: Agency, sessions: Sessions
) -> None:
    file = a_file([(*yes(0), "5000")], headings=(*world.HEADINGS, "月租補助金額"))

    with pytest.raises(Refused, match="field_out_of_scope"):
        agency.upload(file)

    with transaction(sessions) as session:
        assert not session.scalars(select(Batch)).all()
        assert not session.scalars(select(BatchPart)).all()


@pytest.mark.clause("3-II")
@pytest.mark.refusal("consolidation.field_out_of_scope")
@pytest.mark.refusal("consolidation.column_missing")
@pytest.mark.parametrize(
    ("headings", "code"),
    [
        (("證號", "姓名", "註記", "開通日", "資料日"), "field_out_of_scope"),  # not confirmed
        (("證號", "證號", "註記", "資料日"), "field_out_of_scope"),
        (("證號", "註記", "資料日"), "column_missing"),
        ((*world.HEADINGS, ""), "field_out_of_scope"),
    ],
)
def test_only_the_columns_that_were_confirmed_are_taken(
    agency: Agency, headings: tuple[str, ...], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        agency.upload(a_file([], headings=headings))


@pytest.mark.clause("3-II")
@pytest.mark.refusal("consolidation.no_legal_basis")
def test_nothing_is_taken_without_a_basis_that_doit_confirmed(session: Session) -> None:
    client = city.an_agency(session)
    mine = {"organisation_id": client.organisation_id}

    with pytest.raises(Refused, match="no_legal_basis"):
        schema.in_force(session, world.SERVICE, **mine)
    for proposal in (
        replace(world.PROPOSAL, basis="pdpa-19-1"),  # for who is no public agency
        replace(world.PROPOSAL, basis="pdpa-15-2"),  # consent, but nobody was asked
        replace(world.PROPOSAL, provision=" "),
    ):
        with pytest.raises(Refused, match="no_legal_basis"):
            world.a_stream(session, client.organisation_id, proposal)
    stream = world.a_stream(session, client.organisation_id)

    assert schema.in_force(session, world.SERVICE, **mine) is stream
    assert stream.schema_hash == schema.hashed(["as_of", "since", "number", "state"])


@pytest.mark.clause("3-II", "7(9)")
@pytest.mark.refusal("update.channel_not_approved")
@pytest.mark.refusal("service.not_yours")
def test_a_stream_is_of_ones_own_service_and_in_an_agreed_way(session: Session) -> None:
    client = city.an_agency(session)
    stranger = make.a_client(session, "sports", organisation=make.words("體育局", "S"))

    with pytest.raises(Refused, match="channel_not_approved"):
        world.a_stream(
            session, client.organisation_id, replace(world.PROPOSAL, channel=Channel.KEYED)
        )
    with pytest.raises(Refused, match="not_yours"):
        world.a_stream(session, stranger.organisation_id)
    with pytest.raises(NotFound):
        schema.in_force(session, world.SERVICE, organisation_id=stranger.organisation_id)
    with pytest.raises(Refused, match="field_out_of_scope"):
        schema.fields(["number", "income"])
    assert schema.fields([]) == {Field.NUMBER, Field.STATE, Field.AS_OF}


@pytest.mark.clause("3-II")
@pytest.mark.refusal("consolidation.already_decided")
def test_doit_decides_once_and_never_on_what_it_proposed_itself(session: Session) -> None:
    client = city.an_agency(session)
    stream = world.a_stream(session, client.organisation_id)
    newer = schema.propose(
        session,
        world.SERVICE,
        world.PROPOSAL,
        organisation_id=client.organisation_id,
        officer=world.REVIEWER,
        now=NOON,
    )

    for decided, reviewer in ((stream, world.REVIEWER), (newer, world.REVIEWER)):
        with pytest.raises(Refused, match="already_decided"), session.begin_nested():
            schema.decide(session, decided.id, approves=False, reviewer=reviewer, now=NOON)
    schema.decide(session, newer.id, approves=True, reviewer=world.CONFIRMER, now=NOON)
    session.expire_all()

    assert stream.ended_at == NOON
    assert list(schema.of_agency(session, client.organisation_id)) == [newer]


# The dry run


@pytest.mark.clause("3-II")
@pytest.mark.refusal("consolidation.unknown_person")
@pytest.mark.refusal("consolidation.duplicate")
def test_a_dry_run_says_what_a_file_would_do_and_does_nothing(agency: Agency) -> None:
    rows = [yes(0), no(1), yes(STRANGER), yes(0, "2019-01-01"), ("A123", "已開通", "", "x")]

    batch_id = agency.upload(a_file(rows))

    assert agency.counts(batch_id) == {"inserted": 2, "unknown": 1, "duplicate": 1, "bad": 1}
    assert agency.codes(batch_id) == {
        3: "consolidation.unknown_person",
        4: "consolidation.duplicate",
        5: "idno.format",
    }
    assert agency.notes() == []


def test_who_is_named_again_is_found_once_however_little_is_known_of_the_batch(
    agency: Agency, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consolidation_reading, "CHUNK", 2)
    with statements(database) as seen:
        batch_id = agency.upload(a_file([yes(0)] * 6))

    ranking = [each for each in seen if "row_number()" in each]
    assert len(ranking) == 1
    assert ranking[0].startswith("SELECT")  # inside an UPDATE it may be done for each row
    assert agency.counts(batch_id) == {"inserted": 1, "duplicate": 5}


@pytest.mark.clause("3-II")
def test_a_stranger_is_held_sealed_for_thirty_days_and_then_destroyed(
    agency: Agency, sessions: Sessions
) -> None:
    agency.upload(a_file([yes(STRANGER)]))
    with transaction(sessions) as session:
        held = session.scalars(select(BatchRow.held_sealed)).one()

    def left(days: int) -> list[tuple[object, ...]]:
        with transaction(sessions) as session:
            destroy_held(session, now=NOON + timedelta(days=days))
            found = select(BatchRow.held_sealed, BatchRow.person, BatchRow.member_id)
            return [tuple(row) for row in session.execute(found)]

    assert held is not None
    assert number(STRANGER).encode() not in held
    assert left(29)[0][0] == held
    assert left(30) == [(None, None, None)]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ((number(0), "已開通", "", "2026-11-24"), "day_impossible"),  # to come
        ((number(0), "已開通", "2026-11-21", "2026-11-20"), "day_impossible"),
        ((number(0), "未開通", "2020-01-01", "2026-11-20"), "day_impossible"),
        ((number(0), "中止", "", "2026-11-20"), "state_unknown"),  # by a finding alone (6(3))
        (("=cmd|' /C calc'!A0", "已開通", "", "2026-11-20"), "idno.format"),
        ((number(0)[:-1] + "x", "已開通", "", "2026-11-20"), "idno.format"),
        ((number(0), "已開通", "", "2026-11-20", "more"), "row_misshapen"),
        ((number(0), "\0", "", "2026-11-20"), "row_misshapen"),
        ((number(0), "x" * 5000, "", "2026-11-20"), "row_misshapen"),
    ],
)
def test_a_bad_row_has_a_code_and_blocks_no_other(
    agency: Agency, row: tuple[str, ...], code: str
) -> None:
    batch_id = agency.upload(a_file([row, yes(1)]))

    assert agency.counts(batch_id) == {"inserted": 1, "bad": 1}
    assert agency.codes(batch_id)[1].endswith(code)


def test_years_of_the_republic_are_read(agency: Agency) -> None:
    agency.apply(a_file([(number(0), "開通", "民國109年1月1日", "115/11/20")]))

    note = agency.note(0)
    assert note is not None
    assert (note.since, note.as_of) == (date(2020, 1, 1), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("encoding", "chosen"),
    [
        ("utf-8-sig", None),
        ("big5hkscs", None),
        ("big5hkscs", Encoding.BIG5_HKSCS),
        ("cp950", Encoding.CP950),
    ],
)
def test_big5_is_read_as_well_as_utf_8(
    agency: Agency, encoding: str, chosen: Encoding | None
) -> None:
    batch_id = agency.upload(a_file([yes(0), no(1)], encoding=encoding), chosen)

    assert agency.counts(batch_id) == {"inserted": 2}


@pytest.mark.refusal("consolidation.row_undecodable")
def test_bytes_that_are_no_characters_are_named_by_row(agency: Agency) -> None:
    file = io.BytesIO(a_file([yes(0), yes(1)]).getvalue().replace(number(0).encode(), b"A1\xff2"))

    batch_id = agency.upload(file)

    assert agency.codes(batch_id) == {1: "consolidation.row_undecodable"}
    assert agency.counts(batch_id) == {"inserted": 1, "bad": 1}


def test_a_name_is_compared_and_never_kept_nor_matched_by(sessions: Sessions) -> None:
    agency = world.an_agency(sessions, members=0)
    with transaction(sessions) as session:
        columns = world.PROPOSAL.columns | {Field.NAME}
        world.a_stream(session, agency.organisation_id, replace(world.PROPOSAL, columns=columns))
        agency.members = [world.a_member(session, place, name="臺小美") for place in range(2)]
    headings = ("證號", "姓名", "註記", "開通日", "資料日")
    rows = [(number(0), "台小美", *yes(0)[1:]), (number(1), "王大明", *yes(1)[1:])]

    batch_id = agency.upload(a_file(rows, headings=headings))

    with transaction(sessions) as session:
        report = list(batches.report(session, session.get_one(Batch, batch_id)))
    assert [row[3] for row in report] == [False, True]
    assert agency.counts(batch_id) == {"inserted": 2}


# Two officers


@pytest.mark.clause("3-II")
@pytest.mark.refusal("consolidation.batch_unconfirmed")
def test_who_uploads_cannot_confirm_nor_undo(agency: Agency, sessions: Sessions) -> None:
    batch_id = agency.upload(a_file([yes(0)]))

    with transaction(sessions) as session:
        batch = session.get_one(Batch, batch_id)
        with pytest.raises(Refused, match="batch_unconfirmed"):
            batches.confirm(session, batch, officer=world.UPLOADER, now=NOON)
    with pytest.raises(IntegrityError), transaction(sessions) as session:
        session.execute(
            update(Batch).values(state=BatchState.APPLYING, confirmed_by=world.UPLOADER)
        )
    with pytest.raises(IntegrityError), transaction(sessions) as session:
        session.execute(update(Batch).values(state=BatchState.APPLYING))
    agency.go_on(batch_id)

    assert agency.notes() == []


@pytest.mark.refusal("consolidation.wrong_state")
def test_a_batch_takes_each_step_once(agency: Agency, sessions: Sessions) -> None:
    batch_id = agency.apply(a_file([yes(0)]))

    with pytest.raises(Refused, match="wrong_state"):
        agency.confirm(batch_id)
    with pytest.raises(Refused, match="wrong_state"), transaction(sessions) as session:
        batches.cancel(session, session.get_one(Batch, batch_id))


# Applying


@pytest.mark.clause("3-II", "7(9)")
def test_an_applied_batch_is_in_the_notes_with_its_origin(
    agency: Agency, sessions: Sessions
) -> None:
    batch_id = agency.apply(a_file([yes(0), no(1)]))

    assert [state(agency, place) for place in range(3)] == ["activated", "not_activated", None]
    with transaction(sessions) as session:
        events = session.scalars(select(ActivationEvent).order_by(ActivationEvent.id)).all()
    assert {(each.happening, each.channel, each.reference, each.actor) for each in events} == {
        (Happening.NOTED, Channel.INTERFACE, str(batch_id), str(world.CONFIRMER))
    }
    assert len(events) == 2


@pytest.mark.clause("3-II")
def test_the_same_file_changes_nothing_the_second_time(agency: Agency, sessions: Sessions) -> None:
    file = a_file([yes(0), no(1)])
    agency.apply(file)
    before = agency.notes()

    again = agency.apply(file)

    assert agency.notes() == before
    assert agency.counts(again) == {"unchanged": 2}
    with transaction(sessions) as session:
        assert len(session.scalars(select(ActivationEvent)).all()) == 2


@pytest.mark.clause("3-II")
def test_a_roll_back_restores_the_exact_notes_of_before(agency: Agency, sessions: Sessions) -> None:
    agency.apply(a_file([no(0, "2026-10-01"), yes(1, "2021-01-01")]))
    before = [agency.note(place) for place in (0, 1)]
    batch_id = agency.apply(a_file([yes(0, "2026-11-01"), yes(1, "2020-01-01"), yes(2)]))
    assert state(agency, 0) is Activation.ACTIVATED

    agency.roll_back(batch_id)

    for old, place in zip(before, (0, 1), strict=True):
        new = agency.note(place)
        assert old is not None
        assert new is not None
        columns = [each.key for each in ActivationNote.__table__.c]
        assert {key: getattr(new, key) for key in columns} == {
            key: getattr(old, key) for key in columns
        }
    assert agency.note(2) is None
    with transaction(sessions) as session:
        found = select(ActivationEvent.happening).order_by(ActivationEvent.id)
        assert session.scalars(found).all()[-3:].count(Happening.WITHDRAWN) == 1
        assert session.get_one(Batch, batch_id).state is BatchState.ROLLED_BACK


def test_what_was_taken_back_was_never_a_time_of_entitlement(
    agency: Agency, sessions: Sessions
) -> None:
    batch_id = agency.apply(a_file([yes(0)]))
    with transaction(sessions) as session:
        service = activations.get_service(session, world.SERVICE).id
        before = suspensions.periods(session, agency.members[0], service)

    agency.roll_back(batch_id)

    with transaction(sessions) as session:
        assert before
        assert suspensions.periods(session, agency.members[0], service) == []


@pytest.mark.clause("7(9)")
def test_the_nightly_check_finds_nothing_in_what_a_batch_wrote_or_took_back(
    agency: Agency, sessions: Sessions
) -> None:
    def findings() -> list[UUID]:
        with transaction(sessions) as session:
            notes = {
                key: session.scalars(
                    select(ActivationNote).where(ActivationNote.member_id == key)
                ).all()
                for key in agency.members
            }
            events = {
                key: session.scalars(
                    select(ActivationEvent)
                    .where(ActivationEvent.member_id == key)
                    .order_by(ActivationEvent.id)
                ).all()
                for key in agency.members
            }
        return [
            each
            for key in agency.members
            for check in (note_checks.unfounded, note_checks.gone)
            for each in check(notes[key], events[key])
        ]

    agency.apply(a_file([no(0, "2026-10-01"), yes(1, "2021-01-01")]))
    batch_id = agency.apply(a_file([yes(0, "2020-01-01"), yes(1, "2020-01-01"), yes(2)]))
    assert findings() == []

    agency.roll_back(batch_id)

    assert findings() == []


@pytest.mark.clause("3-II")
@pytest.mark.refusal("consolidation.changed_since")
def test_what_was_changed_since_stays_and_is_reported(agency: Agency, sessions: Sessions) -> None:
    batch_id = agency.apply(a_file([yes(0), yes(1)]))
    with transaction(sessions) as session:
        activations.dispute(session, world.SERVICE, member_id=agency.members[0], now=NOON)

    agency.roll_back(batch_id)

    assert (state(agency, 0), state(agency, 1)) == (Activation.ACTIVATED, None)
    assert agency.codes(batch_id) == {1: "consolidation.changed_since"}


def test_a_note_that_was_keyed_in_after_the_dry_run_is_judged_again(
    agency: Agency, sessions: Sessions
) -> None:
    batch_id = agency.upload(a_file([no(0)]))
    with transaction(sessions) as session:
        activations.note(
            session,
            session.scalars(select(Service).where(Service.code == world.SERVICE)).one(),
            Activation.ACTIVATED,
            city.KEYED,
            member_id=agency.members[0],
            organisation_id=agency.organisation_id,
            as_of=city.TODAY,
            now=NOON,
        )
    agency.confirm(batch_id)
    agency.go_on(batch_id)

    assert state(agency, 0) is Activation.ACTIVATED
    assert agency.counts(batch_id) == {"conflict": 1}


def test_many_rows_are_read_and_applied_in_chunks(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = world.an_agency(sessions, members=25)
    for module in ("reading", "applying"):
        monkeypatch.setattr(f"services.consolidation_{module}.CHUNK", 10)

    batch_id = agency.apply(a_file(yes(place) for place in range(25)))

    assert agency.counts(batch_id) == {"inserted": 25}
    assert len(agency.notes()) == 25
    with transaction(sessions) as session:
        batch = session.get_one(Batch, batch_id)
        assert (batch.read_rows, batch.applied_rows) == (25, 25)
        assert not session.scalars(select(BatchPart)).all()
        assert batch.file_hash


def stopped_halfway(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> tuple[Agency, UUID]:
    """Return a batch of six, and two nobody can be applied of, whose service closes after four."""
    agency = world.an_agency(sessions, members=6)
    monkeypatch.setattr("services.consolidation_applying.CHUNK", 4)
    rows = [*(yes(place) for place in range(6)), yes(STRANGER), yes(0, as_of="nonsense")]
    batch_id = agency.upload(a_file(rows))
    agency.confirm(batch_id)
    with transaction(sessions) as session:
        apply_some(session, batch_id, keyring=KEYRING, now=NOON)
    with transaction(sessions) as session:
        closures.close(session, now=NOON)
    agency.go_on(batch_id)
    return agency, batch_id


@pytest.mark.clause("3-II")
def test_a_batch_whose_service_closes_halfway_says_so_and_counts_what_was_done(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency, batch_id = stopped_halfway(sessions, monkeypatch)

    assert len(agency.notes()) == 4
    assert agency.counts(batch_id) == {"inserted": 4, "unknown": 1, "bad": 1}
    assert [agency.codes(batch_id).get(row) for row in (4, 5, 6)] == [None, *["service.closed"] * 2]
    with transaction(sessions) as session:
        batch = session.get_one(Batch, batch_id)
        assert (batch.state, batch.stopped_by) == (BatchState.APPLIED, "service.closed")
        assert ("service.closed", 2) in batches.troubles(session, batch)
        assert batches.differences(session, batch, after=0) == []
    agency.roll_back(batch_id)
    assert agency.notes() == []


def test_a_batch_that_was_through_when_its_service_closed_was_not_stopped(
    agency: Agency, sessions: Sessions
) -> None:
    batch_id = agency.upload(a_file([yes(0)]))
    agency.confirm(batch_id)
    with transaction(sessions) as session:
        apply_some(session, batch_id, keyring=KEYRING, now=NOON)
        closures.close(session, now=NOON)

    agency.go_on(batch_id)

    with transaction(sessions) as session:
        batch = session.get_one(Batch, batch_id)
        assert (batch.state, batch.stopped_by) == (BatchState.APPLIED, None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_chunk_costs_the_same_statements_however_many_rows_it_has(
    sessions: Sessions, database: Engine
) -> None:
    agency = world.an_agency(sessions, members=23)
    cost = []
    for places in (range(3), range(3, 23)):
        batch_id = agency.upload(a_file(yes(place) for place in places))
        agency.confirm(batch_id)
        with statements(database) as seen, transaction(sessions) as session:
            assert apply_some(session, batch_id, keyring=KEYRING, now=NOON) == len(places)
        cost.append(len(seen))

    assert cost[0] == cost[1]


def test_a_member_who_is_erased_takes_their_rows_along(agency: Agency, sessions: Sessions) -> None:
    agency.apply(a_file([yes(0), yes(1)]))

    with transaction(sessions) as session:
        session.delete(session.get_one(Member, agency.members[0]))

    with transaction(sessions) as session:
        assert session.scalars(select(BatchRow.number)).all() == [2]
