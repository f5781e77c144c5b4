"""Give back an account name or a password that was forgotten (7(8)), telling strangers nothing.

requested → channel_verified → (counter | carrier | delayed) → reset → restricted_period → normal
(state machine 4.12). Whoever asks gets an answer before anybody looks who they are: the worker
does, later. The code in the letter is worked out from the request's id, so nobody can read it in
the database; it counts in the browser that asked, five times, for half an hour, once.
"""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.db import changed
from kernel.errors import Refused
from kernel.ids import READABLE, digest, new_id, new_reference
from kernel.keyring import Keyring, keyed_hash
from members import register
from members.models import Member, Standing
from members.recovery_models import Recovery, RecoverySlip, Wanted, Way

CODE_LENGTH = 8  # forty bits, five tries
CODE_LIVES = timedelta(minutes=30)
TRIES = 5
RESTRICTED_FOR = timedelta(hours=72)
SLIP_LIVES = {Way.COUNTER: timedelta(hours=24), Way.GUARDIAN: timedelta(hours=1)}
MAY = frozenset({Standing.ACTIVE, Standing.PAUSED})  # a pause goes on, and needs the password
KEY = "recovery/v1"
GONE = b""  # what stands where what was typed stood
_NOISE = re.compile(r"[\s-]")


def ask(
    session: Session,
    wanted: Wanted,
    typed: Mapping[str, str],
    *,
    browser: str,
    language: str,
    keyring: Keyring,
    now: datetime,
) -> UUID:
    """Keep what somebody typed about themselves until the worker looks; return the request's id."""
    recovery_id = new_id()
    session.add(
        Recovery(
            id=recovery_id,
            wanted=wanted,
            browser_hash=digest(browser),
            typed_sealed=keyring.seal(json.dumps(typed).encode(), place=_place(recovery_id)),
            language=language,
            asked_at=now,
            expires_at=now + CODE_LIVES,
            tries=0,
        )
    )
    session.flush()
    return recovery_id


def _place(recovery_id: UUID) -> str:
    return f"recovery/{recovery_id}"


def take(
    session: Session, recovery_id: UUID, *, keyring: Keyring
) -> tuple[Recovery, Mapping[str, str]] | None:
    """Return a request with what was typed, for the last time; None if it was taken or is gone."""
    found = session.get(Recovery, recovery_id, with_for_update=True, populate_existing=True)
    if found is None or found.typed_sealed == GONE:
        return None
    typed: Mapping[str, str] = json.loads(
        keyring.unseal(found.typed_sealed, place=_place(recovery_id))
    )
    found.typed_sealed = GONE
    return found, typed


def code_of(recovery_id: UUID, *, key: bytes) -> str:
    """Return the code that goes with a request, to be read in a letter and typed."""
    drawn = keyed_hash(key, str(recovery_id))[:CODE_LENGTH]
    return "".join(READABLE[byte % len(READABLE)] for byte in drawn)


def plain(typed: str) -> str:
    """Return a code as it was made, however it was typed."""
    return _NOISE.sub("", typed[:64]).upper()


def count_try(session: Session, recovery_id: UUID, *, browser: str, now: datetime) -> bool:
    """Count one try of a code, in a transaction that is kept; False if none is left.

    Requests that know no member are counted alike.
    """
    counted = session.execute(
        update(Recovery)
        .where(
            Recovery.id == recovery_id,
            Recovery.browser_hash == digest(browser),
            Recovery.expires_at > now,
            Recovery.tries < TRIES,
            Recovery.verified_at.is_(None),
        )
        .values(tries=Recovery.tries + 1)
    )
    return changed(counted) == 1


def verify(
    session: Session, recovery_id: UUID, typed: str, *, key: bytes, now: datetime
) -> tuple[UUID, Wanted]:
    """Accept the code of a request whose try was counted, once; return whose, and what for.

    Raises Refused `recovery.identity_unproven` for whatever is wrong.
    """
    is_right = hmac.compare_digest(
        plain(typed).encode("utf-8", "surrogatepass"), code_of(recovery_id, key=key).encode()
    )
    verified = session.execute(
        update(Recovery)
        .where(
            Recovery.id == (recovery_id if is_right else new_id()),  # the same work either way
            Recovery.member_id.is_not(None),
            Recovery.verified_at.is_(None),
            Recovery.expires_at > now,
        )
        .values(verified_at=now, expires_at=now + CODE_LIVES)
        .returning(Recovery.member_id, Recovery.wanted)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if verified is None or verified.member_id is None:
        raise Refused("recovery.identity_unproven")
    return verified.member_id, verified.wanted


def find_verified(
    session: Session, recovery_id: UUID, wanted: Wanted, *, browser: str, now: datetime
) -> UUID | None:
    """Return whose mailbox was shown to be this browser's, while that counts."""
    return session.scalar(
        select(Recovery.member_id).where(
            Recovery.id == recovery_id,
            Recovery.wanted == wanted,
            Recovery.browser_hash == digest(browser),
            Recovery.verified_at.is_not(None),
            Recovery.expires_at > now,
            Recovery.used_at.is_(None),
        )
    )


def use(session: Session, recovery_id: UUID, way: Way, *, now: datetime) -> None:
    """Use up a verified request. Raises Refused `recovery.identity_unproven` the second time."""
    used = session.execute(
        update(Recovery)
        .where(
            Recovery.id == recovery_id,
            Recovery.verified_at.is_not(None),
            Recovery.expires_at > now,
            Recovery.used_at.is_(None),
        )
        .values(used_at=now, way=way)
    )
    if not changed(used):
        raise Refused("recovery.identity_unproven")


def hold(session: Session, member_id: UUID) -> None:
    """Keep others from changing what the member's password is worth until this is committed."""
    session.execute(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True))


def restrict(session: Session, member_id: UUID, *, now: datetime) -> datetime:
    """Let a password do little for three days; return until when.

    A mailbox alone gave it, or what was stronger than it was reported lost.
    """
    until = now + RESTRICTED_FOR
    session.execute(update(Member).where(Member.id == member_id).values(restricted_until=until))
    return until


def free(session: Session, member_id: UUID) -> None:
    """End the restriction: who chose the password proved more than a mailbox."""
    session.execute(update(Member).where(Member.id == member_id).values(restricted_until=None))


def restricted_until(session: Session, member_id: UUID) -> datetime | None:
    """Return until when the member's password counts for little, as it stands at this moment."""
    return session.scalar(select(Member.restricted_until).where(Member.id == member_id))


def is_restricted(until: datetime | None, *, now: datetime) -> bool:
    """Say whether a member's password still counts for little."""
    return until is not None and now < until


# Slips: a code on paper or on a guardian's screen, for who proved more than a mailbox


def reset_at_counter(
    session: Session,
    member_id: UUID,
    *,
    clerk_id: UUID,
    counter_id: UUID,
    case_reference: str,
    now: datetime,
) -> str:
    """Return the code a counter prints for a member whose document was seen; it is not kept.

    Raises NotFound; Refused `case.self_dealing`, `update.channel_not_approved` without a case, or
    `recovery.identity_unproven` for who may not have a new password.
    """
    if not case_reference.strip():
        raise Refused("update.channel_not_approved")
    return _issue(
        session,
        member_id,
        Way.COUNTER,
        by=clerk_id,
        counter_id=counter_id,
        case_reference=case_reference.strip()[:32],
        now=now,
    )


def reset_by_guardian(
    session: Session, member_id: UUID, *, guardian_id: UUID, now: datetime
) -> str:
    """Return the code a guardian gives to whom they act for; who calls has seen the link."""
    return _issue(session, member_id, Way.GUARDIAN, by=guardian_id, now=now)


def _issue(
    session: Session,
    member_id: UUID,
    way: Way,
    *,
    by: UUID,
    counter_id: UUID | None = None,
    case_reference: str | None = None,
    now: datetime,
) -> str:
    if by == member_id:
        raise Refused("case.self_dealing")
    require_standing(register.get(session, member_id).standing)
    code = new_reference() + new_reference()  # eighty bits
    _void(session, member_id, now=now)
    session.add(
        RecoverySlip(
            id=new_id(),
            member_id=member_id,
            code_hash=digest(code),
            way=way,
            issued_by=by,
            counter_id=counter_id,
            case_reference=case_reference,
            issued_at=now,
            expires_at=now + SLIP_LIVES[way],
        )
    )
    session.flush()
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _void(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Let only the newest slip of a member count."""
    session.execute(
        update(RecoverySlip)
        .where(
            RecoverySlip.member_id == member_id,
            RecoverySlip.used_at.is_(None),
            RecoverySlip.expires_at > now,
        )
        .values(expires_at=now)
    )


def redeem(session: Session, typed: str, *, now: datetime) -> tuple[UUID, Way]:
    """Use a slip up; return whose it is, and how they proved themselves.

    Raises Refused `recovery.identity_unproven` for an unknown, used or old one.
    """
    used = session.execute(
        update(RecoverySlip)
        .where(
            RecoverySlip.code_hash == digest(plain(typed)),
            RecoverySlip.used_at.is_(None),
            RecoverySlip.expires_at > now,
        )
        .values(used_at=now)
        .returning(RecoverySlip.member_id, RecoverySlip.way)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if used is None:
        raise Refused("recovery.identity_unproven")
    return used.member_id, used.way


def require_standing(standing: Standing) -> None:
    """Let only who may sign in, or paused, begin anew. Raises `recovery.identity_unproven`."""
    if standing not in MAY:
        raise Refused("recovery.identity_unproven")
