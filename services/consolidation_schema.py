"""The closed list of what may be consolidated, and the streams that use some of it (2(4), 3-II).

A field that is not here cannot be sent, whatever anybody approves: consolidation is the identity
number, the day and the word of the activation note, what is printed on the agency's card, and a
name that is compared and not kept.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients import bases
from clients.models import Organisation
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id_at
from kernel.wording import Bilingual
from services import activations
from services.consolidation_models import Footing, Stream
from services.models import Channel, Service

LONGEST_PROVISION = 200  # characters


class Field(StrEnum):
    """One column that a file may have."""

    NUMBER = "number"
    NAME = "name"
    STATE = "state"
    SINCE = "since"
    AS_OF = "as_of"
    CARD = "card"
    CARD_UNTIL = "card_until"


HEADINGS = {
    Field.NUMBER: Bilingual("證號", "number"),
    Field.NAME: Bilingual("姓名", "name"),
    Field.STATE: Bilingual("註記", "state"),
    Field.SINCE: Bilingual("開通日", "since"),
    Field.AS_OF: Bilingual("資料日", "as_of"),
    Field.CARD: Bilingual("卡號", "card"),
    Field.CARD_UNTIL: Bilingual("卡片效期", "card_until"),
}
NEEDED = frozenset({Field.NUMBER, Field.STATE, Field.AS_OF})
BY_HEADING = {heading: field for field, words in HEADINGS.items() for heading in words}
CHANNELS = (Channel.INTERFACE, Channel.AGREED)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What an agency asks DoIT to confirm."""

    columns: frozenset[Field]
    basis: str
    provision: str
    footing: Footing
    channel: Channel


def fields(names: Collection[str]) -> frozenset[Field]:
    """Return the fields of these names. Raises Refused `consolidation.field_out_of_scope`."""
    if not set(names) <= set(Field):
        raise Refused("consolidation.field_out_of_scope")
    return frozenset(map(Field, names)) | NEEDED


def hashed(columns: Collection[str]) -> bytes:
    """Return the SHA-256 of a schema: the same for the same columns in any order."""
    return hashlib.sha256(json.dumps(sorted(columns)).encode()).digest()


def propose(
    session: Session,
    code: str,
    proposal: Proposal,
    *,
    organisation_id: UUID,
    officer: UUID,
    now: datetime,
) -> Stream:
    """Ask DoIT to confirm what the agency will send about one of its services.

    Raises NotFound; Refused `service.not_yours`, `service.closed`, `consolidation.no_legal_basis`.
    """
    service = activations.get_service(session, code)
    if service.organisation_id != organisation_id:
        raise Refused("service.not_yours")
    if service.closed_at is not None:
        raise Refused("service.closed")
    _require_basis(session.get_one(Organisation, organisation_id), proposal)
    columns = sorted(proposal.columns)
    stream = Stream(
        id=new_id_at(now),
        organisation_id=organisation_id,
        service_id=service.id,
        columns=columns,
        schema_hash=hashed(columns),
        basis=proposal.basis,
        provision=proposal.provision.strip(),
        footing=proposal.footing,
        channel=proposal.channel,
        proposed_by=officer,
        proposed_at=now,
    )
    session.add(stream)
    session.flush()
    return stream


def _require_basis(organisation: Organisation, proposal: Proposal) -> None:
    """Refuse a stream without a ground in law that such a body can have (2(1), 3-II)."""
    offered = {each.code for each in bases.offered(organisation.body)}
    provision = proposal.provision.strip()
    if proposal.basis not in offered or not provision or len(provision) > LONGEST_PROVISION:
        raise Refused("consolidation.no_legal_basis")
    if proposal.channel not in CHANNELS:
        raise Refused("update.channel_not_approved")
    by_consent = proposal.basis == bases.consent_of(organisation.body)
    if by_consent != (proposal.footing is Footing.CONSENT):
        raise Refused("consolidation.no_legal_basis")


def decide(
    session: Session, stream_id: UUID, *, approves: bool, reviewer: UUID, now: datetime
) -> Stream:
    """Confirm or turn down a stream; one that is confirmed takes the place of the one before.

    Raises NotFound; Refused `consolidation.already_decided` if a colleague did, or if it is the
    reviewer's own.
    """
    stream = session.get(Stream, stream_id)
    if stream is None:
        raise NotFound("consolidation.not_found")
    if approves:
        session.execute(
            update(Stream)
            .where(
                Stream.service_id == stream.service_id,
                Stream.approved_at.is_not(None),
                Stream.ended_at.is_(None),
            )
            .values(ended_at=now)
        )
    decided = session.execute(
        update(Stream)
        .where(
            Stream.id == stream_id,
            Stream.decided_at.is_(None),
            Stream.ended_at.is_(None),  # with its agency
            Stream.proposed_by != reviewer,
        )
        .values(decided_by=reviewer, decided_at=now, approved_at=now if approves else None)
    )
    if changed(decided) != 1:
        raise Refused("consolidation.already_decided")
    session.refresh(stream)
    return stream


def in_force(session: Session, code: str, *, organisation_id: UUID) -> Stream:
    """Return what the agency may send about its service.

    Raises NotFound for a service that is not its own; Refused `consolidation.no_legal_basis` where
    DoIT has confirmed nothing, `service.closed`.
    """
    service = session.scalar(
        select(Service).where(Service.code == code, Service.organisation_id == organisation_id)
    )
    if service is None:
        raise NotFound("service.not_found")
    if service.closed_at is not None:
        raise Refused("service.closed")
    stream = session.scalar(
        select(Stream).where(
            Stream.service_id == service.id,
            Stream.approved_at.is_not(None),
            Stream.ended_at.is_(None),
        )
    )
    if stream is None:
        raise Refused("consolidation.no_legal_basis")
    return stream


def of_agency(session: Session, organisation_id: UUID) -> Sequence[Stream]:
    """Return an agency's streams that were not replaced, the newest first."""
    found = select(Stream).where(
        Stream.organisation_id == organisation_id, Stream.ended_at.is_(None)
    )
    return session.scalars(found.order_by(Stream.id.desc())).all()


def waiting(session: Session) -> Sequence[Stream]:
    """Return the streams that wait for DoIT, the oldest first."""
    found = select(Stream).where(Stream.decided_at.is_(None), Stream.ended_at.is_(None))
    return session.scalars(found.order_by(Stream.id)).all()
