"""What must lie on the desk, for whom and for what; and what was seen of it (7(1))."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from counters import seen
from counters.case_models import CaseMatter
from counters.documents import (
    Need,
    Paper,
    Represented,
    Situation,
    Whose,
    missing,
    needed,
    refusal_of,
)
from counters.seen import Document
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.keyring import Keyring
from members.application_models import PersonKind
from tests import make
from tests.counters.test_cases import a_case

JOIN = CaseMatter.JOIN
SITUATIONS = st.builds(
    Situation,
    matter=st.sampled_from(CaseMatter),
    kind=st.sampled_from(PersonKind),
    is_child=st.booleans(),
    is_minor=st.booleans(),
    represented=st.sampled_from(Represented),
    by_proxy=st.booleans(),
    wants_annex=st.booleans(),
    wants_evidence=st.booleans(),
)


def papers(case: Situation) -> list[str]:
    return [str(each) for each in needed(case)]


@pytest.mark.clause("7(1)")
def test_a_grown_national_shows_form_and_identity_card() -> None:
    assert papers(Situation(matter=JOIN, kind=PersonKind.NATIONAL)) == [
        "applicant:application_form",
        "applicant:id_card",
    ]


@pytest.mark.clause("7(1)")
def test_a_child_has_no_identity_card_and_comes_with_a_guardian() -> None:
    child = Situation(matter=JOIN, kind=PersonKind.NATIONAL, is_child=True, is_minor=True)

    assert papers(child) == [
        "applicant:application_form",
        "applicant:household_certificate",
        "applicant:health_card",
        "guardian:guardian_consent",
        "guardian:id_card|residence_permit|passport",
    ]


@pytest.mark.clause("7(1)")
@pytest.mark.parametrize(
    ("situation", "more"),
    [
        ({"is_minor": True, "represented": Represented.PARENT}, ["guardian:household_certificate"]),
        ({"is_minor": True, "represented": Represented.GUARDIAN}, ["guardian:court_decision"]),
        (
            {"represented": Represented.GUARDED},
            ["applicant:court_decision", "guardian:id_card|residence_permit|passport"],
        ),
        ({"represented": Represented.ASSISTED}, ["applicant:court_decision"]),
    ],
)
def test_whoever_acts_by_law_shows_by_which_right(
    situation: dict[str, Any], more: list[str]
) -> None:
    asked = papers(Situation(matter=JOIN, kind=PersonKind.NATIONAL, **situation))

    assert asked[-len(more) :] == more


@pytest.mark.clause("7(1)")
@pytest.mark.parametrize("kind", sorted(set(PersonKind) - {PersonKind.NATIONAL}))
def test_who_is_no_registered_national_shows_a_permit_and_no_identity_card(
    kind: PersonKind,
) -> None:
    asked = papers(Situation(matter=JOIN, kind=kind))

    assert any("residence_permit" in each for each in asked)
    assert not any("id_card" in each for each in asked)


@pytest.mark.clause("7(2)")
def test_a_proxy_brings_the_letter_and_their_own_document() -> None:
    by_proxy = Situation(matter=CaseMatter.BIND, kind=PersonKind.NATIONAL, by_proxy=True)

    assert papers(by_proxy)[-2:] == [
        "proxy:power_of_attorney",
        "proxy:id_card|residence_permit|passport",
    ]


@pytest.mark.clause("7(7)")
def test_a_loss_wants_no_form() -> None:
    assert papers(Situation(matter=CaseMatter.LOSS, kind=PersonKind.NATIONAL)) == [
        "applicant:id_card"
    ]


@given(case=SITUATIONS)
def test_what_was_all_brought_lacks_nothing_and_without_any_of_it_something(
    case: Situation,
) -> None:
    needs = needed(case)
    brought = [(need.whose, need.papers[-1]) for need in needs]

    assert missing(needs, brought) == ()
    for at, need in enumerate(needs):
        assert missing(needs, brought[:at] + brought[at + 1 :]) == (need,)
    assert [Need.read(str(need)) for need in needs] == list(needs)


@pytest.mark.refusal(
    "case.documents_missing",
    "case.annex_form_missing",
    "case.poa_missing",
    "case.proxy_id_missing",
)
def test_each_missing_piece_has_its_own_refusal() -> None:
    case = Situation(
        matter=CaseMatter.ACTIVATION,
        kind=PersonKind.NATIONAL,
        by_proxy=True,
        wants_annex=True,
        wants_evidence=True,
    )
    codes = {str(need): refusal_of([need]) for need in needed(case)}

    assert codes == {
        "applicant:application_form": "case.documents_missing",
        "applicant:annex_form": "case.annex_form_missing",
        "applicant:id_card": "case.documents_missing",
        "applicant:evidence": "case.documents_missing",
        "proxy:power_of_attorney": "case.poa_missing",
        "proxy:id_card|residence_permit|passport": "case.proxy_id_missing",
    }


@pytest.mark.clause("7(1)")
def test_what_was_seen_is_kept_without_its_number(session: Session, keyring: Keyring) -> None:
    case, clerk = a_case(session), new_id()
    permit = Document(
        whose=Whose.APPLICANT,
        paper=Paper.RESIDENCE_PERMIT,
        number=" ab123456 ",
        expires_on=date(2027, 1, 1),
    )

    seen.record(
        session,
        case.id,
        [permit, Document(whose=Whose.APPLICANT, paper=Paper.FORM)],
        clerk_id=clerk,
        keyring=keyring,
        now=make.NOON,
    )

    kept, form = seen.of_case(session, case.id)
    assert kept.number_hash is not None
    assert b"123456" not in kept.number_hash
    assert (kept.paper, kept.expires_on, kept.clerk_id) == (
        "residence_permit",
        date(2027, 1, 1),
        clerk,
    )
    assert form.number_hash is None


@pytest.mark.refusal("case.identity_unverifiable")
def test_a_document_past_its_last_day_proves_nothing() -> None:
    permit = Document(
        whose=Whose.APPLICANT, paper=Paper.RESIDENCE_PERMIT, expires_on=date(2026, 11, 22)
    )

    seen.require_valid([permit], today=date(2026, 11, 22))
    with pytest.raises(Refused, match=r"case\.identity_unverifiable"):
        seen.require_valid([permit], today=date(2026, 11, 23))
