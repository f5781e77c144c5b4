"""Let a phone sign another device in: a code to scan, a number to type, one try (UI 3.3).

The code and the number are worked out from the row's id and a key of the installation, as a till's
code is: the page can be loaded again, and the table gives neither away (docs/decisions/0048).
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import Session

from consent import till_codes
from idp import acr
from kernel.db import changed, insert_once
from kernel.errors import Refused
from kernel.ids import READABLE, digest, new_id
from kernel.keyring import keyed_hash
from web import sessions
from web.models import BrowserSession, Handover

LIFETIME = timedelta(minutes=2)  # to scan, and again to go on once the phone has agreed
LONGEST_NUMBER = 16
OVER = "handover.over"  # unknown, too old, answered: alike
_UNANSWERED = Handover.answered_at.is_(None)


@dataclass(frozen=True, kw_only=True)
class Device:
    """The device that waits: its browser, what the answer is good for, and how it is described."""

    browser: str
    place: str
    client_id: UUID | None
    wanted: str  # the acr the other device needs, empty if any will do
    words: str  # "Chrome, Windows"
    proven_after: datetime | None = None  # no older proof will do, if the client wants a new one


@dataclass(frozen=True, kw_only=True)
class Approver:
    """The member at the phone, and how surely they were known there."""

    member_id: UUID
    acr: str
    amr: tuple[str, ...]
    carrier_id: UUID | None
    session_id: UUID
    authenticated_at: datetime


def code_of(handover_id: UUID, *, key: bytes) -> str:
    """Return the eight characters the other device shows."""
    bits = int.from_bytes(keyed_hash(key, "handover/code/v1", str(handover_id))[:8])
    return "".join(READABLE[bits >> 5 * place & 31] for place in range(till_codes.LENGTH))


def number_of(handover_id: UUID, *, key: bytes) -> str:
    """Return the two digits that stand beside the code and nowhere else: 10 to 99."""
    drawn = int.from_bytes(keyed_hash(key, "handover/number/v1", str(handover_id))[:8])
    return str(10 + drawn % 90)


def ask(
    session: Session,
    of: Device,
    *,
    key: bytes,
    now: datetime,
    draw: Callable[[], UUID] = new_id,
) -> UUID:
    """Make a new code for this device; an earlier one that nobody answered is gone."""
    session.execute(delete(Handover).where(*_at(of.browser, of.place), _UNANSWERED))
    handover_id = draw()
    while not insert_once(session, Handover, _row(handover_id, of, key=key, now=now)):
        handover_id = draw()  # another device shows the same characters just now
    return handover_id


def _row(handover_id: UUID, of: Device, *, key: bytes, now: datetime) -> dict[str, object]:
    return {
        "id": handover_id,
        "code_hash": _hash(code_of(handover_id, key=key), key=key),
        "browser_hash": digest(of.browser),
        "place": of.place,
        "client_id": of.client_id,
        "wanted": of.wanted,
        "browser": of.words,
        "asked_at": now,
        "expires_at": now + LIFETIME,
        "proven_after": of.proven_after,
    }


def _hash(code: str, *, key: bytes) -> bytes:
    return keyed_hash(key, "handover/look-up/v1", code)


def _at(browser: str, place: str) -> tuple[ColumnElement[bool], ...]:
    return (Handover.browser_hash == digest(browser), Handover.place == place)


def latest(session: Session, *, browser: str, place: str) -> Handover | None:
    """Return what this device asked for last, whatever has become of it."""
    return session.scalar(
        select(Handover).where(*_at(browser, place)).order_by(Handover.id.desc()).limit(1)
    )


def find(session: Session, typed: str, *, key: bytes, now: datetime) -> Handover:
    """Return what waits under a code. Raises Refused `handover.over`, whatever is wrong."""
    code = till_codes.read(typed)
    if code is None:
        raise Refused(OVER)
    waiting = (Handover.code_hash == _hash(code, key=key), _UNANSWERED, Handover.expires_at > now)
    found = session.scalar(select(Handover).where(*waiting))
    if found is None:
        raise Refused(OVER)
    return found


def approve(
    session: Session, waiting: Handover, number: str, *, by: Approver, key: bytes, now: datetime
) -> bool:
    """Sign the other device in if the number is right; a wrong one ends the matter (one try).

    Raises Refused `handover.over` if another phone was faster, `handover.too_weak` if the phone's
    member is not known surely enough. Whether the proof is new enough is asked before.
    """
    if not is_enough(waiting, by.acr):
        raise Refused("handover.too_weak")
    typed = unicodedata.normalize("NFKC", number[:LONGEST_NUMBER]).strip()
    is_right = typed == number_of(waiting.id, key=key)
    _answer(session, waiting, by=by, approved=is_right, now=now)
    return is_right


def is_enough(waiting: Handover, known: str) -> bool:
    """Say whether a phone whose member is known by the acr `known` can do what is wanted."""
    return acr.level(known) >= acr.level(waiting.wanted)


def is_new_enough(waiting: Handover, proven_at: datetime) -> bool:
    """Say whether a proof of this moment can do what is wanted."""
    return waiting.proven_after is None or proven_at >= waiting.proven_after


def stop(session: Session, waiting: Handover, *, by: Approver, now: datetime) -> None:
    """Let nobody sign in with this code. Raises Refused `handover.over`."""
    _answer(session, waiting, by=by, approved=False, now=now)


def _answer(
    session: Session, waiting: Handover, *, by: Approver, approved: bool, now: datetime
) -> None:
    assurance = acr.handed_over(by.acr, by.amr)
    done = session.execute(
        update(Handover)
        .where(Handover.id == waiting.id, _UNANSWERED, Handover.expires_at > now)
        .values(
            answered_at=now,
            approved=approved,
            member_id=by.member_id,
            acr=assurance.acr,
            amr=list(assurance.amr),
            carrier_id=by.carrier_id,
            session_id=by.session_id,
            authenticated_at=by.authenticated_at,
        ),
        execution_options={"synchronize_session": False},
    )
    if not changed(done):
        raise Refused(OVER)


def is_ready(handover: Handover, *, now: datetime) -> bool:
    """Say whether the phone agreed and the other device may go on."""
    agreed = bool(handover.approved) and handover.used_at is None
    return agreed and handover.answered_at is not None and now < handover.answered_at + LIFETIME


def is_still_meant(session: Session, handover: Handover) -> bool:
    """Say whether the session that answered is there: whoever ended it ended its word, too."""
    if handover.session_id is None:
        return True  # answered before this was kept
    return session.scalar(_rests_on(handover)) is not None


def _rests_on(handover: Handover) -> Select[UUID]:
    return select(BrowserSession.id).where(BrowserSession.id == handover.session_id)


def take(session: Session, handover: Handover, *, here: UUID | None, now: datetime) -> None:
    """Use the phone's yes, once, while the session that said it lasts.

    `here` is the session this browser names, which goes on or ends with it. The phone's carrier was
    used before: whoever reports it lost looks for its sessions afterwards. Raises Refused
    `handover.over`.
    """
    phones = handover.session_id
    # Whoever ends the phone's waits, and ends what begins here, too (`sessions.end_all`).
    held = sessions.hold(session, lasting=phones, changing=here)
    if phones is not None and phones not in held:
        raise Refused(OVER)
    done = session.execute(
        update(Handover)
        .where(
            Handover.id == handover.id,
            Handover.approved.is_(True),
            Handover.used_at.is_(None),
            Handover.answered_at > now - LIFETIME,
        )
        .values(used_at=now),
        execution_options={"synchronize_session": False},
    )
    if not changed(done):
        raise Refused(OVER)
