"""Decide who can apply: age, kind of person and number, residence, representation, documents.

Pure: the same form, channel and day always give the same answer. Whether somebody is a member
already is for the database (`members.application_intake`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kernel.errors import Refused
from members import facts, numbers
from members.application_forms import Form, Seen
from members.application_models import Channel, Document, PersonKind
from members.models import Capacity, Relation
from members.numbers import IdentityNumber, Kind

YOUNGEST = 7  # regulation 2(8)1
HAS_ID_CARD = 14  # Household Registration Act 57: from then on everybody has one
OF_AGE = 18  # Civil Code 12
RESIDENT_NUMBERS = frozenset({Kind.UI_NEW, Kind.UI_OLD})
NUMBERS: Mapping[PersonKind, frozenset[Kind]] = {
    kind: frozenset({Kind.NATIONAL}) if kind is PersonKind.NATIONAL else RESIDENT_NUMBERS
    for kind in PersonKind
}
CARRY_THE_NUMBER = frozenset(
    {
        Document.ID_CARD,
        Document.HOUSEHOLD_CERTIFICATE,
        Document.HEALTH_CARD,
        Document.RESIDENCE_PERMIT,
    }
)
APPOINTED = {Capacity.GUARDED: Relation.GUARDIAN, Capacity.ASSISTED: Relation.ASSISTANT}
GUARDIANS_OF_MINORS = frozenset({Relation.PARENT, Relation.GUARDIAN})


class DocumentsMissing(Refused):
    """Something that has to be shown was not; `missing` says what, any one of each group."""

    def __init__(self, missing: tuple[Document, ...]) -> None:
        super().__init__("case.documents_missing")
        self.missing = missing


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """What follows from a form that may be handed in."""

    number: IdentityNumber
    former: IdentityNumber | None
    guardian: IdentityNumber | None
    is_minor: bool


def examine(form: Form, *, channel: Channel, today: date) -> Applicant:
    """Return who applies.

    Raises Refused: the `idno.*` codes, `member.birthdate_impossible`, `member.under_age_7`,
    `residency.not_national_or_arc`, `residency.permit_expired`,
    `member.capacity_representative_required`, `member.guardian_required`; and at a counter
    `idno.document_mismatch` or DocumentsMissing.
    """
    number = require_eligible(form, channel=channel, today=today)
    former = numbers.recognise(form.former_number) if form.former_number else None
    born = latest_birth(form)
    guardian = None if form.guardian is None else numbers.recognise(form.guardian.number)
    is_minor = not facts.reached(born, OF_AGE, today=today)
    _require_represented(form, is_minor=is_minor, is_own=guardian == number)
    if channel is Channel.COUNTER:
        require_documents(form, form.documents, number=number, has_guardians_yes=False, today=today)
    return Applicant(number=number, former=former, guardian=guardian, is_minor=is_minor)


def require_eligible(form: Form, *, channel: Channel, today: date) -> IdentityNumber:
    """Return the number of who may apply at all, whoever acts for them; raises as `examine`."""
    number = numbers.read(form.number, kinds=NUMBERS[form.kind], today=today)
    if not facts.reached(latest_birth(form), YOUNGEST, today=today):
        raise Refused("member.under_age_7")
    _require_residence(form, channel=channel, today=today)
    return number


def latest_birth(form: Form) -> date:
    """Return the last day the applicant can be born on. Raises `member.birthdate_impossible`."""
    span = facts.born_between(form.birth_date)
    if span is None:
        raise Refused("member.birthdate_impossible")
    return span[1]


def is_guarded(form: Form) -> bool:
    """Say whether somebody else acts for the applicant by a court's declaration."""
    return form.declared is not None and form.declared.capacity is Capacity.GUARDED


def acts_by_court(form: Form) -> bool:
    """Say whether whom the form names acts because of what a court declared, as long as it does."""
    if form.declared is None or form.guardian is None:
        return False
    return form.guardian.relation is APPOINTED[form.declared.capacity]


def is_assistant(form: Form) -> bool:
    """Say whether whom the form names is an assistant, and decides nothing about applying."""
    return form.guardian is not None and form.guardian.relation is Relation.ASSISTANT


def _require_residence(form: Form, *, channel: Channel, today: date) -> None:
    if form.kind is PersonKind.NATIONAL:
        return
    if form.permit is None:
        if channel is Channel.COUNTER:
            return  # there the permit itself is asked for
        raise Refused("residency.not_national_or_arc")
    if form.permit.until is not None and form.permit.until < today:
        raise Refused("residency.permit_expired")


def _require_represented(form: Form, *, is_minor: bool, is_own: bool) -> None:
    relation = None if form.guardian is None or is_own else form.guardian.relation
    if is_guarded(form) and relation is not Relation.GUARDIAN:
        raise Refused("member.capacity_representative_required")
    if is_minor and relation not in GUARDIANS_OF_MINORS:
        raise Refused("member.guardian_required")


def wanted(form: Form, *, has_guardians_yes: bool, today: date) -> tuple[tuple[Document, ...], ...]:
    """Return which documents are to be shown: one way of several, each a set that suffices.

    A child under fourteen has no identity card as a rule: the household certificate with the
    health insurance card does as well (7(1)).
    """
    born = latest_birth(form)
    beside: tuple[Document, ...] = ()
    if form.declared is not None:
        beside += (Document.COURT_DECISION,)  # what is noted of somebody was seen
    if is_guarded(form):
        beside += (Document.GUARDIAN_ID,)
    if not facts.reached(born, OF_AGE, today=today) and not has_guardians_yes:
        beside += Document.GUARDIAN_ID, Document.GUARDIAN_CONSENT
    if form.kind is PersonKind.UNREGISTERED:
        return ((Document.PASSPORT, Document.RESIDENCE_PERMIT, *beside),)
    if form.kind is not PersonKind.NATIONAL:
        return ((Document.RESIDENCE_PERMIT, *beside),)
    card = (Document.ID_CARD, *beside)
    if facts.reached(born, HAS_ID_CARD, today=today):
        return (card,)
    return (Document.HOUSEHOLD_CERTIFICATE, Document.HEALTH_CARD, *beside), card


def require_documents(
    form: Form,
    seen: Iterable[Seen],
    *,
    number: IdentityNumber,
    has_guardians_yes: bool,
    today: date,
) -> None:
    """Let pass who showed everything, valid and with the number of the form.

    Raises DocumentsMissing, or Refused `idno.document_mismatch` or `residency.permit_expired`.
    """
    shown = {each.document: each for each in seen}
    ways = wanted(form, has_guardians_yes=has_guardians_yes, today=today)
    lacking = [tuple(each for each in way if each not in shown) for way in ways]
    if all(lacking):
        raise DocumentsMissing(min(lacking, key=len))
    for each in shown.values():
        _require_valid(each, number=number, today=today)


def _require_valid(shown: Seen, *, number: IdentityNumber, today: date) -> None:
    has_number = shown.document in CARRY_THE_NUMBER and shown.number != ""
    if has_number and numbers.normalise(shown.number) != number.value:
        raise Refused("idno.document_mismatch")
    if shown.expires_on is not None and shown.expires_on < today:
        if shown.document is Document.RESIDENCE_PERMIT:
            raise Refused("residency.permit_expired")
        raise DocumentsMissing((shown.document,))
