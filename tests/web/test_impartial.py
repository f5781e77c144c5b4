"""Nobody of the city decides on those close to them: wards, guardians, principals, proxies."""

import pytest
from sqlalchemy import select

from members.application_models import Application, State
from members.models import Member, Standing
from members.standing_models import OrderKind, StandingOrder
from services.sanction_models import Sanction
from tests.flows.provider import City
from tests.web import office as offices
from tests.web import staff
from tests.web.office import Office
from tests.web.test_case_letters import joining
from tests.web.test_desk_intake import WITH_LETTER
from tests.web.test_doit_reviews import press as review
from tests.web.test_doit_standing import press, propose
from tests.web.test_sanctions import BUREAU, report

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("case.self_dealing")
def test_a_reviewer_neither_stops_nor_frees_the_account_of_their_own_child(city: City) -> None:
    parent, other = staff.an_officer(city), staff.an_officer(city, login="rui.two")
    propose(other, OrderKind.SANCTION)
    with city.database() as session:
        order = session.scalars(select(StandingOrder.reference)).one()
    offices.let_act_for(city, city.member_id("rui.reviews"), city.member_id())

    refused = [
        propose(parent, OrderKind.PROTECTION),
        press(parent, order, "confirm"),
        press(parent, order, "end", reason="查無此事"),
    ]

    assert [each.status_code for each in refused] == [403] * 3
    with city.database() as session:
        member = session.get_one(Member, city.member_id())
        assert member.standing is Standing.ACTIVE
        assert session.scalars(select(StandingOrder.ended_at)).one() is None


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("case.self_dealing")
def test_a_reviewer_does_not_report_the_misuse_of_their_guardian(city: City) -> None:
    ward, (card, _) = staff.an_officer(city), offices.two_services(city)
    offices.let_act_for(city, city.member_id(), city.member_id("rui.reviews"))

    refused = report(ward, BUREAU, who="mei.chen", services=[card])

    assert refused.status_code == 403
    assert "關係人" in refused.text
    with city.database() as session:
        assert session.scalars(select(Sanction)).all() == []


@pytest.mark.clause("2(8)1", "7(2)")
@pytest.mark.refusal("case.self_dealing")
def test_a_reviewer_does_not_decide_on_the_form_they_brought_to_the_counter(
    office: Office,
) -> None:
    office.opened(*WITH_LETTER, **joining(office))
    with office.city.database() as session:
        application = session.scalars(select(Application)).one()
        application.state = State.REVIEW
        number = application.number
    proxy = staff.an_officer(office.city)
    offices.enter_number(office.city, office.city.member_id("rui.reviews"), offices.PROXY)

    refused = [
        review(proxy, number, "approve"),
        review(proxy, number, "return", reason="補正"),
        review(proxy, number, "reject", clause="7(1)", why="不符"),
    ]

    assert [each.status_code for each in refused] == [403] * 3
    with office.city.database() as session:
        assert session.scalars(select(Application.state)).one() is State.REVIEW
