"""Design the annex form of a service, field by field, each with why it is asked (5(4)).

A changed label is a new version, and only DoIT's confirmation puts it in force; a case that began
on an earlier version is finished on that one.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.db import Json
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import publishing
from services.models import Service
from services.publication_models import FormVersion
from services.publishing import Step

MOST_FIELDS, MOST_OPTIONS = 40, 20
LONGEST_ANSWER = 500  # characters

Short = Annotated[str, Field(max_length=100)]
Long = Annotated[str, Field(max_length=300)]


class FieldKind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FormField(_Shape):
    """One question: what is asked, and why it has to be."""

    key: Annotated[str, Field(pattern=r"^f[1-9][0-9]{0,3}$")]  # the same in every version
    label_zh: Short
    label_en: Short
    kind: FieldKind
    options: Annotated[tuple[Short, ...], Field(max_length=MOST_OPTIONS)] = ()  # of a choice
    necessity_zh: Long
    necessity_en: Long
    legal_basis: Long
    is_mandatory: bool

    @property
    def label(self) -> Bilingual:
        """Return what is asked."""
        return Bilingual(self.label_zh, self.label_en)

    @property
    def necessity(self) -> Bilingual:
        """Return why it is asked."""
        return Bilingual(self.necessity_zh, self.necessity_en)

    @property
    def is_complete(self) -> bool:
        """Say whether DoIT could review it: asked and justified in both languages."""
        words = (*self.label, *self.necessity, self.legal_basis)
        has_options = len(self.options) > 1 if self.kind is FieldKind.CHOICE else not self.options
        return all(each.strip() for each in words) and has_options


class Form(_Shape):
    """A form as it is designed: a draft may lack words, what is submitted lacks none."""

    title_zh: Short
    title_en: Short
    fields: Annotated[tuple[FormField, ...], Field(max_length=MOST_FIELDS)] = ()

    @property
    def title(self) -> Bilingual:
        """Return its name."""
        return Bilingual(self.title_zh, self.title_en)

    @property
    def is_complete(self) -> bool:
        """Say whether DoIT could review it."""
        asks = bool(self.fields) and all(each.is_complete for each in self.fields)
        return asks and all(each.strip() for each in self.title)

    def find(self, key: str) -> FormField | None:
        """Return a field by its key."""
        return next((each for each in self.fields if each.key == key), None)

    def next_key(self) -> str:
        """Return a key no field has."""
        return f"f{max((int(each.key[1:]) for each in self.fields), default=0) + 1}"

    def put(self, field: FormField) -> "Form":
        """Return the form with a field in place of the one of that key, or at the end."""
        if self.find(field.key) is None:
            return parse(self.model_dump() | {"fields": (*self.fields, field)})
        kept = tuple(field if each.key == field.key else each for each in self.fields)
        return self.model_copy(update={"fields": kept})

    def without(self, key: str) -> "Form":
        """Return the form without a field."""
        kept = tuple(each for each in self.fields if each.key != key)
        return self.model_copy(update={"fields": kept})

    def moved(self, key: str, places: int) -> "Form":
        """Return the form with a field further up (negative) or down, as far as there is room."""
        field, kept = self.find(key), list(self.without(key).fields)
        if field is None:
            return self
        place = self.fields.index(field) + places
        kept.insert(max(place, 0), field)
        return self.model_copy(update={"fields": tuple(kept)})


def parse(content: Json) -> Form:
    """Read a form from JSON or from what was typed. Raises Refused `annex.invalid`."""
    try:
        return Form.model_validate(content)
    except ValidationError:
        raise Refused("annex.invalid") from None


def read(row: FormVersion) -> Form:
    """Return the form of a version."""
    return parse(row.content)


def service_of(session: Session, code: str, *, organisation_id: UUID) -> Service:
    """Return the service a form is for: one of the catalogue, the agency's own, not closed.

    Raises Refused `case.service_out_of_scope`.
    """
    service = session.scalars(
        select(Service).where(
            Service.code == code,
            Service.organisation_id == organisation_id,
            Service.closed_at.is_(None),
        )
    ).one_or_none()
    if service is None:
        raise Refused("case.service_out_of_scope")
    return service


def save(
    session: Session,
    service: Service,
    form: Form,
    *,
    wanted_on: date | None = None,
    by: UUID,
    now: datetime,
) -> FormVersion:
    """Keep a draft, complete or not. Raises Refused `publish.waiting`."""
    content = {"content": form.model_dump(mode="json"), "wanted_on": wanted_on}
    return publishing.draft(session, FormVersion, service.id, content, by=by, now=now)


def submit(
    session: Session, row: FormVersion, *, document_number: str, by: UUID, now: datetime
) -> None:
    """Send a draft to DoIT. Raises Refused `annex.incomplete` and as `publishing.submit`."""
    if not read(row).is_complete:
        raise Refused("annex.incomplete")
    publishing.submit(session, row, document_number=document_number, by=by, now=now)


def approve(session: Session, row: FormVersion, *, by: UUID, now: datetime) -> None:
    """Confirm a version. Raises Refused `case.service_out_of_scope` if its service was closed."""
    if session.get_one(Service, row.service_id).closed_at is not None:
        raise Refused("case.service_out_of_scope")
    publishing.approve(session, row, by=by, now=now)


# At a counter


def in_force(session: Session, service_id: UUID, *, on: date) -> FormVersion | None:
    """Return the version a case begun on this day fills in; None: the service has no form."""
    return publishing.find_in_force(session, FormVersion, service_id, on=on)


def find_public(session: Session, code: str, *, on: date) -> FormVersion:
    """Return the form of a service, as anybody may read it on a day. Raises NotFound."""
    found = session.scalars(select(Service.id).where(Service.code == code)).one_or_none()
    row = None if found is None else in_force(session, found, on=on)
    if row is None:
        raise NotFound("publish.not_found")
    return row


def require_usable(
    session: Session, version_id: UUID, *, service_id: UUID, begun_on: date
) -> FormVersion:
    """Return the version, if it was in force on the day the case began (AT5b).

    Raises NotFound; Refused `case.service_out_of_scope` for another service's form,
    `case.form_version_unapproved`, `case.form_version_retired`.
    """
    row = session.get(FormVersion, version_id)
    if row is None:
        raise NotFound("publish.not_found")
    if row.service_id != service_id:
        raise Refused("case.service_out_of_scope")
    if row.step is not Step.APPROVED or row.effective_on is None or row.effective_on > begun_on:
        raise Refused("case.form_version_unapproved")
    current = in_force(session, service_id, on=begun_on)
    if current is None or current.id != row.id:
        raise Refused("case.form_version_retired")
    return row


def validate(version: FormVersion, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers by key, and nothing that was not asked.

    Raises Refused `case.annex_form_missing` if a mandatory one is missing, `annex.answer_unfit`
    for one that does not fit its field or that no field asks for.
    """
    form = read(version)
    given = {key: _typed(value) for key, value in answers.items() if value.strip()}
    if any(each.is_mandatory and each.key not in given for each in form.fields):
        raise Refused("case.annex_form_missing")
    if unfit(version, answers) or any(form.find(key) is None for key in given):
        raise Refused("annex.answer_unfit")
    return given


def unfit(version: FormVersion, answers: Mapping[str, str]) -> list[FormField]:
    """Return the fields whose answers do not fit; one that is left empty fits."""
    given = {key: _typed(value) for key, value in answers.items()}
    fields = read(version).fields
    return [each for each in fields if given.get(each.key) and not _fits(each, given[each.key])]


def _typed(value: str) -> str:
    """Return an answer with every blank a plain one: input methods type U+3000 between words."""
    return "".join(" " if letter.isspace() else letter for letter in value).strip()


def _fits(field: FormField, value: str) -> bool:
    if len(value) > LONGEST_ANSWER or not value.isprintable():
        return False
    match field.kind:
        case FieldKind.TEXT:
            return True
        case FieldKind.NUMBER:
            return value.isascii() and value.isdigit()
        case FieldKind.DATE:
            return _is_day(value)
        case FieldKind.YES_NO:
            return value in {"yes", "no"}
        case FieldKind.CHOICE:
            return value in field.options


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
