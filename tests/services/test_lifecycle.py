"""A service lives from draft to closed, and what was noted outlives it (3-II, 10-II)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clients.models import PurposeClaim, VersionState
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import activations, lifecycle
from services.lifecycle_models import ServiceVersion
from services.models import ServiceState
from services.terms import PersonKind, differing, read
from tests import make
from tests.make import NOON
from tests.services import lives
from tests.services.city import an_agency, noted
from tests.services.lives import OFFICER, REVIEWER, drafted, opened, submitted

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
MIDNIGHT = NOON + timedelta(hours=12)


@pytest.fixture
def agency(session: Session) -> UUID:
    return make.a_client(session).organisation_id


@pytest.mark.clause("3-II")
def test_a_service_is_seen_only_once_it_was_approved_and_opened(
    session: Session, agency: UUID
) -> None:
    mei = make.a_member(session)
    service = drafted(session, agency, NOON)
    seen = [len(activations.of_member(session, mei.id))]
    version = submitted(session, service, NOON)
    lifecycle.approve(session, version, effective_on=TODAY, by=REVIEWER, now=NOON)
    seen.append(len(activations.of_member(session, mei.id)))
    states = [service.state]
    lifecycle.open_(session, service)
    seen.append(len(activations.of_member(session, mei.id)))

    assert (states, service.state) == ([ServiceState.APPROVED], ServiceState.OPEN)
    assert seen == [0, 0, 1]


@pytest.mark.refusal("service.not_approved")
@pytest.mark.refusal("service.not_open")
def test_nothing_opens_before_doit_approved_it(session: Session, agency: UUID) -> None:
    service = drafted(session, agency, NOON)

    with pytest.raises(Refused, match=r"service\.not_approved"):
        lifecycle.open_(session, service)
    with pytest.raises(Refused, match=r"service\.not_open"):
        lifecycle.require_open(service)
    with pytest.raises(Refused, match=r"service\.not_open"):
        lifecycle.announce_end(session, service, on=TOMORROW, now=NOON)


@pytest.mark.clause("3-II")
@pytest.mark.refusal("service.version_wrong_state")
@pytest.mark.refusal("service.version_waiting")
def test_who_drafted_does_not_approve_and_each_version_is_decided_once(
    session: Session, agency: UUID
) -> None:
    service = drafted(session, agency, NOON)
    version = submitted(session, service, NOON)

    with pytest.raises(Refused, match=r"service\.version_waiting"):
        lifecycle.rewrite(session, service, lives.terms(level=2), by=OFFICER, now=NOON)
    with pytest.raises(Refused, match=r"service\.version_wrong_state"):
        lifecycle.submit(session, service, document_number="2", now=NOON)
    with pytest.raises(Refused, match=r"case\.self_dealing"):
        lifecycle.approve(session, version, effective_on=TODAY, by=OFFICER, now=NOON)
    with pytest.raises(Refused, match=r"client\.reason_missing"):
        lifecycle.send_back(session, version, "  ", by=REVIEWER, now=NOON)
    lifecycle.send_back(session, version, "費用不清楚", by=REVIEWER, now=NOON)
    with pytest.raises(Refused, match=r"service\.version_wrong_state"):
        lifecycle.approve(session, version, effective_on=TODAY, by=REVIEWER, now=NOON)

    assert (version.state, version.reason) == (VersionState.RETURNED, "費用不清楚")
    with pytest.raises(IntegrityError):
        session.execute(update(ServiceVersion).values(decided_by=OFFICER))


@pytest.mark.clause("7(5)")
@pytest.mark.refusal("service.day_passed")
def test_a_version_holds_from_its_day_and_yesterdays_stays_readable(
    session: Session, agency: UUID
) -> None:
    service = opened(session, agency, NOON)
    stricter = lives.terms(level=2, fee=Bilingual("100 元", "NT$100"))
    lifecycle.rewrite(session, service, lives.terms(level=3), by=OFFICER, now=NOON)
    lifecycle.rewrite(session, service, stricter, by=OFFICER, now=NOON)
    version = submitted(session, service, NOON)
    with pytest.raises(Refused, match=r"service\.day_passed"):
        lifecycle.approve(
            session, version, effective_on=TODAY - timedelta(days=1), by=REVIEWER, now=NOON
        )
    lifecycle.approve(session, version, effective_on=TOMORROW, by=REVIEWER, now=NOON)

    days = (TODAY - timedelta(days=1), TODAY, TOMORROW)
    held = [lifecycle.in_force(session, service.id, on=day) for day in days]
    assert held == [None, lives.terms(), stricter]
    assert differing(lives.terms(), stricter) == {"level", "fee"}
    assert read(stricter.kept()) == stricter
    assert "papers" in differing(None, stricter)
    assert service.state is ServiceState.OPEN


@pytest.mark.clause("2(5)", "7(1)")
@pytest.mark.refusal("service.terms_incomplete")
@pytest.mark.refusal("flow.purpose_mismatch")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"claims": ("申請案內容",)}, r"flow\.purpose_mismatch"),
        ({"claims": ("case_content",)}, r"flow\.purpose_mismatch"),
        ({"text": Bilingual("", "x")}, r"service\.terms_incomplete"),
        ({"fee": Bilingual("免", "y" * 1001)}, r"service\.terms_incomplete"),
        ({"level": 4}, r"service\.terms_incomplete"),
        ({"papers": {}}, r"service\.terms_incomplete"),
        ({"papers": {PersonKind.CHILD: Bilingual("", "")}}, r"service\.terms_incomplete"),
    ],
)
def test_terms_leave_nothing_open_and_ask_for_nothing_outside_the_catalogue(
    session: Session, agency: UUID, change: dict[str, Any], code: str
) -> None:
    service = drafted(session, agency, NOON)

    with pytest.raises(Refused, match=code):
        lifecycle.rewrite(session, service, lives.terms(**change), by=OFFICER, now=NOON)


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("publish.document_no_missing")
@pytest.mark.parametrize("number", ["", "  ", "1" * 101])
def test_terms_are_handed_in_by_an_official_document(
    session: Session, agency: UUID, number: str
) -> None:
    service = drafted(session, agency, NOON)

    with pytest.raises(Refused, match=r"publish\.document_no_missing"):
        lifecycle.submit(session, service, document_number=number, now=NOON)


@pytest.mark.clause("3-II", "10-II")
@pytest.mark.refusal("service.closed")
def test_a_service_closes_by_the_calendar_and_what_was_noted_stands(session: Session) -> None:
    client, mei = an_agency(session), make.a_member(session)
    noted(session, client, mei, "library_card")
    session.add(_asked(session, client.purposes[0].id))
    service = activations.get_service(session, "library_card")
    with pytest.raises(Refused, match=r"service\.day_passed"):
        lifecycle.announce_end(session, service, on=TODAY, now=NOON)
    lifecycle.announce_end(session, service, on=TOMORROW, now=NOON)
    with pytest.raises(Refused, match=r"service\.closed"):
        lifecycle.require_open(service)
    early = lifecycle.close_due(session, now=NOON)

    closed = lifecycle.close_due(session, now=MIDNIGHT)

    assert (early, [each.code for each in closed]) == ([], ["library_card"])
    assert lifecycle.close_due(session, now=MIDNIGHT) == []
    [held] = [
        each for each in activations.of_member(session, mei.id) if each.service == "library_card"
    ]
    assert held.state is not None
    assert held.closed_on == TOMORROW
    asked = select(PurposeClaim.claim).where(PurposeClaim.claim == "library_card")
    assert session.scalars(asked).all() == []
    with pytest.raises(Refused, match=r"service\.closed"):
        lifecycle.rewrite(session, service, lives.terms(), by=OFFICER, now=MIDNIGHT)


def _asked(session: Session, purpose_id: UUID) -> PurposeClaim:
    return PurposeClaim(
        purpose_id=purpose_id,
        claim="library_card",
        required=False,
        approved_at=NOON,
        necessity_zh="為了借書",
        necessity_en="to lend",
    )


def test_another_agencys_service_is_not_found(session: Session, agency: UUID) -> None:
    service = drafted(session, agency, NOON)
    version = submitted(session, service, NOON)

    assert lifecycle.get(session, service.code, organisation_id=agency) is service
    assert lifecycle.waiting(session) == [(version, service)]
    assert lifecycle.get_version(session, version.id) == (version, service)
    assert lifecycle.of_organisation(session, agency) == [service]
    for look in (
        lambda: lifecycle.get(session, service.code, organisation_id=OFFICER),
        lambda: lifecycle.get_version(session, OFFICER),
    ):
        with pytest.raises(NotFound):
            look()
