"""Letters of attorney at a counter, people sent away, and clerks kept from their own (7(2))."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from counters import dealing, letters, turned_away
from counters.case_models import CaseLetter, CaseMatter
from counters.documents import Need, Paper, Whose
from counters.letters import Letter
from counters.turned_away import Visit
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.keyring import Keyring
from members import guardians
from members.models import Evidence, Relation
from members.numbers import recognise
from members.proxies import NOTICE_LASTS, secret_of
from tests import make
from tests.counters.test_cases import a_case

NOW = make.NOON
TODAY = date(2026, 11, 23)
BIND, UNBIND = CaseMatter.BIND, CaseMatter.UNBIND
PROXY = recognise("A123456789")
GOOD = Letter(
    matters=frozenset({BIND}),
    signed_on=TODAY,
    ends_on=TODAY,
    named=PROXY,
    present=PROXY,
)


def a_letter(
    session: Session,
    keyring: Keyring,
    principal_id: UUID | None = None,
    *,
    letter: Letter = GOOD,
    now: datetime = NOW,
) -> CaseLetter:
    return letters.enter(
        session,
        letter,
        case_id=a_case(session, principal_id).id,
        principal_id=principal_id,
        keyring=keyring,
        now=now,
    )


@pytest.mark.clause("7(2)")
def test_a_letter_is_good_to_the_end_of_its_last_day() -> None:
    letters.check(GOOD, matter=BIND, now=NOW)


@pytest.mark.clause("7(2)")
@pytest.mark.refusal(
    "case.poa_missing", "case.poa_expired", "case.poa_scope", "case.poa_proxy_mismatch"
)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"matters": frozenset()}, "case.poa_missing"),
        ({"signed_on": TODAY + timedelta(days=1)}, "case.poa_missing"),
        ({"ends_on": TODAY - timedelta(days=1)}, "case.poa_expired"),
        ({"matters": frozenset({UNBIND})}, "case.poa_scope"),
        ({"present": recognise("H222222224")}, "case.poa_proxy_mismatch"),
    ],
)
def test_each_fault_of_a_letter_has_its_own_refusal(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code.replace(".", r"\.")):
        letters.check(replace(GOOD, **change), matter=BIND, now=NOW)


@pytest.mark.clause("7(2)")
def test_a_letter_is_found_by_its_link_and_ended_once(session: Session, keyring: Keyring) -> None:
    letter_id = a_letter(session, keyring).id
    secret = secret_of(letter_id, key=keyring.derive("not-me/v1"))

    found = letters.noticed(session, secret)

    assert (found.id, found.link_ends_at) == (letter_id, NOW + NOTICE_LASTS)
    assert letters.of_case(session, found.case_id) is found
    assert letters.revoke(session, letter_id, now=NOW)
    assert not letters.revoke(session, letter_id, now=NOW)
    with pytest.raises(NotFound, match=r"poa\.not_found"):
        letters.noticed(session, "x" * 43)


@pytest.mark.clause("7(2)")
def test_it_is_counted_for_how_many_people_one_proxy_comes(
    session: Session, keyring: Keyring
) -> None:
    one, two, three, four = (make.a_member(session, login).id for login in "abcd")
    for each in (one, two, two):
        a_letter(session, keyring, each)
    others = replace(GOOD, present=recognise("H222222224"))

    assert letters.count_like(session, a_letter(session, keyring, three)) == 3
    assert letters.count_like(session, a_letter(session, keyring, one, letter=others)) == 1
    later = NOW + letters.SEASON
    assert letters.count_like(session, a_letter(session, keyring, four, now=later)) == 1


@pytest.mark.clause("7(2)")
def test_only_what_harms_waits() -> None:
    assert letters.held_until(BIND, now=NOW) is None
    assert letters.held_until(UNBIND, now=NOW) == NOW + timedelta(hours=24)


# People sent away


@pytest.mark.clause("7(1)")
def test_a_refusal_names_nobody_and_is_taken_up_once(session: Session) -> None:
    visit = Visit(
        counter_id=new_id(),
        clerk_id=new_id(),
        matter=BIND,
        person_kind="national",
        age="adult",
        service="",
        by_proxy=False,
        language="en",
    )
    lacking = Need(Whose.APPLICANT, (Paper.ID_CARD,))

    kept = turned_away.record(session, visit, "case.documents_missing", (lacking,), now=NOW)

    assert kept.missing == ["applicant:id_card"]
    assert turned_away.find(session, kept.number.lower()) is kept
    assert turned_away.find(session, "%") is None
    assert turned_away.resume(session, kept.number, now=NOW)
    assert not turned_away.resume(session, kept.number, now=NOW)


# Clerks and their own


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
def test_no_clerk_works_on_a_case_of_their_own_or_of_somebody_close(session: Session) -> None:
    clerk, child, stranger = (
        make.a_member(session, login).id for login in ("clerk", "child", "stranger")
    )
    guardians.link(
        session,
        ward_id=child,
        guardian_id=clerk,
        relation=Relation.PARENT,
        evidence=Evidence.HOUSEHOLD_REGISTER,
        until=None,
        now=NOW,
    )

    for own in (clerk, child):
        with pytest.raises(Refused, match=r"case\.self_dealing"):
            dealing.require_none(session, clerk, parties=frozenset({own}), now=NOW)
    with pytest.raises(Refused, match=r"case\.self_dealing"):
        dealing.require_none(session, child, parties=frozenset({clerk}), now=NOW)
    dealing.require_none(session, clerk, parties=frozenset({stranger}), now=NOW)
