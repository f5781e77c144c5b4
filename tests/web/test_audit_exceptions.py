"""What is out of the ordinary is laid before the auditor (regulation 9)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from audit import exceptions, footprint, trail, views
from clients.officer_models import Role
from kernel.calendar import Calendar
from kernel.clock import TAIPEI
from kernel.ids import new_id
from members import proxies
from members.proxy_models import Letter, Matter
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff
from tests.web.test_doit_reviews import hand_in, press

OFFICE = ("資訊局", "Department of Information Technology")
ROLE = ("審核人員", "Reviewer")


def look(
    session: Session,
    actor: UUID,
    now: datetime,
    *,
    case: str = "",
    reason: str = "",
    member_id: UUID | None = None,
) -> None:
    """Write what `web.consoles.look` writes."""
    member_id = member_id or new_id()
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
    empty = auditor.get("/audit/exceptions").text
    curious = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    with city.database() as session:
        look(session, curious, city.now, reason="民眾來電")
        look(session, new_id(), city.now, case="115-001")

    page = auditor.get("/audit/exceptions").text

    assert "這段時間沒有人調閱" in empty
    assert "rui.reviews" in page
    assert "民眾來電" in page


@pytest.mark.clause("9")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_looked_up_a_neighbour_stands_in_the_report_and_in_the_neighbours_footprint(
    city: City,
) -> None:
    neighbour, clerk = Browser(city), staff.appoint(city, "rui.reviews", Role.REVIEWER)
    neighbour.sign_in()
    with city.database() as session:
        look(session, clerk, city.now, reason="好奇", member_id=city.member_id())

    report = staff.an_officer(city, Role.AUDITOR, "ann.audits").get("/audit/exceptions").text
    own = neighbour.get("/account/footprint").text

    assert "rui.reviews" in report
    assert "好奇" in report
    assert "好奇" in own
    assert "rui.reviews" not in own


@pytest.mark.clause("9")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_tries_what_is_not_theirs_to_do_is_noted(city: City) -> None:
    auditor = staff.an_officer(city, Role.AUDITOR, "ann.audits")
    auditor.post("/doit/standing", hidden(auditor.get("/audit/new")))

    page = auditor.get("/audit/exceptions").text

    assert "被系統擋下的" in page
    assert "稽核人員只能看" in page


@pytest.mark.clause("9")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_proxies_with_many_principals_are_listed_without_their_names(city: City) -> None:
    proxy = city.enrol("busy.proxy")
    with city.database() as session:
        for number in range(3):
            proxies.enter(
                session,
                principal_id=make.a_member(session, f"principal.{number}").id,
                proxy_id=proxy,
                matters=[Matter.FOOTPRINT],
                letter=Letter.PAPER,
                reference="115-001",
                starts_at=city.now,
                ends_at=city.now + timedelta(days=9),
                now=city.now,
            )

    page = staff.an_officer(city, Role.AUDITOR, "ann.audits").get("/audit/exceptions").text

    assert "替很多人辦事的受託人" in page
    assert "busy.proxy" not in page


def test_only_who_looks_far_more_often_than_colleagues_is_unusual() -> None:
    few, some = views.Looks(new_id(), 5, 0), views.Looks(new_id(), 12, 0)
    many, alone = views.Looks(new_id(), 40, 0), views.Looks(new_id(), 19, 0)

    assert exceptions.unusual([few, some, many]) == [many]
    assert exceptions.unusual([few, alone]) == []
    assert exceptions.unusual([many]) == [many]
    assert exceptions.unusual([]) == []


def test_nobody_works_at_night_or_on_a_sunday(now: datetime) -> None:
    friday, monday = (datetime(2026, 11, day, 12, tzinfo=TAIPEI) for day in (20, 23))

    spans = exceptions.closed_hours(Calendar(), since=friday, until=monday)

    assert spans == [(friday.replace(hour=19), monday.replace(hour=7))]
    night = friday.replace(hour=3)
    assert exceptions.closed_hours(Calendar(), since=night, until=night + timedelta(hours=1)) == [
        (night, night + timedelta(hours=1))
    ]


@pytest.mark.clause("9")
def test_who_opens_an_application_at_night_is_counted_as_well(
    session: Session, now: datetime
) -> None:
    reviewer, night = new_id(), now.astimezone(TAIPEI).replace(hour=2)
    trail.record(session, "application.viewed", actor=reviewer, subject=new_id(), now=night)
    span = (night.replace(hour=0), night.replace(hour=7))

    assert exceptions.out_of_hours(session, [span]) == [(reviewer, 1)]
    assert views.by_officer(session, since=night) == [views.Looks(reviewer, 1, 0)]


@pytest.mark.clause("9")
def test_looks_out_of_hours_are_counted_by_officer(session: Session, now: datetime) -> None:
    officer, night = new_id(), now.astimezone(TAIPEI).replace(hour=2)
    look(session, officer, night, case="115-001")
    look(session, officer, night + timedelta(hours=8), case="115-001")
    span = (night.replace(hour=0), night.replace(hour=7))

    assert exceptions.out_of_hours(session, [span]) == [(officer, 1)]
    assert exceptions.out_of_hours(session, []) == []


@pytest.mark.clause("9")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_reviewer_of_an_own_intake_and_a_proxy_with_many_letters_stand_in_the_report(
    city: City,
) -> None:
    reviewer_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    reviewer = staff.sign_in(city, "rui.reviews", reviewer_id)
    number = hand_in(city, clerk_id=reviewer_id)
    refused = press(reviewer, number, "approve")
    with city.database() as session:
        trail.record(session, "proxy.many_principals", actor=reviewer_id, now=city.now, count=7)

    page = staff.an_officer(city, Role.AUDITOR, "ann.audits").get("/audit/exceptions").text

    assert refused.status_code == 403
    assert "承辦人不得辦理" in page
    assert "7 份" in page
