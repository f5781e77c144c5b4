"""Show a code at a till: opaque, for one minute, to be read once (regulation 10-I(4), 2(8)4).

The code is worked out from the row's id and a key of the installation, so the page that shows it
can be loaded again, and the table alone gives no code away (docs/decisions/0026).
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from consent.models import TillCode
from kernel.db import insert_once
from kernel.ids import READABLE, new_id
from kernel.keyring import keyed_hash
from kernel.prebuilt import Prebuilt, Row

LIFETIME = timedelta(seconds=60)
TOLD = timedelta(minutes=10)  # how long its page still says what was answered
LENGTH = 8
BITS = 5  # a character
_A_CODE = re.compile(f"[{READABLE}]{{{LENGTH}}}")
_BETWEEN = re.compile(r"[\s\-‐-―−・.]+")  # what people put between groups, and scanners at the end
_SYMBOLOGY = re.compile(r"^\]Q[0-9]")  # how many scanners announce a QR code (ISO/IEC 15424)
LONGEST_TYPED = 64

# Built once: the page of a code asks every other second whether it was read.
_RECENT = Prebuilt(
    select(*TillCode.__table__.columns)
    .where(
        TillCode.member_id == bindparam("member_id"),
        TillCode.expires_at > bindparam("known_since"),
    )
    .order_by(TillCode.id.desc())
    .limit(2)
)


def code_of(code_id: UUID, *, key: bytes) -> str:
    """Return the eight characters of a code: 40 bits that only the key's holder can work out."""
    bits = int.from_bytes(keyed_hash(key, "till/code/v1", str(code_id))[:LENGTH])
    return "".join(READABLE[bits >> BITS * place & 31] for place in range(LENGTH))


def hash_of(code: str, *, key: bytes) -> bytes:
    """Return what the table knows a code by; keyed, for 40 bits could be tried one by one."""
    return keyed_hash(key, "till/look-up/v1", code)


def read(typed: str) -> str | None:
    """Return the code that was typed or scanned, None if it cannot be one.

    Full-width and lower-case letters, spaces and dashes are what keyboards make of it.
    """
    plain = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).upper()
    code = _SYMBOLOGY.sub("", _BETWEEN.sub("", plain))
    return code if _A_CODE.fullmatch(code) else None


def show(
    session: Session,
    *,
    member_id: UUID,
    key: bytes,
    now: datetime,
    draw: Callable[[], UUID] = new_id,
) -> UUID:
    """Make a new code for the member and return its id; an earlier one that nobody read is gone."""
    session.execute(
        delete(TillCode).where(TillCode.member_id == member_id, TillCode.used_at.is_(None))
    )
    code_id = draw()
    while not insert_once(session, TillCode, _row(code_id, member_id=member_id, key=key, now=now)):
        code_id = draw()  # another member's code of this hour has the same characters
    return code_id


def _row(code_id: UUID, *, member_id: UUID, key: bytes, now: datetime) -> dict[str, object]:
    return {
        "id": code_id,
        "code_hash": hash_of(code_of(code_id, key=key), key=key),
        "member_id": member_id,
        "expires_at": now + LIFETIME,
    }


def recent(session: Session, *, member_id: UUID, now: datetime) -> Sequence[Row]:
    """Return the member's newest code, if one is still known, and the one before.

    Only the newest can be unread. Those are known whose minute ended less than ten minutes ago.
    """
    return _RECENT.all(session, {"member_id": member_id, "known_since": now - TOLD})
