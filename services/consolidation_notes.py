"""Write many notes at once: with their history, and as they were before, to be put back (7(9)).

What `services.activations` does for one person and one case, done for a thousand in a handful of
statements. Nothing here decides: `services.consolidation_judging` does.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from kernel.db import Json
from kernel.ids import new_id, new_id_at
from kernel.keyring import Keyring
from services import card_faces
from services.consolidation_judging import Noted, Said
from services.models import (
    Activation,
    ActivationEvent,
    ActivationNote,
    Channel,
    Happening,
    Service,
)

_KEY = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_FACES: Mapping[UUID, bytes | None] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where notes of one batch come from (7(9))."""

    service: Service
    channel: Channel
    actor: str
    reference: str


def read(
    session: Session, service_id: UUID, members: Collection[UUID]
) -> dict[UUID, ActivationNote]:
    """Return the notes of these members."""
    found = select(ActivationNote).where(
        ActivationNote.service_id == service_id, ActivationNote.member_id.in_(members)
    )
    return {each.member_id: each for each in session.scalars(found)}


def hold(
    session: Session, service_id: UUID, members: Collection[UUID]
) -> dict[UUID, ActivationNote]:
    """Return the notes of these members, which nobody else writes until the transaction ends."""
    found = (
        select(ActivationNote)
        .where(ActivationNote.service_id == service_id, ActivationNote.member_id.in_(members))
        .order_by(ActivationNote.member_id)  # two batches wait for one another, and do not lock up
        .with_for_update()
    )
    return {each.member_id: each for each in session.scalars(found)}


def noted(note: ActivationNote | None, *, keyring: Keyring) -> Noted | None:
    """Return a note as it is judged."""
    if note is None:
        return None
    return Noted(
        state=note.state,
        since=note.since,
        as_of=note.as_of,
        disputed=note.disputed_at is not None,
        face=card_faces.opened(
            note.face_sealed,
            member_id=note.member_id,
            service_id=note.service_id,
            keyring=keyring,
        ),
    )


def kept(note: ActivationNote) -> Json:
    """Return a note as JSON, from which it can be put back as it was."""
    return {
        "state": note.state.value,
        "since": None if note.since is None else note.since.isoformat(),
        "as_of": note.as_of.isoformat(),
        "noted_at": note.noted_at.isoformat(),
        "channel": note.channel.value,
        "actor": note.actor,
        "reference": note.reference,
        "unannounced": note.unannounced,
        "face": None if note.face_sealed is None else b64encode(note.face_sealed).decode(),
    }


def kept_again(json: Json, present: ActivationNote) -> Json:
    """Return what was kept, to be put back; whose member was told meanwhile stays announced."""
    return {**json, "unannounced": json["unannounced"] and present.unannounced}


def opened(json: Json) -> dict[str, Any]:
    """Return the columns of a note that was kept."""
    return {
        "state": Activation(json["state"]),
        "since": None if json["since"] is None else date.fromisoformat(json["since"]),
        "as_of": date.fromisoformat(json["as_of"]),
        "noted_at": datetime.fromisoformat(json["noted_at"]),
        "channel": Channel(json["channel"]),
        "actor": json["actor"],
        "reference": json["reference"],
        "unannounced": json["unannounced"],
        "face_sealed": (face := json.get("face")) and b64decode(face),
    }


def add(
    session: Session,
    origin: Origin,
    said: Mapping[UUID, Said],
    faces: Mapping[UUID, bytes | None],
    *,
    now: datetime,
) -> None:
    """Note what was not known; nobody receives it before its member was told (PDPA 9).

    `faces` are what the members' cards show, sealed.
    """
    common = _common(origin, now=now) | {"service_id": origin.service.id, "unannounced": True}
    rows = [
        {
            "id": new_id(),
            "member_id": member_id,
            **common,
            **_columns(each),
            "face_sealed": faces.get(member_id),
        }
        for member_id, each in said.items()
    ]
    _many(session, insert(ActivationNote), rows)


def change(
    session: Session,
    origin: Origin,
    said: Mapping[UUID, Said],
    before: Mapping[UUID, ActivationNote],
    faces: Mapping[UUID, bytes | None] = NO_FACES,
    *,
    now: datetime,
) -> None:
    """Write newer words over notes; where the word is another, its member is told first.

    A card of which nothing is said stays as it is known.
    """
    common = _common(origin, now=now)
    rows = [
        {
            "key": before[member_id].id,
            **common,
            **_columns(each),
            "since": each.since or before[member_id].since,
            "face_sealed": faces.get(member_id) or before[member_id].face_sealed,
            "unannounced": before[member_id].unannounced or each.state != before[member_id].state,
        }
        for member_id, each in said.items()
    ]
    _rewrite(session, rows)


def announce(session: Session, note_id: UUID, batch_id: UUID) -> None:
    """Release a note to others, now that its member was told of this batch's word (PDPA 9)."""
    session.execute(
        update(ActivationNote)
        .where(ActivationNote.id == note_id, ActivationNote.reference == str(batch_id))
        .values(unannounced=False)
        .execution_options(synchronize_session=False)
    )


def batch_of(note: ActivationNote) -> UUID | None:
    """Return the batch a note came with; None if it came in another way."""
    return UUID(note.reference) if _KEY.fullmatch(note.reference) else None


def put_back(session: Session, before: Mapping[UUID, Json]) -> None:
    """Let notes, by their ids, be again what they were."""
    _rewrite(session, [{"key": key, **opened(each)} for key, each in before.items()])


def remove(session: Session, keys: Collection[UUID]) -> None:
    """Take away notes that a batch had added."""
    if keys:
        session.execute(
            delete(ActivationNote)
            .where(ActivationNote.id.in_(keys))
            .execution_options(synchronize_session=False)
        )


def remember(
    session: Session,
    origin: Origin,
    happening: Happening,
    said: Mapping[UUID, tuple[Activation, date]],
    *,
    own: Mapping[UUID, Mapping[str, Any]] = MappingProxyType({}),  # columns, where they differ
    now: datetime,
) -> None:
    """Write down what happened to the notes of these members."""
    common = {
        "at": now,
        "service_id": origin.service.id,
        "source_id": origin.service.organisation_id,
        "happening": happening,
        "channel": origin.channel,
        "actor": origin.actor,
        "reference": origin.reference,
    }
    rows = [
        {
            "id": new_id_at(now),
            "member_id": member_id,
            "state": state,
            "as_of": as_of,
            **common,
            **own.get(member_id, {}),
        }
        for member_id, (state, as_of) in said.items()
    ]
    _many(session, insert(ActivationEvent), rows)


def _common(origin: Origin, *, now: datetime) -> dict[str, Any]:
    return {
        "source_id": origin.service.organisation_id,
        "noted_at": now,
        "channel": origin.channel,
        "actor": origin.actor,
        "reference": origin.reference,
    }


def _columns(said: Said) -> dict[str, Any]:
    return {"state": said.state, "since": said.since, "as_of": said.as_of}


def _rewrite(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write columns of notes named by `key`."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "key"]
    # On columns with other names than the table's: SQLAlchemy keeps those for itself.
    values = {
        name: bindparam(f"new_{name}", type_=ActivationNote.__table__.c[name].type)
        for name in names
    }
    statement = update(ActivationNote).where(ActivationNote.id == bindparam("key")).values(values)
    given = [{"key": row["key"], **{f"new_{name}": row[name] for name in names}} for row in rows]
    _many(session, statement, given)


def _many(session: Session, statement: Any, rows: Sequence[dict[str, Any]]) -> None:  # DML
    if rows:
        session.connection().execute(statement, rows)
