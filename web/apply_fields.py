"""Turn what was typed on the pages of the application into a form, field by field."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from kernel.errors import Refused
from members import birth_days, contacts, numbers, person_names
from members.application_forms import Declaration, Form, Guardian, Permit
from members.application_models import PersonKind
from members.models import Capacity, Relation
from web import counter_words

LONGEST = 200  # characters of one field
STEPS: Mapping[str, tuple[str, ...]] = {
    "who": (
        "kind",
        "number",
        "former_number",
        "name",
        "birth_date",
        "permit_until",
        "permit_unlimited",
        "declared",
    ),
    "guardian": (
        "relation",
        "guardian_name",
        "guardian_number",
        "decree",
        "declared_on",
    ),
    "contact": ("email", "phone", "address", "district"),
    "services": ("services",),
    "terms": ("terms",),
}
DISTRICTS = tuple(each.zh for each in counter_words.DISTRICTS.values())
YES = "yes"
T = TypeVar("T")


class FieldsWrong(Exception):  # a state of affairs, not a mistake
    """Some fields cannot be read: the id of each, and the code of what is wrong with it."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("fields")
        self.errors = errors


class Reader:
    """Reads fields one after another and keeps what was wrong, so that all is said at once."""

    def __init__(self, fields: Mapping[str, str], *, today: date) -> None:
        self._fields = fields
        self._today = today
        self.errors: list[tuple[str, str]] = []

    def typed(self, name: str) -> str:
        """Return a field as typed, without the spaces around it."""
        return self._fields.get(name, "").strip()

    def read(self, name: str, by: Callable[[str], T], or_else: T) -> T:
        """Return what `by` makes of a field; note the refusal and go on where it refuses."""
        try:
            return by(self.typed(name))
        except Refused as refused:
            self.errors.append((name, refused.code))
            return or_else

    def optional(self, name: str, by: Callable[[str], str]) -> str:
        """Read a field that may be empty."""
        return self.read(name, by, "") if self.typed(name) else ""

    def birth_date(self, typed: str) -> str:
        """Return a birth date as kept."""
        return birth_days.read(typed, today=self._today)

    def permit(self) -> Permit | None:
        """Return the residence permit, if one was named."""
        if self.typed("permit_unlimited") == YES:
            return Permit(until=None)
        if not self.typed("permit_until"):
            return None
        until = self.read("permit_until", birth_days.read_day, date.min)
        return Permit(until=until)

    def guardian(self) -> Guardian | None:
        """Return who acts for the applicant, if somebody was named."""
        if not (self.typed("guardian_number") or self.typed("guardian_name")):
            return None
        number = self.read("guardian_number", _number, "")
        name = self.read("guardian_name", person_names.read, "")
        return Guardian(number=number, name=name, relation=self._relation())

    def _relation(self) -> Relation:
        """Return what was chosen; to who is assisted nobody else than an assistant is asked for."""
        if self.typed("declared") == Capacity.ASSISTED.value:
            return Relation.ASSISTANT
        chosen = self.typed("relation")
        return Relation.GUARDIAN if chosen == Relation.GUARDIAN.value else Relation.PARENT

    def declaration(self) -> Declaration | None:
        """Return what a court declared, if anything."""
        declared = self.typed("declared")
        if declared not in (Capacity.GUARDED.value, Capacity.ASSISTED.value):
            return None
        declared_on = self.read("declared_on", birth_days.read_day, date.min)
        decree = self.typed("decree")[:64]
        if not decree:
            self.errors.append(("decree", "capacity.source_missing"))
        return Declaration(capacity=Capacity(declared), decree=decree, declared_on=declared_on)


def kept(form: Mapping[str, str], services: list[str], step: str) -> dict[str, str]:
    """Return the fields of one page, cut to what is kept."""
    if step == "services":
        return {"services": ",".join(services)[: 10 * LONGEST]}
    return {name: form.get(name, "")[:LONGEST] for name in STEPS[step]}


def kind_of(fields: Mapping[str, str]) -> PersonKind:
    """Return what kind of person was chosen; a national unless something else was."""
    chosen = fields.get("kind", "")
    return PersonKind(chosen) if chosen in list(PersonKind) else PersonKind.NATIONAL


def read(fields: Mapping[str, str], *, language: str, today: date, step: str = "") -> Form:
    """Return the form the fields make. Raises FieldsWrong; of one step only, if one is named."""
    reader = Reader(fields, today=today)
    form = Form(
        kind=kind_of(fields),
        number=reader.read("number", _number, ""),
        former_number=reader.optional("former_number", _number),
        name=reader.read("name", person_names.read, ""),
        birth_date=reader.read("birth_date", reader.birth_date, ""),
        permit=reader.permit(),
        email=reader.optional("email", contacts.read_mail),
        phone=reader.optional("phone", contacts.read_phone),
        address=reader.typed("address")[:LONGEST],
        district=reader.typed("district") if reader.typed("district") in DISTRICTS else "",
        services=tuple(filter(None, reader.typed("services").split(","))),
        guardian=reader.guardian(),
        declared=reader.declaration(),
        terms=reader.typed("terms"),
        language=language,
    )
    wrong = [each for each in reader.errors if not step or each[0] in STEPS[step]]
    if wrong:
        raise FieldsWrong(wrong)
    return form


def _number(typed: str) -> str:
    return numbers.recognise(typed).value


def typed(form: Form) -> dict[str, str]:
    """Return a form as fields again, to be corrected."""
    permit, guardian, declared = form.permit, form.guardian, form.declared
    return {
        "kind": form.kind.value,
        "number": form.number,
        "former_number": form.former_number,
        "name": form.name,
        "birth_date": form.birth_date,
        "permit_until": str(permit.until) if permit and permit.until else "",
        "permit_unlimited": YES if permit and permit.until is None else "",
        "email": form.email,
        "phone": form.phone,
        "address": form.address,
        "district": form.district,
        "services": ",".join(form.services),
        "relation": guardian.relation.value if guardian else "",
        "guardian_name": guardian.name if guardian else "",
        "guardian_number": guardian.number if guardian else "",
        "declared": declared.capacity.value if declared else "",
        "decree": declared.decree if declared else "",
        "declared_on": str(declared.declared_on) if declared else "",
    }
