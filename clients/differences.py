"""Compare two wordings of a purpose: what widens it, what narrows it, what only one claim feels.

Words cannot be compared for meaning, so any other wording counts as a widening, unless a number
beside it says that it became less.
"""

from dataclasses import dataclass
from enum import StrEnum

from clients import bases
from clients.forms import ClaimForm, PurposeForm
from kernel.wording import Bilingual


class Effect(StrEnum):
    """What a change does to consents given before it."""

    RETOLD = "retold"  # the purpose is another: nothing leaves until the member agrees again
    WIDENED = "widened"  # one claim is asked about again, the others go on
    NARROWED = "narrowed"  # nobody is asked, and less leaves at once


@dataclass(frozen=True)
class Change:
    """One difference. `field` is a part of the form, or `claim.<name>`."""

    field: str
    before: Bilingual | None
    after: Bilingual | None
    effect: Effect

    @property
    def claim(self) -> str | None:
        """Return the claim this is about, if it is about one."""
        return self.field.removeprefix("claim.") if self.field.startswith("claim.") else None


def diff(old: PurposeForm | None, new: PurposeForm) -> tuple[Change, ...]:
    """Return what changes, the purpose first, then claim by claim; everything, if it is new."""
    return (*_told_differently(old, new), *_claims_changed(old, new))


def widens(changes: tuple[Change, ...]) -> bool:
    """Say whether members must be asked again."""
    return any(change.effect is not Effect.NARROWED for change in changes)


def _told_differently(old: PurposeForm | None, new: PurposeForm) -> list[Change]:
    after = _told(new)
    before = {} if old is None else _told(old)
    return [
        Change(field, before.get(field), words, _effect(field, old, new))
        for field, words in after.items()
        if before.get(field) != words or (field == "retention" and _days_changed(old, new))
    ]


def _told(form: PurposeForm) -> dict[str, Bilingual]:
    """Return what the form says of the purpose, in the order of the page."""
    return {
        "kind": Bilingual(form.kind.value, form.kind.value),
        "name": form.name,
        "text": form.text,
        "retention": form.retention,
        "legal_basis": bases.in_words(form.basis, form.legal_basis)
        if form.basis
        else form.legal_basis,
        "refusal_effect": form.refusal_effect,
        "max_days": Bilingual(f"{form.max_days} 天", f"{form.max_days} days"),
    }


def _days_changed(old: PurposeForm | None, new: PurposeForm) -> bool:
    return old is None or old.retention_days != new.retention_days


def _effect(field: str, old: PurposeForm | None, new: PurposeForm) -> Effect:
    shorter = old is not None and (
        (field == "max_days" and new.max_days < old.max_days)
        or (field == "retention" and _is_less(new.retention_days, old.retention_days))
    )
    return Effect.NARROWED if shorter else Effect.RETOLD


def _is_less(days: int | None, than: int | None) -> bool:
    return days is not None and than is not None and days < than


def _claims_changed(old: PurposeForm | None, new: PurposeForm) -> list[Change]:
    before = {} if old is None else {claim.name: claim for claim in old.claims}
    after = {claim.name: claim for claim in new.claims}
    return [
        Change(
            f"claim.{name}",
            _reason(before.get(name)),
            _reason(after.get(name)),
            _claim_effect(before.get(name), after.get(name)),
        )
        for name in dict.fromkeys([*after, *before])
        if before.get(name) != after.get(name)
    ]


def _reason(claim: ClaimForm | None) -> Bilingual | None:
    if claim is None:
        return None
    if claim.required:
        return Bilingual(f"必要：{claim.necessity.zh}", f"required: {claim.necessity.en}")
    return claim.necessity


def _claim_effect(before: ClaimForm | None, after: ClaimForm | None) -> Effect:
    if after is None:
        return Effect.NARROWED
    if before is None or before.necessity != after.necessity or after.required:
        return Effect.WIDENED
    return Effect.NARROWED  # it was required, and may now be refused
