"""Fill in a service's annex form at the desk, by what the person says, and hand it on (5(4)).

The application to the agency bears the number of the case and ends with it (decision 0150).
"""

from counters.case_models import Case
from services import activation_requests, activations
from services.publication_models import FormVersion
from services.request_models import Wish
from web import activation_asked, annex_fields, desk_people, desk_seats, scope
from web.desk_forms import Mistyped


def find_form(code: str) -> FormVersion | None:
    """Return the form that is filled in today to have a service; None where there is none."""
    session = scope.db()
    service = next((each for each in activations.services(session) if each.code == code), None)
    if service is None:
        return None
    return activation_requests.form_of(session, service.id, Wish.OPEN, now=scope.now())


def require_filled_in(code: str) -> None:
    """Let nothing be taken in with half a form. Raises Mistyped, naming what does not do."""
    mistakes = annex_fields.mistakes(find_form(code))
    if mistakes:
        raise Mistyped(*mistakes)


def hand_on(case: Case) -> None:
    """Apply to the agency with what was filled in. Raises as `activation_requests.ask`."""
    form = find_form(case.service) if case.service else None
    if form is None or desk_seats.duty().is_training:  # no agency decides about practice
        return
    row = activation_requests.ask(
        scope.db(),
        case.service,
        Wish.OPEN,
        annex_fields.answers(form),
        member_id=desk_people.person_of(case),
        keyring=scope.rooms().keyring,
        reference=case.number,
        now=scope.now(),
    )
    activation_asked.tell(row)


def end_with(case: Case) -> None:
    """Take the application back once its case is decided or over; what the agency did stays."""
    if case.service and (case.outcome is not None or case.closed_at is not None):
        activation_requests.end_with_case(scope.db(), case.number, now=scope.now())
