"""Keep which documents a clerk saw, when and how long they are good; never the paper (7(1))."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel.ids import new_id
from kernel.keyring import Keyring, keyed_hash
from members import numbers
from members.application_forms import Seen
from members.application_models import Application, SeenDocument


def keep(
    session: Session,
    application: Application,
    documents: Iterable[Seen],
    *,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Keep that these were seen, where the application was taken in or confirmed, by whom."""
    key = keyring.derive("seen-document/v1")
    for each in documents:
        number = numbers.normalise(each.number)
        session.add(
            SeenDocument(
                id=new_id(),
                application_id=application.id,
                document=each.document,
                number_hash=keyed_hash(key, each.document.value, number) if number else None,
                expires_on=each.expires_on,
                counter_id=application.counter_id,
                seen_by=application.intake_by,
                seen_at=now,
            )
        )
    session.flush()


def listed(session: Session, application_id: UUID) -> Sequence[SeenDocument]:
    """Return what was seen, in order."""
    return session.scalars(
        select(SeenDocument)
        .where(SeenDocument.application_id == application_id)
        .order_by(SeenDocument.id)
    ).all()


def drop(session: Session, application_id: UUID) -> None:
    """Forget what was seen: the form it bore out has changed."""
    session.execute(delete(SeenDocument).where(SeenDocument.application_id == application_id))
