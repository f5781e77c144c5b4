from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from clients.models import SpentAssertion
from consent.models import TillCode
from idp.models import Grant, Interaction, Token, TokenKind
from kernel.db import Base, sessions, transaction
from kernel.ids import digest, new_id, new_secret
from kernel.throttle import Throttle
from members.change_models import ContactCheck
from tests import make
from tests.cli.conftest import Taipei
from web.cli import purge
from web.models import BrowserSession

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
