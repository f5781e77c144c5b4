"""A file never takes a right away: what contradicts a note goes on the docket (10-II)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from consent.vouched import told
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members.models import Member
from services import activations, disagreements
from services import consolidation_docket as docket
from services.consolidation_judging import Noted, Said, judge, takes_away
from services.consolidation_models import Conflict, Outcome, Resolution
from services.models import Activation, ActivationEvent, ActivationNote, Happening
from tests.make import NOON
from tests.services import consolidating as world
from tests.services.consolidating import Agency, a_file, no, yes

DAYS = st.dates(min_value=date(2019, 1, 1), max_value=date(2026, 11, 20))


@pytest.fixture
def agency(sessions: Sessions) -> Agency:
    return world.an_agency(sessions)


def conflict(agency: Agency) -> Conflict:
    with transaction(agency.make) as session:
        return session.scalars(select(Conflict)).one()


def resolve(agency: Agency, resolution: Resolution) -> None:
    with transaction(agency.make) as session:
        found = session.scalars(select(Conflict)).one()
        docket.resolve(session, found, resolution, officer=world.CONFIRMER, now=NOON)


def state(agency: Agency) -> str:
    """Return what the member is told of the first note."""
    with transaction(agency.make) as session:
        [noted] = activations.of_member(session, agency.members[0], [world.SERVICE])
    return str(told(noted)["state"])


def happenings(agency: Agency) -> list[Happening]:
    with transaction(agency.make) as session:
        found = select(ActivationEvent.happening).order_by(ActivationEvent.id)
        return list(session.scalars(found))


@pytest.mark.clause("10-II")
@pytest.mark.refusal("right.presumption_keeps")
def test_a_file_that_says_no_does_not_end_an_activation(agency: Agency) -> None:
    agency.apply(a_file([yes(0)]))

    batch_id = agency.apply(a_file([no(0, "2026-11-21")]))

    assert agency.codes(batch_id) == {1: "right.presumption_keeps"}
    assert conflict(agency).code == "right.presumption_keeps"
    assert state(agency) == "activated"  # not even in dispute: the benefit goes on
    with pytest.raises(Refused, match="presumption_keeps"):
        resolve(agency, Resolution.KEEP_AGENCY)
    resolve(agency, Resolution.BOTH)
    assert state(agency) == "activated"


@pytest.mark.clause("10-II")
@pytest.mark.refusal("consolidation.conflict")
def test_active_since_2020_against_a_no_opens_a_conflict_and_the_no_is_none(
    agency: Agency,
) -> None:
    agency.apply(a_file([no(0, "2026-11-01")]))

    batch_id = agency.apply(a_file([yes(0, "2020-01-01")]))

    assert agency.codes(batch_id) == {1: "consolidation.conflict"}
    assert state(agency) == "disputed"
    assert happenings(agency) == [Happening.NOTED, Happening.DISPUTED]
    assert conflict(agency).noted["state"] == "not_activated"


@pytest.mark.clause("10-II")
@pytest.mark.parametrize(
    ("resolution", "after"),
    [
        (Resolution.KEEP_SYSTEM, "not_activated"),
        (Resolution.KEEP_AGENCY, "activated"),
        (Resolution.BOTH, "disputed"),
    ],
)
def test_officers_end_a_conflict_in_one_of_three_ways(
    agency: Agency, resolution: Resolution, after: str
) -> None:
    agency.apply(a_file([no(0, "2026-11-01")]))
    agency.apply(a_file([yes(0, "2020-01-01")]))

    resolve(agency, resolution)

    assert state(agency) == after
    with pytest.raises(Refused, match="already_decided"):
        resolve(agency, resolution)


@pytest.mark.clause("10-II")
@pytest.mark.parametrize(
    ("right", "resolution"),
    [
        (Activation.NOT_ACTIVATED, Resolution.KEEP_SYSTEM),
        (Activation.ACTIVATED, Resolution.KEEP_AGENCY),
    ],
)
def test_a_conflict_ends_with_the_dispute_it_began(
    agency: Agency, right: Activation, resolution: Resolution
) -> None:
    agency.apply(a_file([no(0, "2026-11-01")]))
    agency.apply(a_file([yes(0, "2020-01-01")]))
    number = conflict(agency).number

    with transaction(agency.make) as session:
        [open_one], [disputed] = (
            disagreements.contradicted(session),
            disagreements.disputed(session),
        )
        with pytest.raises(Refused, match="batch_unconfirmed"):
            docket.close_with_dispute(session, number, right, officer=world.UPLOADER, now=NOON)
        docket.close_with_dispute(session, number, right, officer=world.CONFIRMER, now=NOON)
        docket.close_with_dispute(session, "no conflict's", right, officer=new_id(), now=NOON)

    assert conflict(agency).resolution is resolution
    assert (open_one.count, disputed.count) == (1, 1)
    with transaction(agency.make) as session:
        assert not disagreements.contradicted(session)


@pytest.mark.clause("10-II")
@pytest.mark.refusal("consolidation.batch_unconfirmed")
def test_who_uploaded_the_file_does_not_end_its_conflicts(
    agency: Agency, sessions: Sessions
) -> None:
    agency.apply(a_file([yes(0)]))
    agency.apply(a_file([no(0)]))
    number = conflict(agency).number

    with transaction(sessions) as session:
        found = docket.get(session, number, organisation_id=agency.organisation_id)
        with pytest.raises(Refused, match="batch_unconfirmed"):
            docket.resolve(session, found, Resolution.BOTH, officer=world.UPLOADER, now=NOON)
    with pytest.raises(NotFound), transaction(sessions) as session:
        docket.get(session, number, organisation_id=new_id())


@pytest.mark.clause("10-II")
def test_a_file_that_is_sent_again_opens_no_second_conflict(
    agency: Agency, sessions: Sessions
) -> None:
    agency.apply(a_file([yes(0)]))
    for _ in range(3):
        agency.apply(a_file([no(0)]))

    with transaction(sessions) as session:
        assert docket.waiting(session, agency.organisation_id) == 1
        assert len(docket.open_of(session, agency.organisation_id)) == 1


@pytest.mark.refusal("consolidation.suspension_stands")
def test_a_file_does_not_lift_a_suspension(agency: Agency, sessions: Sessions) -> None:
    agency.apply(a_file([no(0, "2026-11-01")]))
    with transaction(sessions) as session:
        session.execute(update(ActivationNote).values(state=Activation.SUSPENDED))
    agency.apply(a_file([yes(0)]))

    with pytest.raises(Refused, match="suspension_stands"):
        resolve(agency, Resolution.KEEP_AGENCY)
    with transaction(sessions) as session:
        assert not docket.may_follow_agency(session.scalars(select(Conflict)).one())


@pytest.mark.clause("10-II")
def test_a_member_who_was_erased_leaves_no_conflict(agency: Agency, sessions: Sessions) -> None:
    agency.apply(a_file([yes(0)]))
    agency.apply(a_file([no(0)]))

    with transaction(sessions) as session:
        session.delete(session.get_one(Member, agency.members[0]))

    with transaction(sessions) as session:
        assert docket.waiting(session, agency.organisation_id) == 0


@st.composite
def words(draw: st.DrawFn) -> Said:
    state = draw(st.sampled_from((Activation.ACTIVATED, Activation.NOT_ACTIVATED)))
    active = state is Activation.ACTIVATED
    since = draw(st.none() | DAYS) if active else None
    return Said(state=state, since=since, as_of=draw(DAYS))


NOTES = st.builds(
    Noted,
    state=st.sampled_from(Activation),
    since=st.none() | DAYS,
    as_of=DAYS,
    disputed=st.booleans(),
)


@pytest.mark.clause("10-II")
@given(said=words(), noted=NOTES)
def test_whatever_a_file_says_no_right_ends_or_shrinks(said: Said, noted: Noted) -> None:
    verdict = judge(said, noted)

    if noted.state is Activation.ACTIVATED and verdict.outcome is Outcome.CHANGED:
        assert said.state is Activation.ACTIVATED
        assert noted.since is None or said.since is None or said.since <= noted.since
    if takes_away(said, noted):
        assert verdict.outcome is Outcome.CONFLICT
    if noted.state is Activation.SUSPENDED:
        assert verdict.outcome is Outcome.CONFLICT


@given(said=words())
def test_what_is_noted_already_is_left_as_it_is(said: Said) -> None:
    noted = Noted(state=said.state, since=said.since, as_of=said.as_of, disputed=False)

    assert judge(said, None).outcome is Outcome.INSERTED
    assert judge(said, noted).outcome is Outcome.UNCHANGED
