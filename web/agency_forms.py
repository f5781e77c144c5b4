"""What agencies' programs send and are told: the shapes the OpenAPI document speaks of."""

import unicodedata
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from members import birth_days, contacts, person_names
from members.application_forms import Declaration, Form, Guardian, Permit
from members.application_models import PersonKind, State
from members.models import Capacity, Relation
from web.api_shapes import Shape


def _storable(text: str) -> str:
    """Refuse what no database keeps, and what nobody sees: NUL, half a surrogate pair, controls."""
    if any(unicodedata.category(each) in {"Cc", "Cs"} for each in text):
        raise ValueError("no control characters are allowed")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Short = Annotated[Text, Field(max_length=64)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class GuardianSent(Shape):
    """Who acts for the applicant by law."""

    number: Short
    name: Annotated[Text, Field(max_length=100)]
    relation: Relation


class PermitSent(Shape):
    """A residence permit."""

    until: date | None
    """Its last day; null for one without an end."""


class DeclarationSent(Shape):
    """What a court declared about the applicant."""

    capacity: Capacity
    decree: Short
    declared_on: date


class ApplicationSent(Shape):
    """An application to become a member, as the applicant filled it in on the agency's site."""

    kind: PersonKind
    number: Short
    """National identity number or resident number, as typed."""
    former_number: Short = ""
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    birth_date: Short
    """In years of the Republic or of the common era; unknown parts are 00."""
    permit: PermitSent | None = None
    email: Annotated[Text, Field(max_length=254)] = ""
    phone: Short = ""
    address: Annotated[Text, Field(max_length=200)] = ""
    district: Annotated[Text, Field(max_length=16)] = ""
    services: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    guardian: GuardianSent | None = None
    declared: DeclarationSent | None = None
    terms: Short
    """The version of the terms the applicant read and agreed to."""
    language: Literal["zh-Hant-TW", "en"] = "zh-Hant-TW"

    def form(self, *, today: date) -> Form:
        """Return the form, read as at a counter. Raises Refused for what cannot be read."""
        guardian, declared = self.guardian, self.declared
        return Form(
            kind=self.kind,
            number=self.number,
            former_number=self.former_number,
            name=person_names.read(self.name),
            birth_date=birth_days.read(self.birth_date, today=today),
            permit=None if self.permit is None else Permit(until=self.permit.until),
            email=contacts.read_mail(self.email) if self.email else "",
            phone=contacts.read_phone(self.phone) if self.phone else "",
            address=self.address.strip(),
            district=self.district.strip(),
            services=self.services,
            guardian=None
            if guardian is None
            else Guardian(
                number=guardian.number,
                name=person_names.read(guardian.name),
                relation=guardian.relation,
            ),
            declared=None
            if declared is None
            else Declaration(
                capacity=declared.capacity,
                decree=declared.decree,
                declared_on=declared.declared_on,
            ),
            terms=self.terms,
            language=self.language,
        )


class ReceiptTold(Shape):
    """What the applicant is given: with both words they follow the application at /track."""

    number: str
    secret: str
    """Show it to the applicant, and keep it nowhere."""
    status: State


class ProgressTold(Shape):
    """How far an application has come."""

    number: str
    status: State
    submitted_at: str
    changed_at: str
    clause: str
    """Of the regulation, by which the last step was taken."""


class NotedState(StrEnum):
    """What an agency may say of a service by an interface; a suspension needs findings (6(3))."""

    ACTIVATED = "activated"
    NOT_ACTIVATED = "not_activated"


class NoteSent(Shape):
    """The outcome of a case: whether the agency opened its service for a member (2(8)6)."""

    sub: Annotated[Text, Field(max_length=255)]
    """The member, as your sign-ins name them."""
    state: NotedState
    as_of: date
    case: Short = ""
    """The number of the case whose outcome this is. Without one nothing is written (7(9))."""


class NoteTold(Shape):
    """What is on record now."""

    service: str
    state: NotedState
    as_of: date


class TermsTold(Shape):
    """The terms in force; the applicant reads them before agreeing."""

    version: str
    text: dict[str, str]
    """By language."""
