"""Hold what an applicant fills in, and turn it into the bytes that are sealed, and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from members.application_models import Document, PersonKind
from members.models import Capacity, Relation


@dataclass(frozen=True, kw_only=True)
class Guardian:
    """Who acts for the applicant by law: a minor's parent or guardian, an adult's guardian."""

    number: str  # an identity number, as typed
    name: str
    relation: Relation


@dataclass(frozen=True, kw_only=True)
class Permit:
    """A residence permit: until which day, None for one without an end."""

    until: date | None


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a court declared about the applicant, by which decree of which day."""

    capacity: Capacity
    decree: str
    declared_on: date


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A document that a clerk saw; `number` is as printed on it, if it has one."""

    document: Document
    number: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """Everything an applicant fills in.

    Values are as `person_names`, `birth_days` and `contacts` return them; numbers are as typed.
    `terms` is the version that was agreed to, empty without a yes. `documents` are those shown
    when it is taken in at a counter.
    """

    kind: PersonKind
    number: str
    former_number: str = ""
    name: str
    birth_date: str
    permit: Permit | None = None
    email: str = ""
    phone: str = ""
    address: str = ""
    district: str = ""
    services: tuple[str, ...] = ()
    guardian: Guardian | None = None
    declared: Declaration | None = None
    documents: tuple[Seen, ...] = ()
    terms: str
    language: str


def dump(form: Form) -> bytes:
    """Return the form as JSON; documents are kept in a table of their own, without numbers."""
    values = {**asdict(form), "documents": ()}
    return json.dumps(values, ensure_ascii=False, default=str).encode()


def load(kept: bytes) -> Form:
    """Return the form that `dump` wrote."""
    values: dict[str, Any] = json.loads(kept)
    return Form(
        **{
            **values,
            "kind": PersonKind(values["kind"]),
            "permit": _permit(values["permit"]),
            "services": tuple(values["services"]),
            "guardian": _guardian(values["guardian"]),
            "declared": _declaration(values["declared"]),
            "documents": (),
        }
    )


def _permit(kept: Mapping[str, str | None] | None) -> Permit | None:
    if kept is None:
        return None
    until = kept["until"]
    return Permit(until=None if until is None else date.fromisoformat(until))


def _guardian(kept: Mapping[str, str] | None) -> Guardian | None:
    if kept is None:
        return None
    return Guardian(number=kept["number"], name=kept["name"], relation=Relation(kept["relation"]))


def _declaration(kept: Mapping[str, str] | None) -> Declaration | None:
    if kept is None:
        return None
    return Declaration(
        capacity=Capacity(kept["capacity"]),
        decree=kept["decree"],
        declared_on=date.fromisoformat(kept["declared_on"]),
    )
