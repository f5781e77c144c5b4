"""Keep offers that are not finished; nobody but the merchant's officers sees them (6(4), 2(8)4)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Select, Update, delete, select, update
from sqlalchemy.orm import Session

from clients.models import Client, Purpose
from kernel.db import Json, changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from services.offer_draft_models import OfferDraft


def begin(
    session: Session, purpose_id: UUID, typed: dict[str, Json], *, by: UUID, now: datetime
) -> OfferDraft:
    """Keep what was typed for the next version of an offer.

    Raises Refused `offer.draft_exists`: two drafts of one offer would overtake each other.
    """
    draft_id = new_id()
    values = {
        "id": draft_id,
        "purpose_id": purpose_id,
        "edition": 1,
        "typed": typed,
        "saved_by": by,
        "saved_at": now,
    }
    if not insert_once(session, OfferDraft, values):
        raise Refused("offer.draft_exists")
    return session.get_one(OfferDraft, draft_id)


def save(
    session: Session,
    draft: OfferDraft,
    typed: dict[str, Json],
    *,
    edition: int,
    by: UUID,
    now: datetime,
) -> None:
    """Keep what was typed since; `edition` is the one that was read.

    Raises Refused `offer.draft_changed` if somebody else saved or ended it meanwhile.
    """
    written = update(OfferDraft).values(typed=typed, edition=edition + 1, saved_by=by, saved_at=now)
    _only(session, written.where(*_as_read(draft, edition)))
    session.refresh(draft)


def end(session: Session, draft: OfferDraft, *, edition: int) -> None:
    """Let a draft go: it is put forward in the same transaction, or thrown away.

    Raises Refused `offer.draft_changed` if somebody else saved or ended it meanwhile.
    """
    _only(session, delete(OfferDraft).where(*_as_read(draft, edition)))
    session.expunge(draft)


def _as_read(draft: OfferDraft, edition: int) -> tuple[Any, Any]:  # conditions of SQL
    return OfferDraft.id == draft.id, OfferDraft.edition == edition


def _only(session: Session, statement: Update | Delete) -> None:
    done = session.execute(statement.execution_options(synchronize_session=False))
    if changed(done) != 1:
        raise Refused("offer.draft_changed")


def of_merchant(session: Session, organisation_id: UUID) -> Sequence[tuple[OfferDraft, Purpose]]:
    """Return a merchant's drafts with what they are for, the newest first."""
    rows = session.execute(_mine(organisation_id).order_by(OfferDraft.id.desc()))
    return [(draft, purpose) for draft, purpose in rows]


def get(session: Session, draft_id: UUID, *, organisation_id: UUID) -> OfferDraft:
    """Return a draft of this merchant. Raises NotFound for any other."""
    rows = session.execute(_mine(organisation_id).where(OfferDraft.id == draft_id))
    found = [draft for draft, _ in rows]
    if not found:
        raise NotFound("offer.not_found")
    return found[0]


def _mine(organisation_id: UUID) -> Select[OfferDraft, Purpose]:
    return (
        select(OfferDraft, Purpose)
        .join(Purpose, Purpose.id == OfferDraft.purpose_id)
        .join(Client, Client.id == Purpose.client_id)
        .where(Client.organisation_id == organisation_id)
    )
