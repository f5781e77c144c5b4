"""The city has ten working days, and those on which it waits for the applicant are none (8(4))."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from kernel.calendar import Calendar
from members import application_clock, application_decisions, application_intake, application_steps
from members.application_forms import Form
from members.application_models import Channel
from tests import make
from tests.members.applying import ID_CARD, NATIONAL, a_form

MONDAY = make.NOON  # 23 November
OFFICER, COUNTER, CLERK = (UUID(int=number) for number in range(1, 4))


def hand_in(session: Session, form: Form, channel: Channel = Channel.SITE) -> UUID:
    return application_intake.submit(
        session, form, channel=channel, keyring=make.KEYRING, now=MONDAY
    ).application_id


def confirm(session: Session, application_id: UUID, *, days: int) -> None:
    application_intake.confirm(
        session,
        application_id,
        counter_id=COUNTER,
        clerk_id=CLERK,
        documents=(ID_CARD,),
        keyring=make.KEYRING,
        now=MONDAY + timedelta(days=days),
    )


def due(session: Session, application_id: UUID) -> date | None:
    application = application_steps.get(session, application_id)
    return application_clock.due(application, Calendar(off=frozenset()))


@pytest.mark.clause("8(4)")
def test_until_the_applicant_comes_to_a_counter_no_day_is_named(session: Session) -> None:
    assert due(session, hand_in(session, a_form())) is None


@pytest.mark.clause("8(4)")
def test_the_ten_days_begin_when_a_counter_has_seen_the_papers(session: Session) -> None:
    online = hand_in(session, a_form())

    confirm(session, online, days=28)  # on 21 December

    assert due(session, online) == date(2027, 1, 4)


@pytest.mark.clause("8(4)")
def test_at_a_counter_they_begin_when_it_is_handed_in(session: Session) -> None:
    at_counter = hand_in(session, a_form(documents=(ID_CARD,)), Channel.COUNTER)

    assert due(session, at_counter) == date(2026, 12, 7)


@pytest.mark.clause("8(4)")
def test_what_is_returned_takes_no_day_and_gives_none_until_it_is_confirmed_anew(
    session: Session,
) -> None:
    online = hand_in(session, a_form())
    confirm(session, online, days=1)  # Tuesday
    application_decisions.send_back(
        session,
        online,
        by=OFFICER,
        reason="請確認姓名",
        keyring=make.KEYRING,
        now=MONDAY + timedelta(days=3),  # after two working days
    )
    returned = due(session, online)

    application_intake.resubmit(
        session,
        online,
        a_form(number=NATIONAL),
        keyring=make.KEYRING,
        now=MONDAY + timedelta(days=7),
    )
    sent_again = due(session, online)
    confirm(session, online, days=14)  # a Monday; eight are left

    assert (returned, sent_again) == (None, None)
    assert due(session, online) == date(2026, 12, 17)
