"""Let one synthetic person wait at each stage of becoming a member."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.keyring import Keyring
from kernel.wording import CHINESE
from members import application_decisions, application_intake, terms
from members.application_forms import Form, Permit, Seen
from members.application_models import Channel, Document, PersonKind

NOBODY = UUID(int=0)  # the demo's counter and clerk before there are any
ONLINE, FOREIGN, AT_COUNTER, RETURNED = "A100000010", "A800000023", "A100000029", "A100000038"


def settle(session: Session, keyring: Keyring, *, now: datetime) -> None:
    """Hand in the demo's applications; those that are there, or were decided, stay as they are."""
    agreed, permit = terms.current(session, now=now).version, Permit(until=None)
    _submit(session, _form(agreed, ONLINE, "示範申請一"), Channel.SITE, keyring, now=now)
    foreign = _form(agreed, FOREIGN, "DEMO APPLICANT", kind=PersonKind.FOREIGN, permit=permit)
    _submit(session, foreign, Channel.AGENCY, keyring, now=now)
    seen = (Seen(document=Document.ID_CARD, number=AT_COUNTER),)
    _submit(
        session,
        _form(agreed, AT_COUNTER, "示範申請三", documents=seen),
        Channel.COUNTER,
        keyring,
        now=now,
    )
    returned = _submit(
        session, _form(agreed, RETURNED, "示範申請四"), Channel.SITE, keyring, now=now
    )
    if returned is not None:
        application_decisions.send_back(
            session,
            returned,
            by=NOBODY,
            reason="姓名和證件不同，請再確認。",
            keyring=keyring,
            now=now,
        )


def _form(
    agreed: str,
    number: str,
    name: str,
    *,
    kind: PersonKind = PersonKind.NATIONAL,
    permit: Permit | None = None,
    documents: tuple[Seen, ...] = (),
) -> Form:
    return Form(
        kind=kind,
        number=number,
        name=name,
        birth_date="1990-01-01",
        permit=permit,
        district="中正區",
        documents=documents,
        terms=agreed,
        language=CHINESE,
    )


def _submit(
    session: Session, form: Form, channel: Channel, keyring: Keyring, *, now: datetime
) -> UUID | None:
    with suppress(Refused), session.begin_nested():
        return application_intake.submit(
            session, form, channel=channel, keyring=keyring, now=now
        ).application_id
    return None
