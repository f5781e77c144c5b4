"""Lines are chained per member and signed in checkpoints, whoever writes meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from audit import footprint, horizons, sealing, verifying
from audit.lines import Kind
from audit.models import LedgerCheckpoint, LedgerLine, LedgerSeal
from kernel.db import Json, Sessions, transaction
from tests.audit.ledgers import LATER, MEI, TEH, check, found, rows, seal, sign, write
from tests.audit.tampering import intruder, run
from tests.flows.provider import statements
from tests.make import NOON


def positions(make: Sessions, member_id: UUID) -> list[tuple[UUID, int]]:
    with transaction(make) as session:
        chosen = select(LedgerSeal.line_id, LedgerSeal.position)
        result = session.execute(
            chosen.where(LedgerSeal.member_id == member_id).order_by(LedgerSeal.position)
        )
        return [(row.line_id, row.position) for row in result]


def at_once(*works: Callable[[], object]) -> None:
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        work()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_each_line_follows_the_members_line_before(sessions: Sessions) -> None:
    mine = [write(sessions) for _ in range(3)]
    other = write(sessions, TEH)
    seal(sessions)
    mine.append(write(sessions))

    assert seal(sessions) == 1
    assert positions(sessions, MEI) == list(zip(mine, range(1, 5), strict=True))
    assert positions(sessions, TEH) == [(other, 1)]
    assert found(sessions) == []


def test_sealing_again_finds_nothing_to_do(sessions: Sessions) -> None:
    write(sessions)
    seal(sessions)

    assert seal(sessions, now=LATER) == 0
    with transaction(sessions) as session:
        assert session.scalar(select(func.count()).select_from(LedgerCheckpoint)) == 1


def test_a_long_queue_is_sealed_in_small_checkpoints(sessions: Sessions) -> None:
    for second in range(7):
        write(sessions, now=NOON + timedelta(seconds=second))

    assert seal(sessions, now=LATER, batch=3) == 7
    with transaction(sessions) as session:
        lines = session.scalars(select(LedgerCheckpoint.lines).order_by(LedgerCheckpoint.number))
        assert list(lines) == [3, 3, 1]
    assert found(sessions) == []


def test_a_line_that_is_committed_late_is_sealed_late(sessions: Sessions) -> None:
    early = NOON - horizons.PATIENCE + timedelta(seconds=1)
    first = write(sessions)
    seal(sessions)
    late = write(sessions, now=early)

    assert seal(sessions, now=LATER) == 1
    assert positions(sessions, MEI) == [(first, 1), (late, 2)]
    assert found(sessions) == []


def test_a_clock_that_was_an_hour_ahead_leaves_nothing_unsealed(sessions: Sessions) -> None:
    before = write(sessions)
    seal(sessions, now=NOON)
    ahead = write(sessions, now=NOON + timedelta(hours=1))
    seal(sessions, now=NOON + timedelta(hours=1))
    missed = write(sessions, now=NOON + timedelta(minutes=1))

    assert seal(sessions, now=NOON + timedelta(minutes=20)) == 1
    later = write(sessions, now=NOON + timedelta(minutes=40))
    assert seal(sessions, now=NOON + timedelta(minutes=40)) == 1
    chain = [before, ahead, missed, later]
    assert positions(sessions, MEI) == list(zip(chain, range(1, 5), strict=True))
    assert found(sessions) == []


def test_two_sign_ins_of_one_member_at_once_both_stand_in_one_chain(sessions: Sessions) -> None:
    at_once(*[lambda: [write(sessions) for _ in range(10)]] * 2)

    assert seal(sessions) == 20
    assert [position for _, position in positions(sessions, MEI)] == list(range(1, 21))
    assert found(sessions) == []


def test_two_members_and_two_sealers_at_once_lose_nothing(sessions: Sessions) -> None:
    at_once(
        lambda: [write(sessions) for _ in range(10)],
        lambda: [write(sessions, TEH) for _ in range(10)],
        lambda: [seal(sessions) for _ in range(5)],
        lambda: [seal(sessions) for _ in range(5)],
    )
    seal(sessions)

    assert len(positions(sessions, MEI)) == len(positions(sessions, TEH)) == 10
    assert found(sessions) == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_open_transaction_of_a_member_holds_nobody_up(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        footprint.record(session, Kind.LOGGED_IN, member_id=MEI, now=NOON)
        other = write(sessions, MEI)

        assert seal(sessions) == 1
        assert positions(sessions, MEI) == [(other, 1)]

    assert seal(sessions) == 1
    assert found(sessions) == []


def test_a_line_costs_one_statement(database: Engine, sessions: Sessions) -> None:
    with transaction(sessions) as session, statements(database) as seen:
        footprint.record(session, Kind.LOGGED_IN, member_id=MEI, now=NOON)

    assert [each.split()[0] for each in seen if not each.startswith("BEGIN")] == ["INSERT"]


def test_lines_of_one_moment_keep_their_order(sessions: Sessions) -> None:
    written = [write(sessions) for _ in range(50)]

    with transaction(sessions) as session:
        assert session.scalars(select(LedgerLine.id).order_by(LedgerLine.id)).all() == written


def old_key(words: Json) -> str:
    return sign(words, b"old")


def either(signed: str) -> Json | None:
    return verifying.said(signed)


def test_a_checkpoint_signed_with_a_retired_key_is_vouched_for_by_the_next(
    sessions: Sessions,
) -> None:
    write(sessions)
    sealing.seal(sessions, signing=sealing.Signing(old_key, either, either), now=NOON)
    before = rows(sessions)
    write(sessions)
    sealing.seal(sessions, signing=sealing.Signing(sign, either, check), now=LATER)

    assert before == ["checkpoint 1"]
    assert found(sessions) == []


def test_a_new_key_vouches_for_the_last_checkpoint_though_nothing_happened_since(
    sessions: Sessions,
) -> None:
    write(sessions)
    sealing.seal(sessions, signing=sealing.Signing(old_key, either, either), now=NOON)
    rotated = sealing.Signing(sign, either, check)
    done = [sealing.seal(sessions, signing=rotated, now=LATER) for _ in range(2)]

    assert done == [0, 0]
    assert verifying.extent(sessions) == verifying.Extent(lines=1, checkpoints=2)
    assert found(sessions) == []
    write(sessions, now=LATER)
    assert seal(sessions, now=LATER) == 1
    assert found(sessions) == []


@pytest.mark.clause("9")
def test_a_checkpoint_over_nothing_whose_root_was_edited_is_named(
    database: Engine, sessions: Sessions
) -> None:
    write(sessions)
    sealing.seal(sessions, signing=sealing.Signing(old_key, either, either), now=NOON)
    sealing.seal(sessions, signing=sealing.Signing(sign, either, check), now=LATER)
    with intruder(database) as sql:
        run(sql, "UPDATE ledger_checkpoint SET root = :root WHERE number = 2", root=b"x" * 32)

    assert rows(sessions) == ["checkpoint 2", "checkpoint 2"]


@pytest.mark.clause("9")
def test_nothing_goes_on_from_a_checkpoint_that_no_key_of_ours_signed(sessions: Sessions) -> None:
    """Who rewrites it all signs with a key of their own; the next seal would vouch for that."""
    write(sessions)
    sealing.seal(sessions, signing=sealing.Signing(old_key, either, either), now=NOON)
    write(sessions)

    with pytest.raises(sealing.NotOurs, match="ledger_checkpoint 1"):
        seal(sessions, now=LATER)

    assert rows(sessions) == ["checkpoint 1"]
    assert verifying.pending(sessions) == 1


def test_what_waits_for_its_seal_is_counted(sessions: Sessions) -> None:
    write(sessions)
    seal(sessions)
    write(sessions)

    assert verifying.pending(sessions) == 1
    assert verifying.extent(sessions) == verifying.Extent(lines=1, checkpoints=1)
