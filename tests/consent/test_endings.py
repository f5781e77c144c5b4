"""Consents end: in batches no larger than asked for, and in one order of locks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clients.directory import view_of
from consent import approvals, endings, ledger
from consent.ledger import Answer
from consent.models import ApprovalRequest, Consent, Voice
from kernel.db import Sessions, transaction
from kernel.ids import new_id
from kernel.wording import CHINESE
from members.models import Member
from tests import make
from tests.flows.provider import statements
from tests.make import NOON
from tests.postgres import WAITS

YEAR = NOON.replace(year=NOON.year + 1)
ANSWER = Answer(
    given=frozenset({"sub", "name"}),
    refused=frozenset({"birthdate"}),
    duration="90d",
    language=CHINESE,
    text="您同意…",
    acr="urn:taipei-id:acr:1",
)
ASKS_AGAIN_FOR_EACH_ROW = [  # as PostgreSQL does where it expects few
    text(f"SET LOCAL enable_{way} = off")
    for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material")
]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_batch_is_no_larger_than_asked_for_however_the_database_goes_about_it(
    session: Session,
) -> None:
    library, member_id = view_of(make.a_client(session)), make.a_member(session).id
    ledger.record(session, library, library.purposes[0], ANSWER, member_id=member_id, now=NOON)
    for each in ASKS_AGAIN_FOR_EACH_ROW:
        session.execute(each)

    counts = [endings.expire(session, most=1, now=YEAR).count for _ in range(4)]

    assert counts == [1, 1, 1, 0]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whether_somebody_was_known_to_the_last_is_found_without_reading_everybodys(
    session: Session, database: Engine
) -> None:
    library, member_id = view_of(make.a_client(session)), make.a_member(session).id
    of: dict[str, Any] = {"member_id": member_id, "purpose_id": library.purposes[0].id}
    ledger.record(session, library, library.purposes[0], ANSWER, member_id=member_id, now=NOON)
    ledger.withdraw(session, **of, now=NOON + timedelta(hours=1))

    with statements(database) as asked:
        assert endings.was_identified(session, **of)

    for asking in (each for each in asked if "FROM consent" in each):
        plan = session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {asking}", (b"",) * asking.count("?")
        )
        assert not [row.detail for row in plan if row.detail.startswith("SCAN")]


def test_who_agreed_to_nothing_was_known_to_nobody(session: Session) -> None:
    library, member_id = view_of(make.a_client(session)), make.a_member(session).id

    for purpose_id in (library.purposes[0].id, new_id()):
        assert not endings.was_identified(session, member_id=member_id, purpose_id=purpose_id)


def say_no(session: Session, **of: Any) -> None:  # whose, and to which purpose
    endings.stop(session, "name", now=NOON, **of)


def take_back(session: Session, **of: Any) -> None:
    approvals.take_back(session, now=NOON, **of)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("act", [say_no, take_back])
def test_who_ends_something_holds_none_of_it_while_another_has_the_member(
    sessions: Sessions, act: Callable[..., None]
) -> None:
    with transaction(sessions) as session:
        library, member_id = view_of(make.a_client(session)), make.a_member(session).id
        card = library.purposes[0]
        of: dict[str, Any] = {"member_id": member_id, "now": NOON}
        ledger.record(session, library, card, ANSWER, **of)
        approvals.ask(
            session, library, card, ANSWER, voice=Voice.GUARDIAN_APPROVES, until=None, **of
        )

    def end() -> None:
        with transaction(sessions) as session:
            act(session, member_id=member_id, purpose_id=card.id)

    with ThreadPoolExecutor(1) as another, transaction(sessions) as session:
        ledger.lock_member(session, member_id)
        ending = another.submit(end)
        while not (session.scalar(WAITS) or ending.done()):
            pass
        assert not ending.done()
        for table in (Consent, ApprovalRequest):
            assert session.scalars(select(table).with_for_update(nowait=True)).all()

    ending.result()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_ends_with_its_client_keeps_out_who_decides_and_nobody_who_only_names_the_member(
    sessions: Sessions,
) -> None:
    """A batch holds many members: a letter to one of them waits for no other."""
    with transaction(sessions) as session:
        library = make.a_client(session)
        member_id = make.a_member(session).id
        view = view_of(library)
        ledger.record(session, view, view.purposes[0], ANSWER, member_id=member_id, now=NOON)
        library.disabled_at = NOON
    row = select(Member.id).where(Member.id == member_id)

    with transaction(sessions) as session, transaction(sessions) as another:
        [left] = endings.left_by_clients(session, most=9)
        assert endings.end_with_client(session, left, now=NOON)

        named = another.scalar(row.with_for_update(read=True, key_share=True, nowait=True))
        with pytest.raises(OperationalError), another.begin_nested():
            another.execute(row.with_for_update(nowait=True))

    assert named == member_id
    with transaction(sessions) as session:
        assert endings.left_by_clients(session, most=9) == []
