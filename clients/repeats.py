"""Answer a program that sends the same thing twice as it was answered first.

A line may break after we did what was asked. The program then repeats it with the same key, and
nothing is done twice. The answer is kept for a day, sealed.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from clients.repeat_models import KeptAnswer
from kernel.db import insert_once
from kernel.errors import Refused
from kernel.ids import digest
from kernel.keyring import Keyring, keyed_hash

KEPT = timedelta(days=1)


def begin(
    session: Session, client_id: UUID, key: str, body: bytes, *, keyring: Keyring, now: datetime
) -> bytes | None:
    """Take the key for this transaction; return the answer if it was given already.

    Who comes second waits for the first. Raises Refused `program.key_reused` for another body.
    """
    hashed = digest(key)
    mine = (KeptAnswer.client_id == client_id) & (KeptAnswer.key_hash == hashed)
    session.execute(delete(KeptAnswer).where(mine, KeptAnswer.expires_at <= now))
    said = keyed_hash(keyring.derive("repeats/v1"), body.hex())
    values = {"client_id": client_id, "key_hash": hashed, "body_hash": said}
    if insert_once(session, KeptAnswer, {**values, "expires_at": now + KEPT}):
        return None
    row = session.execute(select(KeptAnswer.body_hash, KeptAnswer.answer_sealed).where(mine)).one()
    if row.body_hash != said or row.answer_sealed is None:
        raise Refused("program.key_reused")
    return keyring.unseal(row.answer_sealed, place=_place(client_id, hashed))


def keep(session: Session, client_id: UUID, key: str, answer: bytes, *, keyring: Keyring) -> None:
    """Keep what was answered."""
    hashed = digest(key)
    sealed = keyring.seal(answer, place=_place(client_id, hashed))
    session.execute(
        update(KeptAnswer)
        .where(KeptAnswer.client_id == client_id, KeptAnswer.key_hash == hashed)
        .values(answer_sealed=sealed)
    )


def _place(client_id: UUID, hashed: bytes) -> str:
    return f"kept_answer/{client_id}/{hashed.hex()}"
