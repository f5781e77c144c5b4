"""Read the form of the intake screen, and show it again as it was filled in."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from werkzeug.datastructures import MultiDict

from counters.case_models import CaseMatter, IntakeRefusal
from counters.documents import EXPIRING, Paper, Represented, Situation, Whose, needed
from counters.seen import Document
from members.application_models import PersonKind
from members.birth_days import FOUNDED
from web import pages

LONGEST = 200
LONGEST_CODE = 64
GREGORIAN = 1000  # a year from here on is of the common era
_DAY = re.compile(
    r"(?:民國|西元)?\s*([0-9]{1,4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", re.ASCII
)
ADULTS = (Represented.GUARDED, Represented.ASSISTED)
AGES = ("adult", "teen", "child")  # what the documents depend on
Values = Mapping[str, str]
Word = TypeVar("Word", bound=StrEnum)


class Mistyped(Exception):
    """Something in the form cannot be read; nothing was stored. `errors` are fields and words."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__("mistyped")
        self.errors = errors


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What a clerk filled in so far."""

    situation: Situation | None
    age: str = "adult"
    service: str = ""
    slip: str = ""  # of the refusal that is taken up again
    documents: tuple[Document, ...] = ()
    letter_matters: frozenset[CaseMatter] = frozenset()
    typed: Values = field(default_factory=dict, repr=False)
    collected_for: UUID | None = None  # 代收: the counter that will do it
    reason: str = ""  # for which a clerk refuses

    @property
    def seen_pairs(self) -> list[tuple[Whose, Paper]]:
        """Return whose papers of which kind lie on the desk."""
        return [(each.whose, each.paper) for each in self.documents]

    def said(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.typed.get(name, "").strip()


def asked(values: MultiDict[str, str]) -> Filled:
    """Return what somebody came for, as far as the form says."""
    matter, kind = _word(CaseMatter, values.get("matter")), _word(PersonKind, values.get("kind"))
    age = values.get("age", "adult")
    service = values.get("service", "")[:LONGEST]
    if matter is None or kind is None or age not in AGES:
        return Filled(situation=None, service=service)
    situation = Situation(
        matter=matter,
        kind=kind,
        is_child=age == "child",
        is_minor=age != "adult",
        represented=_represented(values.get("represented"), is_minor=age != "adult"),
        by_proxy=values.get("by_proxy") == "yes",
        wants_annex=matter is CaseMatter.ACTIVATION,
        wants_evidence=matter is CaseMatter.ACTIVATION,
    )
    return Filled(
        situation=situation, age=age, service=service, slip=values.get("slip", "")[:LONGEST]
    )


def of_refusal(slip: IntakeRefusal) -> Filled:
    """Return what somebody came for last time, when they were sent away."""
    values = {
        "matter": slip.matter.value,
        "kind": slip.person_kind,
        "age": slip.age,
        "by_proxy": "yes" if slip.by_proxy else "",
        "service": slip.service,
        "slip": slip.number,
    }
    return asked(MultiDict(values))


def filled(values: MultiDict[str, str]) -> Filled:
    """Return the whole form. Raises Mistyped for a day that is none."""
    first = asked(values)
    if first.situation is None:
        return first
    ticked = [(need.whose, paper) for need in needed(first.situation) for paper in need.papers]
    papers = tuple(
        _document(values, whose, paper)
        for whose, paper in ticked
        if f"{whose}.{paper}" in values.getlist("paper")
    )
    return replace(
        first,
        documents=papers,
        letter_matters=frozenset(
            each for each in map(_matter, values.getlist("letter_matter")) if each is not None
        ),
        typed={name: value[:LONGEST] for name, value in values.items()},
        collected_for=_id(values.get("collected_for", "")),
        reason=values.get("reason", "")[:LONGEST] if values.get("decision") == "refuse" else "",
    )


def _document(values: MultiDict[str, str], whose: Whose, paper: Paper) -> Document:
    name = f"{whose}.{paper}"
    ends = values.get(f"until.{name}", "") if paper in EXPIRING else ""
    return Document(
        whose=whose,
        paper=paper,
        number=values.get(f"number.{name}", "")[:LONGEST],
        expires_on=day(ends, f"until.{name}") if ends.strip() else None,
    )


def day(typed: str, field: str) -> date:
    """Return a day that was typed, a short year being one of the Republic. Raises Mistyped."""
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    try:
        year, month, day = (int(part) for part in found.groups()) if found else (0, 0, 0)
        return date(year if year >= GREGORIAN else FOUNDED - 1 + year, month, day)
    except ValueError:
        raise Mistyped((field, pages.say("請輸入日期"))) from None


def _represented(value: str | None, *, is_minor: bool) -> Represented:
    """Return who acts by law; what does not fit the age is what the age alone says."""
    chosen = _word(Represented, value)
    if is_minor:
        return chosen if chosen is Represented.GUARDIAN else Represented.PARENT
    return chosen if chosen is not None and chosen in ADULTS else Represented.NOBODY


def _matter(value: str) -> CaseMatter | None:
    return _word(CaseMatter, value)


def _word(kind: type[Word], value: str | None) -> Word | None:
    try:
        return kind(value or "")
    except ValueError:
        return None


def _id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
