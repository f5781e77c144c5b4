"""Members apply, the agency decides and notes in one: neither is there without the other (4.4)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clients.models import Client
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from members.models import Member
from services import activation_requests, activations
from services.models import Activation, ActivationEvent
from services.request_models import ActivationRequest, RequestState, Wish
from tests import make
from tests.make import KEYRING, NOON
from tests.services.city import TODAY, an_agency, noted
from tests.services.lives import OFFICER, drafted
from tests.services.publishing_people import BRANCH, FORM, PHOTO, a_form, confirmed

CODE = "library_card"


def apply(session: Session, member: Member, wish: Wish = Wish.OPEN) -> ActivationRequest:
    return asked(session, CODE, member, wish)


def asked(
    session: Session, code: str, member: Member, wish: Wish = Wish.OPEN, **answers: str
) -> ActivationRequest:
    return activation_requests.ask(
        session, code, wish, answers, member_id=member.id, keyring=KEYRING, now=NOON
    )


def state_of(session: Session, member: Member) -> Activation | None:
    [noted] = activations.of_member(session, member.id, [CODE])
    return noted.state


@pytest.fixture
def agency(session: Session) -> Client:
    return an_agency(session)


@pytest.fixture
def mei(session: Session, agency: Client) -> Member:  # its services
    return make.a_member(session)


@pytest.mark.clause("2(8)6")
def test_an_approval_is_a_note_that_names_it(session: Session, mei: Member) -> None:
    row = apply(session, mei)
    before = state_of(session, mei)
    activation_requests.take_up(session, row, by=OFFICER, now=NOON)
    activation_requests.approve(session, row, by=OFFICER, now=NOON)
    event = session.scalars(select(ActivationEvent)).one()

    assert (before, state_of(session, mei)) == (None, Activation.ACTIVATED)
    assert (row.state, event.reference, event.actor) == (
        RequestState.APPROVED,
        row.reference,
        str(OFFICER),
    )


def test_an_application_is_listed_whether_or_not_the_service_has_a_form(
    session: Session, mei: Member
) -> None:
    row = apply(session, mei)

    assert [each[::2] for each in activation_requests.of_member(session, mei.id)] == [(row, None)]


@pytest.mark.clause("2(4)", "2(8)6")
def test_a_refusal_is_a_recorded_fact_with_its_reason(session: Session, mei: Member) -> None:
    row = apply(session, mei)

    activation_requests.refuse(session, row, "不住在臺北市", by=OFFICER, keyring=KEYRING, now=NOON)

    assert state_of(session, mei) is Activation.NOT_ACTIVATED
    assert "臺北" not in str(row.reason_sealed)
    assert activation_requests.reason_of(session, row, keyring=KEYRING) == "不住在臺北市"
    assert apply(session, mei).state is RequestState.APPLIED  # again, at once


@pytest.mark.clause("6(3)")
@pytest.mark.refusal("service.already_active")
@pytest.mark.refusal("service.not_active")
@pytest.mark.refusal("service.suspended")
def test_what_makes_no_sense_is_refused_and_who_is_suspended_may_apply_again(
    session: Session, agency: Client, mei: Member
) -> None:
    with pytest.raises(Refused, match=r"service\.not_active"):
        apply(session, mei, Wish.END)
    noted(session, agency, mei, CODE)
    with pytest.raises(Refused, match=r"service\.already_active"):
        apply(session, mei)
    noted(session, agency, mei, CODE, Activation.SUSPENDED)
    with pytest.raises(Refused, match=r"service\.suspended"):
        apply(session, mei, Wish.END)
    row = apply(session, mei)
    activation_requests.refuse(session, row, "逾期", by=OFFICER, keyring=KEYRING, now=NOON)

    assert state_of(session, mei) is Activation.SUSPENDED


def test_a_member_ends_a_service_through_its_agency(
    session: Session, agency: Client, mei: Member
) -> None:
    noted(session, agency, mei, CODE)
    row = apply(session, mei, Wish.END)
    activation_requests.approve(session, row, by=OFFICER, now=NOON)

    assert state_of(session, mei) is Activation.NOT_ACTIVATED


@pytest.mark.clause("6(3)", "10-II")
@pytest.mark.refusal("service.suspension_stands")
def test_a_wish_to_end_a_service_hides_no_suspension_that_came_since(
    session: Session, agency: Client, mei: Member
) -> None:
    noted(session, agency, mei, CODE)
    row = apply(session, mei, Wish.END)
    noted(session, agency, mei, CODE, Activation.SUSPENDED)

    with pytest.raises(Refused, match="suspension_stands"):
        activation_requests.approve(session, row, by=OFFICER, now=NOON)

    assert state_of(session, mei) is Activation.SUSPENDED


@pytest.mark.refusal("service.review_pending")
def test_one_application_is_open_and_it_can_be_withdrawn(session: Session, mei: Member) -> None:
    row = apply(session, mei)
    with pytest.raises(Refused, match=r"service\.review_pending"):
        apply(session, mei)
    with pytest.raises(NotFound):
        activation_requests.withdraw(session, row.reference, member_id=OFFICER, now=NOON)
    activation_requests.withdraw(session, row.reference, member_id=mei.id, now=NOON)
    with pytest.raises(Refused, match=r"case\.wrong_state"):
        activation_requests.withdraw(session, row.reference, member_id=mei.id, now=NOON)
    with pytest.raises(Refused, match=r"case\.wrong_state"):
        activation_requests.approve(session, row, by=OFFICER, now=NOON)

    assert apply(session, mei).reference != row.reference
    assert state_of(session, mei) is None


@pytest.mark.clause("6(1)")
def test_nobody_decides_their_own_application(session: Session, mei: Member) -> None:
    row = apply(session, mei)

    with pytest.raises(Refused, match=r"case\.self_dealing"):
        activation_requests.approve(session, row, by=mei.id, now=NOON)
    with pytest.raises(Refused, match=r"change\.reason_missing"):
        activation_requests.refuse(session, row, " ", by=OFFICER, keyring=KEYRING, now=NOON)
    with pytest.raises(IntegrityError):
        session.execute(update(ActivationRequest).values(decided_by=mei.id))


@pytest.mark.clause("2(8)6")
def test_another_agency_finds_neither_applications_nor_disputes(
    session: Session, agency: Client, mei: Member
) -> None:
    row = apply(session, mei)
    noted(session, agency, mei, "senior_card")
    activations.dispute(session, "senior_card", member_id=mei.id, now=NOON)
    other = make.a_client(session, "sports", organisation=make.words("體育局", "Sports"))
    theirs, mine = other.organisation_id, agency.organisation_id

    assert [x.id for x, _ in activation_requests.waiting(session, mine)] == [row.id]
    assert [x.member_id for x, _ in activation_requests.disputed(session, mine)] == [mei.id]
    assert activation_requests.waiting(session, theirs) == []
    assert activation_requests.disputed(session, theirs) == []
    with pytest.raises(NotFound):
        activation_requests.get(session, row.reference, organisation_id=theirs)
    with pytest.raises(NotFound):
        activation_requests.get(session, "NOTHING", organisation_id=mine)


def test_nobody_applies_for_what_is_not_open(session: Session, agency: Client, mei: Member) -> None:
    service = drafted(session, agency.organisation_id, NOON)

    with pytest.raises(Refused, match=r"service\.not_open"):
        activation_requests.ask(
            session, service.code, Wish.OPEN, member_id=mei.id, keyring=KEYRING, now=NOON
        )
    with pytest.raises(NotFound):
        activation_requests.ask(
            session, "nothing", Wish.OPEN, member_id=mei.id, keyring=KEYRING, now=NOON
        )


@pytest.mark.clause("2(8)6", "3-II")
def test_an_application_can_be_refused_after_its_service_closed(
    session: Session, mei: Member
) -> None:
    row = apply(session, mei)
    activations.close_service(session, CODE, now=NOON)
    later = NOON + timedelta(days=1)

    activation_requests.refuse(session, row, "服務結束了", by=OFFICER, keyring=KEYRING, now=later)

    assert row.state is RequestState.REFUSED
    assert session.scalars(select(ActivationEvent)).all() == []


@pytest.mark.clause("2(8)6", "3-II")
def test_what_nobody_decided_ends_with_its_service_once(session: Session, mei: Member) -> None:
    row, elsewhere = apply(session, mei), asked(session, "low_income", mei)
    other = apply(session, make.a_member(session, "other"))
    open_ = activation_requests.end_closed(session, most=9, now=NOON)
    activations.close_service(session, CODE, now=NOON)

    first, second, third = (
        activation_requests.end_closed(session, most=1, now=NOON) for _ in range(3)
    )

    assert (open_, first, second, third) == ([], [row], [other], [])
    assert (row.state, row.decided_by, row.decided_at) == (RequestState.REFUSED, None, NOON)
    assert elsewhere.state is RequestState.APPLIED
    assert activation_requests.reason_of(session, row, keyring=KEYRING) == ""


@pytest.mark.clause("2(8)6")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_officers_at_once_one_decides(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        an_agency(session)
        row_id = apply(session, make.a_member(session)).id
    start, refused = Barrier(2), []

    def decide(*, grant: bool) -> None:
        with sessions() as session:
            row = session.get_one(ActivationRequest, row_id)
            start.wait()
            try:
                if grant:
                    activation_requests.approve(session, row, by=OFFICER, now=NOON)
                else:
                    activation_requests.refuse(
                        session, row, "不符", by=OFFICER, keyring=KEYRING, now=NOON
                    )
                session.commit()
            except Refused as no:
                refused.append(no.code)

    threads = [Thread(target=decide, kwargs={"grant": each}) for each in (True, False)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert refused == ["case.wrong_state"]
    with sessions() as session:
        events = session.scalars(select(ActivationEvent)).all()
        [row] = session.scalars(select(ActivationRequest)).all()
    states = {
        RequestState.APPROVED: Activation.ACTIVATED,
        RequestState.REFUSED: Activation.NOT_ACTIVATED,
    }
    assert [each.state for each in events] == [states[row.state]]


def test_the_newest_application_is_the_one_shown(session: Session, mei: Member) -> None:
    first = apply(session, mei)
    activation_requests.withdraw(session, first.reference, member_id=mei.id, now=NOON)
    later = activation_requests.ask(
        session, CODE, Wish.OPEN, member_id=mei.id, keyring=KEYRING, now=NOON + timedelta(minutes=1)
    )

    assert activation_requests.newest_of(session, mei.id) == {later.service_id: later}
    assert activation_requests.reason_of(session, later, keyring=KEYRING) == ""
    assert later.asked_at.date() == TODAY


@pytest.mark.clause("5(4)")
@pytest.mark.clause("7(1)")
@pytest.mark.refusal("case.annex_form_missing")
@pytest.mark.refusal("annex.answer_unfit")
def test_who_applies_fills_in_the_annex_form_in_force_that_day(
    session: Session, mei: Member
) -> None:
    form = a_form(session, activations.get_service(session, CODE))
    confirmed(session, form)
    for answers, code in (
        ({}, "annex_form_missing"),
        ({BRANCH.key: BRANCH.options[0]}, "annex_form_missing"),
        ({PHOTO.key: "Mei", BRANCH.key: "elsewhere"}, "answer_unfit"),
        ({PHOTO.key: "Mei", "f99": "more"}, "answer_unfit"),
    ):
        with pytest.raises(Refused, match=code):
            asked(session, CODE, mei, Wish.OPEN, **answers)

    row = asked(
        session, CODE, mei, Wish.OPEN, **{BRANCH.key: BRANCH.options[0], PHOTO.key: " Mei "}
    )
    confirmed(session, a_form(session, form.service, FORM.without(BRANCH.key)))

    assert activation_requests.answers_of(session, row, keyring=KEYRING) == [
        (PHOTO, "Mei"),
        (BRANCH, BRANCH.options[0]),
    ]
    assert row.form_version_id == form.id
    assert row.answers_sealed is not None
    assert b"Mei" not in row.answers_sealed


def test_nothing_is_filled_in_where_there_is_no_form_or_to_end_a_service(
    session: Session, agency: Client, mei: Member
) -> None:
    row = apply(session, mei)
    activation_requests.approve(session, row, by=OFFICER, now=NOON)
    confirmed(session, a_form(session, activations.get_service(session, CODE)))

    end = apply(session, mei, Wish.END)

    for each in (row, end):
        assert activation_requests.answers_of(session, each, keyring=KEYRING) == []
        assert each.form_version_id is None
