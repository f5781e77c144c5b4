"""Read and show a purpose as an officer types it: texts, basis, the need of each claim (PDPA 5)."""

from collections.abc import Mapping
from typing import Any

from flask import request

from clients import bases
from clients.claims import BY_NAME, CLAIMS
from clients.differences import Change, Effect
from clients.forms import PurposeForm
from clients.models import Body, OrganisationKind, PurposeKind
from kernel.errors import Refused
from kernel.wording import Bilingual
from web import counter_forms, pages

SPARE = 3  # empty rows for claims to be added
MOST = 30  # rows of claims
TEXTS: Mapping[str, Bilingual] = {
    "name": Bilingual("用途名稱", "Name of the purpose"),
    "text": Bilingual("為什麼要", "Why"),
    "retention": Bilingual("保存多久", "How long it is kept"),
    "legal_basis": Bilingual("依據的法規", "Law it rests on"),
    "refusal_effect": Bilingual("不同意會怎樣", "What refusing means"),
}
PARTS: Mapping[str, Bilingual] = {
    **TEXTS,
    "kind": Bilingual("種類", "Kind"),
    "max_days": Bilingual("同意的期限", "How long a consent lasts"),
}
EFFECTS: Mapping[Effect, tuple[Bilingual, str]] = {
    Effect.RETOLD: (Bilingual("會員要重新同意", "Members are asked again"), "warn"),
    Effect.WIDENED: (Bilingual("這一項要再問會員", "This one is asked again"), "warn"),
    Effect.NARROWED: (Bilingual("變少，馬上生效", "Less, at once"), "ok"),
}
NEEDS = {"": Bilingual("可以不給", "May be refused"), "yes": Bilingual("一定要", "Required")}


def typed(code: str) -> dict[str, Any]:
    """Return the purpose that was typed, as registrations write it; `clients.approval` reads it.

    Raises Refused `client.form_invalid` where a text is missing.
    """
    read = counter_forms.typed
    texts = {name: _both(name) for name in TEXTS}
    retention_days = counter_forms.number("retention_days")
    claims = [
        {
            "name": read(f"claim_{row}"),
            "required": read(f"need_{row}") == "yes",
            "necessity": _both(f"why_{row}"),
        }
        for row in range(MOST)
        if read(f"claim_{row}")
    ]
    said = [*texts.values(), *(_both(f"why_{row}") for row in range(MOST) if read(f"claim_{row}"))]
    if not all(words for each in said for words in each.values()):
        raise Refused("client.form_invalid")
    return {
        "code": code,
        "kind": PurposeKind.SERVICE,
        **texts,
        "retention_days": None if retention_days < 0 else retention_days,
        "basis": read("basis") or None,
        "max_days": counter_forms.number("max_days"),
        "claims": claims,
    }


def _both(name: str) -> dict[str, str]:
    return {language: counter_forms.typed(f"{name}_{language}") for language in ("zh", "en")}


def fields(form: PurposeForm | None, body: Body, *, refused: bool) -> dict[str, Any]:
    """Return what the form shows: what was typed, or what stands."""
    values = {name: counter_forms.typed(name) for name in request.form} if refused else _held(form)
    rows = SPARE + sum(1 for name in values if name.startswith("claim_") and values[name])
    language = pages.language()
    return {
        "values": values,
        "texts": list(TEXTS.items()),
        "bases": [
            {
                "value": each.code,
                "label": each.words.text(language),
                "chosen": each.code == values.get("basis"),
            }
            for each in bases.offered(body)
        ],
        "rows": [_row(row, values) for row in range(min(rows, MOST))],
    }


def _row(row: int, values: Mapping[str, str]) -> dict[str, Any]:
    language = pages.language()
    return {
        "at": row,
        "claims": [
            {
                "value": each.name,
                "label": each.label.text(language),
                "chosen": each.name == values.get(f"claim_{row}"),
            }
            for each in CLAIMS
            if each.may_be_asked(OrganisationKind.AGENCY, PurposeKind.SERVICE)
        ],
        "needs": [
            {
                "value": value,
                "label": label.text(language),
                "chosen": value == values.get(f"need_{row}", ""),
            }
            for value, label in NEEDS.items()
        ],
    }


def _held(form: PurposeForm | None) -> dict[str, str]:
    if form is None:
        return {"max_days": "365"}
    held = {"basis": form.basis or "", "max_days": str(form.max_days)}
    held["retention_days"] = "" if form.retention_days is None else str(form.retention_days)
    pairs: list[tuple[str, Bilingual]] = [(name, getattr(form, name)) for name in TEXTS]
    for row, claim in enumerate(form.claims):
        held |= {f"claim_{row}": claim.name, f"need_{row}": "yes" if claim.required else ""}
        pairs.append((f"why_{row}", claim.necessity))
    for name, words in pairs:
        held |= {f"{name}_zh": words.zh, f"{name}_en": words.en}
    return held


def differences(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    """Return what changes, in words: what it is, before, after, and what it means to members."""
    return [
        {
            "label": PARTS.get(each.field, Bilingual(each.field, each.field))
            if each.claim is None
            else BY_NAME[each.claim].label,
            "before": each.before,
            "after": each.after,
            "effect": EFFECTS[each.effect],
        }
        for each in changes
    ]


def said(form: PurposeForm) -> list[tuple[Bilingual, Bilingual]]:
    """Return what is in force, in words."""
    texts: list[tuple[Bilingual, Bilingual]] = [
        (label, getattr(form, name)) for name, label in TEXTS.items()
    ]
    return texts + [
        (
            BY_NAME[each.name].label,
            Bilingual(
                f"{NEEDS['yes' if each.required else ''].zh}：{each.necessity.zh}",
                f"{NEEDS['yes' if each.required else ''].en}: {each.necessity.en}",
            ),
        )
        for each in form.claims
    ]
