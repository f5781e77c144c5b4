"""Annex forms: designed by the agency, confirmed by DoIT, finished on the version begun (5(4))."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from services import activations, forms, publishing
from services.forms import FieldKind, Form
from services.models import Service, ServiceState
from services.publication_models import FormVersion
from services.publishing import Stage
from tests.make import NOON
from tests.services.city import an_agency
from tests.services.publishing_people import (
    BRANCH,
    FORM,
    OFFICER,
    PHOTO,
    REVIEWER,
    TODAY,
    a_form,
    confirmed,
)

DAY = timedelta(days=1)
RELABELLED = FORM.put(PHOTO.model_copy(update={"label_zh": "證上的姓名"}))


@pytest.fixture
def service(session: Session) -> Service:
    an_agency(session)
    return activations.get_service(session, "library_card")


@pytest.mark.clause("5(4)")
@pytest.mark.refusal("case.form_version_unapproved")
def test_one_changed_label_waits_for_the_bureau_and_the_old_version_stays(
    session: Session, service: Service
) -> None:
    first = a_form(session, service)
    confirmed(session, first)
    second = a_form(session, service, RELABELLED)

    assert forms.in_force(session, service.id, on=TODAY) is first
    with pytest.raises(Refused, match=r"case\.form_version_unapproved"):
        forms.require_usable(session, second.id, service_id=service.id, begun_on=TODAY)


@pytest.mark.clause("5(4)")
@pytest.mark.refusal("case.form_version_retired")
def test_a_case_begun_on_the_old_version_finishes_on_it_and_a_new_one_does_not(
    session: Session, service: Service
) -> None:
    first = a_form(session, service)
    confirmed(session, first)
    second = a_form(session, service, RELABELLED, wanted_on=TODAY + DAY)
    confirmed(session, second)
    tomorrow = TODAY + DAY

    assert forms.require_usable(session, first.id, service_id=service.id, begun_on=TODAY) is first
    assert forms.in_force(session, service.id, on=tomorrow) is second
    with pytest.raises(Refused, match=r"case\.form_version_retired"):
        forms.require_usable(session, first.id, service_id=service.id, begun_on=tomorrow)
    found = publishing.versions(session, FormVersion, service.id)
    assert [publishing.stage(each, found, on=tomorrow) for each in found] == [
        Stage.EFFECTIVE,
        Stage.SUPERSEDED,
    ]
    assert publishing.stage(second, found, on=TODAY) is Stage.SCHEDULED


@pytest.mark.clause("5(4)")
@pytest.mark.refusal("case.service_out_of_scope")
@pytest.mark.parametrize("code", ["no_such_service", "closed", "others"])
def test_no_form_can_be_for_a_service_that_is_not_the_agencys_in_the_catalogue(
    session: Session, service: Service, code: str
) -> None:
    mine = service.organisation_id
    if code == "closed":
        session.execute(
            update(Service)
            .where(Service.id == service.id)
            .values(state=ServiceState.CLOSED, closed_at=NOON)
        )
    wanted = {"closed": "library_card", "others": "library_card"}.get(code, code)

    with pytest.raises(Refused, match=r"case\.service_out_of_scope"):
        forms.service_of(session, wanted, organisation_id=new_id() if code == "others" else mine)


@pytest.mark.refusal("case.service_out_of_scope")
def test_a_form_is_for_its_own_service_and_not_for_one_closed_meanwhile(
    session: Session, service: Service
) -> None:
    row = a_form(session, service)
    other = activations.get_service(session, "senior_card")

    with pytest.raises(Refused, match=r"case\.service_out_of_scope"):
        forms.require_usable(session, row.id, service_id=other.id, begun_on=TODAY)
    with pytest.raises(NotFound):
        forms.require_usable(session, new_id(), service_id=service.id, begun_on=TODAY)
    service.state, service.closed_at = ServiceState.CLOSED, NOON
    with pytest.raises(Refused, match=r"case\.service_out_of_scope"):
        forms.approve(session, row, by=REVIEWER, now=NOON)


@pytest.mark.clause("5(4)")
@pytest.mark.refusal("annex.incomplete")
@pytest.mark.parametrize(
    "lacking",
    [
        {"necessity_zh": ""},
        {"necessity_en": " "},
        {"legal_basis": ""},
        {"label_en": ""},
        {"options": ("只有一個",), "kind": FieldKind.CHOICE},
        {"options": ("甲", "乙")},
    ],
)
def test_a_field_without_its_reason_is_not_even_submitted(
    session: Session, service: Service, lacking: dict[str, object]
) -> None:
    form = FORM.put(PHOTO.model_copy(update=lacking))

    with pytest.raises(Refused, match=r"annex\.incomplete"):
        a_form(session, service, form)


@pytest.mark.refusal("publish.waiting")
def test_what_lies_with_the_bureau_is_not_changed(session: Session, service: Service) -> None:
    a_form(session, service)

    with pytest.raises(Refused, match=r"publish\.waiting"):
        forms.save(session, service, RELABELLED, by=OFFICER, now=NOON)


@pytest.mark.clause("7(1)")
@pytest.mark.refusal("case.annex_form_missing")
@pytest.mark.refusal("annex.answer_unfit")
@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, "case.annex_form_missing"),
        ({"f1": "  "}, "case.annex_form_missing"),
        ({"f1": "王", "f2": "不是分館"}, "annex.answer_unfit"),
        ({"f1": "王", "f9": "多問的"}, "annex.answer_unfit"),
        ({"f1": "王\x00"}, "annex.answer_unfit"),
        ({"f1": "王" * 501}, "annex.answer_unfit"),
    ],
)
def test_answers_hold_what_is_asked_and_nothing_else(
    session: Session, service: Service, answers: dict[str, str], code: str
) -> None:
    row = a_form(session, service)

    assert forms.validate(row, {"f1": " 王\u3000小明 ", "f2": ""}) == {"f1": "王 小明"}
    with pytest.raises(Refused, match=code.replace(".", r"\.")):
        forms.validate(row, answers)


@pytest.mark.parametrize(
    ("kind", "fits", "unfit"),
    [
        (FieldKind.NUMBER, "12", "１２"),
        (FieldKind.DATE, "2026-11-23", "2026-13-01"),
        (FieldKind.YES_NO, "yes", "maybe"),
    ],
)
def test_each_kind_of_field_takes_its_own(
    session: Session, service: Service, kind: FieldKind, fits: str, unfit: str
) -> None:
    row = a_form(session, service, FORM.put(PHOTO.model_copy(update={"kind": kind})))

    assert forms.validate(row, {"f1": fits}) == {"f1": fits}
    with pytest.raises(Refused, match=r"annex\.answer_unfit"):
        forms.validate(row, {"f1": unfit})


@given(st.lists(st.tuples(st.sampled_from(["f1", "f2", "f3"]), st.integers(-3, 3)), max_size=8))
def test_moving_fields_loses_none_and_invents_none(moves: list[tuple[str, int]]) -> None:
    third = BRANCH.model_copy(update={"key": FORM.next_key()})
    form = FORM.put(third)

    for key, places in moves:
        form = form.moved(key, places)

    assert sorted(each.key for each in form.fields) == ["f1", "f2", "f3"]
    assert form.without("f3").moved("f3", 1) == form.without("f3")


@pytest.mark.refusal("annex.invalid")
@pytest.mark.parametrize(
    "content", [{}, {"title_zh": "x" * 101, "title_en": ""}, {"title_zh": "", "fields": [{}]}]
)
def test_what_is_no_form_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(Refused, match=r"annex\.invalid"):
        forms.parse(content)


@pytest.mark.refusal("annex.invalid")
def test_a_form_has_forty_fields_at_most() -> None:
    form: Form = FORM
    for _ in range(38):
        form = form.put(PHOTO.model_copy(update={"key": form.next_key()}))

    with pytest.raises(Refused, match=r"annex\.invalid"):
        form.put(PHOTO.model_copy(update={"key": form.next_key()}))
