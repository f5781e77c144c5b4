"""What the member applied for and filled in on annex forms, as it goes into the archive (5(4)).

A line is one answer, under the question as the form of that day asked it; an application without
answers is a line of its own.
"""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import transaction
from kernel.wording import Bilingual
from services import activation_requests, forms
from services.publication_models import FormVersion
from services.request_models import ActivationRequest
from web import annex_fields, service_words
from web.archive_parts import PARTS, Whose, sheet
from web.sheets import Sheet

HEADS = {
    "reference": Bilingual("編號", "Number"),
    "service": Bilingual("服務", "Service"),
    "wish": Bilingual("申請", "Applied for"),
    "state": Bilingual("進度", "State"),
    "asked_on": Bilingual("申請日", "Applied on"),
    "form": Bilingual("附表", "Annex form"),
    "form_version": Bilingual("附表版本", "Version of the form"),
    "form_since": Bilingual("附表生效日", "Form in force since"),
    "question": Bilingual("問題", "Question"),
    "answer": Bilingual("回答", "Answer"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every application of the member, with what was filled in."""
    with transaction(whose.rooms.sessions) as session:
        rows = [
            [
                row.reference,
                whose.text(Bilingual(service.name_zh, service.name_en)),
                whose.text(service_words.WISHES[row.wish]),
                whose.text(service_words.REQUESTS[row.state]),
                taipei_day(row.asked_at).isoformat(),
                *_form(form, whose),
                *answer,
            ]
            for row, service, form in activation_requests.of_member(session, whose.member_id)
            for answer in _answers(session, row, whose)
        ]
    return sheet(whose, PARTS["applications"], HEADS, rows)


def _form(form: FormVersion | None, whose: Whose) -> list[str]:
    if form is None or form.effective_on is None:
        return ["", "", ""]
    title = whose.text(forms.read(form).title)
    return [title, str(form.version), form.effective_on.isoformat()]


def _answers(session: Session, row: ActivationRequest, whose: Whose) -> Iterator[tuple[str, str]]:
    given = activation_requests.answers_of(session, row, keyring=whose.rooms.keyring)
    if not given:
        yield "", ""
    for field, answer in given:
        yield whose.text(field.label), annex_fields.said(field, answer, whose.language)
