"""Prove that a carrier is one person's, and that a lost one is nobody's."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from carriers import bindings, names
from carriers.models import Binding, CarrierEvent, CarrierKind, Happening, Place, Suspension
from idp.acr import ACR
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from tests import make
from tests.flows.provider import statements

CARD = "c" * 64


def bind(session: Session, member_id: UUID, fingerprint: str = CARD, **changes: Any) -> Binding:
    # the columns of a binding are of several types
    values: dict[str, Any] = {
        "kind": CarrierKind.PASSKEY,
        "name": "My phone",
        "where": Place.ACCOUNT,
        "acr": ACR[0],
        "now": make.NOON,
    }
    return bindings.bind(
        session, member_id=member_id, fingerprint=fingerprint, **{**values, **changes}
    )


@pytest.fixture
def mei(session: Session) -> UUID:
    return make.a_member(session).id


@pytest.fixture
def hua(session: Session) -> UUID:
    return make.a_member(session, "ah.hua").id


def happened(session: Session) -> list[tuple[Happening, UUID | None, str]]:
    rows = session.scalars(select(CarrierEvent).order_by(CarrierEvent.at))
    return [(row.happening, row.actor, row.reason) for row in rows]


@pytest.mark.clause("7(7)")
def test_one_member_may_have_many_carriers(session: Session, mei: UUID) -> None:
    first, second = bind(session, mei, "1" * 64), bind(session, mei, "2" * 64)

    assert [each.id for each in bindings.live(session, mei)] == [first.id, second.id]


@pytest.mark.clause("2(3)")
@pytest.mark.refusal("carrier.already_bound")
def test_a_carrier_is_at_most_one_members(session: Session, mei: UUID, hua: UUID) -> None:
    bind(session, mei)

    for member_id in (mei, hua):
        with pytest.raises(Refused, match=r"^carrier\.already_bound$"):
            bind(session, member_id)


@pytest.mark.clause("2(3)")
def test_of_many_who_bind_a_carrier_at_once_one_gets_it(sessions: Sessions) -> None:
    with transaction(sessions) as own:
        people = [make.a_member(own, f"member-{number}").id for number in range(8)]

    def attempt(member_id: UUID) -> bool:
        try:
            with transaction(sessions) as session:
                bind(session, member_id)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(attempt, people))

    assert won.count(True) == 1


def test_the_database_itself_keeps_a_carrier_one_persons(
    session: Session, mei: UUID, hua: UUID
) -> None:
    bind(session, mei)
    other = bind(session, hua, "2" * 64)

    with pytest.raises(IntegrityError):
        session.execute(update(Binding).where(Binding.id == other.id).values(fingerprint=CARD))


@pytest.mark.clause("7(7)")
def test_a_released_carrier_may_be_bound_again(session: Session, mei: UUID, hua: UUID) -> None:
    bindings.release(session, bind(session, mei), actor=mei, now=make.NOON)

    assert bind(session, hua).member_id == hua
    assert not bindings.live(session, mei)


@pytest.mark.clause("7(7)")
@pytest.mark.refusal("carrier.reported_lost")
def test_a_lost_carrier_is_refused_though_it_was_released(
    session: Session, mei: UUID, hua: UUID
) -> None:
    binding = bind(session, mei)
    bindings.suspend(session, binding, Suspension.LOST, actor=mei, now=make.NOON)

    with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
        bind(session, hua)
    bindings.release(session, binding, actor=mei, now=make.NOON)
    with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
        bind(session, hua)


@pytest.mark.clause("7(7)")
def test_the_loss_of_one_leaves_the_others_working(session: Session, mei: UUID) -> None:
    lost, kept = bind(session, mei, "1" * 64), bind(session, mei, "2" * 64)

    assert bindings.suspend(session, lost, Suspension.LOST, actor=mei, now=make.NOON)

    session.expire_all()
    assert not lost.is_usable
    assert kept.is_usable
    bindings.use(session, kept.id, now=make.NOON)
    with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
        bindings.use(session, lost.id, now=make.NOON)


def test_reporting_a_loss_twice_changes_nothing(session: Session, mei: UUID) -> None:
    binding = bind(session, mei)
    bindings.suspend(session, binding, Suspension.LOST, actor=mei, now=make.NOON)
    later = make.NOON + timedelta(hours=1)

    again = bindings.suspend(session, binding, Suspension.COPIED, actor=None, now=later)

    session.expire_all()
    assert not again
    assert (binding.suspended_at, binding.suspension) == (make.NOON, Suspension.LOST)


def test_using_a_carrier_is_remembered(session: Session, mei: UUID) -> None:
    binding = bind(session, mei)

    bindings.use(session, binding.id, now=make.NOON)

    session.expire_all()
    assert binding.last_used_at == make.NOON


@pytest.mark.clause("2(8)7")
def test_everything_that_happens_is_written_down(session: Session, mei: UUID) -> None:
    binding = bind(session, mei)
    later = [make.NOON + timedelta(minutes=each) for each in range(1, 4)]
    bindings.rename(session, binding, "Old phone", now=later[0])
    bindings.suspend(session, binding, Suspension.COPIED, actor=None, now=later[1])
    bindings.release(session, binding, actor=mei, now=later[2])

    assert happened(session) == [
        (Happening.BOUND, mei, "account"),
        (Happening.RENAMED, mei, ""),
        (Happening.SUSPENDED, None, "copied"),
        (Happening.RELEASED, mei, ""),
    ]


@pytest.mark.refusal("carrier.not_found")
def test_somebody_elses_carrier_is_not_found(session: Session, mei: UUID, hua: UUID) -> None:
    binding = bind(session, mei)

    with pytest.raises(NotFound):
        bindings.get(session, binding.id, member_id=hua)


def test_what_was_released_meanwhile_is_not_found(session: Session, mei: UUID) -> None:
    binding = bind(session, mei)
    bindings.release(session, binding, actor=mei, now=make.NOON)

    with pytest.raises(NotFound):
        bindings.release(session, binding, actor=mei, now=make.NOON)


@pytest.mark.clause("7(4)")
@pytest.mark.refusal("carrier.last_one")
def test_the_last_card_stays_but_a_passkey_may_go(session: Session, mei: UUID) -> None:
    passkey = bind(session, mei, "1" * 64)
    card = bind(session, mei, "2" * 64, kind=CarrierKind.CARD)

    with pytest.raises(Refused, match=r"^carrier\.last_one$"):
        bindings.release(session, card, actor=mei, now=make.NOON)
    bind(session, mei, "3" * 64, kind=CarrierKind.DEVICE)
    bindings.release(session, card, actor=mei, now=make.NOON)
    bindings.release(session, passkey, actor=mei, now=make.NOON)


@pytest.mark.clause("7(4)")
@pytest.mark.refusal("carrier.last_one")
def test_two_tabs_do_not_remove_the_last_two_cards_at_once(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        member_id = make.a_member(session).id
        one, other = (
            bind(session, member_id, each * 64, kind=CarrierKind.CARD).id for each in "12"
        )
    begun = Event()

    def remove_the_other() -> str:
        try:
            with transaction(sessions) as session:
                binding = bindings.get(session, other, member_id=member_id)
                begun.set()
                bindings.release(session, binding, actor=member_id, now=make.NOON)
        except Refused as refused:
            return refused.code
        return "removed"

    with ThreadPoolExecutor(1) as pool:
        with transaction(sessions) as session:
            binding = bindings.get(session, one, member_id=member_id)
            bindings.release(session, binding, actor=member_id, now=make.NOON)
            second = pool.submit(remove_the_other)
            begun.wait(0.5)  # on SQLite it waits for its turn before
            wait([second], timeout=0.5)

        assert second.result() == "carrier.last_one"


@pytest.mark.clause("7(7)")
def test_what_was_made_after_the_loss_is_another_one(session: Session, mei: UUID) -> None:
    lost = bind(session, mei, kind=CarrierKind.CERTIFICATE)
    bindings.suspend(session, lost, Suspension.LOST, actor=mei, now=make.NOON)
    later = make.NOON + timedelta(seconds=1)

    for made_at in (make.NOON - timedelta(days=1), make.NOON):
        bindings.make_way(session, CARD, member_id=mei, made_at=made_at, now=later)
        with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
            bind(session, mei, made_at=made_at)
    bindings.make_way(session, CARD, member_id=mei, made_at=later, now=later)

    assert bind(session, mei, made_at=later, now=later).is_usable


@pytest.mark.clause("7(7)")
def test_what_was_revoked_works_again_when_it_was_renewed(session: Session, mei: UUID) -> None:
    binding = bind(session, mei, kind=CarrierKind.CERTIFICATE)
    bindings.suspend(session, binding, Suspension.REVOKED, actor=None, now=make.NOON)

    assert bindings.resume_renewed(session, binding.id, now=make.NOON)

    assert binding.is_usable
    assert happened(session)[-1] == (Happening.BOUND, None, "renewed")


def test_what_was_lost_is_never_resumed(session: Session, mei: UUID) -> None:
    binding = bind(session, mei, kind=CarrierKind.CERTIFICATE)
    bindings.suspend(session, binding, Suspension.LOST, actor=mei, now=make.NOON)

    assert not bindings.resume_renewed(session, binding.id, now=make.NOON)


def test_what_a_member_bound_online_may_always_go(session: Session, mei: UUID) -> None:
    bindings.release(
        session, bind(session, mei, kind=CarrierKind.CERTIFICATE), actor=mei, now=make.NOON
    )

    assert not bindings.live(session, mei)


@pytest.mark.clause("8(3)")
@pytest.mark.refusal("carrier.counter_needed")
def test_after_a_loss_only_another_carrier_binds_the_next_online(
    session: Session, mei: UUID
) -> None:
    bindings.require_may_bind_online(session, mei)
    lost, kept = bind(session, mei, "1" * 64), bind(session, mei, "2" * 64)
    bindings.suspend(session, lost, Suspension.LOST, actor=mei, now=make.NOON)

    bindings.require_may_bind_online(session, mei)
    bindings.suspend(session, kept, Suspension.LOST, actor=mei, now=make.NOON)
    with pytest.raises(Refused, match=r"^carrier\.counter_needed$"):
        bindings.require_may_bind_online(session, mei)


@pytest.mark.refusal("carrier.too_many")
def test_nobody_fills_the_table(session: Session, mei: UUID) -> None:
    for number in range(bindings.MOST):
        bind(session, mei, f"{number:064}")

    with pytest.raises(Refused, match=r"^carrier\.too_many$"):
        bind(session, mei, "f" * 64)


@pytest.mark.parametrize("kind", CarrierKind)
def test_what_a_member_can_show_is_known_by_kind(
    session: Session, mei: UUID, kind: CarrierKind
) -> None:
    bind(session, mei, kind=kind)

    assert [each for each in CarrierKind if bindings.has_usable(session, mei, each)] == [kind]


@given(text=st.text(st.characters()))
def test_a_name_is_one_short_line_that_a_database_keeps(text: str) -> None:
    name = names.tidy(text)

    assert len(name) <= names.LONGEST
    assert not name or name.isprintable()
    assert name == names.tidy(name)
    assert name == name.strip()


def test_a_name_keeps_its_words() -> None:
    assert names.tidy("  我的\t手機\n") == "我的 手機"
    assert names.tidy(unicodedata.normalize("NFD", "café")) == "café"
    assert names.tidy("\u202e\0") == ""


def test_a_suspension_has_a_moment_and_a_reason(session: Session, mei: UUID, now: datetime) -> None:
    binding = bind(session, mei)

    with pytest.raises(IntegrityError):
        session.execute(update(Binding).where(Binding.id == binding.id).values(suspended_at=now))


# What a clerk writes on the card, and what follows a certificate


@pytest.mark.clause("7(6)1")
def test_who_annotated_a_card_where_and_when_is_written_down(session: Session, mei: UUID) -> None:
    card = bind(session, mei, kind=CarrierKind.CARD)
    clerk = new_id()

    bindings.mark_face(session, card, counter="daan-district", clerk=clerk, now=make.NOON)

    assert happened(session)[-1] == (Happening.FACE_MARKED, clerk, "daan-district")


@pytest.mark.refusal("carrier.kind_not_supported")
@pytest.mark.refusal("carrier.reported_lost")
def test_only_a_card_in_use_has_a_face_to_annotate(session: Session, mei: UUID) -> None:
    passkey, card = bind(session, mei, "1" * 64), bind(session, mei, kind=CarrierKind.CARD)
    bindings.suspend(session, card, Suspension.LOST, actor=mei, now=make.NOON)
    session.expire_all()

    for carrier, code in ((passkey, "kind_not_supported"), (card, "reported_lost")):
        with pytest.raises(Refused, match=code):
            bindings.mark_face(session, carrier, counter="c", clerk=new_id(), now=make.NOON)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_happened_to_a_members_carriers_is_found_without_reading_everybodys(
    session: Session, database: Engine, mei: UUID, hua: UUID
) -> None:
    kept, gone = bind(session, mei, "1" * 64), bind(session, mei, "2" * 64)
    bind(session, hua, "3" * 64)
    bindings.release(session, gone, actor=mei, now=make.NOON + timedelta(hours=1))

    with statements(database) as asked:
        found = bindings.history(session, mei)

    (asking,) = [each for each in asked if "carrier_event" in each]
    plan = session.connection().exec_driver_sql(
        f"EXPLAIN QUERY PLAN {asking}", (b"",) * asking.count("?")
    )
    assert {each.binding_id for each in found} == {kept.id, gone.id}
    assert found[0].happening is Happening.RELEASED
    assert not [row.detail for row in plan if row.detail.startswith("SCAN")]
