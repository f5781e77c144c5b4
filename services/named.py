"""Look up the services of one agency by their codes."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.wording import Bilingual
from services.models import Service


def of_organisation(
    session: Session, organisation_id: UUID, codes: Collection[str]
) -> dict[str, Bilingual]:
    """Return the names of those of the services that are this organisation's."""
    rows = session.execute(
        select(Service.code, Service.name_zh, Service.name_en).where(
            Service.organisation_id == organisation_id, Service.code.in_(list(codes))
        )
    )
    return {row.code: Bilingual(row.name_zh, row.name_en) for row in rows}
