"""The Bureau's page of what runs out: terms of requests, and notes in dispute (10-I(1))."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint

from clients.officer_models import Role
from kernel import calendar
from kernel.clock import taipei_day
from kernel.wording import Bilingual
from members import requests
from members.models import RequestState, SubjectRequest
from services import disagreements
from web import consoles, request_words, scope
from web.reading_apart import read_apart

bp = Blueprint("doit_terms", __name__, url_prefix="/doit/terms")
INDEX = "doit_terms.index"
SOON = 3  # days before a term ends


@dataclass(frozen=True)
class Term:
    """One request of a member and its clock; no name, for a list is no reason to look."""

    reference: str
    kind: Bilingual
    state: RequestState
    received_on: date
    due_on: date | None
    tone: str


@bp.get("")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
@read_apart
def index() -> str:
    """Show every open request with its term, and the notes members call wrong."""
    terms = _terms()
    return consoles.page(
        "console/terms.html",
        current=INDEX,
        terms=terms,
        late=sum(each.tone == "bad" for each in terms),
        disputed=disagreements.disputed(scope.db()),
        contradicted=disagreements.contradicted(scope.db()),
    )


def _terms() -> list[Term]:
    days = calendar.load(scope.db())
    found = [_term(each, requests.due(each, days)) for each in requests.all_open(scope.db())]
    return sorted(found, key=lambda each: each.due_on or date.max)


def _term(each: SubjectRequest, due_on: date | None) -> Term:
    left = None if due_on is None else (due_on - taipei_day(scope.now())).days
    tone = "plain" if left is None else "bad" if left < 0 else "warn" if left <= SOON else "ok"
    return Term(
        each.reference,
        request_words.KINDS[each.kind],
        each.state,
        taipei_day(each.received_at),
        due_on,
        tone,
    )


def _waiting() -> int:
    return sum(each.tone == "bad" for each in _terms())


consoles.register_menu(
    INDEX,
    Bilingual("期限與爭議", "Terms and disputes"),
    icon="record",
    roles=[Role.REVIEWER, Role.AUDITOR],
    waits=_waiting,
)
