"""Put a question to one browser, and let it be answered once: whoever takes it first."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from adapters.contract import Challenge
from kernel.errors import Refused
from kernel.ids import digest
from kernel.throttle import Policy
from web.models import OpenChallenge

# Questions cost a row each and are asked before anybody is known; whole schools share an address.
ASKED = Policy(
    name="challenge", limit=600, window=timedelta(minutes=5), lockout=timedelta(minutes=5)
)
_TAKE = (
    update(OpenChallenge)
    .where(
        OpenChallenge.nonce_hash == bindparam("nonce"),
        OpenChallenge.browser_hash == bindparam("browser"),
        OpenChallenge.place == bindparam("of"),
        OpenChallenge.expires_at > bindparam("now"),
        OpenChallenge.used_at.is_(None),
    )
    .values(used_at=bindparam("now"))
    .returning(OpenChallenge.expires_at)
)


def put(session: Session, challenge: Challenge, *, browser: str, place: str) -> None:
    """Remember that this browser was asked; `place` says what the answer will be good for."""
    session.add(
        OpenChallenge(
            nonce_hash=digest(challenge.nonce),
            browser_hash=digest(browser),
            place=place,
            expires_at=challenge.expires_at,
        )
    )
    session.flush()


def is_open(session: Session, nonce: str, *, now: datetime) -> bool:
    """Say whether somebody is waiting for an answer to this question."""
    return _find(session, OpenChallenge.nonce_hash == digest(nonce), now=now) is not None


def find_place(session: Session, nonce: str, *, browser: str, now: datetime) -> str | None:
    """Return what an answer to this question is good for, if this browser was asked it."""
    asked = (OpenChallenge.nonce_hash == digest(nonce)) & (
        OpenChallenge.browser_hash == digest(browser)
    )
    return _find(session, asked, now=now)


def _find(session: Session, asked: ColumnElement[bool], *, now: datetime) -> str | None:
    waiting = (OpenChallenge.expires_at > now) & OpenChallenge.used_at.is_(None)
    return session.scalar(select(OpenChallenge.place).where(asked, waiting))


def take(session: Session, nonce: str, *, browser: str, place: str, now: datetime) -> Challenge:
    """Return the question this answer is to, and let nobody answer it again.

    Raises Refused `challenge.expired`: also if it was put elsewhere, or never.
    """
    values = {"nonce": digest(nonce), "browser": digest(browser), "of": place, "now": now}
    taken = session.connection().execute(_TAKE, values).scalar_one_or_none()
    if taken is None:
        raise Refused("challenge.expired")
    return Challenge(nonce=nonce, expires_at=taken)
