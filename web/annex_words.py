"""Say an annex form in the reader's words: what is asked, and why."""

from typing import Any

from services.forms import Form
from web import pages
from web import publication_words as words


def public(form: Form) -> dict[str, Any]:
    """Return what a page shows of a form."""
    language = pages.language()
    return {
        "title": form.title.text(language),
        "fields": [
            {
                "key": each.key,
                "label": each.label.text(language),
                "kind": words.FIELD_KINDS[each.kind],
                "options": each.options,
                "why": each.necessity.text(language),
                "basis": each.legal_basis,
                "is_mandatory": each.is_mandatory,
                "is_complete": each.is_complete,
            }
            for each in form.fields
        ],
    }
