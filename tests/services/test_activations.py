"""Notes: written by the owning agency alone, disputed by the member, traced for ever."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import activations
from services.models import Activation, ActivationEvent, Channel, Happening
from tests import make
from tests.make import NOON
from tests.services.city import KEYED, TODAY, an_agency, noted


@pytest.mark.clause("2(8)6")
@pytest.mark.refusal("service.not_yours")
def test_only_the_agency_of_a_service_notes_it(session: Session) -> None:
    an_agency(session)
    other = make.a_client(session, "sports", organisation=make.words("體育局", "Sports"))
    mei = make.a_member(session)

    with pytest.raises(Refused, match="not_yours"):
        noted(session, other, mei)


@pytest.mark.clause("2(8)6")
def test_a_merchant_has_no_services(session: Session) -> None:
    shop = make.a_shop(session)

    with pytest.raises(Refused, match="not_yours"):
        activations.open_service(
            session,
            shop.organisation_id,
            "coffee",
            Bilingual("咖啡", "coffee"),
            sensitive=False,
            now=NOON,
        )
    with pytest.raises(Refused, match="not_yours"):
        activations.open_service(
            session, UUID(int=1), "tea", Bilingual("茶", "tea"), sensitive=False, now=NOON
        )


@pytest.mark.clause("2(4)")
def test_not_activated_and_unknown_are_told_apart(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei, "senior_card", Activation.NOT_ACTIVATED)

    found = {each.service: each.state for each in activations.of_member(session, mei.id)}

    assert found["senior_card"] is Activation.NOT_ACTIVATED
    assert found["low_income"] is None


@pytest.mark.clause("10-II")
def test_a_dispute_outlives_the_next_batch_and_ends_when_it_is_settled(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei)

    first = activations.dispute(session, "senior_card", member_id=mei.id, now=NOON)
    again = activations.dispute(session, "senior_card", member_id=mei.id, now=NOON)
    noted(session, agency, mei)
    (disputed,) = activations.of_member(session, mei.id, {"senior_card"})
    activations.settle(session, first, KEYED, organisation_id=agency.organisation_id, now=NOON)
    (settled,) = activations.of_member(session, mei.id, {"senior_card"})

    assert first == again == disputed.dispute
    assert (settled.disputed_at, settled.dispute) == (None, None)


@pytest.mark.clause("10-II")
def test_who_says_yes_again_does_not_move_the_day_since_when_it_is_open(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    days = [TODAY - timedelta(days=ago) for ago in (9, 5, 2)]
    since = []

    for state, day in zip(
        [Activation.ACTIVATED, Activation.ACTIVATED, Activation.NOT_ACTIVATED], days, strict=True
    ):
        activations.note(
            session,
            activations.get_service(session, "senior_card"),
            state,
            KEYED,
            member_id=mei.id,
            organisation_id=agency.organisation_id,
            as_of=day,
            is_wished=True,  # the service is given up by its member
            now=NOON,
        )
        (now_noted,) = activations.of_member(session, mei.id, {"senior_card"})
        since.append((now_noted.since, now_noted.as_of))
    noted(session, agency, mei, as_of=TODAY)
    (reopened,) = activations.of_member(session, mei.id, {"senior_card"})

    assert since == [(days[0], days[0]), (days[0], days[1]), (None, days[2])]
    assert reopened.since == TODAY


@pytest.mark.clause("2(8)6")
def test_nobody_else_settles_a_dispute_and_nobody_twice(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    other = make.a_client(session, "sports", organisation=make.words("體育局", "Sports"))
    noted(session, agency, mei)
    number = activations.dispute(session, "senior_card", member_id=mei.id, now=NOON)

    for owner, provenance, code in (
        (other, KEYED, "service.not_yours"),
        (agency, replace(KEYED, reference=" "), "service.note_unfounded"),
    ):
        with pytest.raises(Refused, match=code):
            activations.settle(
                session, number, provenance, organisation_id=owner.organisation_id, now=NOON
            )
    activations.settle(session, number, KEYED, organisation_id=agency.organisation_id, now=NOON)
    with pytest.raises(NotFound):
        activations.settle(session, number, KEYED, organisation_id=agency.organisation_id, now=NOON)


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("service.note_older")
def test_a_late_batch_does_not_overwrite_what_is_newer(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei)

    with pytest.raises(Refused, match="note_older"):
        noted(session, agency, mei, as_of=TODAY - timedelta(days=1))

    (kept,) = activations.of_member(session, mei.id, {"senior_card"})
    assert kept.state is Activation.ACTIVATED


@pytest.mark.clause("7(9)")
@pytest.mark.refusal("service.note_unfounded")
@pytest.mark.parametrize(
    "wrong",
    [
        {"as_of": TODAY + timedelta(days=1)},
        {"provenance": replace(KEYED, reference=" ")},
        {"provenance": replace(KEYED, channel=Channel.MEMBER)},
    ],
    ids=["of tomorrow", "without a case", "the member's own word"],
)
def test_a_note_rests_on_a_day_and_a_case(session: Session, wrong: dict[str, Any]) -> None:
    agency, mei = an_agency(session), make.a_member(session)

    with pytest.raises(Refused, match="note_unfounded"):
        noted(session, agency, mei, **wrong)


def test_what_was_never_noted_cannot_be_disputed(session: Session) -> None:
    an_agency(session)
    mei = make.a_member(session)

    for code in ("senior_card", "nothing_we_know"):
        with pytest.raises(NotFound):
            activations.dispute(session, code, member_id=mei.id, now=NOON)


@pytest.mark.clause("6(3)", "10-II")
@pytest.mark.refusal("service.suspension_stands")
@pytest.mark.parametrize("is_disputed", [False, True])
def test_no_note_hides_a_suspension_from_its_petition(
    session: Session, *, is_disputed: bool
) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei, state=Activation.SUSPENDED)
    if is_disputed:
        activations.dispute(session, "senior_card", member_id=mei.id, now=NOON)

    with pytest.raises(Refused, match="suspension_stands"):
        noted(session, agency, mei, state=Activation.NOT_ACTIVATED)

    (kept,) = activations.of_member(session, mei.id, {"senior_card"})
    assert kept.state is Activation.SUSPENDED


@pytest.mark.clause("7(9)")
def test_everything_that_happened_can_be_traced(session: Session) -> None:
    agency, mei = an_agency(session), make.a_member(session)
    noted(session, agency, mei)
    activations.dispute(session, "senior_card", member_id=mei.id, now=NOON)
    noted(session, agency, mei, state=Activation.SUSPENDED)

    events = session.scalars(select(ActivationEvent).order_by(ActivationEvent.id)).all()

    told = {(each.happening, each.state, each.actor) for each in events}
    assert told == {
        (Happening.NOTED, Activation.ACTIVATED, KEYED.actor),
        (Happening.DISPUTED, Activation.ACTIVATED, "member"),
        (Happening.NOTED, Activation.SUSPENDED, str(UUID(int=7))),
    }
    assert {each.as_of for each in events} == {TODAY}


@pytest.mark.clause("10-II")
@pytest.mark.refusal("service.closed")
def test_a_closed_service_is_opened_for_nobody_and_keeps_what_was_noted(session: Session) -> None:
    agency = an_agency(session)
    holder, other = make.a_member(session, "holder"), make.a_member(session, "other")
    noted(session, agency, holder)

    activations.close_service(session, "senior_card", now=NOON)

    (kept,) = activations.of_member(session, holder.id, {"senior_card"})
    assert (kept.state, kept.closed_on) == (Activation.ACTIVATED, TODAY)
    assert activations.of_member(session, other.id, {"senior_card"}) == []
    noted(session, agency, other)  # what was decided until that day is still written down
    with pytest.raises(Refused, match=r"service\.closed"):
        activations.note(
            session,
            activations.get_service(session, "senior_card"),
            Activation.ACTIVATED,
            KEYED,
            member_id=other.id,
            organisation_id=agency.organisation_id,
            as_of=TODAY + timedelta(days=1),
            now=NOON + timedelta(days=1),
        )
    activations.dispute(session, "senior_card", member_id=holder.id, now=NOON)
