"""The trail is chained after the fact: what its owner changes is found, and a kept copy tells."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from audit import copies, trail, trail_sealing, trail_verifying
from audit.models import TrailCheckpoint, TrailEntry, TrailSeal
from audit.sealing import NotOurs, Signing
from audit.verifying import Finding, said
from kernel.db import Json, Sessions, transaction
from kernel.ids import new_id
from tests.audit import ledgers
from tests.audit.tampering import intruder, run
from tests.make import NOON

LATER = NOON + timedelta(hours=1)


def write(make: Sessions, count: int = 1) -> list[UUID]:
    with transaction(make) as session:
        for number in range(count):
            trail.record(session, "case.moved", actor=new_id(), now=NOON, number=number)
    with transaction(make) as session:
        ids = session.scalars(select(TrailEntry.id).order_by(TrailEntry.id)).all()
    return list(ids)[-count:]


def seal(make: Sessions, batch: int = 500) -> int:
    return trail_sealing.seal(make, signing=ledgers.SIGNING, now=NOON, batch=batch)


def found(make: Sessions) -> list[Finding]:
    return list(trail_verifying.verify(make, check=ledgers.check))


@pytest.fixture
def entries(sessions: Sessions) -> list[UUID]:
    """Write five entries under three checkpoints."""
    written = write(sessions, 4)
    assert seal(sessions, batch=2) == 4
    written += write(sessions)
    assert seal(sessions) == 1
    return written


def test_an_untouched_trail_is_sound(sessions: Sessions, entries: list[UUID]) -> None:
    assert found(sessions) == []
    assert trail_verifying.extent(sessions) == 5
    assert seal(sessions) == 0


@pytest.mark.parametrize(
    "change", ["event = 'case.opened'", "detail = '{}'", "actor = NULL", "at = '2026-11-22 00:00'"]
)
@pytest.mark.clause("9")
def test_an_edited_entry_is_named(
    database: Engine, sessions: Sessions, entries: list[UUID], change: str
) -> None:
    with intruder(database) as sql:
        run(sql, f"UPDATE trail SET {change} WHERE id = :id", id=entries[2])  # noqa: S608

    assert found(sessions) == [
        Finding(f"trail entry {entries[2]}", "edited or moved: it is not what was sealed")
    ]


@pytest.mark.clause("9")
def test_a_removed_entry_is_named(
    database: Engine, sessions: Sessions, entries: list[UUID]
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM trail WHERE id = :id", id=entries[4])

    assert found(sessions) == [Finding(f"trail entry {entries[4]}", "removed")]


def test_an_entry_removed_with_its_seal_leaves_a_gap(
    database: Engine, sessions: Sessions, entries: list[UUID]
) -> None:
    with intruder(database) as sql:
        for place in (1, 4):
            run(sql, "DELETE FROM trail WHERE id = :id", id=entries[place])
            run(sql, "DELETE FROM trail_seal WHERE entry_id = :id", id=entries[place])

    assert found(sessions) == [
        Finding("trail checkpoint 1", "the chain does not end where it was signed"),
        Finding("trail checkpoint 3", "the chain does not end where it was signed"),
    ]


def test_a_seal_removed_in_the_middle_is_named(
    database: Engine, sessions: Sessions, entries: list[UUID]
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM trail_seal WHERE entry_id = :id", id=entries[0])

    assert found(sessions) == [Finding("trail position 1", "its seal was removed")]


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("DELETE FROM trail_checkpoint WHERE number = 2", ["trail checkpoint 2"]),
        ("UPDATE trail_checkpoint SET signed = 'x' WHERE number = 3", ["trail checkpoint 3"] * 2),
        (
            "UPDATE trail_checkpoint SET horizon = '2026-11-22 00:00:00+00' WHERE number = 3",
            ["trail checkpoint 3"],
        ),
    ],
)
def test_a_changed_checkpoint_is_named(
    database: Engine, sessions: Sessions, entries: list[UUID], statement: str, rows: list[str]
) -> None:
    with intruder(database) as sql:
        run(sql, statement)

    assert [each.row for each in found(sessions)] == rows


def test_the_end_cut_off_leaves_seals_nobody_vouches_for(
    database: Engine, sessions: Sessions, entries: list[UUID]
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM trail_checkpoint WHERE number = 3")

    assert found(sessions) == [
        Finding(f"trail entry {entries[4]}", "the checkpoint of its seal was removed")
    ]


def test_an_entry_inserted_into_the_past_is_named(sessions: Sessions, entries: list[UUID]) -> None:
    with transaction(sessions) as session:
        trail.record(session, "case.moved", actor=None, now=NOON - timedelta(hours=1))
        forged = session.scalars(select(TrailEntry.id).order_by(TrailEntry.id)).first()

    assert seal(sessions) == 0
    assert found(sessions) == [
        Finding(f"trail entry {forged}", "inserted: its time was sealed without it")
    ]


@pytest.mark.clause("9")
def test_nothing_goes_on_from_a_trail_that_no_key_of_ours_signed(
    database: Engine, sessions: Sessions, entries: list[UUID]
) -> None:
    theirs = ledgers.sign({"number": 3}, b"theirs")
    with intruder(database) as sql:
        run(sql, "UPDATE trail_checkpoint SET signed = :theirs WHERE number = 3", theirs=theirs)
    write(sessions)

    with pytest.raises(NotOurs, match="trail_checkpoint 3"):
        seal(sessions)


def test_a_new_key_vouches_for_the_trail_though_nothing_happened_since(
    sessions: Sessions, entries: list[UUID]
) -> None:
    rotated = Signing(partial(ledgers.sign, key=b"new"), check=said, check_present=new)

    done = [trail_sealing.seal(sessions, signing=rotated, now=LATER) for _ in range(2)]

    assert done == [0, 0]
    assert [each.row for each in found(sessions)] == ["trail checkpoint 4"]  # signed by the new
    assert list(trail_verifying.verify(sessions, check=new)) == []


def new(signed: str) -> Json | None:
    words = said(signed)
    return words if words is not None and ledgers.sign(words, b"new") == signed else None


# Copies


@pytest.fixture
def copy(sessions: Sessions, entries: list[UUID], tmp_path: Path) -> Path:
    """Keep a copy in two files, as on two days."""
    assert export(sessions, tmp_path) == "000001.jsonl"
    ledgers.write(sessions)
    ledgers.seal(sessions)
    write(sessions)
    seal(sessions)
    assert export(sessions, tmp_path) == "000002.jsonl"
    return tmp_path


def export(make: Sessions, folder: Path) -> str | None:
    path = copies.write(make, folder, sign=ledgers.sign, check=ledgers.check, now=LATER)
    return None if path is None else path.name


def differences(make: Sessions, folder: Path) -> list[Finding]:
    return list(copies.compare(make, folder, check=ledgers.check))


@pytest.mark.clause("9")
def test_a_copy_holds_each_sealed_thing_once_and_differs_in_nothing(
    sessions: Sessions, copy: Path
) -> None:
    texts = [path.read_text() for path in sorted(copy.glob("*.jsonl"))]

    assert differences(sessions, copy) == []
    assert [text.count('"entry"') for text in texts] == [5, 1]
    assert [text.count('"ledger_checkpoint"') for text in texts] == [0, 1]
    assert export(sessions, copy) is None
    assert not list(copy.glob("*.part"))


@pytest.mark.clause("9")
def test_whoever_rewrites_the_trail_with_the_keys_differs_from_the_copy(
    database: Engine, sessions: Sessions, entries: list[UUID], copy: Path
) -> None:
    with intruder(database) as sql:
        run(sql, "DELETE FROM trail WHERE id = :id", id=entries[0])
        run(sql, "UPDATE trail SET event = 'case.opened' WHERE id = :id", id=entries[1])
        for table in ("trail_seal", "trail_checkpoint"):
            run(sql, f"DELETE FROM {table}")  # noqa: S608
        run(sql, "DELETE FROM ledger_seal")
        run(sql, "DELETE FROM ledger_checkpoint")
    seal(sessions)
    ledgers.seal(sessions, now=LATER)

    assert found(sessions) == []
    assert {(each.row, each.what) for each in differences(sessions, copy)} == {
        (f"trail entry {entries[0]}", "removed"),
        (f"trail entry {entries[1]}", "edited"),
        ("trail_checkpoint 1", "rewritten"),
        ("trail_checkpoint 2", "removed"),
        ("trail_checkpoint 3", "removed"),
        ("trail_checkpoint 4", "removed"),
        ("ledger_checkpoint 1", "rewritten"),
    }


def edited(text: str) -> str:
    return text.replace("case.moved", "case.opened", 1)


def unsigned(text: str) -> str:
    return "\n".join(text.splitlines()[:-1]) + "\n"


def forged(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:-1], json.dumps({"signed": ledgers.sign({}, b"theirs")})]) + "\n"


@pytest.mark.parametrize("change", [edited, unsigned, forged, lambda _text: ""])
def test_a_file_that_was_changed_is_named_and_not_gone_on_from(
    sessions: Sessions, copy: Path, change: Callable[[str], str]
) -> None:
    path = copy / "000002.jsonl"
    text = change(path.read_text())
    path.chmod(0o644)
    path.write_text(text)

    assert [each.row for each in differences(sessions, copy)] == ["000002.jsonl"]
    with pytest.raises(copies.CopyBroken, match=r"000002\.jsonl"):
        export(sessions, copy)


@pytest.mark.clause("9")
def test_a_file_whose_key_is_gone_is_vouched_for_by_the_next(
    sessions: Sessions, copy: Path
) -> None:
    last = (copy / "000002.jsonl").read_text().splitlines()[-1]

    def check(signed: str) -> Json | None:
        return ledgers.check(signed) if signed in last else None

    def compared() -> list[str]:
        return [each.row for each in copies.compare(sessions, copy, check=check)]

    assert compared() == []
    (copy / "000001.jsonl").chmod(0o644)
    (copy / "000001.jsonl").write_text(edited((copy / "000001.jsonl").read_text()))
    assert compared() == ["000001.jsonl", "000002.jsonl"]


def test_a_file_that_is_missing_is_noticed_by_the_next(sessions: Sessions, copy: Path) -> None:
    (copy / "000001.jsonl").unlink()

    assert differences(sessions, copy) == [
        Finding("000002.jsonl", "it does not follow the file before it")
    ]


def test_nothing_is_written_over(sessions: Sessions, copy: Path) -> None:
    write(sessions)
    seal(sessions)
    (copy / "000003.part").touch()

    with pytest.raises(copies.CopyBroken, match=r"000003\.part"):
        export(sessions, copy)


def test_a_long_trail_is_copied_and_compared_in_turn(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "AT_ONCE", 2)
    write(sessions, 5)
    seal(sessions, batch=1)

    assert export(sessions, tmp_path) == "000001.jsonl"
    assert differences(sessions, tmp_path) == []
    with transaction(sessions) as session:
        assert len(session.scalars(select(TrailCheckpoint)).all()) == 5
        assert len(session.scalars(select(TrailSeal)).all()) == 5
