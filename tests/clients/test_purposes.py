from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import bases, purposes, registry
from clients.directory import view_of
from clients.models import Body, PurposeVersion, VersionState
from kernel.errors import Refused
from tests import make


def asking_for(*names: str, **changes: Any) -> dict[str, Any]:
    claims = [make.a_claim_form(name) for name in names]
    return make.a_client_form(purposes=[make.a_purpose_form(claims=claims)], **changes)


def with_basis(basis: str, **changes: Any) -> dict[str, Any]:
    purpose = make.a_purpose_form(claims=[], basis=basis)
    return make.a_client_form(purposes=[purpose], **changes)


@pytest.mark.clause("2(5)")
@pytest.mark.refusal("flow.purpose_mismatch")
@pytest.mark.parametrize("name", ["申請案內容", "case_detail", "Name", "national_id"])
def test_a_claim_outside_the_identification_scope_cannot_be_registered(name: str) -> None:
    with pytest.raises(Refused, match=r"^flow\.purpose_mismatch$"):
        registry.parse(asking_for("name", name))


@pytest.mark.clause("10(4)")
def test_a_merchant_cannot_register_a_birth_date_but_can_an_age() -> None:
    registry.parse(asking_for("age_over_65", kind="merchant"))

    with pytest.raises(Refused, match=r"^flow\.purpose_mismatch$"):
        registry.parse(asking_for("birthdate", kind="merchant"))


def test_what_less_would_do_for_cannot_be_required() -> None:
    claims = [make.a_claim_form("birthdate", required=True), make.a_claim_form("age_over_18")]
    form = make.a_client_form(purposes=[make.a_purpose_form(claims=claims)])

    with pytest.raises(Refused, match=r"^client\.form_invalid$"):
        registry.parse(form)


@pytest.mark.clause("2(1)")
@pytest.mark.refusal("client.basis_not_offered")
@pytest.mark.parametrize("body", Body)
def test_each_kind_of_body_chooses_from_its_own_legal_bases(body: Body) -> None:
    public = body in {Body.DEPARTMENT, Body.INSTITUTION}
    kind = "merchant" if body is Body.MERCHANT else "agency"
    offered = {basis.code for basis in bases.offered(body)}

    assert all(code.startswith("pdpa-15-" if public else "pdpa-19-") for code in offered)
    assert bases.consent_of(body) in offered
    for basis in bases.BASES:
        form = with_basis(basis.code, kind=kind, body=body.value)
        if basis.code in offered:
            assert registry.parse(form).purposes[0].basis == basis.code
            continue
        with pytest.raises(Refused, match=r"^client\.basis_not_offered$"):
            registry.parse(form)


def test_a_basis_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match=r"^client\.basis_not_offered$"):
        registry.parse(with_basis("pdpa-6-6"))


def test_without_a_choice_the_basis_is_consent_and_members_read_it(session: Session) -> None:
    (purpose,) = view_of(make.a_client(session)).purposes

    assert purpose.legal_basis.zh == "個人資料保護法第 15 條第 2 款：經當事人同意；圖書館法"
    assert purpose.legal_basis.en.endswith("article 15 item 2: your consent; Library Act")


def test_a_school_is_told_by_the_other_article(session: Session) -> None:
    (purpose,) = view_of(make.a_client(session, body="school")).purposes

    assert purpose.legal_basis.zh.startswith("個人資料保護法第 19 條第 1 項第 5 款：")


def test_what_is_registered_reads_back_as_what_was_submitted(session: Session) -> None:
    row = make.a_client(session, purposes=[make.a_purpose_form(retention_days=30)])

    submitted = registry.parse(
        make.a_client_form(purposes=[make.a_purpose_form(retention_days=30)])
    ).purposes[0]
    in_order = sorted(submitted.claims, key=lambda claim: claim.name)
    session.expire_all()
    assert purposes.form_of(row.purposes[0]) == submitted.model_copy(
        update={"claims": tuple(in_order)}
    )


def test_the_history_of_a_purpose_begins_with_its_registration(session: Session) -> None:
    row = make.a_client(session)

    (first,) = session.scalars(select(PurposeVersion)).all()
    assert (first.state, first.text_version) == (VersionState.APPROVED, 1)
    assert first.purpose_id == row.purposes[0].id
    assert first.content["claims"][0]["name"] == "name"
