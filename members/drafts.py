"""Keep what somebody has filled in so far: sealed, for thirty days, without an account (8(2)1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from kernel.ids import digest, new_code, new_id, new_key, new_reference, typed_code
from kernel.keyring import Keyring, seal, unseal
from members.application_models import ApplicationDraft

KEPT = timedelta(days=30)
NOBODYS = bytes(32)  # the hash of no secret


@dataclass(frozen=True)
class Draft:
    """A form on its way; whoever has number and secret goes on with it."""

    id: UUID
    number: str
    secret: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)


def begin(session: Session, fields: Mapping[str, str], *, keyring: Keyring, now: datetime) -> Draft:
    """Keep the first page of a form."""
    draft = Draft(new_id(), new_reference(), new_code(), fields)
    key = new_key()
    session.add(
        ApplicationDraft(
            id=draft.id,
            number=draft.number,
            secret_hash=digest(draft.secret),
            data_key_sealed=keyring.seal(key, place=_key_place(draft.id)),
            fields_sealed=_sealed(fields, key, draft_id=draft.id),
            touched_at=now,
        )
    )
    session.flush()
    return draft


def find(
    session: Session, number: str, secret: str, *, keyring: Keyring, now: datetime
) -> Draft | None:
    """Return the draft of a number and its secret; a stranger is answered in the same time."""
    number, secret = typed_code(number), typed_code(secret)
    row = session.scalar(
        select(ApplicationDraft).where(
            ApplicationDraft.number == number, ApplicationDraft.touched_at > now - KEPT
        )
    )
    is_right = compare_digest(NOBODYS if row is None else row.secret_hash, digest(secret))
    if row is None or not is_right:
        return None
    text = unseal(_key(row, keyring=keyring), row.fields_sealed, place=_place(row.id))
    return Draft(row.id, number, secret, json.loads(text))


def save(
    session: Session,
    draft: Draft,
    fields: Mapping[str, str],
    *,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Keep another page of it."""
    row = session.get_one(ApplicationDraft, draft.id)
    sealed = _sealed(fields, _key(row, keyring=keyring), draft_id=draft.id)
    session.execute(
        update(ApplicationDraft)
        .where(ApplicationDraft.id == draft.id)
        .values(fields_sealed=sealed, touched_at=now)
        .execution_options(synchronize_session=False)
    )


def discard(session: Session, draft: Draft) -> None:
    """Forget it: it was handed in, or is not wanted any more."""
    session.execute(delete(ApplicationDraft).where(ApplicationDraft.id == draft.id))


def _key(row: ApplicationDraft, *, keyring: Keyring) -> bytes:
    return keyring.unseal(row.data_key_sealed, place=_key_place(row.id))


def _sealed(fields: Mapping[str, str], key: bytes, *, draft_id: UUID) -> bytes:
    text = json.dumps(dict(fields), ensure_ascii=False).encode()
    return seal(key, text, place=_place(draft_id))


def _key_place(draft_id: UUID) -> str:
    return f"application_draft.data_key/{draft_id}"


def _place(draft_id: UUID) -> str:
    return f"application_draft/{draft_id}"
