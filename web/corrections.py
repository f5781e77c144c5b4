"""Tie a draft to the form it corrects, so that it never overwrites a later one (8(4))."""

from members import sealed_forms
from members.application_models import Application
from members.drafts import Draft

CORRECTS = "corrects"  # the application's number
MARK = "corrects_form"  # and which form of it


def fields_of(application: Application) -> dict[str, str]:
    """Return what a draft keeps of what it corrects."""
    return {CORRECTS: application.number, MARK: sealed_forms.mark(application)}


def is_of(draft: Draft, application: Application) -> bool:
    """Say whether the draft corrects the application's form as it stands."""
    return fields_of(application).items() <= draft.fields.items()
