"""Tell an agency's reader whether a card is good: three words and nothing else (2(8)2, 6(2)).

A card nobody has and one that was reported lost are answered alike, and cost alike: who finds a
card must not learn whose it was, or that it was anybody's (docs/decisions/0049).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from carriers.models import Binding
from clients.models import Client, Terminal
from consent import seen_cards
from kernel.db import Moment
from kernel.errors import Refused
from kernel.prebuilt import Prebuilt, Row
from members.models import Member, Standing
from services import sanctions
from services.models import Activation, ActivationNote, Service

# Everything in one statement. A client's terminal, and a service of the same organisation: else
# there is no row, whatever card was shown.
_TAP = Prebuilt(
    select(
        Terminal.id.label("terminal_id"),
        Service.id.label("service_id"),
        Binding.id.label("binding_id"),
        Binding.member_id,
        Binding.suspended_at,
        Member.standing,
        ActivationNote.state,
        ActivationNote.disputed_at,
        sanctions.bars(
            ActivationNote.member_id, Service.id, bindparam("now", type_=Moment())
        ).label("is_barred"),
    )
    .select_from(Terminal)
    .join(Client, Client.id == Terminal.client_id)
    .join(
        Service,
        and_(
            Service.code == bindparam("service"),
            Service.organisation_id == Client.organisation_id,
        ),
    )
    .outerjoin(Binding, and_(Binding.id == bindparam("binding_id"), Binding.released_at.is_(None)))
    .outerjoin(Member, Member.id == Binding.member_id)
    .outerjoin(
        ActivationNote,
        and_(
            ActivationNote.member_id == Binding.member_id,
            ActivationNote.service_id == Service.id,
            ActivationNote.unannounced.is_(False),
        ),
    )
    .where(
        Terminal.id == bindparam("terminal"),
        Terminal.client_id == bindparam("client_id"),
        Terminal.ended_at.is_(None),
    )
)


class Known(StrEnum):
    """What a reader is told of the member behind a card."""

    ACTIVE = "active"
    INACTIVE = "inactive"  # suspended, paused or leaving: why is nobody's business at a desk
    UNKNOWN = "unknown"


class Opened(StrEnum):
    """What a reader is told of its own service; unknown is never "no" (10-II)."""

    ACTIVATED = "activated"
    NOT_ACTIVATED = "not_activated"
    SUSPENDED = "suspended"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Tap:
    """A card at a reader: whose reader it is, for which service, and which binding was found."""

    client_id: UUID
    terminal: UUID
    service: str
    binding_id: UUID | None
    mark: bytes = field(repr=False)  # what the card is to this agency's readers


@dataclass(frozen=True, kw_only=True)
class Answer:
    """All that a reader is told."""

    valid: bool
    member_status: Known
    activation: Opened


NOTHING = Answer(valid=False, member_status=Known.UNKNOWN, activation=Opened.UNKNOWN)


def answer(session: Session, tap: Tap, *, now: datetime) -> Answer:
    """Return the answer and write it down: for the member, or on the trail if it is nobody's.

    Raises Refused `terminal.not_registered` for a reader or a service that is not the client's.
    """
    row = _TAP.one_or_none(session, {**vars(tap), "now": now})
    if row is None:
        raise Refused("terminal.not_registered")
    told = of(row)
    _record(session, row, told, tap, now=now)
    seen_cards.note(session, tap.client_id, tap.mark, binding_id=tap.binding_id, now=now)
    return told


def of(row: Row) -> Answer:
    """Return what may be told about a row of `_TAP`."""
    if row.binding_id is None or row.suspended_at is not None:
        return NOTHING
    if row.standing is not Standing.ACTIVE:
        return Answer(valid=False, member_status=Known.INACTIVE, activation=Opened.UNKNOWN)
    activation = opened(row.state, row.disputed_at, is_barred=row.is_barred)
    return Answer(valid=True, member_status=Known.ACTIVE, activation=activation)


def opened(state: Activation | None, disputed_at: datetime | None, *, is_barred: bool) -> Opened:
    """Return what a reader is told of a note, or of there being none.

    A sanction looks like a suspension (6(1)).
    """
    if state is not None and is_barred:
        return Opened.SUSPENDED
    if disputed_at is not None:
        return Opened.DISPUTED
    return Opened.UNKNOWN if state is None else Opened(state.value)


def _record(session: Session, row: Row, told: Answer, tap: Tap, *, now: datetime) -> None:
    """Write one line either way, so that known and unknown cards cost the same."""
    terminal, verdict = str(tap.terminal), "yes" if told.valid else "no"
    if row.member_id is None:
        trail.record(
            session,
            "card.unknown",
            actor=None,
            subject=tap.client_id,
            now=now,
            terminal=terminal,
            answer=verdict,
        )
        return
    footprint.record(
        session,
        Kind.CARD_USED,
        member_id=row.member_id,
        now=now,
        client_id=tap.client_id,
        service=tap.service,
        carrier=str(row.binding_id),
        terminal=terminal,
        answer=verdict,
    )
