"""Keep where a conversation with a card stands; each step is taken by whoever comes first."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from adapters.smartcard.conversation import MOST_FRAMES
from adapters.smartcard.models import CardTalk
from kernel.db import insert_once
from kernel.errors import Refused
from kernel.ids import digest

_TAKE = (
    update(CardTalk)
    .where(
        CardTalk.nonce_hash == bindparam("nonce"),
        CardTalk.expires_at > bindparam("now"),
        CardTalk.step < MOST_FRAMES,
    )
    .values(step=CardTalk.step + 1)
    .returning(CardTalk.kind, CardTalk.step, CardTalk.state_sealed)
)
_KEEP = (
    update(CardTalk)
    .where(CardTalk.nonce_hash == bindparam("nonce"), CardTalk.step == bindparam("at"))
    .values(state_sealed=bindparam("sealed"), kind=bindparam("of"))
)


@dataclass(frozen=True)
class Taken:
    """One step of a conversation, which nobody can take again."""

    kind: str
    step: int  # the step it leads to; its state was sealed for the one before
    state_sealed: bytes = field(repr=False)


def start(
    session: Session, nonce: str, *, kind: str, state_sealed: bytes, expires_at: datetime
) -> None:
    """Begin a conversation. Raises Refused `challenge.expired` if this nonce has had one."""
    values = {
        "nonce_hash": digest(nonce),
        "kind": kind,
        "step": 0,
        "state_sealed": state_sealed,
        "expires_at": expires_at,
    }
    if not insert_once(session, CardTalk, values):
        raise Refused("challenge.expired")


def take(session: Session, nonce: str, *, now: datetime) -> Taken:
    """Use up one step, for good: keep this whatever the card's answer turns out to be.

    Raises Refused `challenge.expired` if there is no such conversation, or not any more.
    """
    values = {"nonce": digest(nonce), "now": now}
    found = session.connection().execute(_TAKE, values).one_or_none()
    if found is None:
        raise Refused("challenge.expired")
    return Taken(found.kind, found.step, found.state_sealed)


def keep(session: Session, nonce: str, taken: Taken, state_sealed: bytes, *, kind: str) -> None:
    """Remember the state that the step led to, and which kind of card this may be."""
    values = {"nonce": digest(nonce), "at": taken.step, "sealed": state_sealed, "of": kind}
    session.connection().execute(_KEEP, values)
