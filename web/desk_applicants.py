"""Read at a desk what somebody fills in who wants to become a member."""

from collections.abc import Callable

from counters.documents import Paper, Represented, Situation, Whose
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.refusals import refusal
from members import birth_days, contacts, person_names
from members.application_forms import Declaration, Form, Guardian, Permit, Seen
from members.application_models import Document, PersonKind
from members.models import Capacity, Relation
from web import desk_forms, pages, scope
from web.desk_forms import Filled, Mistyped

SHOWN = {
    (Whose.APPLICANT, Paper.ID_CARD): Document.ID_CARD,
    (Whose.APPLICANT, Paper.HOUSEHOLD): Document.HOUSEHOLD_CERTIFICATE,
    (Whose.APPLICANT, Paper.HEALTH_CARD): Document.HEALTH_CARD,
    (Whose.APPLICANT, Paper.PASSPORT): Document.PASSPORT,
    (Whose.APPLICANT, Paper.RESIDENCE_PERMIT): Document.RESIDENCE_PERMIT,
    (Whose.APPLICANT, Paper.ENTRY_PERMIT): Document.RESIDENCE_PERMIT,
    (Whose.APPLICANT, Paper.COURT): Document.COURT_DECISION,
    (Whose.GUARDIAN, Paper.COURT): Document.COURT_DECISION,
    (Whose.GUARDIAN, Paper.HOUSEHOLD): Document.HOUSEHOLD_CERTIFICATE,
    (Whose.GUARDIAN, Paper.CONSENT): Document.GUARDIAN_CONSENT,
    (Whose.GUARDIAN, Paper.ID_CARD): Document.GUARDIAN_ID,
    (Whose.GUARDIAN, Paper.RESIDENCE_PERMIT): Document.GUARDIAN_ID,
    (Whose.GUARDIAN, Paper.PASSPORT): Document.GUARDIAN_ID,
}
CAPACITIES = {
    Represented.GUARDED: Capacity.GUARDED,
    Represented.ASSISTED: Capacity.ASSISTED,
}


def form(filled: Filled, situation: Situation) -> Form:
    """Return the application. Raises Mistyped for what cannot be read."""
    today = taipei_day(scope.now())
    return Form(
        kind=situation.kind,
        number=filled.said("idno"),
        name=_read("name", filled, person_names.read),
        birth_date=_read("birthdate", filled, lambda typed: birth_days.read(typed, today=today)),
        permit=_permit(filled, situation),
        email=_perhaps("email", filled, contacts.read_mail),
        phone=_perhaps("phone", filled, contacts.read_phone),
        address=filled.said("address"),
        guardian=_guardian(filled, situation),
        declared=_declaration(filled, situation),
        documents=tuple(
            Seen(document=SHOWN[pair], number=each.number, expires_on=each.expires_on)
            for pair, each in zip(filled.seen_pairs, filled.documents, strict=True)
            if pair in SHOWN
        ),
        terms=filled.said("terms"),
        language=filled.said("language") or pages.language(),
    )


def _permit(filled: Filled, situation: Situation) -> Permit | None:
    if situation.kind is PersonKind.NATIONAL:
        return None
    ends = [each.expires_on for each in filled.documents if each.paper is Paper.RESIDENCE_PERMIT]
    return Permit(until=next(iter(ends), None))


def _guardian(filled: Filled, situation: Situation) -> Guardian | None:
    number = filled.said("guardian_idno")
    if not number:
        return None
    name = _read("guardian_name", filled, person_names.read)
    is_parent = situation.represented is Represented.PARENT
    relation = Relation.PARENT if is_parent else Relation.GUARDIAN
    return Guardian(number=number, name=name, relation=relation)


def _declaration(filled: Filled, situation: Situation) -> Declaration | None:
    capacity = CAPACITIES.get(situation.represented)
    if capacity is None:
        return None
    decree = filled.said("decree")
    if not decree:
        raise Mistyped(("decree", refusal("capacity.source_missing").title.text(pages.language())))
    return Declaration(
        capacity=capacity,
        decree=decree,
        declared_on=desk_forms.day(filled.said("declared_on"), "declared_on"),
    )


def _perhaps(name: str, filled: Filled, read: Callable[[str], str]) -> str:
    return _read(name, filled, read) if filled.said(name) else ""


def _read(name: str, filled: Filled, read: Callable[[str], str]) -> str:
    try:
        return read(filled.said(name))
    except Refused as refused:
        raise Mistyped((name, refusal(refused.code).title.text(pages.language()))) from None
