"""Name clients and purposes by their ids, ended ones included: for records that outlive them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.models import Client, Organisation, Purpose
from kernel.wording import Bilingual


@dataclass(frozen=True)
class Named:
    """What a client is called, whose it is, and whether that is an agency or a merchant."""

    name: Bilingual
    organisation: Bilingual
    kind: str


def of_clients(session: Session, client_ids: Iterable[UUID]) -> dict[UUID, Named]:
    """Return the names of these clients; one that was never registered is left out."""
    rows = session.execute(
        select(
            Client.id,
            Client.name_zh,
            Client.name_en,
            Organisation.name_zh.label("organisation_zh"),
            Organisation.name_en.label("organisation_en"),
            Organisation.kind,
        )
        .join(Organisation, Organisation.id == Client.organisation_id)
        .where(Client.id.in_(set(client_ids)))
    )
    return {
        row.id: Named(
            Bilingual(row.name_zh, row.name_en),
            Bilingual(row.organisation_zh, row.organisation_en),
            row.kind.value,
        )
        for row in rows
    }


def of_purposes(session: Session, purpose_ids: Iterable[UUID]) -> dict[UUID, Bilingual]:
    """Return the names of these purposes."""
    rows = session.execute(
        select(Purpose.id, Purpose.name_zh, Purpose.name_en).where(Purpose.id.in_(set(purpose_ids)))
    )
    return {row.id: Bilingual(row.name_zh, row.name_en) for row in rows}
