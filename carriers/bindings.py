"""Tie carriers to members, suspend them when they are lost, release them (state machine 4.3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from carriers import names
from carriers.models import Binding, CarrierEvent, CarrierKind, Happening, Place, Suspension
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members.models import Member

MOST = 20  # live bindings of one member: enough for a family's drawer, too few to fill a disk

_BOUND = Binding.released_at.is_(None)
_USABLE = _BOUND & Binding.suspended_at.is_(None)
_USE = (
    update(Binding)
    .where(Binding.id == bindparam("key"), _USABLE)
    .values(last_used_at=bindparam("now"))
)
_RECORD = insert(CarrierEvent)


def bind(
    session: Session,
    *,
    member_id: UUID,
    kind: CarrierKind,
    fingerprint: str,
    name: str,
    where: Place,
    acr: str,
    made_at: datetime | None = None,
    actor: UUID | None = None,
    now: datetime,
) -> Binding:
    """Tie a carrier to a member; the database settles who of two is first (2(3), 2(8)7).

    `made_at` is when an authority made it: after a loss it makes another, which may be bound.
    `actor` is the clerk at a counter; without one the member did it.
    Raises Refused `carrier.reported_lost`, `carrier.already_bound` or `carrier.too_many`.
    """
    _require_never_lost(session, fingerprint, made_at)
    if len(live(session, member_id)) >= MOST:
        raise Refused("carrier.too_many")
    binding_id = new_id()
    values = {
        "id": binding_id,
        "member_id": member_id,
        "kind": kind,
        "fingerprint": fingerprint,
        "name": names.tidy(name),
        "bound_at": now,
        "bound_where": where,
        "bound_acr": acr,
    }
    if not insert_once(session, Binding, values):
        raise Refused("carrier.already_bound")
    binding = get(session, binding_id, member_id=member_id)
    who = member_id if actor is None else actor
    _record(session, binding, Happening.BOUND, actor=who, reason=where.value, now=now)
    return binding


def live(session: Session, member_id: UUID) -> Sequence[Binding]:
    """Return what is tied to the member, suspended carriers included, the oldest first."""
    return session.scalars(
        select(Binding)
        .where(Binding.member_id == member_id, _BOUND)
        .order_by(Binding.bound_at, Binding.id)
    ).all()


def ever(session: Session, member_id: UUID) -> Sequence[Binding]:
    """Return what is or was tied to the member, the oldest first."""
    return session.scalars(
        select(Binding).where(Binding.member_id == member_id).order_by(Binding.bound_at, Binding.id)
    ).all()


def get(session: Session, binding_id: UUID, *, member_id: UUID) -> Binding:
    """Return one of the member's bindings. Raises NotFound, also for somebody else's."""
    found = session.scalar(
        select(Binding).where(Binding.id == binding_id, Binding.member_id == member_id, _BOUND)
    )
    if found is None:
        raise NotFound("carrier.not_found")
    return found


def names_of(session: Session, member_id: UUID) -> dict[UUID, str]:
    """Return what the member calls their carriers, those released long ago included."""
    found = session.execute(select(Binding.id, Binding.name).where(Binding.member_id == member_id))
    return {row.id: row.name for row in found}


def has_usable(session: Session, member_id: UUID, kind: CarrierKind) -> bool:
    """Say whether the member can show a carrier of this kind now."""
    mine = (Binding.member_id == member_id) & (Binding.kind == kind)
    return bool(session.scalar(select(exists().where(mine, _USABLE))))


def has_any(session: Session, member_id: UUID) -> bool:
    """Say whether the member has what can be shown at a desk: a passkey cannot (7(4))."""
    mine = (Binding.member_id == member_id) & (Binding.kind != CarrierKind.PASSKEY)
    return bool(session.scalar(select(exists().where(mine, _USABLE))))


def use(session: Session, binding_id: UUID, *, now: datetime) -> None:
    """Note that the carrier was shown just now.

    Raises Refused `carrier.reported_lost`: a loss reported while it was being shown counts.
    """
    session.flush()
    if not changed(session.connection().execute(_USE, {"key": binding_id, "now": now})):
        raise Refused("carrier.reported_lost")


def rename(session: Session, binding: Binding, name: str, *, now: datetime) -> None:
    """Call the carrier something else."""
    binding.name = names.tidy(name)
    _record(session, binding, Happening.RENAMED, actor=binding.member_id, reason="", now=now)


def suspend(
    session: Session, binding: Binding, reason: Suspension, *, actor: UUID | None, now: datetime
) -> bool:
    """Refuse the carrier from now on, everywhere (7(7)); False if it was refused already."""
    done = session.execute(
        update(Binding)
        .where(Binding.id == binding.id, _USABLE)
        .values(suspended_at=now, suspension=reason)
    )
    if not changed(done):
        return False
    _record(session, binding, Happening.SUSPENDED, actor=actor, reason=reason.value, now=now)
    return True


def resume_renewed(session: Session, binding_id: UUID, *, now: datetime) -> bool:
    """Let a revoked carrier work again: its authority vouches for another of the same holder's.

    What was lost or copied stays so. False if there was nothing to resume.
    """
    resumed = session.execute(
        update(Binding)
        .where(Binding.id == binding_id, _BOUND, Binding.suspension == Suspension.REVOKED)
        .values(suspended_at=None, suspension=None)
        .execution_options(synchronize_session=False)
    )
    if not changed(resumed):
        return False
    binding = session.get_one(Binding, binding_id, populate_existing=True)
    _record(session, binding, Happening.BOUND, actor=None, reason="renewed", now=now)
    return True


def record_renewed(
    session: Session, binding_id: UUID, *, member_id: UUID, reason: str, now: datetime
) -> None:
    """Write down that a carrier's certificate was followed by another; its holder stays."""
    _append(
        session,
        {
            "binding_id": binding_id,
            "member_id": member_id,
            "happening": Happening.RENEWED,
            "actor": member_id,
            "reason": reason,
            "at": now,
        },
    )


def mark_face(
    session: Session, binding: Binding, *, counter: str, clerk: UUID, now: datetime
) -> None:
    """Write down that a clerk annotated a card's face: when, at which counter, who (7(6)1).

    Raises Refused `carrier.kind_not_supported` for what has no face, `carrier.reported_lost`.
    """
    if binding.kind is not CarrierKind.CARD:
        raise Refused("carrier.kind_not_supported")
    if not binding.is_usable:
        raise Refused("carrier.reported_lost")
    _record(session, binding, Happening.FACE_MARKED, actor=clerk, reason=counter, now=now)


def make_way(
    session: Session, fingerprint: str, *, member_id: UUID, made_at: datetime, now: datetime
) -> None:
    """Release the member's own suspended carrier, so that the one made after it may be bound."""
    old = session.scalar(
        select(Binding).where(
            Binding.fingerprint == fingerprint,
            Binding.member_id == member_id,
            _BOUND,
            or_(Binding.suspended_at < made_at, Binding.suspension == Suspension.REVOKED),
        )
    )
    if old is not None:
        _end(session, old, actor=member_id, now=now)


def resume(session: Session, binding: Binding, *, actor: UUID, now: datetime) -> None:
    """Let a carrier that was reported lost work again; only `loss_reports` knows when it may."""
    session.execute(
        update(Binding)
        .where(Binding.id == binding.id, Binding.suspension == Suspension.LOST)
        .values(suspended_at=None, suspension=None)
    )
    _record(session, binding, Happening.BOUND, actor=actor, reason="found", now=now)


def history(session: Session, member_id: UUID) -> Sequence[CarrierEvent]:
    """Return what happened to the member's carriers, the newest first.

    Found by their bindings, which are kept when they are released: there is no index on members.
    """
    mine = select(Binding.id).where(Binding.member_id == member_id)
    return session.scalars(
        select(CarrierEvent)
        .where(CarrierEvent.binding_id.in_(mine), CarrierEvent.member_id == member_id)
        .order_by(CarrierEvent.at.desc(), CarrierEvent.id.desc())
    ).all()


def release(session: Session, binding: Binding, *, actor: UUID, now: datetime) -> None:
    """End the binding.

    Raises NotFound if it has ended meanwhile, Refused `carrier.last_one` (7(4)).
    """
    require_not_last(session, binding)
    _end(session, binding, actor=actor, now=now)


def _end(session: Session, binding: Binding, *, actor: UUID, now: datetime) -> None:
    done = session.execute(
        update(Binding).where(Binding.id == binding.id, _BOUND).values(released_at=now)
    )
    if not changed(done):
        raise NotFound("carrier.not_found")
    _record(session, binding, Happening.RELEASED, actor=actor, reason="", now=now)


def require_not_last(session: Session, binding: Binding) -> None:
    """Keep the last carrier a counter bound (7(4)). Raises Refused `carrier.last_one`.

    What its member bound online may always go: the password stays (docs/decisions/0033).
    """
    if binding.kind is not CarrierKind.CARD and binding.bound_where is Place.ACCOUNT:
        return
    session.execute(  # of two that are removed at once, the second waits and looks then
        select(Member.id).where(Member.id == binding.member_id).with_for_update(key_share=True)
    )
    another = session.scalar(
        select(Binding.id)
        .where(
            Binding.member_id == binding.member_id,
            Binding.id != binding.id,
            Binding.kind != CarrierKind.PASSKEY,
            _USABLE,
        )
        .limit(1)
    )
    if another is None:
        raise Refused("carrier.last_one")


def require_may_bind_online(session: Session, member_id: UUID) -> None:
    """After a loss, only another carrier binds the next online; else a counter does (8(3)).

    Raises Refused `carrier.counter_needed`: a password alone must not replace what was lost.
    """
    mine = Binding.member_id == member_id
    lost = session.scalar(select(exists().where(mine, Binding.suspended_at.is_not(None))))
    if lost and not session.scalar(select(exists().where(mine, _USABLE))):
        raise Refused("carrier.counter_needed")


def _require_never_lost(session: Session, fingerprint: str, made_at: datetime | None) -> None:
    lost = (Binding.fingerprint == fingerprint) & Binding.suspended_at.is_not(None)
    if made_at is not None:  # what was made after the report is another one
        lost &= (Binding.suspended_at >= made_at) & (Binding.suspension != Suspension.REVOKED)
    if session.scalar(select(exists().where(lost))):
        raise Refused("carrier.reported_lost")


def _record(
    session: Session,
    binding: Binding,
    happening: Happening,
    *,
    actor: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    _append(
        session,
        {
            "binding_id": binding.id,
            "member_id": binding.member_id,
            "happening": happening,
            "actor": actor,
            "reason": reason,
            "at": now,
        },
    )


def _append(session: Session, values: Mapping[str, object]) -> None:
    session.connection().execute(_RECORD, {"id": new_id(), **values})
