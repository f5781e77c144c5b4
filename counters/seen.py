"""Write down which documents a clerk had in hand (7(1)): no picture, and the number only hashed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from counters.case_models import DocumentSeen
from counters.documents import Paper, Whose
from kernel.errors import Refused
from kernel.ids import new_id_at
from kernel.keyring import Keyring, keyed_hash

LONGEST_NUMBER = 64
_LABEL = "document-number/v1"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document in hand."""

    whose: Whose
    paper: Paper
    number: str = ""
    expires_on: date | None = None


def require_valid(documents: Iterable[Document], *, today: date) -> None:
    """Take no document past its last day. Raises Refused `case.identity_unverifiable`."""
    if any(each.expires_on is not None and each.expires_on < today for each in documents):
        raise Refused("case.identity_unverifiable")


def record(
    session: Session,
    case_id: UUID,
    documents: Iterable[Document],
    *,
    clerk_id: UUID,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Keep what was seen for a case."""
    key = keyring.derive(_LABEL)
    for each in documents:
        number = each.number.strip().upper()[:LONGEST_NUMBER]
        session.add(
            DocumentSeen(
                id=new_id_at(now),
                case_id=case_id,
                whose=each.whose,
                paper=each.paper,
                number_hash=keyed_hash(key, each.paper, number) if number else None,
                expires_on=each.expires_on,
                clerk_id=clerk_id,
                seen_at=now,
            )
        )
    session.flush()


def of_case(session: Session, case_id: UUID) -> Sequence[DocumentSeen]:
    """Return the documents seen for a case, in order."""
    return session.scalars(
        select(DocumentSeen).where(DocumentSeen.case_id == case_id).order_by(DocumentSeen.id)
    ).all()
