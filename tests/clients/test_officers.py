"""Who may appoint whom, for how long, and that a post ends with the day or the dismissal."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from clients import officers
from clients.models import Organisation
from clients.officer_models import Role
from clients.officers import Post
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from tests import make
from tests.web import staff

ANN, BEN = new_id(), new_id()
TERM = timedelta(days=365)
BUREAU = (Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR)
AGENCIES = (Role.OFFICER, Role.MANAGER)


@pytest.fixture
def agency(session: Session) -> UUID:
    return make.a_client(session).organisation_id


def appoint(
    session: Session,
    role: Role,
    now: datetime,
    *,
    member_id: UUID = ANN,
    agency: UUID | None = None,
    by: UUID | None = None,
    term: timedelta = TERM,
) -> Post:
    return officers.appoint(
        session,
        member_id=member_id,
        organisation_id=agency,
        role=role,
        by=by,
        until=now + term,
        now=now,
    )


def roles(session: Session, now: datetime, member_id: UUID = ANN) -> list[Role]:
    return [each.role for each in officers.roles_of(session, member_id, now=now)]


def test_a_post_is_held_from_its_appointment_to_its_last_moment(
    session: Session, now: datetime
) -> None:
    appoint(session, Role.REVIEWER, now)

    assert roles(session, now) == [Role.REVIEWER]
    assert roles(session, now + TERM - timedelta(seconds=1)) == [Role.REVIEWER]
    assert roles(session, now + TERM) == []
    assert roles(session, now, BEN) == []


def test_a_post_says_the_name_of_its_agency(session: Session, now: datetime, agency: UUID) -> None:
    appoint(session, Role.OFFICER, now, agency=agency)

    (post,) = officers.roles_of(session, ANN, now=now)
    assert post.office == ("臺北市立圖書館", "Taipei Public Library")
    assert post.organisation_id == agency


def test_a_dismissed_officer_holds_nothing_any_more_and_is_not_dismissed_twice(
    session: Session, now: datetime
) -> None:
    post = appoint(session, Role.REVIEWER, now)
    officers.dismiss(session, post.id, by=None, now=now)

    assert roles(session, now) == []
    with pytest.raises(NotFound):
        officers.dismiss(session, post.id, by=None, now=now)
    with pytest.raises(NotFound):
        officers.dismiss(session, new_id(), by=None, now=now)


def test_whoever_was_dismissed_or_ran_out_can_be_appointed_anew(
    session: Session, now: datetime
) -> None:
    post = appoint(session, Role.REVIEWER, now)
    officers.dismiss(session, post.id, by=None, now=now)
    appoint(session, Role.REVIEWER, now)
    later = now + TERM
    appoint(session, Role.REVIEWER, later)

    assert roles(session, later) == [Role.REVIEWER]


@pytest.mark.refusal("officer.appointed_already")
def test_the_same_post_is_not_held_twice(session: Session, now: datetime, agency: UUID) -> None:
    appoint(session, Role.REVIEWER, now)
    appoint(session, Role.OFFICER, now, agency=agency)

    for role, house in ((Role.REVIEWER, None), (Role.OFFICER, agency)):
        with pytest.raises(Refused, match=r"officer\.appointed_already"):
            appoint(session, role, now, agency=house)


@pytest.mark.refusal("officer.organisation_wrong")
@pytest.mark.parametrize("role", Role)
def test_posts_of_agencies_name_one_and_those_of_the_bureau_none(
    session: Session, now: datetime, agency: UUID, role: Role
) -> None:
    wrong = None if role in AGENCIES else agency

    with pytest.raises(Refused, match=r"officer\.organisation_wrong"):
        appoint(session, role, now, agency=wrong)


@pytest.mark.refusal("officer.term_invalid")
@pytest.mark.parametrize("term", [timedelta(0), -TERM, officers.LONGEST + timedelta(seconds=1)])
def test_a_post_ends_in_the_future_and_within_two_years(
    session: Session, now: datetime, term: timedelta
) -> None:
    with pytest.raises(Refused, match=r"officer\.term_invalid"):
        appoint(session, Role.REVIEWER, now, term=term)


@pytest.mark.refusal("officer.roles_apart")
@pytest.mark.clause("9")
@pytest.mark.parametrize("one", BUREAU)
@pytest.mark.parametrize("other", BUREAU)
def test_nobody_reviews_and_audits_and_runs_the_machines(
    session: Session, now: datetime, one: Role, other: Role
) -> None:
    if one is other:
        return
    appoint(session, one, now)

    with pytest.raises(Refused, match=r"officer\.roles_apart"):
        appoint(session, other, now)


MAY = {
    (Role.ADMINISTRATOR, Role.REVIEWER),
    (Role.ADMINISTRATOR, Role.AUDITOR),
    (Role.ADMINISTRATOR, Role.ADMINISTRATOR),
    (Role.ADMINISTRATOR, Role.MANAGER),
    (Role.ADMINISTRATOR, Role.MERCHANT),
    (Role.MANAGER, Role.OFFICER),
}


@pytest.mark.clause("10-I(2)")
@pytest.mark.refusal("officer.not_yours_to_appoint")
@pytest.mark.parametrize("by", Role)
@pytest.mark.parametrize("role", Role)
def test_who_appoints_and_dismisses_whom(
    session: Session, now: datetime, agency: UUID, by: Role, role: Role
) -> None:
    shop = staff.house_for(session, Role.MERCHANT)

    def house(of: Role) -> UUID | None:
        return shop if of is Role.MERCHANT else agency if of in AGENCIES else None

    appoint(session, by, now, member_id=BEN, agency=house(by))
    if (by, role) in MAY:
        post = appoint(session, role, now, agency=house(role), by=BEN)
        officers.dismiss(session, post.id, by=BEN, now=now)
        return
    with pytest.raises(Refused, match=r"officer\.not_yours_to_appoint"):
        appoint(session, role, now, agency=house(role), by=BEN)
    post = appoint(session, role, now, agency=house(role))
    with pytest.raises(Refused, match=r"officer\.not_yours_to_appoint"):
        officers.dismiss(session, post.id, by=BEN, now=now)


def test_a_manager_appoints_for_their_own_agency_only(
    session: Session, now: datetime, agency: UUID
) -> None:
    other = make.a_client(
        session, "museum", sector="museum.invalid", organisation=make.words("美術館", "Museum")
    )
    appoint(session, Role.MANAGER, now, member_id=BEN, agency=agency)

    assert session.get_one(Organisation, other.organisation_id).id != agency
    with pytest.raises(Refused, match=r"officer\.not_yours_to_appoint"):
        appoint(session, Role.OFFICER, now, agency=other.organisation_id, by=BEN)


def test_nobody_appoints_themselves_and_everybody_may_lay_down_their_post(
    session: Session, now: datetime
) -> None:
    post = appoint(session, Role.ADMINISTRATOR, now)

    with pytest.raises(Refused, match=r"officer\.not_yours_to_appoint"):
        officers.appoint(
            session,
            member_id=ANN,
            organisation_id=None,
            role=Role.ADMINISTRATOR,
            by=ANN,
            until=now + TERM,
            now=now,
        )
    officers.dismiss(session, post.id, by=ANN, now=now)
    assert roles(session, now) == []


@pytest.mark.clause("10-I(2)")
def test_a_post_nobody_works_in_for_three_months_is_idle(session: Session, now: datetime) -> None:
    appoint(session, Role.REVIEWER, now)
    later = now + officers.IDLE + timedelta(days=1)
    (row,) = officers.listed(session, now=later)
    was_idle = officers.is_idle(row, now=later)
    (post,) = officers.roles_of(session, ANN, now=later)
    officers.mark_used(session, post, now=later)
    session.refresh(row)

    assert was_idle
    assert not officers.is_idle(row, now=later)
    (post,) = officers.roles_of(session, ANN, now=later)
    officers.mark_used(session, post, now=later + timedelta(seconds=1))
    session.refresh(row)
    assert row.used_at == later
