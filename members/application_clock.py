"""Count the working days until an application is decided; those of the applicant are not (8(4))."""

from datetime import date, datetime

from kernel.calendar import Calendar
from kernel.clock import taipei_day
from members.application_models import AWAITED, Application
from members.clocks import Pause, Term, due_on

TERM = Term(days=10, extension=0)  # counted in review only


def due(application: Application, calendar: Calendar) -> date | None:
    """Return the last day for the decision; None while the applicant is waited for."""
    if application.state in AWAITED:
        return None
    pauses = [Pause.read(each) for each in application.pauses]
    return due_on(taipei_day(application.submitted_at), TERM, calendar, pauses=pauses)


def confirmed(application: Application, *, now: datetime) -> list[str]:
    """Return the pauses of an application that waited for its applicant to come, and now has."""
    came = Pause(taipei_day(application.waiting_since), taipei_day(now))
    return [*application.pauses, str(came)]
