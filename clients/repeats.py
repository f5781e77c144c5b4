"""Answer a program that sends the same thing twice as it was answered first.

A line may break after we did what was asked. The program then repeats it with the same key, and
nothing is done twice (draft-ietf-httpapi-idempotency-key-header). A key is taken in a transaction
of its own, so that whoever comes while the first is at work is told so at once; the answer is kept
in the transaction that did the work, for a day, sealed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from clients.repeat_models import KeptAnswer
from kernel.db import changed, insert_once
from kernel.errors import Refused
from kernel.ids import digest
from kernel.keyring import Keyring, keyed_hash

KEPT = timedelta(days=1)
AT_WORK = timedelta(minutes=2)  # who has not answered by then is gone: no request lives as long
OPEN = KeptAnswer.answer_sealed.is_(None)


class Answer(NamedTuple):
    """What a program was answered: the status of HTTP, and the body."""

    status: int
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One attempt of a client's, with its key, to have something done once."""

    client_id: UUID
    key: str
    asked: bytes  # everything that makes it the same request
    keyring: Keyring
    now: datetime

    def take(self, session: Session) -> Answer | None:
        """Take the key; return the answer if it was given already. Commit before the work.

        Raises Refused `program.key_reused` for another request, `program.key_in_use` while the
        first of the same is still at work.
        """
        session.execute(delete(KeptAnswer).where(self._mine, KeptAnswer.expires_at <= self.now))
        said = keyed_hash(self.keyring.derive("repeats/v2"), self.asked.hex())
        values = {
            "client_id": self.client_id,
            "key_hash": digest(self.key),
            "body_hash": said,
            "expires_at": self.now + KEPT,
            "taken_at": self.now,
        }
        return None if insert_once(session, KeptAnswer, values) else self._before(session, said)

    def _before(self, session: Session, said: bytes) -> Answer | None:
        columns = (KeptAnswer.body_hash, KeptAnswer.answer_sealed, KeptAnswer.status)
        row = session.execute(select(*columns).where(self._mine)).one_or_none()
        if row is None:  # the first has just given up
            raise Refused("program.key_in_use")
        if row.body_hash != said:
            raise Refused("program.key_reused")
        if row.status is None:
            self._take_over(session)
            return None
        return Answer(row.status, self.keyring.unseal(row.answer_sealed, place=self._place))

    def _take_over(self, session: Session) -> None:
        """Take the key of an attempt that never ended, if it is that old."""
        is_gone = KeptAnswer.taken_at <= self.now - AT_WORK
        taken = session.execute(
            update(KeptAnswer).where(self._mine, OPEN, is_gone).values(taken_at=self.now)
        )
        if changed(taken) != 1:
            raise Refused("program.key_in_use")

    def keep(self, session: Session, answer: Answer) -> None:
        """Keep what was answered, in the transaction of the work.

        Raises Refused `program.key_in_use` for who was so slow that another took the key: then
        nothing of the work may stay.
        """
        sealed = self.keyring.seal(answer.body, place=self._place)
        kept = session.execute(
            update(KeptAnswer)
            .where(self._mine, self._is_ours)
            .values(answer_sealed=sealed, status=answer.status)
        )
        if changed(kept) != 1:
            raise Refused("program.key_in_use")

    def give_back(self, session: Session) -> None:
        """Let the key be used again: nothing was done."""
        session.execute(delete(KeptAnswer).where(self._mine, self._is_ours))

    @property
    def _mine(self) -> ColumnElement[bool]:
        return (KeptAnswer.client_id == self.client_id) & (KeptAnswer.key_hash == digest(self.key))

    @property
    def _is_ours(self) -> ColumnElement[bool]:
        return OPEN & (KeptAnswer.taken_at == self.now)

    @property
    def _place(self) -> str:
        return f"kept_answer/{self.client_id}/{digest(self.key).hex()}"
