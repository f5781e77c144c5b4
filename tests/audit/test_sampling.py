"""The system draws the sample: from a seed on record, so that anybody draws the same again."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from audit import audits, sampling
from audit.audit_models import Act, Audit, AuditState, Source
from audit.audits import Plan
from audit.models import LedgerLine, TrailEntry
from audit.sampling import Population
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.ids import new_id, new_id_at
from tests.audit.ledgers import write
from tests.audit.tampering import run
from tests.make import NOON

CLERK, STRANGER, AUDITOR, AGENCY = (new_id() for _ in range(4))
DAY = timedelta(days=1)


def entry(session: Session, event: str, actor: UUID = CLERK, *, ago: timedelta = DAY) -> UUID:
    """Put an act on record whose id carries the moment it says."""
    row = TrailEntry(id=new_id_at(NOON - ago), at=NOON - ago, event=event, actor=actor, detail={})
    session.add(row)
    session.flush()
    return row.id


def the_whole(*acts: Act, clients: frozenset[UUID] = frozenset()) -> Population:
    return Population(
        actors=frozenset({CLERK}),
        clients=clients,
        acts=frozenset(acts),
        since=NOON - 7 * DAY,
        until=NOON,
    )


def planned(session: Session, **changes: object) -> Audit:
    wanted = {
        "organisation_id": AGENCY,
        "counter_id": None,
        "since": NOON - 7 * DAY,
        "until": NOON,
        "acts": frozenset({Act.CASES}),
        "size": 3,
        "is_announced": False,
    }
    return audits.plan(session, Plan(**{**wanted, **changes}), by=AUDITOR, now=NOON)  # type: ignore[arg-type]  # of many types


def draw(session: Session, audit: Audit) -> sampling.Draw:
    return audits.draw(session, audit, actors=frozenset({CLERK}), clients=frozenset(), now=NOON)


@pytest.mark.clause("9")
def test_the_same_seed_and_the_same_ledger_give_the_same_sample(session: Session) -> None:
    ids = {entry(session, "case.opened") for _ in range(40)}
    whole = the_whole(Act.CASES)

    one, same, other = (
        sampling.draw(session, whole, seed=seed, size=5) for seed in ("a", "a", "b")
    )

    assert one == same
    assert one.population == 40
    assert {key for _, key in one.items} < ids
    assert one.items != other.items
    assert one.population_hash == other.population_hash


@given(st.sets(st.uuids(version=4), min_size=1, max_size=60), st.text(), st.integers(1, 70))
def test_a_sample_is_part_of_what_it_was_drawn_from_and_as_large_as_wanted(
    ids: set[UUID], seed: str, size: int
) -> None:
    acts = [(Source.TRAIL, each) for each in sorted(ids)]
    ranked = sorted(acts, key=lambda item: sampling.rank(seed.encode("utf-8", "replace"), item))

    assert set(ranked[:size]) <= set(acts)
    assert len(ranked[:size]) == min(size, len(acts))


@pytest.mark.clause("9")
def test_only_acts_of_the_audited_of_the_chosen_kinds_in_the_period_are_drawn(
    sessions: Sessions,
) -> None:
    with transaction(sessions) as session:
        case = entry(session, "case.opened")
        looks = {entry(session, "record.viewed"), entry(session, "application.viewed")}
        entry(session, "case.opened", STRANGER)
        entry(session, "case.opened", ago=8 * DAY)
        entry(session, "case.opened", ago=-DAY)
        entry(session, "casework.other")
    line = write(sessions, now=NOON - DAY)
    write(sessions, now=NOON - DAY)
    with transaction(sessions) as session:
        client = session.scalars(select(LedgerLine.client_id).where(LedgerLine.id == line)).one()
        assert client is not None
        found = {
            acts: {key for _, key in sampling.draw(session, whole, seed="s", size=9).items}
            for acts, whole in {
                "cases": the_whole(Act.CASES),
                "looks": the_whole(Act.LOOKS),
                "releases": the_whole(Act.RELEASES, clients=frozenset({client})),
                "desk": the_whole(Act.DESK),
            }.items()
        }

    assert found == {"cases": {case}, "looks": looks, "releases": {line}, "desk": set()}


@pytest.mark.clause("9")
def test_a_sample_is_drawn_once(session: Session) -> None:
    entry(session, "case.opened")
    audit = planned(session)

    drawn = draw(session, audit)

    assert audit.state is AuditState.EVIDENCE
    assert (audit.population, audit.population_hash) == (1, drawn.population_hash)
    with pytest.raises(Refused, match=r"audit\.wrong_state"):
        draw(session, audit)


@pytest.mark.clause("9")
@pytest.mark.refusal("audit.not_reproduced")
def test_an_act_removed_after_the_draw_is_noticed_when_it_is_drawn_again(
    session: Session, database: Engine
) -> None:
    ids = [entry(session, "case.opened") for _ in range(6)]
    audit = planned(session)
    draw(session, audit)
    before = audits.is_reproduced(session, audit)
    trail_ids = [each.entry_id for each in audits.sample(session, audit)]
    left = next(each for each in ids if each not in trail_ids)

    session.connection().exec_driver_sql(
        "DROP TRIGGER trail_no_delete" + ("" if database.dialect.name == "sqlite" else " ON trail")
    )
    run(session.connection(), "DELETE FROM trail WHERE id = :id", id=left)

    assert (before, audits.is_reproduced(session, audit)) == (True, False)


@pytest.mark.refusal("audit.period")
def test_a_sample_waits_until_the_period_is_over(session: Session) -> None:
    audit = planned(session, until=NOON + DAY)

    with pytest.raises(Refused, match=r"audit\.period"):
        draw(session, audit)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"acts": frozenset()}, "audit.incomplete"),
        ({"size": 0}, "audit.incomplete"),
        ({"size": 501}, "audit.incomplete"),
        ({"since": NOON}, "audit.period"),
    ],
)
@pytest.mark.refusal("audit.incomplete")
def test_a_plan_that_makes_no_sense_is_refused(
    session: Session, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        planned(session, **changes)


@pytest.mark.refusal("audit.wrong_state")
def test_what_was_to_be_announced_is_not_drawn_before_and_the_other_never_announced(
    session: Session,
) -> None:
    told, untold = planned(session, is_announced=True), planned(session)

    with pytest.raises(Refused, match=r"audit\.wrong_state"):
        draw(session, told)
    with pytest.raises(Refused, match=r"audit\.wrong_state"):
        audits.announce(session, untold, now=NOON)
    with pytest.raises(Refused, match=r"audit\.wrong_state"):
        audits.is_reproduced(session, untold)
    audits.announce(session, told, now=NOON)
    assert draw(session, told).population == 0
