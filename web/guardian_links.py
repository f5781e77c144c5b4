"""Enter who acts for whom by law, as the desk and the command line do: who may, and until when."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import trail
from consent import representation
from consent.representation import Band
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import capacities, guardians, register
from members.models import Capacity, Evidence, Relation, Standing

ABLE = frozenset({Band.ADULT, Band.UNKNOWN, Band.ASSISTED})  # to act for another


def enter(
    session: Session,
    *,
    ward_id: UUID,
    guardian_id: UUID,
    relation: Relation,
    evidence: Evidence,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Enter that one member acts for another. Raises Refused `guardian.…` or `member.closed`."""
    if register.read(session, guardian_id).standing is Standing.CLOSED:
        raise Refused("member.closed")
    may_be = guardians.may_be(relation, capacities.find(session, guardian_id))
    if not may_be or not is_able(session, guardian_id, keyring=keyring, now=now):
        raise Refused("guardian.not_adult")
    guardians.link(
        session,
        ward_id=ward_id,
        guardian_id=guardian_id,
        relation=relation,
        evidence=evidence,
        until=_until(session, ward_id, relation, keyring=keyring, now=now),
        now=now,
    )


def lift(session: Session, member_id: UUID, *, actor: UUID | None, now: datetime) -> Sequence[UUID]:
    """End a declaration, and who acts because of it; return who is to be told. Raises NotFound."""
    acted = capacities.lift(session, member_id, now=now)
    for each in acted:
        trail.record(
            session,
            "guardian.unlinked",
            actor=actor,
            subject=member_id,
            now=now,
            guardian=str(each),
        )
    return acted


def is_able(session: Session, member_id: UUID, *, keyring: Keyring, now: datetime) -> bool:
    """Say whether somebody may act for another: neither a minor nor under guardianship."""
    return band_of(session, member_id, keyring=keyring, now=now) in ABLE


def band_of(session: Session, member_id: UUID, *, keyring: Keyring, now: datetime) -> Band:
    """Return where a member stands."""
    declared = capacities.find(session, member_id)
    return representation.band_of(
        _birthdate(session, member_id, keyring=keyring), declared, now=now
    )


def _until(
    session: Session, ward_id: UUID, relation: Relation, *, keyring: Keyring, now: datetime
) -> datetime | None:
    """Return when the link ends by itself. Raises Refused `guardian.not_the_relation`."""
    declared, until = capacities.find(session, ward_id), None
    if declared is None:
        born = _birthdate(session, ward_id, keyring=keyring)
        until = representation.comes_of_age(born) or now
    fitting = Relation.ASSISTANT if declared is Capacity.ASSISTED else Relation.GUARDIAN
    if (declared is not None and relation is not fitting) or (
        declared is None and relation is Relation.ASSISTANT
    ):
        raise Refused("guardian.not_the_relation")
    return until


def _birthdate(session: Session, member_id: UUID, *, keyring: Keyring) -> object:
    row = register.get(session, member_id)
    return register.claims_of(row, keyring=keyring).get("birthdate")
