"""Decide whether a member fulfils an offer's rule: yes, no, or not known (10-I(4), 10-II).

A rule is data that people can read: `{"any_of": [{"age_at_least": 65}, {"activated":
"senior_card"}]}`. Deciding is pure and total; what is not known, or disputed, is neither.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from kernel.db import Json
from kernel.errors import Refused
from kernel.wording import Bilingual
from members.facts import is_aged, is_resident

OLDEST = 130
MOST_CONDITIONS = 20
DEEPEST = 3
LONGEST_CODE = 64
INVALID = "offer.rule_invalid"


@dataclass(frozen=True)
class AgeAtLeast:
    """So many years old, by the Civil Code."""

    years: int


@dataclass(frozen=True)
class ResidentOfTaipei:
    """An address in the city."""


@dataclass(frozen=True)
class Activated:
    """An undisputed note that this service is activated."""

    service: str


@dataclass(frozen=True)
class AnyOf:
    """One of the parts is enough."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class AllOf:
    """Every part is needed."""

    parts: tuple["Rule", ...]


Condition: TypeAlias = AgeAtLeast | ResidentOfTaipei | Activated
Rule: TypeAlias = Condition | AnyOf | AllOf


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a member on a day; `notes` says True or False of undisputed notes only."""

    held: Mapping[str, Any]  # claims are JSON of several shapes
    notes: Mapping[str, bool]
    today: date


def fulfils(rule: Rule, facts: Facts) -> bool | None:
    """Return whether the rule is fulfilled, None where the facts leave it open."""
    match rule:
        case AgeAtLeast(years):
            return is_aged(facts.held, years, today=facts.today)
        case ResidentOfTaipei():
            return is_resident(facts.held)
        case Activated(service):
            return facts.notes.get(service)
        case AnyOf(parts):
            return _settled([fulfils(part, facts) for part in parts], by=True)
        case AllOf(parts):
            return _settled([fulfils(part, facts) for part in parts], by=False)


def _settled(answers: list[bool | None], *, by: bool) -> bool | None:
    """Return `by` if one answer is that, None if one is open, the opposite otherwise."""
    if by in answers:
        return by
    return None if None in answers else not by


def parse(data: object) -> Rule:
    """Read a rule. Raises Refused `offer.rule_invalid` for anything else."""
    rule = _parse(data, depth=1)
    if sum(1 for _ in conditions(rule)) > MOST_CONDITIONS:
        raise Refused(INVALID)
    return rule


def _parse(data: object, *, depth: int) -> Rule:
    if not isinstance(data, dict) or len(data) != 1:
        raise Refused(INVALID)
    match data:
        case {"age_at_least": int(years)} if _is_age(years):
            return AgeAtLeast(years)
        case {"resident_of": "taipei"}:
            return ResidentOfTaipei()
        case {"activated": str(code)} if _is_code(code):
            return Activated(code)
        case {"any_of": [_, *_] as parts} if depth < DEEPEST:
            return AnyOf(tuple(_parse(part, depth=depth + 1) for part in parts))
        case {"all_of": [_, *_] as parts} if depth < DEEPEST:
            return AllOf(tuple(_parse(part, depth=depth + 1) for part in parts))
    raise Refused(INVALID)


def _is_age(years: int) -> bool:
    return not isinstance(years, bool) and 0 < years <= OLDEST


def _is_code(code: str) -> bool:
    return code.isascii() and code.isidentifier() and len(code) <= LONGEST_CODE


def form(rule: Rule) -> Json:
    """Return the rule as data, the same for the same rule: parts in order, none twice."""
    match rule:
        case AgeAtLeast(years):
            return {"age_at_least": years}
        case ResidentOfTaipei():
            return {"resident_of": "taipei"}
        case Activated(service):
            return {"activated": service}
        case AnyOf(parts):
            return {"any_of": _in_order(parts)}
        case AllOf(parts):
            return {"all_of": _in_order(parts)}


def _in_order(parts: tuple[Rule, ...]) -> list[Json]:
    return [json.loads(text) for text in sorted({condition(part) for part in parts})]


def condition(rule: Rule) -> str:
    """Return the rule as one canonical line, under which figures are kept."""
    return json.dumps(form(rule), sort_keys=True, separators=(",", ":"))


def conditions(rule: Rule) -> Iterator[Condition]:
    """Give every single condition of the rule."""
    if isinstance(rule, AnyOf | AllOf):
        for part in rule.parts:
            yield from conditions(part)
    else:
        yield rule


def services_of(rule: Rule) -> frozenset[str]:
    """Return the codes of the services the rule asks about."""
    return frozenset(each.service for each in conditions(rule) if isinstance(each, Activated))


def words(rule: Rule, names: Mapping[str, Bilingual]) -> Bilingual:
    """Say the rule so that anybody can read it; `names` are those of the services."""
    match rule:
        case AgeAtLeast(years):
            return Bilingual(f"已滿 {years} 歲", f"{years} or older")
        case ResidentOfTaipei():
            return Bilingual("住在臺北市", "lives in Taipei")
        case Activated(service):
            name = names.get(service, Bilingual(service, service))
            return Bilingual(f"有{name.zh}", f"has the {name.en}")
        case AnyOf(parts):
            return _joined(parts, names, "，或", ", or ")
        case AllOf(parts):
            return _joined(parts, names, "，而且", ", and ")


def _joined(parts: tuple[Rule, ...], names: Mapping[str, Bilingual], zh: str, en: str) -> Bilingual:
    said = [words(part, names) for part in parts]
    said = [
        Bilingual(f"（{each.zh}）", f"({each.en})") if isinstance(part, AnyOf | AllOf) else each
        for part, each in zip(parts, said, strict=True)
    ]
    return Bilingual(zh.join(each.zh for each in said), en.join(each.en for each in said))
