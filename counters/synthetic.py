"""Keep synthetic people and real ones apart: clerks practise on the former, and only there (5(3)).

A synthetic person is a member without a password or an address, known by a number of a list of
their own; no search for real people finds them.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from counters.training_models import SyntheticPerson
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import approvals, numbering, register
from members.numbers import IdentityNumber
from members.profile import Profile

# Numbers that pass every check and belong to nobody we know of (docs/decisions/0108).
PEOPLE = (
    ("W198765435", "練習甲", "1985-05-05"),
    ("H222222224", "練習乙", "1955-02-28"),
    ("A100000001", "練習丙", "2008-08-08"),
    ("F955512342", "Practice Person", "1990-10-10"),
)


def seed(session: Session, *, keyring: Keyring, now: datetime) -> int:
    """Enter the synthetic people that are not there yet; return how many were added."""
    known = set(session.scalars(select(SyntheticPerson.number)))
    missing = [each for each in PEOPLE if each[0] not in known]
    for number, name, born in missing:
        approval_id = approvals.by_bootstrap(session, now=now)
        profile = Profile(name=name, birthdate=born, updated_at=int(now.timestamp()))
        member = register.admit(session, approval_id, profile, keyring=keyring, now=now)
        session.add(SyntheticPerson(member_id=member.id, number=number, added_at=now))
    session.flush()
    return len(missing)


def find(session: Session, number: IdentityNumber) -> UUID | None:
    """Return the synthetic person of this number."""
    return session.scalar(
        select(SyntheticPerson.member_id).where(SyntheticPerson.number == number.value)
    )


def person(
    session: Session, number: IdentityNumber, *, is_training: bool, keyring: Keyring
) -> UUID | None:
    """Return whom this number names at such a counter, None for nobody.

    Raises Refused `counter.training_only` for somebody real where one practises, and
    `counter.synthetic_person` for somebody synthetic where one does not.
    """
    real = numbering.find(session, number, keyring=keyring)
    synthetic = find(session, number)
    here, elsewhere = (synthetic, real) if is_training else (real, synthetic)
    if here is None and elsewhere is not None:
        raise _wrong(is_training=is_training)
    return here


def require_fit(session: Session, member_id: UUID, *, is_training: bool) -> None:
    """Let synthetic people be handled where one practises, and nobody else there.

    Raises Refused `counter.training_only` or `counter.synthetic_person`.
    """
    if (session.get(SyntheticPerson, member_id) is not None) != is_training:
        raise _wrong(is_training=is_training)


def _wrong(*, is_training: bool) -> Refused:
    if is_training:
        return Refused("counter.training_only")
    return Refused("counter.synthetic_person")
