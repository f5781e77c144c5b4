"""Sanctions: heard, determined by another, over by the clock, and nobody else's business (6(1))."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clients.models import Client
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from members.models import Member
from services import activations, misuse, sanctions
from services.models import Activation
from services.sanction_models import Sanction
from services.sanctions import Charge, Ruling, Stage
from tests import make
from tests.make import KEYRING, NOON
from tests.services.city import TODAY, an_agency, noted

ONE, OTHER = UUID(int=1), UUID(int=2)
DAY = timedelta(days=1)
HEARD = NOON + 8 * DAY
CHARGE = Charge(
    clause="6(1)",
    evidence="北市測字第 7 號",
    facts="把卡借給別人",
    services=["senior_card"],
    hear_by=TODAY + sanctions.HEARING,
)
RULING = Ruling(starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 10), reason="查證屬實")
INSIDE, AFTER = NOON + 12 * DAY, NOON + 18 * DAY


def reported(
    session: Session, agency: Client, mei: Member, charge: Charge = CHARGE, **changes: Any
) -> Sanction:
    given: dict[str, Any] = {
        "organisation_id": agency.organisation_id,
        "by": ONE,
        "now": NOON,
    } | changes
    return sanctions.report(session, mei.id, charge, keyring=KEYRING, **given)


def determined(session: Session, sanction: Sanction, **changes: Any) -> None:
    given: dict[str, Any] = {
        "by": OTHER,
        "read": sanctions.mark_of_letters(sanction),
        "now": HEARD,
    } | changes
    ruling = given.pop("ruling", RULING)
    sanctions.determine(session, sanction, ruling, keyring=KEYRING, **given)


def told(session: Session, mei: Member, code: str, at: datetime) -> Activation | None:
    (found,) = activations.of_member(session, mei.id, {code}, at=at)
    return found.state


@pytest.mark.clause("6(1)")
def test_a_sanction_touches_its_services_for_its_days_and_ends_by_itself(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    for code in ("senior_card", "library_card"):
        noted(session, agency, mei, code)
    sanction = reported(session, agency, mei)
    determined(session, sanction)

    states = [told(session, mei, "senior_card", at) for at in (HEARD - DAY, INSIDE, AFTER)]

    assert states == [Activation.ACTIVATED, Activation.SUSPENDED, Activation.ACTIVATED]
    assert told(session, mei, "library_card", INSIDE) is Activation.ACTIVATED
    stages = [sanctions.stage(sanction, now=at) for at in (HEARD, INSIDE, AFTER)]
    assert stages == [Stage.IN_FORCE, Stage.IN_FORCE, Stage.EXPIRED]


@pytest.mark.clause("6(1)")
def test_two_sanctions_by_two_agencies_are_independent(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    other = make.a_client(session, "sports", organisation=make.words("體育局", "Sports"))
    activations.open_service(
        session, other.organisation_id, "pool", Bilingual("泳池", "pool"), sensitive=False, now=NOON
    )
    noted(session, agency, mei)
    noted(session, other, mei, "pool")
    first = reported(session, agency, mei)
    second = reported(session, other, mei, replace(CHARGE, services=["pool"]))
    determined(session, first)
    determined(session, second)

    sanctions.end(session, first, "誤會", by=ONE, keyring=KEYRING, now=HEARD)

    assert told(session, mei, "senior_card", INSIDE) is Activation.ACTIVATED
    assert told(session, mei, "pool", INSIDE) is Activation.SUSPENDED
    with pytest.raises(NotFound):
        sanctions.get(session, first.reference, organisation_id=other.organisation_id)
    with pytest.raises(NotFound):
        sanctions.get(session, first.reference, organisation_id=None)
    assert sanctions.of_house(session, other.organisation_id, most=9) == [second]


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("sanction.not_heard", "sanction.second_person", "sanction.period_invalid")
def test_nothing_is_determined_unheard_nor_by_the_reporter(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    sanction = reported(session, agency, mei)

    with pytest.raises(Refused, match="not_heard"):
        determined(session, sanction, now=NOON)
    sanctions.answer(session, sanction, "那天我不在", keyring=KEYRING, now=NOON)
    for changes, code in (
        ({"by": ONE}, "second_person"),
        ({"by": mei.id}, "self_dealing"),
        ({"ruling": replace(RULING, reason=" ")}, "incomplete"),
        ({"ruling": replace(RULING, ends_on=TODAY)}, "period_invalid"),
        ({"ruling": replace(RULING, ends_on=date(2030, 1, 1))}, "period_invalid"),
        ({"ruling": replace(RULING, starts_on=TODAY - DAY)}, "period_invalid"),
    ):
        with pytest.raises(Refused, match=code):
            determined(session, sanction, **{"now": NOON, **changes})
    determined(session, sanction, now=NOON)
    with pytest.raises(Refused, match="wrong_state"):
        sanctions.answer(session, sanction, "還有話說", keyring=KEYRING, now=NOON)

    assert sanctions.stage(sanction, now=NOON) is Stage.AHEAD
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Sanction).values(determined_by=ONE))


@pytest.mark.refusal("sanction.incomplete", "sanction.hearing_short")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"clause": " "}, "incomplete"),
        ({"services": []}, "incomplete"),
        ({"services": ["nothing"]}, "not_yours"),
        ({"hear_by": TODAY + 6 * DAY}, "hearing_short"),
    ],
)
def test_a_charge_says_everything_and_leaves_time(
    session: Session, wrong: dict[str, Any], code: str
) -> None:
    agency, mei = an_agency(session), make.a_member(session)

    with pytest.raises(Refused, match=code):
        reported(session, agency, mei, replace(CHARGE, **wrong))
    with pytest.raises(Refused, match="self_dealing"):
        reported(session, agency, mei, by=mei.id)


@pytest.mark.clause("6(1)")
def test_the_bureau_sanctions_across_agencies_and_drops_what_it_did_not_find(
    session: Session,
) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    sanction = reported(session, agency, mei, organisation_id=None)

    dropped: Callable[[str], None] = lambda why: sanctions.end(  # noqa: E731  # said twice
        session, sanction, why, by=ONE, keyring=KEYRING, now=NOON
    )
    with pytest.raises(Refused, match="incomplete"):
        dropped(" ")
    dropped("查無實據")

    assert sanctions.stage(sanction, now=NOON) is Stage.DROPPED
    with pytest.raises(Refused, match="wrong_state"):
        dropped("再一次")


def test_a_dispute_does_not_lift_a_sanction(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei)
    determined(session, reported(session, agency, mei))

    activations.dispute(session, "senior_card", member_id=mei.id, now=HEARD)

    (found,) = activations.of_member(session, mei.id, {"senior_card"}, at=INSIDE)
    assert (found.state, found.disputed_at) == (Activation.SUSPENDED, None)


def test_a_report_of_misuse_is_closed_once_with_a_file(session: Session) -> None:
    mei = make.a_member(session)
    row = misuse.report(session, mei.id, line_id=new_id(), kind="login.succeeded", now=NOON)

    for by, document, code in ((ONE, " ", "incomplete"), (mei.id, "文號", "self_dealing")):
        with pytest.raises(Refused, match=code):
            misuse.close(session, row.reference, document, by=by, now=NOON)
    misuse.close(session, row.reference, "北市測字第 5 號", by=ONE, now=NOON)

    assert misuse.count(session) == 0
    with pytest.raises(Refused, match="wrong_state"):
        misuse.close(session, row.reference, "北市測字第 5 號", by=ONE, now=NOON)
    with pytest.raises(NotFound):
        misuse.close(session, "\u5e02", "文號", by=ONE, now=NOON)
