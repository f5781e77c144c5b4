"""Count the working days until an application is decided; those of the applicant are not (8(4))."""

from datetime import date

from kernel.calendar import Calendar
from kernel.clock import taipei_day
from members.application_models import Application
from members.clocks import Pause, Term, due_on

TERM = Term(days=10, extension=0)  # from the day it was handed in, the counter's days included


def due(application: Application, calendar: Calendar) -> date | None:
    """Return the last day for the decision; None while the applicant is waited for."""
    pauses = [Pause.read(each) for each in application.pauses]
    return due_on(taipei_day(application.submitted_at), TERM, calendar, pauses=pauses)
