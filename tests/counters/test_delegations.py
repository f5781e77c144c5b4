"""A delegation: signed, published, in force by its days, extended and revoked once (4, 4.10)."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from counters import delegations
from counters.delegations import Citation, State, in_force, state, why_none
from counters.models import Counter, Delegation, Ground, Holder, Matter, Step
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from services import activations
from tests import make
from tests.counters import town
from tests.make import NOON
from tests.services.city import an_agency

LATER = date(2027, 6, 30)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
rows = st.builds(
    lambda first, length, ground, step, matters: Delegation(
        ground=ground,
        step=step,
        matters=sorted(matters),
        starts_on=first,
        ends_on=first + timedelta(days=length),
    ),
    days,
    st.integers(0, 400),
    st.sampled_from(Ground),
    st.sampled_from(Step),
    st.frozensets(st.sampled_from(Matter), min_size=1),
)


@pytest.fixture
def counter(session: Session) -> Counter:
    return town.a_counter(session, make.a_client(session))


@given(row=rows, today=days)
def test_nothing_is_in_force_outside_its_days_or_unpublished_or_revoked(
    row: Delegation, today: date
) -> None:
    is_complete = row.step is Step.PUBLISHED or (
        row.step is Step.SIGNED and row.ground is Ground.OWN_STAFF
    )

    assert (state(row, today) is State.EFFECTIVE) == (
        is_complete and row.starts_on <= today <= row.ends_on
    )


@given(many=st.lists(rows, max_size=4), today=days)
def test_what_is_in_force_is_what_some_effective_one_names(
    many: list[Delegation], today: date
) -> None:
    named = {
        matter
        for row in many
        if state(row, today) is State.EFFECTIVE
        for matter in map(Matter, row.matters)
    }

    assert in_force(many, today) == named
    if not named:
        assert why_none(many, today).startswith("counter.")


@pytest.mark.refusal(
    "delegation.incomplete",
    "delegation.wrong_ground",
    "delegation.days_reversed",
    "delegation.service_unknown",
)
def test_what_is_missing_or_does_not_fit_has_its_own_refusal(
    session: Session, counter: Counter
) -> None:
    def drafting(code: str, ground: Ground = Ground.PRIVATE, **changes: object) -> None:
        with pytest.raises(Refused, match=code.replace(".", r"\.")):
            delegations.draft(session, counter, town.terms(ground, **changes), now=NOON)

    drafting("delegation.incomplete", matters=frozenset())
    drafting("delegation.incomplete", provision=" ")
    drafting("delegation.incomplete", document_number="")
    drafting("delegation.incomplete", cost=" ")
    drafting("delegation.incomplete", provision="x" * 201)
    drafting("delegation.wrong_ground", Ground.OWN_STAFF)
    drafting("delegation.days_reversed", ends_on=date(2026, 9, 30))
    drafting("delegation.service_unknown", services=frozenset({"fishing"}))


def test_only_open_services_of_the_agency_can_be_named(session: Session) -> None:
    counter = town.a_counter(session, an_agency(session))
    activations.close_service(session, "low_income", now=NOON)

    row = town.delegated(session, counter, services=frozenset({"senior_card"}))
    with pytest.raises(Refused, match=r"delegation\.service_unknown"):
        town.delegated(session, counter, services=frozenset({"low_income"}), document_number="2")

    assert row.services == ["senior_card"]


@pytest.mark.refusal("delegation.number_used")
def test_a_document_is_entered_once_for_a_counter_and_serves_others(session: Session) -> None:
    agency = make.a_client(session)
    here, there = town.a_counter(session, agency), town.a_counter(session, agency, "there")
    town.delegated(session, here)

    town.delegated(session, there)
    with pytest.raises(Refused, match=r"delegation\.number_used"):
        town.delegated(session, here)


@pytest.mark.clause("4")
@pytest.mark.refusal("delegation.citation_missing", "delegation.wrong_state")
def test_it_is_signed_then_published_with_a_citation_of_a_day_that_has_come(
    session: Session, counter: Counter
) -> None:
    row = delegations.draft(session, counter, town.terms(), now=NOON)
    with pytest.raises(Refused, match=r"delegation\.wrong_state"):
        delegations.publish(session, row, town.CITED, now=NOON)
    delegations.sign(session, row, now=NOON)

    for citation in (
        Citation(notice_on=date(2026, 11, 24), gazette="明天的公報"),
        Citation(notice_on=town.TODAY, gazette=" "),
    ):
        with pytest.raises(Refused, match=r"delegation\.citation_missing"):
            delegations.publish(session, row, citation, now=NOON)
    delegations.publish(session, row, town.CITED, now=NOON)

    assert state(row, town.TODAY) is State.EFFECTIVE
    with pytest.raises(Refused, match=r"delegation\.wrong_state"):
        delegations.sign(session, row, now=NOON)


def test_it_lasts_longer_by_a_new_notice(session: Session, counter: Counter) -> None:
    row = town.delegated(session, counter)
    again = Citation(notice_on=town.TODAY, gazette="公報 115 年冬字第 2 期")

    delegations.extend(session, row, LATER, again, seen=town.LAST_DAY, now=NOON)

    assert (row.ends_on, row.gazette) == (LATER, again.gazette)
    with pytest.raises(Refused, match=r"delegation\.wrong_state"):  # the end seen is no more
        delegations.extend(
            session, row, LATER + timedelta(days=1), again, seen=town.LAST_DAY, now=NOON
        )
    with pytest.raises(Refused, match=r"delegation\.citation_missing"):
        delegations.extend(session, row, date(2028, 1, 1), None, seen=LATER, now=NOON)
    with pytest.raises(Refused, match=r"delegation\.days_reversed"):
        delegations.extend(session, row, town.TODAY, again, seen=LATER, now=NOON)


def test_own_staff_last_longer_without_a_notice(session: Session) -> None:
    counter = town.a_counter(session, make.a_client(session), holder=Holder.STAFF)
    row = town.delegated(session, counter)

    delegations.extend(session, row, LATER, None, seen=town.LAST_DAY, now=NOON)

    assert row.ends_on == LATER


def test_what_is_over_is_not_brought_back(session: Session, counter: Counter) -> None:
    row = town.delegated(session, counter)
    over = NOON + timedelta(days=60)

    with pytest.raises(Refused, match=r"delegation\.wrong_state"):
        delegations.extend(session, row, LATER, town.CITED, seen=town.LAST_DAY, now=over)
    delegations.revoke(session, row, now=NOON)
    with pytest.raises(Refused, match=r"delegation\.wrong_state"):
        delegations.revoke(session, row, now=NOON)
    with pytest.raises(Refused, match=r"delegation\.wrong_state"):
        delegations.extend(session, row, LATER, town.CITED, seen=town.LAST_DAY, now=NOON)

    assert state(row, town.TODAY) is State.REVOKED


def test_no_agency_sees_anothers(session: Session, counter: Counter) -> None:
    row = town.delegated(session, counter)
    own = counter.organisation_id

    assert delegations.get(session, row.id, organisation_id=own) is row
    assert delegations.of_counter(session, counter.id) == [row]
    with pytest.raises(NotFound):
        delegations.get(session, row.id, organisation_id=new_id())


@pytest.mark.clause("4")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_officers_who_end_and_extend_at_once_the_end_stands(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        at = town.a_town(session)
        row_id = at.delegation.id
    start, told = Barrier(2), []

    def act(*, ends: bool) -> None:
        with sessions() as session:
            row = session.get_one(Delegation, row_id)
            start.wait()
            try:
                if ends:
                    delegations.revoke(session, row, now=NOON)
                else:
                    delegations.extend(
                        session, row, LATER, town.CITED, seen=town.LAST_DAY, now=NOON
                    )
                session.commit()
            except Refused as refused:
                told.append(refused.code)

    threads = [Thread(target=act, kwargs={"ends": ends}) for ends in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with transaction(sessions) as session:
        row = session.get_one(Delegation, row_id)
        assert state(row, town.TODAY) is State.REVOKED
        assert (row.ends_on == LATER) == (told == [])
    assert told in ([], ["delegation.wrong_state"])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_officers_who_extend_at_once_one_is_refused(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        row_id = town.a_town(session).delegation.id
    start, told = Barrier(2), list[str]()

    def extend(until: date) -> None:
        with sessions() as session:
            row = session.get_one(Delegation, row_id)
            start.wait()
            try:
                delegations.extend(session, row, until, town.CITED, seen=town.LAST_DAY, now=NOON)
                session.commit()
                told.append(str(until))
            except Refused as refused:
                told.append(refused.code)

    threads = [Thread(target=extend, args=(LATER + timedelta(days=n),)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told)[1] == "delegation.wrong_state"
