"""An order about an account: by whom, on which grounds, one at a time, and taken back."""

from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members import register, standings
from members.models import Standing
from members.standing_models import OrderKind, StandingOrder
from members.standings import Proposal
from tests import make

ONE, OTHER = new_id(), new_id()
HEARD = date(2026, 11, 20)
STANDINGS = {
    OrderKind.PROTECTION: Standing.SUSPENDED,
    OrderKind.SANCTION: Standing.SUSPENDED,
    OrderKind.DEATH: Standing.CLOSED,
}


def a_proposal(kind: OrderKind = OrderKind.PROTECTION, **changes: Any) -> Proposal:
    values = {
        "kind": kind,
        "clause": "6(1)",
        "evidence": "115-001",
        "reason": "帳號被別人使用",
        "heard_on": HEARD if kind is OrderKind.SANCTION else None,
    }
    return Proposal(**{**values, **changes})


def propose(
    session: Session,
    member_id: UUID,
    now: datetime,
    kind: OrderKind = OrderKind.PROTECTION,
    *,
    by: UUID | None = ONE,
    **changes: Any,
) -> StandingOrder:
    return standings.propose(
        session,
        a_proposal(kind, **changes),
        member_id=member_id,
        by=by,
        keyring=make.KEYRING,
        now=now,
    )


def end(session: Session, order: StandingOrder, now: datetime, reason: str = "查明無誤") -> bool:
    return standings.end(session, order, reason, by=OTHER, keyring=make.KEYRING, now=now)


def standing(session: Session, member_id: UUID) -> Standing:
    return Standing(register.read(session, member_id).standing)


@pytest.mark.clause("6(1)")
def test_a_protection_is_in_force_at_once(session: Session, now: datetime) -> None:
    member = make.a_member(session)

    order = propose(session, member.id, now)

    assert order.in_force_at == now
    assert standing(session, member.id) is Standing.SUSPENDED


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("standing.second_person")
@pytest.mark.parametrize("kind", [OrderKind.SANCTION, OrderKind.DEATH])
def test_a_sanction_and_a_death_need_a_second_officer(
    session: Session, now: datetime, kind: OrderKind
) -> None:
    member = make.a_member(session)
    order = propose(session, member.id, now, kind)
    before = standing(session, member.id)
    with pytest.raises(Refused, match=r"standing\.second_person"):
        standings.confirm(session, order, by=ONE, now=now)

    standings.confirm(session, order, by=OTHER, now=now)

    assert (before, standing(session, member.id)) == (Standing.ACTIVE, STANDINGS[kind])


@pytest.mark.clause("6(1)")
@pytest.mark.parametrize("kind", OrderKind)
@pytest.mark.parametrize("was", [Standing.ACTIVE, Standing.PAUSED])
def test_whoever_is_reinstated_stands_where_they_stood(
    session: Session, now: datetime, kind: OrderKind, was: Standing
) -> None:
    member = make.a_member(session, standing=was)
    order = propose(session, member.id, now, kind)
    if order.in_force_at is None:
        standings.confirm(session, order, by=OTHER, now=now)

    stood = end(session, order, now)

    assert stood
    session.refresh(member)
    assert member.standing is was
    written = standings.letters(order, member, keyring=make.KEYRING)
    assert [each.occasion for each in written] == ["proposed", "lifted"]
    assert "查明無誤".encode() not in order.letters_sealed


def test_a_dropped_proposal_changes_nothing_and_makes_room_for_another(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session)
    order = propose(session, member.id, now, OrderKind.DEATH)

    assert not end(session, order, now)
    assert standing(session, member.id) is Standing.ACTIVE
    assert propose(session, member.id, now).in_force_at == now


@pytest.mark.refusal("standing.incomplete")
@pytest.mark.parametrize("missing", ["clause", "evidence", "reason"])
def test_no_order_without_its_grounds(session: Session, now: datetime, missing: str) -> None:
    member = make.a_member(session)

    with pytest.raises(Refused, match=r"standing\.incomplete"):
        propose(session, member.id, now, OrderKind.PROTECTION, by=ONE, **{missing: " \n"})
    with pytest.raises(Refused, match=r"standing\.incomplete"):
        end(session, propose(session, member.id, now), now, reason=" ")


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("standing.not_heard")
@pytest.mark.parametrize("day", [None, date(2026, 11, 24)])
def test_no_sanction_before_the_member_was_heard(
    session: Session, now: datetime, day: date | None
) -> None:
    member = make.a_member(session)

    with pytest.raises(Refused, match=r"standing\.not_heard"):
        propose(session, member.id, now, OrderKind.SANCTION, heard_on=day)


@pytest.mark.refusal("standing.order_open")
def test_an_account_has_one_open_order(session: Session, now: datetime) -> None:
    member = make.a_member(session)
    propose(session, member.id, now, OrderKind.DEATH)

    with pytest.raises(Refused, match=r"standing\.order_open"):
        propose(session, member.id, now)


@pytest.mark.refusal("standing.cannot_stop")
@pytest.mark.parametrize("stands", [Standing.SUSPENDED, Standing.CLOSED])
def test_what_stands_still_is_not_stopped(
    session: Session, now: datetime, stands: Standing
) -> None:
    member = make.a_member(session, standing=stands)

    with pytest.raises(Refused, match=r"standing\.cannot_stop"):
        propose(session, member.id, now)


@pytest.mark.refusal("standing.cannot_stop")
def test_whoever_left_meanwhile_is_not_stopped(session: Session, now: datetime) -> None:
    member = make.a_member(session)
    order = propose(session, member.id, now, OrderKind.DEATH)
    member.standing = Standing.CLOSED
    session.flush()

    with pytest.raises(Refused, match=r"standing\.cannot_stop"):
        standings.confirm(session, order, by=OTHER, now=now)


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("case.self_dealing")
def test_nobody_decides_about_themselves(session: Session, now: datetime) -> None:
    member = make.a_member(session)
    with pytest.raises(Refused, match=r"case\.self_dealing"):
        propose(session, member.id, now, by=member.id)
    order = propose(session, member.id, now, OrderKind.DEATH)

    with pytest.raises(Refused, match=r"case\.self_dealing"):
        standings.confirm(session, order, by=member.id, now=now)
    with pytest.raises(Refused, match=r"case\.self_dealing"):
        standings.end(session, order, "no", by=member.id, keyring=make.KEYRING, now=now)


def test_an_order_is_found_by_its_number_and_by_its_member(session: Session, now: datetime) -> None:
    member = make.a_member(session)
    order = propose(session, member.id, now, OrderKind.DEATH)

    assert standings.get(session, order.reference.lower()) is order
    assert standings.open_of(session, member.id) is order
    assert standings.waiting(session) == 1
    assert list(standings.listed(session, most=1)) == [order]
    for wrong in ("", "市", "NOTHING", "a b"):
        with pytest.raises(NotFound):
            standings.get(session, wrong)
    with pytest.raises(NotFound):
        standings.open_of(session, ONE)


@pytest.mark.parametrize(
    "values",
    [
        {"decided_by": ONE},
        {"in_force_at": make.NOON},
        {"kind": OrderKind.SANCTION},
    ],
)
def test_the_database_wants_two_officers_and_a_hearing(
    session: Session, now: datetime, values: dict[str, Any]
) -> None:
    order = propose(session, make.a_member(session).id, now, OrderKind.DEATH)

    with pytest.raises(IntegrityError):
        session.execute(update(StandingOrder).where(StandingOrder.id == order.id).values(**values))


@pytest.mark.refusal("case.wrong_state")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_officers_who_confirm_at_once_one_is_refused(
    sessions: Sessions, now: datetime
) -> None:
    with transaction(sessions) as session:
        member = make.a_member(session)
        reference = propose(session, member.id, now, OrderKind.DEATH).reference
    start, outcomes = Barrier(2), list[str]()

    def confirm(by: UUID) -> None:
        try:
            with transaction(sessions) as session:
                order = standings.get(session, reference)
                start.wait()
                standings.confirm(session, order, by=by, now=now + timedelta(seconds=1))
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(refused.code)

    threads = [Thread(target=confirm, args=(each,)) for each in (OTHER, new_id())]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(outcomes) == ["case.wrong_state", "done"]
