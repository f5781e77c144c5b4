"""Build applications: synthetic people, numbers of the regulation's vectors only."""

from datetime import date
from typing import Any

from kernel.wording import CHINESE
from members import terms
from members.application_forms import Form, Guardian, Permit, Seen
from members.application_models import Document, PersonKind
from members.models import Relation

NATIONAL, OTHER_NATIONAL, THIRD_NATIONAL = "A100000001", "H222222224", "W198765435"
UI_NEW, OTHER_UI_NEW = "A800000014", "F955512342"
UI_OLD = "AC12345679"
ID_CARD = Seen(document=Document.ID_CARD, number=NATIONAL)
PERMIT = Permit(until=date(2027, 6, 30))
PARENT = Guardian(number=OTHER_NATIONAL, name="測試家長", relation=Relation.PARENT)


def a_form(**changes: Any) -> Form:  # fields of several types
    """Return the form of a synthetic adult national."""
    filled: dict[str, Any] = {
        "kind": PersonKind.NATIONAL,
        "number": NATIONAL,
        "name": "測試一號",
        "birth_date": "1996-05-01",
        "email": "one@mail.invalid",
        "phone": "+886912345678",
        "address": "測試路 1 號",
        "district": "中正區",
        "terms": terms.OURS.version,
        "language": CHINESE,
    }
    return Form(**{**filled, **changes})


def a_resident(kind: PersonKind = PersonKind.FOREIGN, **changes: Any) -> Form:
    """Return the form of somebody with a residence permit."""
    filled = {"kind": kind, "number": UI_NEW, "name": "TEST PERSON", "permit": PERMIT}
    return a_form(**{**filled, **changes})
