"""Ask the parent or guardian whom an application names, who is a member, for their yes (2(8)1)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.db import changed
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import admission, application_steps, sealed_forms
from members.application_forms import Form
from members.application_models import OPEN, Application


def waiting(
    session: Session, guardian_id: UUID, *, keyring: Keyring
) -> Sequence[tuple[Application, Form]]:
    """Return open applications that name this member as guardian and wait for a yes.

    An assistant is not asked: who is assisted applies alone (Civil Code 15-2).
    """
    named = session.scalars(
        select(Application)
        .where(
            Application.guardian_id == guardian_id,
            Application.guardian_approved_at.is_(None),
            Application.state.in_(OPEN),
        )
        .order_by(Application.id)
    ).all()
    opened = [(each, sealed_forms.read(each, keyring=keyring)) for each in named]
    return [(each, form) for each, form in opened if not admission.is_assistant(form)]


def agree(
    session: Session, application_id: UUID, *, guardian_id: UUID, form: str, now: datetime
) -> None:
    """Let the guardian the applicant named say yes to the form they saw, by its mark.

    Raises Refused `case.wrong_state`, also if it was corrected meanwhile: they look again.
    """
    application = application_steps.find(session, application_id)
    if application is None or sealed_forms.mark(application) != form:
        raise Refused("case.wrong_state")
    approved = session.execute(
        update(Application)
        .where(
            Application.id == application_id,
            Application.guardian_id == guardian_id,
            Application.guardian_approved_at.is_(None),
            Application.form_sealed == application.form_sealed,
            Application.state.in_(OPEN),
        )
        .values(guardian_approved_at=now)
        .execution_options(synchronize_session=False)
    )
    if not changed(approved):
        raise Refused("case.wrong_state")
