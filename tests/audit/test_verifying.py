"""Whoever owns the database can change it, but not without being found out."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from audit import horizons, sealing, verifying
from audit.lines import FIRST, Kind, Line, link
from audit.models import LedgerCheckpoint, LedgerLine
from audit.verifying import Finding
from kernel.db import Sessions, transaction
from tests.audit.ledgers import LATER, MEI, TEH, found, rows, seal, sign, write
from tests.audit.tampering import intruder, run
from tests.make import NOON


@pytest.fixture
def lines(sessions: Sessions) -> list[UUID]:
    """Write five lines of one member and one of another, under two checkpoints."""
    written = [write(sessions), write(sessions), write(sessions)]
    write(sessions, TEH)
    seal(sessions)
    written += [write(sessions), write(sessions)]
    seal(sessions)
    return written


def test_an_untouched_ledger_is_sound(sessions: Sessions, lines: list[UUID]) -> None:
    assert found(sessions) == []


@pytest.mark.parametrize(
    "change",
    [
        "claims = '[\"name\"]'",
        "at = '2026-11-22 00:00:00+00'",
        f"kind = '{Kind.SIGNED_IN}'",
        "detail = '{}'",
        "basis = '[]'",
        "client_id = NULL",
        "member_id = :other",
    ],
)
@pytest.mark.clause("9")
def test_an_edited_line_is_named(
    database: Engine, sessions: Sessions, lines: list[UUID], change: str
) -> None:
    with intruder(database) as sql:
        more = {"other": TEH} if ":other" in change else {}
        run(sql, f"UPDATE ledger SET {change} WHERE id = :id", id=lines[1], **more)  # noqa: S608

    assert found(sessions) == [
        Finding(f"line {lines[1]}", "edited or moved: it is not what was sealed here")
    ]


@pytest.mark.parametrize("which", [0, 2, 4])
def test_a_removed_line_is_named(
    database: Engine, sessions: Sessions, lines: list[UUID], which: int
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM ledger WHERE id = :id", id=lines[which])

    assert found(sessions) == [Finding(f"line {lines[which]}", "removed")]


def test_a_line_removed_with_its_seal_is_missed_by_the_next_and_by_the_checkpoint(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM ledger WHERE id = :id", id=lines[1])
        run(sql, "DELETE FROM ledger_seal WHERE line_id = :id", id=lines[1])

    assert found(sessions) == [
        Finding(f"line {lines[2]}", "the seal it follows was removed"),
        Finding("checkpoint 1", "it sealed 4 lines, 3 seals are left"),
    ]


def test_a_line_inserted_into_the_past_is_named(sessions: Sessions, lines: list[UUID]) -> None:
    long_ago = NOON - horizons.PATIENCE - timedelta(minutes=1)
    forged = write(sessions, now=long_ago)

    assert seal(sessions, now=LATER) == 0
    assert found(sessions) == [
        Finding(f"line {forged}", "inserted: its time was sealed without it")
    ]


def test_two_lines_that_change_places_are_named(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with intruder(database) as sql:
        spare = UUID(int=1)
        swaps = ((lines[0], spare), (lines[1], lines[0]), (spare, lines[1]))
        for old, new in swaps:
            run(sql, "UPDATE ledger SET id = :new WHERE id = :old", old=old, new=new)

    assert rows(sessions) == [f"line {lines[0]}", f"line {lines[1]}"]


def test_seals_that_change_places_are_named(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with intruder(database) as sql:
        for line_id, place in ((lines[0], 99), (lines[1], 0), (lines[0], 1)):
            run(
                sql,
                "UPDATE ledger_seal SET place = :place WHERE line_id = :id",
                place=place,
                id=line_id,
            )

    assert found(sessions) == [
        Finding(
            "checkpoint 1",
            f"its seals were rewritten or reordered: lines {lines[1]} to {found_last(sessions)}",
        )
    ]


def found_last(sessions: Sessions) -> UUID:
    with transaction(sessions) as session:
        chosen = select(LedgerLine.id).where(LedgerLine.member_id == TEH)
        return session.scalars(chosen).one()


def test_an_edited_line_with_a_new_seal_breaks_the_next_link_and_the_root(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with intruder(database) as sql:
        run(sql, "UPDATE ledger SET basis = '[]' WHERE id = :id", id=lines[0])
    with transaction(sessions) as session:
        forged = link(FIRST, Line.of(session.get_one(LedgerLine, lines[0])).form())
    with intruder(database) as sql:
        change = "UPDATE ledger_seal SET hash = :hash WHERE line_id = :id"
        run(sql, change, hash=forged, id=lines[0])

    assert rows(sessions) == [f"line {lines[1]}", "checkpoint 1"]


def test_a_checkpoint_made_to_fit_is_not_signed_by_us(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with transaction(sessions) as session:
        last = sealing.newest(session)
        assert last is not None
        words = verifying.said(last.signed)
    with intruder(database) as sql:
        forged = sign({**(words or {}), "lines": 2}, b"the intruder's")
        run(sql, "UPDATE ledger_checkpoint SET signed = :signed WHERE number = 2", signed=forged)

    assert found(sessions) == [
        Finding("checkpoint 2", "no key of ours signed it, nor one after it")
    ]


def test_a_removed_checkpoint_is_missed(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM ledger_checkpoint WHERE number = 1")

    assert rows(sessions)[0] == "checkpoint 1"


def test_a_cut_off_end_leaves_its_seals_behind(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM ledger_checkpoint WHERE number = 2")

    assert sorted(rows(sessions)) == [f"line {lines[3]}", f"line {lines[4]}"]


def test_a_checkpoint_kept_elsewhere_tells_that_the_end_was_cut_off_without_a_trace(
    database: Engine, sessions: Sessions, lines: list[UUID]
) -> None:
    with transaction(sessions) as session:
        kept = session.get_one(LedgerCheckpoint, 2).signed
    sound = verifying.differs(sessions, kept)
    with intruder(database) as sql:
        run(sql, "DELETE FROM ledger_checkpoint WHERE number = 2")
        run(sql, "DELETE FROM ledger_seal WHERE checkpoint = 2")
        for line_id in lines[3:]:
            run(sql, "DELETE FROM ledger WHERE id = :id", id=line_id)

    assert sound is None
    assert found(sessions) == []  # alone, the database cannot know
    assert verifying.differs(sessions, kept) == Finding(
        "checkpoint 2", "it is not the one that was kept elsewhere"
    )


def test_what_is_no_checkpoint_says_nothing() -> None:
    assert [verifying.said(each) for each in ("", "a", "a.b.c", "a.W10.c")] == [None] * 4


def test_every_line_of_the_chain_is_hashed_with_its_member() -> None:
    line = Line(id=UUID(int=1), at=NOON, member_id=MEI, kind=Kind.LOGGED_IN)
    other = Line(id=UUID(int=1), at=NOON, member_id=TEH, kind=Kind.LOGGED_IN)

    assert link(FIRST, line.form()) != link(FIRST, other.form())
