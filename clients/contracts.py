"""Keep the contracts of merchants: a merchant's client is in force within one, to the second.

Days are days in Taipei, both included (regulation 2(8)4): at midnight after `ends_on` nothing is
served any more, on any worker, because each compares the moment it keeps with its own clock. What
was issued before is ended by the worker's sweep, for the record and for good (decision 0023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clients.forms import ContractForm
from clients.models import Contract, Organisation, OrganisationKind
from kernel import clock
from kernel.db import changed
from kernel.errors import NotFound, Refused

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """The moments of a contract: the first it covers, and the first it no longer covers."""

    begins_at: datetime
    ends_at: datetime

    def covers(self, moment: datetime) -> bool:
        """Say whether the contract is in force at `moment`."""
        return self.begins_at <= moment < self.ends_at


def span_of(row: Contract) -> Span:
    """Return the moments between which the contract is in force."""
    return Span(_midnight(row.starts_on), _midnight(row.ends_on + DAY))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.TAIPEI)


def parse(form: Mapping[str, Any]) -> ContractForm:
    """Read a contract's registration. Raises Refused `client.form_invalid`."""
    try:
        return ContractForm.model_validate(form)
    except ValidationError as invalid:
        raise Refused("client.form_invalid") from invalid


def new(form: ContractForm, *, now: datetime) -> Contract:
    """Return the row of a contract, still without its organisation."""
    return Contract(**form.model_dump(), recorded_at=now)


def require_new(session: Session, number: str) -> None:
    """Raise Refused `client.contract_exists` if a contract has this number."""
    if session.scalar(select(exists().where(Contract.number == number))):
        raise Refused("client.contract_exists")


def add(session: Session, merchant: Organisation, form: ContractForm, *, now: datetime) -> Contract:
    """Record a further contract of a merchant: the next year, or other terms.

    Raises Refused `client.contract_not_merchant`, `client.contract_exists`.
    """
    if merchant.kind is not OrganisationKind.MERCHANT:
        raise Refused("client.contract_not_merchant")
    require_new(session, form.number)
    row = new(form, now=now)
    try:
        with session.begin_nested():
            merchant.contracts.append(row)
    except IntegrityError:  # a colleague was quicker
        raise Refused("client.contract_exists") from None
    return row


def after(
    session: Session, organisation_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[Contract]:
    """Return a part of a merchant's contracts, as they were recorded."""
    mine = select(Contract).where(Contract.organisation_id == organisation_id)
    if after is not None:
        mine = mine.where(Contract.id > after)
    return session.scalars(mine.order_by(Contract.id).limit(limit)).all()


def shorten(session: Session, number: str, *, ends_on: date) -> Contract:
    """Let a contract end earlier than it said. Raises NotFound, Refused `client.contract_days`.

    A day that is over ends it within the second in which workers look clients up again.
    """
    shortened = session.execute(
        update(Contract)
        .where(Contract.number == number, Contract.ends_on > ends_on, Contract.starts_on <= ends_on)
        .values(ends_on=ends_on)
        .execution_options(synchronize_session=False)
    )
    row = session.scalar(select(Contract).where(Contract.number == number))
    if row is None:
        raise NotFound("client.contract_not_found")
    if changed(shortened) != 1:
        raise Refused("client.contract_days")
    session.refresh(row)
    return row


def close_ended(session: Session, *, now: datetime) -> Sequence[Contract]:
    """Close the contracts that are over and return those, each once however many workers ask."""
    today = clock.taipei_day(now)
    due = update(Contract).where(Contract.ends_on < today, Contract.closed_at.is_(None))
    closed = session.scalars(
        due.values(closed_at=now)
        .returning(Contract)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return closed.all()


def is_continued(session: Session, contract: Contract) -> bool:
    """Say whether another contract of the merchant covers the day after this one's last."""
    next_day = contract.ends_on + DAY
    others = exists().where(
        Contract.organisation_id == contract.organisation_id,
        Contract.starts_on <= next_day,
        Contract.ends_on >= next_day,
    )
    return bool(session.scalar(select(others)))
