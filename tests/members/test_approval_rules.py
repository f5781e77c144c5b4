"""The Bureau's rule approves what is simple, leaves a sample to people, and can be drawn again."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members import application_intake, approval_rules
from members.application_models import Application, Channel, PersonKind, State
from members.approval_models import ApprovalKind, MemberApproval
from members.rule_models import ApprovalRule, RuleVerdict
from tests import make
from tests.members import applying

NEVER, ALWAYS = 1, 1000  # of a thousand, to a person


def adopt(session: Session, now: datetime, **changes: Any) -> ApprovalRule:
    values: dict[str, Any] = {
        "kinds": [PersonKind.NATIONAL],
        "channels": [Channel.COUNTER],
        "youngest": 18,
        "sample_per_mille": NEVER,
        "document_no": "府資創字第1號",
    }
    return approval_rules.adopt(session, by=None, now=now, **{**values, **changes})


def hand_in(session: Session, now: datetime, **changes: Any) -> UUID:
    form = applying.a_form(**{"documents": (applying.ID_CARD,), **changes})
    return application_intake.submit(
        session,
        form,
        channel=Channel.COUNTER,
        keyring=make.KEYRING,
        now=now,
        counter_id=new_id(),
        clerk_id=new_id(),
    ).application_id


def put(
    session: Session, application_id: UUID, rule: ApprovalRule, now: datetime
) -> RuleVerdict | None:
    return approval_rules.apply_to(session, application_id, rule, keyring=make.KEYRING, now=now)


@pytest.mark.clause("2(8)1")
def test_the_rule_approves_and_the_approval_names_its_version(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, application_id = adopt(session, now), hand_in(session, now)
    monkeypatch.setattr(approval_rules, "new_secret", lambda: _seed_that_spares(application_id))

    verdict = put(session, application_id, rule, now)

    assert verdict is RuleVerdict.APPROVED
    application = session.get_one(Application, application_id)
    approval = session.get_one(MemberApproval, application.approval_id)
    assert application.state is State.APPROVED
    assert (approval.kind, approval.rule_version) == (ApprovalKind.RULE, rule.version)
    assert approval.reviewer_id is None


def _seed_that_spares(application_id: UUID) -> str:
    spared = RuleVerdict.APPROVED
    seeds = map(str, range(100))
    return next(
        each for each in seeds if approval_rules.drawn(each, application_id, NEVER) is spared
    )


@pytest.mark.clause("2(8)1")
def test_a_sample_goes_to_a_person_and_the_lot_can_be_drawn_again(
    session: Session, now: datetime
) -> None:
    rule, application_id = adopt(session, now, sample_per_mille=ALWAYS), hand_in(session, now)

    verdict = put(session, application_id, rule, now)

    run = approval_rules.run_of(session, application_id)
    assert run is not None
    assert verdict is RuleVerdict.SAMPLED
    assert approval_rules.drawn(run.seed, application_id, ALWAYS) is RuleVerdict.SAMPLED
    assert session.get_one(Application, application_id).state is State.REVIEW


@pytest.mark.parametrize(
    ("rule", "form", "why"),
    [
        ({"kinds": [PersonKind.FOREIGN]}, {}, "kind"),
        ({"channels": [Channel.SITE]}, {}, "channel"),
        ({"youngest": 60}, {}, "age"),
        ({}, {"former_number": applying.OTHER_NATIONAL}, "former_number"),
    ],
)
def test_what_the_rule_does_not_cover_is_a_persons(
    session: Session, now: datetime, rule: dict[str, Any], form: dict[str, Any], why: str
) -> None:
    adopted, application_id = adopt(session, now, **rule), hand_in(session, now, **form)

    verdict = put(session, application_id, adopted, now)

    run = approval_rules.run_of(session, application_id)
    assert run is not None
    assert (verdict, run.reasons) == (RuleVerdict.PERSON, [why])


def test_an_application_is_put_to_a_rule_once(session: Session, now: datetime) -> None:
    rule, application_id = adopt(session, now, sample_per_mille=ALWAYS), hand_in(session, now)
    waits = list(approval_rules.waiting(session, most=9))
    put(session, application_id, rule, now)

    assert waits == [application_id]
    assert list(approval_rules.waiting(session, most=9)) == []
    assert put(session, application_id, rule, now) is None


def test_a_new_version_ends_the_one_before(session: Session, now: datetime) -> None:
    first = adopt(session, now)
    second = adopt(session, now)

    assert (first.version, second.version) == (1, 2)
    assert approval_rules.current(session) is second
    assert approval_rules.listed(session) == [second, first]
    assert approval_rules.end(session, now=now)
    assert approval_rules.current(session) is None
    assert not approval_rules.end(session, now=now)
    assert approval_rules.get(session, 1) is first
    with pytest.raises(NotFound):
        approval_rules.get(session, 9)


@pytest.mark.refusal("rule.incomplete")
@pytest.mark.refusal("rule.out_of_bounds")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kinds": []}, "incomplete"),
        ({"channels": []}, "incomplete"),
        ({"document_no": " "}, "incomplete"),
        ({"youngest": 17}, "out_of_bounds"),
        ({"sample_per_mille": 0}, "out_of_bounds"),
        ({"sample_per_mille": 1001}, "out_of_bounds"),
    ],
)
def test_no_rule_is_without_bounds(
    session: Session, now: datetime, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused, match=rf"rule\.{code}"):
        adopt(session, now, **changes)


def test_the_database_keeps_the_bounds_too(session: Session, now: datetime) -> None:
    rule = adopt(session, now)
    rule.youngest = 7

    with pytest.raises(IntegrityError):
        session.flush()


@given(seed=st.text(max_size=50), sample=st.integers(1, 1000))
def test_the_lot_depends_on_the_seed_and_the_application_alone(seed: str, sample: int) -> None:
    application_id = new_id()
    first = approval_rules.drawn(seed, application_id, sample)

    assert approval_rules.drawn(seed, application_id, sample) is first
    if first is RuleVerdict.SAMPLED:
        assert approval_rules.drawn(seed, application_id, 1000) is RuleVerdict.SAMPLED
