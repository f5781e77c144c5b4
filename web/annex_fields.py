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

_CHOSEN = Bilingual("請從選項裡選一個", "choose one of the options")
FITTING: Mapping[FieldKind, Bilingual] = {
    FieldKind.TEXT: Bilingual(
        f"最多 {forms.LONGEST_ANSWER} 字，不能有控制字元",
        f"at most {forms.LONGEST_ANSWER} characters, without control characters",
    ),
    FieldKind.NUMBER: Bilingual("只填半形數字", "digits from 0 to 9 only"),
    FieldKind.DATE: Bilingual("要是日期，例如 2026-11-23", "a date, such as 2026-11-23"),
    FieldKind.YES_NO: _CHOSEN,
    FieldKind.CHOICE: _CHOSEN,
}


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


def mistakes(version: FormVersion | None) -> list[tuple[str, str]]:
    """Return the fields left empty and those filled in wrongly, each with what to say there."""
    if version is None:
        return []
    sent = answers(version)
    empty = [
        (each.key, pages.say("請填「%(label)s」", label=each.label.text(pages.language())))
        for each in forms.read(version).fields
        if each.is_mandatory and not sent[each.key].strip()
    ]
    return empty + [(each.key, _unfit(each)) for each in forms.unfit(version, sent)]


def _unfit(field: FormField) -> str:
    language = pages.language()
    label, how = field.label.text(language), FITTING[field.kind].text(language)
    return pages.say("「%(label)s」的答案不符：%(how)s", label=label, how=how)


def said(field: FormField, answer: str, language: str) -> str:
    """Return an answer in words."""
    return YES_NO[answer].text(language) if field.kind is FieldKind.YES_NO else answer
