"""Check an application again as it stands today: what a reviewer reads, and a rule rests on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import admission, numbering, numbers, seen_documents
from members.admission import DocumentsMissing
from members.application_forms import Form, Seen
from members.application_models import Application, Channel, Document


class Check(StrEnum):
    """What is checked."""

    FORM = "form"  # number, age, residence, representation
    DOCUMENTS = "documents"
    NEW = "new"  # nobody of this number is a member
    CONFIRMED = "confirmed"  # a counter saw the person or the papers (8(2)2)


@dataclass(frozen=True)
class Verdict:
    """How one check came out; `code` is the refusal, None where nothing is wrong.

    `missing` are the papers that nobody saw.
    """

    check: Check
    code: str | None
    missing: tuple[Document, ...] = ()


def run(
    session: Session, application: Application, form: Form, *, keyring: Keyring, now: datetime
) -> tuple[Verdict, ...]:
    """Return the verdict of every check."""
    today = taipei_day(now)
    return (
        _verdict(Check.FORM, _examine, form, today),
        _verdict(Check.DOCUMENTS, _require_documents, session, application, form, today),
        _verdict(Check.NEW, _require_new, session, form, keyring),
        Verdict(
            Check.CONFIRMED,
            None if application.intake_by is not None else "case.counter_confirmation_pending",
        ),
    )


def _verdict(of: Check, check: Callable[..., None], *given: Any) -> Verdict:  # each its own
    try:
        check(*given)
    except DocumentsMissing as lacking:
        return Verdict(of, lacking.code, lacking.missing)
    except Refused as refused:
        return Verdict(of, refused.code)
    return Verdict(of, None)


def _examine(form: Form, today: date) -> None:
    admission.examine(form, channel=Channel.SITE, today=today)


def _require_documents(session: Session, application: Application, form: Form, today: date) -> None:
    seen = [
        Seen(document=each.document, expires_on=each.expires_on)
        for each in seen_documents.listed(session, application.id)
    ]
    admission.require_documents(
        form,
        seen,
        number=numbers.recognise(form.number),
        has_guardians_yes=application.guardian_approved_at is not None,
        today=today,
    )


def _require_new(session: Session, form: Form, keyring: Keyring) -> None:
    for typed in filter(None, (form.number, form.former_number)):
        if numbering.find(session, numbers.recognise(typed), keyring=keyring) is not None:
            raise Refused("member.already_exists")
