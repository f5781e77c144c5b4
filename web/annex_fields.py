"""Show the annex form of a service to be filled in, and read what was filled in (5(4))."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from kernel.wording import Bilingual
from services import forms
from services.forms import FieldKind, FormField
from services.publication_models import FormVersion
from web import pages

YES_NO: Mapping[str, Bilingual] = {"yes": Bilingual("是", "Yes"), "no": Bilingual("否", "No")}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One field, as a page shows it; a choice has options, of values and labels."""

    key: str
    kind: str
    label: str
    why: str
    basis: str
    value: str
    options: tuple[dict[str, object], ...]


def questions(version: FormVersion | None) -> list[Question]:
    """Return the fields of a form, with what was typed so far."""
    return [] if version is None else [_question(each) for each in forms.read(version).fields]


def _question(field: FormField) -> Question:
    language, value = pages.language(), request.form.get(field.key, "")
    label = field.label.text(language)
    return Question(
        key=field.key,
        kind=field.kind.value,
        label=label if field.is_mandatory else pages.say("%(label)s（可以不填）", label=label),
        why=field.necessity.text(language),
        basis=field.legal_basis,
        value=value,
        options=tuple(
            {"value": each, "label": shown, "checked": each == value, "chosen": each == value}
            for each, shown in _options(field)
        ),
    )


def _options(field: FormField) -> list[tuple[str, str]]:
    if field.kind is FieldKind.YES_NO:
        return [(value, words.text(pages.language())) for value, words in YES_NO.items()]
    return [(each, each) for each in field.options]


def answers(version: FormVersion | None) -> dict[str, str]:
    """Return what was filled in, by the keys of the fields; nothing else that was sent."""
    asked = () if version is None else forms.read(version).fields
    return {each.key: request.form.get(each.key, "") for each in asked}


def missing(version: FormVersion | None) -> list[tuple[str, str]]:
    """Return the fields that must be filled in and are not, each with what to say there."""
    asked = () if version is None else forms.read(version).fields
    return [
        (each.key, pages.say("請填「%(label)s」", label=each.label.text(pages.language())))
        for each in asked
        if each.is_mandatory and not request.form.get(each.key, "").strip()
    ]


def said(field: FormField, answer: str, language: str) -> str:
    """Return an answer in words."""
    return YES_NO[answer].text(language) if field.kind is FieldKind.YES_NO else answer
