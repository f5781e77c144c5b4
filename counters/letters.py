"""Check and keep the letter by which somebody comes to a counter for another (7(2)).

It is good for one case. The principal is told at once, and may end it by a link until the case is
done: then the case stops.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from counters.case_models import Case, CaseLetter, CaseMatter
from kernel.clock import taipei_day
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import digest, new_id
from kernel.keyring import Keyring, keyed_hash
from members.numbers import IdentityNumber
from members.proxies import NOTICE_LASTS, secret_of

# What harms most if the letter is false waits, so that the principal can say so (7(2)).
COOLING: Mapping[CaseMatter, timedelta] = MappingProxyType(
    {
        CaseMatter.RECOVERY: timedelta(hours=72),
        CaseMatter.UNBIND: timedelta(hours=24),
    }
)
MANY = 3  # principals of one proxy within a season: somebody should look
SEASON = timedelta(days=90)
_LABEL = "case-proxy/v1"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a clerk reads in a letter, and the number of who stands there with it."""

    matters: frozenset[CaseMatter]
    signed_on: date
    ends_on: date  # its last day
    named: IdentityNumber  # the proxy, as the letter says
    present: IdentityNumber  # the proxy, as the document in hand says


def check(letter: Letter, *, matter: CaseMatter, now: datetime) -> None:
    """Take the letter for this matter today.

    Raises Refused `case.poa_missing`, `case.poa_expired`, `case.poa_scope` or
    `case.poa_proxy_mismatch`.
    """
    today = taipei_day(now)
    if not letter.matters or letter.signed_on > today:
        raise Refused("case.poa_missing")
    if letter.ends_on < today or letter.ends_on < letter.signed_on:
        raise Refused("case.poa_expired")
    if matter not in letter.matters:
        raise Refused("case.poa_scope")
    if letter.named.value != letter.present.value:
        raise Refused("case.poa_proxy_mismatch")


def require_running(session: Session, case_id: UUID, *, now: datetime) -> None:
    """Act by a letter to its last day, however long the case waited for the principal.

    Raises Refused `case.poa_expired`; a case without a letter has nothing to run out.
    """
    letter = of_case(session, case_id)
    if letter is not None and letter.ends_on < taipei_day(now):
        raise Refused("case.poa_expired")


def enter(
    session: Session,
    letter: Letter,
    *,
    case_id: UUID,
    principal_id: UUID | None,
    keyring: Keyring,
    now: datetime,
) -> CaseLetter:
    """Keep a letter that was checked."""
    letter_id = new_id()
    kept = CaseLetter(
        id=letter_id,
        case_id=case_id,
        principal_id=principal_id,
        proxy_hash=hash_of(letter.present, keyring=keyring),
        matters=sorted(letter.matters),
        signed_on=letter.signed_on,
        ends_on=letter.ends_on,
        secret_hash=digest(secret_of(letter_id, key=keyring.derive("not-me/v1"))),
        entered_at=now,
        link_ends_at=now + NOTICE_LASTS,
    )
    session.add(kept)
    session.flush()
    return kept


def of_case(session: Session, case_id: UUID) -> CaseLetter | None:
    """Return the letter a case rests on, if somebody came for another."""
    return session.scalar(select(CaseLetter).where(CaseLetter.case_id == case_id))


def noticed(session: Session, secret: str) -> CaseLetter:
    """Return the letter a principal's link belongs to. Raises NotFound."""
    found = session.scalar(select(CaseLetter).where(CaseLetter.secret_hash == digest(secret)))
    if found is None:
        raise NotFound("poa.not_found")
    return found


def running(session: Session, principal_id: UUID) -> Sequence[tuple[CaseLetter, Case]]:
    """Return the letters by which cases of this person still run, the newest first."""
    found = session.execute(
        select(CaseLetter, Case)
        .join(Case, Case.id == CaseLetter.case_id)
        .where(
            CaseLetter.principal_id == principal_id,
            CaseLetter.revoked_at.is_(None),
            Case.closed_at.is_(None),
        )
        .order_by(CaseLetter.id.desc())
    )
    return [(letter, case) for letter, case in found]


def hash_of(proxy: IdentityNumber, *, keyring: Keyring) -> bytes:
    """Return by what a proxy is known."""
    return keyed_hash(keyring.derive(_LABEL), proxy.value)


def tie(session: Session, case_id: UUID, principal_id: UUID) -> None:
    """Let the letter of an application be that of the member it became."""
    session.execute(
        update(CaseLetter).where(CaseLetter.case_id == case_id).values(principal_id=principal_id)
    )


def revoke(session: Session, letter_id: UUID, *, now: datetime) -> bool:
    """End a letter, once; False if that was done before."""
    ended = session.execute(
        update(CaseLetter)
        .where(CaseLetter.id == letter_id, CaseLetter.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return changed(ended) == 1


def count_like(session: Session, letter: CaseLetter) -> int:
    """Return for how many people the same proxy came within a season, this one included."""
    return (
        session.scalar(
            select(func.count(func.distinct(CaseLetter.principal_id))).where(
                CaseLetter.proxy_hash == letter.proxy_hash,
                CaseLetter.entered_at > letter.entered_at - SEASON,
                CaseLetter.entered_at <= letter.entered_at,
            )
        )
        or 0
    )


def held_until(matter: CaseMatter, *, now: datetime) -> datetime | None:
    """Return until when a proxy's case of this matter waits for the principal; None for at once."""
    wait = COOLING.get(matter)
    return None if wait is None else now + wait
