"""Who looked at people is counted for the auditor, and looks without a case are listed."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from audit import footprint, trail, views
from clients.officer_models import Role
from kernel.ids import new_id
from tests.flows.provider import City
from tests.web import staff

OFFICE = ("資訊局", "Department of Information Technology")
ROLE = ("審核人員", "Reviewer")


def look(session: Session, actor: UUID, now: datetime, *, case: str = "", reason: str = "") -> None:
    """Write what `web.consoles.look` writes."""
    member_id = new_id()
    line = footprint.record_view(
        session,
        member_id=member_id,
        claims=["name"],
        office=OFFICE,
        role=ROLE,
        viewer="",
        case=case,
        reason=reason,
        now=now,
    )
    event = views.WITH_CASE if case else views.WITHOUT_CASE
    trail.record(session, event, actor=actor, subject=member_id, now=now, line=str(line), case=case)


@pytest.mark.clause("9")
def test_officers_are_ordered_by_their_looks_without_a_case(
    session: Session, now: datetime
) -> None:
    careful, curious = new_id(), new_id()
    for _ in range(3):
        look(session, careful, now, case="115-001")
    look(session, curious, now, reason="民眾來電")
    session.flush()

    assert views.by_officer(session, since=now) == [
        views.Looks(curious, 1, 1),
        views.Looks(careful, 3, 0),
    ]
    (found,) = views.exceptions(session, since=now, most=9)
    assert (found.actor, found.reason) == (curious, "民眾來電")
    assert views.by_officer(session, since=now.replace(year=2027)) == []


@pytest.mark.clause("9")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_auditor_reads_who_looked_and_why(city: City) -> None:
    auditor = staff.an_officer(city, Role.AUDITOR, "ann.audits")
    empty = auditor.get("/doit/views").text
    curious = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    with city.database() as session:
        look(session, curious, city.now, reason="民眾來電")
        look(session, new_id(), city.now, case="115-001")

    page = auditor.get("/doit/views").text

    assert "這段時間沒有人調閱" in empty
    assert "rui.reviews" in page
    assert "民眾來電" in page
