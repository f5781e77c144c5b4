"""Claims that agencies and offers vouch for: evidence, looked up at the moment it leaves."""

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from consent import vouched
from services import activations
from services.models import Activation
from tests import make
from tests.make import NOON
from tests.services.city import an_agency, approved, figures, noted, purpose_of


def values(session: Session, *names: str, member_id: UUID, purpose_id: UUID) -> dict[str, object]:
    return vouched.values(
        session,
        frozenset(names),
        member_id=member_id,
        purpose_id=purpose_id,
        held={"birthdate": "1950-01-01"},
        now=NOON,
    )


@pytest.mark.clause("10-II")
def test_a_note_leaves_with_its_source_and_day_and_unknown_is_never_no(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei, "library_card")
    noted(session, agency, mei, "low_income", Activation.SUSPENDED)
    noted(session, agency, mei, "disability_card", Activation.NOT_ACTIVATED)
    activations.dispute(session, "disability_card", member_id=mei.id, now=NOON)

    found = values(
        session,
        "library_card",
        "low_income",
        "disability_card",
        "senior_card",
        "name",
        member_id=mei.id,
        purpose_id=UUID(int=1),
    )

    source = {"source": "臺北市立圖書館", "as_of": "2026-11-23"}
    assert found == {
        "library_card": {"state": "activated", "disputed": False, **source},
        "low_income": {"state": "not_activated", "disputed": False, **source},
        "disability_card": {"state": "disputed", "disputed": True, **source},
        "senior_card": {"state": "unknown", "disputed": False},
    }


@pytest.mark.clause("3-II")
def test_of_a_service_that_closed_nothing_leaves_though_the_note_stands(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei, "library_card")
    activations.close_service(session, "library_card", now=NOON)

    found = values(session, "library_card", member_id=mei.id, purpose_id=UUID(int=1))

    assert found == {"library_card": {"state": "unknown", "disputed": False}}
    [kept] = activations.of_member(session, mei.id, {"library_card"})
    assert kept.state is Activation.ACTIVATED


def test_a_service_the_city_does_not_have_is_unknown(session: Session) -> None:
    mei = make.a_member(session)

    found = values(session, "senior_card", member_id=mei.id, purpose_id=UUID(int=1))

    assert found == {"senior_card": {"state": "unknown", "disputed": False}}


@pytest.mark.clause("10(4)")
def test_an_offer_is_answered_only_while_it_is_in_force(session: Session) -> None:
    figures(session)
    an_agency(session)
    shop, mei = make.a_shop(session), make.a_member(session)
    purpose_id = purpose_of(shop)

    closed = values(session, "offer_eligible", member_id=mei.id, purpose_id=purpose_id)
    approved(session, shop)
    open_ = values(session, "offer_eligible", member_id=mei.id, purpose_id=purpose_id)

    assert closed == {}
    assert open_ == {"offer_eligible": True}
