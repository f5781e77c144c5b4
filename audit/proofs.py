"""Prove a footprint without us: the member's lines, their links, and the signed end of them.

One signed checkpoint is enough: the last line's hash is over all lines before it, and a path of a
few hashes leads from it to the checkpoint's root.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import merkle
from audit.lines import FIRST, Line, link
from audit.models import LedgerCheckpoint, LedgerLine, LedgerSeal
from audit.sealing import Check
from audit.verifying import Finding
from kernel.db import Json

FORMAT = "taipei-id/footprint/1"


@dataclass(frozen=True)
class Sealed:
    """A line with its place in the member's chain; None where it still waits for its seal."""

    line: Line
    position: int | None
    hash: bytes | None

    def form(self) -> Json:
        """Return the line and its link as JSON."""
        hashed = None if self.hash is None else self.hash.hex()
        return {**self.line.form(), "position": self.position, "hash": hashed}


def last_of(session: Session, member_id: UUID) -> UUID | None:
    """Return the id of the member's newest line."""
    return session.scalar(
        select(LedgerLine.id)
        .where(LedgerLine.member_id == member_id)
        .order_by(LedgerLine.id.desc())
        .limit(1)
    )


def oldest_first(
    session: Session, member_id: UUID, *, after: UUID | None, until: UUID, most: int
) -> list[Sealed]:
    """Return up to `most` lines of the member that come after `after`, none after `until`."""
    statement = (
        select(*LedgerLine.__table__.columns, LedgerSeal.position, LedgerSeal.hash)
        .outerjoin(LedgerSeal, LedgerSeal.line_id == LedgerLine.id)
        .where(LedgerLine.member_id == member_id, LedgerLine.id <= until)
        .order_by(LedgerLine.id)
        .limit(most)
    )
    if after is not None:
        statement = statement.where(LedgerLine.id > after)
    return [Sealed(Line.of(row), row.position, row.hash) for row in session.execute(statement)]


def end_of(session: Session, member_id: UUID) -> Json | None:
    """Return the proof that the member's last sealed line is under a signed checkpoint."""
    last = session.scalar(
        select(LedgerSeal)
        .where(LedgerSeal.member_id == member_id)
        .order_by(LedgerSeal.position.desc())
        .limit(1)
    )
    if last is None:
        return None
    leaves = session.scalars(
        select(LedgerSeal.hash)
        .where(LedgerSeal.checkpoint == last.checkpoint)
        .order_by(LedgerSeal.place)
    ).all()
    checkpoint = session.get_one(LedgerCheckpoint, last.checkpoint)
    return {
        "position": last.position,
        "place": last.place,
        "path": [step.hex() for step in merkle.path(leaves, last.place)],
        "checkpoint": checkpoint.signed,
    }


def verify(document: Json, *, check: Check) -> Iterator[Finding]:
    """Report what is wrong with an exported footprint. Raises ValueError if it is none."""
    if document.get("format") != FORMAT or not isinstance(document.get("lines"), list):
        raise ValueError("not an exported footprint")
    try:
        end, length, findings = _followed(document["lines"], str(document["member_id"]))
        yield from findings
        if document.get("proof") is None:
            if length:
                yield Finding("proof", "removed")
            return
        yield from _examined_end(document["proof"], end, length, check=check)
    except (KeyError, TypeError, AttributeError):
        raise ValueError("not an exported footprint") from None


def _followed(lines: Iterable[Json], member_id: str) -> tuple[bytes, int, list[Finding]]:
    """Walk the chain; return its end, its length and what breaks it. Unsealed lines are skipped."""
    end, length, findings = FIRST, 0, []
    sealed = sorted(
        (line for line in lines if line["position"] is not None), key=lambda line: line["position"]
    )
    for line in sealed:
        name, length = f"line {line['id']}", length + 1
        form = {key: value for key, value in line.items() if key not in {"position", "hash"}}
        if line["position"] != length:
            findings.append(Finding(name, f"the line at position {length} was removed"))
            length = line["position"]
        elif form["member_id"] != member_id:
            findings.append(Finding(name, "it is another member's"))
        elif link(end, form).hex() != line["hash"]:
            findings.append(Finding(name, "edited or moved: it is not what was sealed here"))
        end = bytes.fromhex(line["hash"])
    return end, length, findings


def _examined_end(proof: Json, end: bytes, length: int, *, check: Check) -> Iterator[Finding]:
    words = check(proof["checkpoint"])
    if words is None:
        yield Finding("proof", "no given key signed its checkpoint")
        return
    if proof["position"] != length:
        yield Finding(f"position {proof['position']}", "the last lines were removed")
    elif _root(proof, end, words) != words["root"]:
        yield Finding("proof", "the signed checkpoint is not about the last line")


def _root(proof: Json, end: bytes, words: dict[str, Any]) -> str | None:
    try:
        steps = [bytes.fromhex(step) for step in proof["path"]]
        return merkle.climb(end, proof["place"], words["lines"], steps).hex()
    except ValueError:
        return None
