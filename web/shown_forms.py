"""Let nobody decide on a form they have not seen: its applicant may have corrected it meanwhile."""

from flask import request

from kernel.errors import Refused
from members import sealed_forms
from members.application_models import Application

FIELD = "form"  # hidden, in every form by which somebody decides on an application


def is_shown(application: Application) -> bool:
    """Say whether what is sent was typed beside the form as it stands."""
    return request.form.get(FIELD) == sealed_forms.mark(application)


def require(application: Application) -> None:
    """Let through who decides on the form as it stands; it is locked, or it could change yet.

    Raises Refused `case.wrong_state`: they look again.
    """
    if not is_shown(application):
        raise Refused("case.wrong_state")
