import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, delete, event, func, select, update
from sqlalchemy.orm import Session

from clients.models import SpentAssertion
from consent.models import TillCode
from idp.models import ClientToken, Grant, Interaction, Token, TokenKind
from kernel.db import Base, sessions, transaction
from kernel.ids import digest, new_id, new_secret
from kernel.throttle import Throttle
from members.change_models import ContactCheck
from tests import make
from tests.cli.conftest import Taipei
from tests.flows.provider import statements
from tests.web.test_desk_intake import plan
from web.cli import purge
from web.models import BrowserSession

# Reading all of them costs nothing.
SMALL = {
    "client_secret": "a few of each client",
    "signing_key": "a few a year",
    "recovery_slip": "printed one by one at counters, and gone thirty days later",
}
LEDGERS = {
    "trail", "ledger", "ledger_seal", "ledger_checkpoint",
    "consent", "consent_receipt", "consent_text",
}  # fmt: skip
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def a_hash() -> bytes:
    return digest(new_secret())


def an_interaction(session: Session, *, expires_at: datetime) -> None:
    session.add(
        Interaction(
            browser_hash=a_hash(),
            client_id="library",
            parameters={},
            started_at=expires_at - HOUR,
            expires_at=expires_at,
        )
    )


def a_grant(session: Session, member_id: UUID, *, code_expires_at: datetime) -> UUID:
    grant = Grant(
        member_id=member_id,
        client_id=new_id(),
        purpose_id=new_id(),
        sub=new_secret(),
        acr="urn:taipei-id:acr:1",
        amr=["pwd"],
        authenticated_at=code_expires_at,
        created_at=code_expires_at,
        request={},
        code_hash=a_hash(),
        code_expires_at=code_expires_at,
    )
    session.add(grant)
    session.flush()
    return grant.id


def a_client_token(client_id: UUID, *, now: datetime) -> ClientToken:
    return ClientToken(  # it acts for itself: no grant
        token_hash=a_hash(),
        client_id=client_id,
        audience="https://records.invalid/",
        scope="records",
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )


def a_token(session: Session, grant_id: UUID, *, expires_at: datetime) -> None:
    session.add(
        Token(
            token_hash=a_hash(),
            grant_id=grant_id,
            kind=TokenKind.REFRESH,
            scope="openid",
            issued_at=expires_at - DAY,
            expires_at=expires_at,
        )
    )


def count(engine: Engine, model: type[Base]) -> int:
    with transaction(sessions(engine)) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_what_expired_goes_and_what_lives_stays(database: Engine, now: datetime) -> None:
    with transaction(sessions(database)) as session:
        an_interaction(session, expires_at=now - 2 * DAY)
        an_interaction(session, expires_at=now - HOUR)
        an_interaction(session, expires_at=now + HOUR)

    counts = purge.run(sessions(database), now=now)

    assert counts["interaction"] == 1
    assert count(database, Interaction) == 2


def test_a_grant_outlives_its_last_token_and_no_longer(database: Engine, now: datetime) -> None:
    long_ago = now - 40 * DAY
    with transaction(sessions(database)) as session:
        member = make.a_member(session)
        lives = a_grant(session, member.id, code_expires_at=long_ago)
        a_token(session, lives, expires_at=now + DAY)
        ended = a_grant(session, member.id, code_expires_at=long_ago)
        a_token(session, ended, expires_at=now - 2 * DAY)
        young = a_grant(session, member.id, code_expires_at=now - 5 * DAY)

    counts = purge.run(sessions(database), now=now)

    assert (counts["token"], counts["authorization_grant"]) == (1, 1)
    with transaction(sessions(database)) as session:
        assert set(session.scalars(select(Grant.id))) == {lives, young}


def test_many_rows_go_in_small_batches(database: Engine, now: datetime) -> None:
    with transaction(sessions(database)) as session:
        for _ in range(7):
            an_interaction(session, expires_at=now - 2 * DAY)
    batches: list[int] = []

    counts = purge.run(sessions(database), now=now, batch=3, advance=batches.append)

    assert counts["interaction"] == 7
    assert batches == [3, 3, 1]
    assert count(database, Interaction) == 0


def test_rows_with_two_keys_are_told_apart(database: Engine, now: datetime) -> None:
    client = new_id()
    with transaction(sessions(database)) as session:
        for expires_at in (now - 2 * DAY, now + DAY):
            session.add(SpentAssertion(client_id=client, jti_hash=a_hash(), expires_at=expires_at))

    purge.run(sessions(database), now=now)

    with transaction(sessions(database)) as session:
        assert session.scalars(select(SpentAssertion)).one().expires_at == now + DAY


def test_counters_and_sessions_go_a_day_after_their_end(database: Engine, now: datetime) -> None:
    with transaction(sessions(database)) as session:
        member = make.a_member(session)
        for ended_at in (now - 2 * DAY, now - HOUR):
            session.add(Throttle(key=a_hash(), hits=5, window_ends_at=ended_at))
            session.add(
                BrowserSession(
                    token_hash=a_hash(),
                    member_id=member.id,
                    acr="urn:taipei-id:acr:1",
                    amr=["pwd"],
                    authenticated_at=ended_at - DAY,
                    created_at=ended_at - DAY,
                    last_seen_at=ended_at - DAY,
                    expires_at=ended_at,
                    browser="Firefox, Linux",
                )
            )

    counts = purge.run(sessions(database), now=now)

    assert (counts["throttle"], counts["browser_session"]) == (1, 1)


def test_codes_for_a_till_go_an_hour_after_their_minute(database: Engine, now: datetime) -> None:
    with transaction(sessions(database)) as session:
        member = make.a_member(session)
        for ended_at in (now - 2 * HOUR, now - HOUR):
            session.add(TillCode(code_hash=a_hash(), member_id=member.id, expires_at=ended_at))

    counts = purge.run(sessions(database), now=now)

    assert counts["till_code"] == 1
    assert count(database, TillCode) == 1


def test_of_checked_mailboxes_only_the_last_that_was_confirmed_is_kept(
    database: Engine, now: datetime
) -> None:
    with transaction(sessions(database)) as session:
        member_id = make.a_member(session).id
        for age, confirmed in ((400, True), (300, True), (200, False), (1, False)):
            asked_at = now - age * DAY
            session.add(
                ContactCheck(
                    member_id=member_id,
                    address_sealed=b"sealed",
                    asked_at=asked_at,
                    expires_at=asked_at + HOUR,
                    tries=1,
                    confirmed_at=asked_at if confirmed else None,
                )
            )

    counts = purge.run(sessions(database), now=now)

    assert counts["contact_check"] == 2
    with transaction(sessions(database)) as session:
        left = session.scalars(select(ContactCheck.asked_at).order_by(ContactCheck.asked_at)).all()
        assert left == [now - 300 * DAY, now - DAY]


def test_what_is_kept_is_not_looked_at_again_in_the_same_run(
    database: Engine, now: datetime
) -> None:
    with transaction(sessions(database)) as session:
        member = make.a_member(session)
        for days in (60, 59):
            kept = a_grant(session, member.id, code_expires_at=now - days * DAY)
            a_token(session, kept, expires_at=now + DAY)
        for days in (58, 57, 56, 55):
            a_grant(session, member.id, code_expires_at=now - days * DAY)
    batches: list[int] = []

    def end_all(done: int) -> None:
        batches.append(done)
        with transaction(sessions(database)) as session:
            session.execute(delete(Token))  # who looks again would delete what was kept

    counts = purge.run(sessions(database), now=now, batch=3, advance=end_all)

    assert batches == [1, 3]
    assert counts["authorization_grant"] == 4
    assert count(database, Grant) == 2


def test_a_counter_that_begins_anew_meanwhile_is_kept(database: Engine, now: datetime) -> None:
    with transaction(sessions(database)) as session:
        session.add(Throttle(key=a_hash(), hits=5, window_ends_at=now - 2 * DAY))

    @contextmanager
    def beginning_anew() -> Iterator[None]:
        def begin(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("DELETE FROM throttle"):
                connection.execute(update(Throttle).values(window_ends_at=now + HOUR))

        event.listen(database, "before_cursor_execute", begin)
        yield
        event.remove(database, "before_cursor_execute", begin)

    with beginning_anew():
        counts = purge.run(sessions(database), now=now)

    assert counts["throttle"] == 0
    assert count(database, Throttle) == 1


@pytest.mark.parametrize("stale", purge.STALE, ids=lambda each: each.model.__tablename__)
def test_what_is_stale_is_found_by_an_index(stale: purge.Stale) -> None:
    found = {
        str(index.dialect_options["postgresql"]["where"] if index.dialect_options else None)
        for index in stale.model.metadata.tables[stale.model.__tablename__].indexes
        if index.columns[0].name == stale.ended.key
    }

    assert (stale.model.__tablename__ in SMALL) != ((stale.only or "None") in found)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_batch_reads_a_whole_table(database: Engine, now: datetime) -> None:
    with transaction(sessions(database)) as session:
        member = make.a_member(session)
        for days in (60, 59, 58):
            a_grant(session, member.id, code_expires_at=now - days * DAY)
    with statements(database) as run:
        purge.run(sessions(database), now=now, batch=2)

    asked = [each for each in dict.fromkeys(run) if each.startswith(("SELECT", "DELETE"))]
    plans = [plan(database, each) for each in asked]

    read = {name for each in plans for name in re.findall(r"Seq Scan on (\w+)", each)}
    assert any("ix_authorization_grant_code_expires_at" in each for each in plans)
    assert read <= SMALL.keys()


def test_the_ledgers_are_never_on_the_list() -> None:
    tables = {stale.model.__tablename__ for stale in purge.STALE}

    assert not tables & LEDGERS


def test_the_command_says_what_it_deleted(
    prepared: Engine, taipei_id: Taipei, now: datetime
) -> None:
    with transaction(sessions(prepared)) as session:
        an_interaction(session, expires_at=now - 1000 * DAY)

    purged = taipei_id("purge")

    assert purged.exit_code == 0
    assert purged.stdout.startswith("table\tdeleted\ninteraction\t1\npushed_request\t0\n")


@pytest.mark.parametrize("batch", ["0", "many"])
def test_a_batch_has_a_sensible_size(taipei_id: Taipei, batch: str) -> None:
    assert taipei_id("purge", "--batch", batch).exit_code == 2
