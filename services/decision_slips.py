"""Codes on paper for who has no login: of a suspension's letter, and of a petition's slip.

A code is worked out from a key, not kept: whoever reads the database cannot make one.
"""

import hmac
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.ids import readable, typed_code
from kernel.keyring import Keyring, keyed_hash
from services.eligibility_models import Finding, FindingState
from services.petition_models import Petition

LABEL = "decision-slip/v1"
BYTES = 10  # 80 bits: sixteen characters
NOBODY = UUID(int=0)


def code(of: UUID, *, keyring: Keyring) -> str:
    """Return the code printed beside the number of a finding or a petition."""
    return readable(keyed_hash(keyring.derive(LABEL), str(of))[:BYTES])


def suspension(session: Session, number: str, typed: str, *, keyring: Keyring) -> Finding | None:
    """Return the suspension whose letter this is; a wrong code costs what a wrong number does."""
    found = session.scalar(
        select(Finding).where(
            Finding.reference == typed_code(number), Finding.state == FindingState.CONFIRMED
        )
    )
    return found if _fits(found, typed, keyring=keyring) else None


def petition(session: Session, number: str, typed: str, *, keyring: Keyring) -> Petition | None:
    """Return the petition whose slip this is."""
    found = session.scalar(select(Petition).where(Petition.reference == typed_code(number)))
    return found if _fits(found, typed, keyring=keyring) else None


def _fits(found: Finding | Petition | None, typed: str, *, keyring: Keyring) -> bool:
    right = code(NOBODY if found is None else found.id, keyring=keyring)
    same = hmac.compare_digest(typed_code(typed).encode(), right.encode())
    return found is not None and same
