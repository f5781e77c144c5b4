"""The database takes no member without an approval, and no approval that nobody could give."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clients import officers
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.ids import new_id
from members import approvals, register
from members.approval_models import ApprovalKind, MemberApproval
from tests import make
from tests.web import staff

RUI, CLERK = new_id(), new_id()
BARE_MEMBER = text(
    "INSERT INTO member (id, login, standing, standing_at, approved_at, data_key_sealed,"
    " profile_sealed) SELECT :id, 'smuggled', standing, standing_at, approved_at,"
    " data_key_sealed, profile_sealed FROM member LIMIT 1"
)


def a_post(session: Session, now: datetime, role: Role = Role.REVIEWER) -> UUID:
    return officers.appoint(
        session,
        member_id=RUI,
        organisation_id=None,
        role=role,
        by=None,
        until=now + timedelta(days=1),
        now=now,
    ).id


def approve(session: Session, now: datetime, **changes: Any) -> UUID:  # ids, and None
    values = {"post_id": None, "reviewer_id": RUI, "intake_by": CLERK, **changes}
    application_id = values.pop("application_id", None) or new_id()
    return approvals.by_person(session, application_id, now=now, **values)


@pytest.mark.clause("2(8)1")
def test_no_statement_makes_a_member_without_an_approval(session: Session) -> None:
    make.a_member(session)
    driver = session.connection().engine.dialect.name
    bare = new_id()

    with pytest.raises(IntegrityError):
        session.execute(BARE_MEMBER, {"id": bare.hex if driver == "sqlite" else bare})


@pytest.mark.clause("2(8)1")
def test_an_approval_makes_one_member_who_bears_its_id(session: Session, now: datetime) -> None:
    approval_id = approve(session, now, post_id=a_post(session, now))

    member = register.admit(session, approval_id, make.a_profile(), keyring=make.KEYRING, now=now)

    assert member.id == approval_id
    session.expunge(member)
    with pytest.raises(IntegrityError):
        register.admit(session, approval_id, make.a_profile(), keyring=make.KEYRING, now=now)


@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize("role", [each for each in Role if each is not Role.REVIEWER])
def test_only_a_reviewer_of_the_bureau_approves(
    session: Session, now: datetime, role: Role
) -> None:
    make.a_client(session)
    post = officers.appoint(
        session,
        member_id=RUI,
        organisation_id=staff.house_for(session, role),
        role=role,
        by=None,
        until=now + timedelta(days=1),
        now=now,
    )

    with pytest.raises(IntegrityError):
        approve(session, now, post_id=post.id)


@pytest.mark.clause("2(8)1")
def test_nobody_approves_in_the_post_of_another(session: Session, now: datetime) -> None:
    with pytest.raises(IntegrityError):
        approve(session, now, post_id=a_post(session, now), reviewer_id=new_id())


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("case.self_dealing")
def test_whoever_took_the_application_in_does_not_approve_it(
    session: Session, now: datetime
) -> None:
    with pytest.raises(Refused, match=r"case\.self_dealing"):
        approve(session, now, post_id=a_post(session, now), intake_by=RUI)


@pytest.mark.clause("2(8)1")
def test_the_database_refuses_a_reviewer_who_was_the_clerk_too(
    session: Session, now: datetime
) -> None:
    row = MemberApproval(
        kind=ApprovalKind.PERSON,
        application_id=new_id(),
        post_id=a_post(session, now),
        role="doit_reviewer",
        reviewer_id=RUI,
        intake_by=RUI,
        approved_at=now,
    )
    session.add(row)

    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.refusal("case.wrong_state")
def test_an_application_is_approved_once(session: Session, now: datetime) -> None:
    post_id, application_id = a_post(session, now), new_id()
    approve(session, now, post_id=post_id, application_id=application_id)

    with pytest.raises(Refused, match=r"case\.wrong_state"):
        approve(session, now, post_id=post_id, application_id=application_id)
    with pytest.raises(Refused, match=r"case\.wrong_state"):
        approvals.by_rule(session, application_id, version=1, now=now)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ApprovalKind.PERSON, "application_id": new_id()},
        {"kind": ApprovalKind.RULE, "application_id": new_id()},
        {"kind": ApprovalKind.RULE, "rule_version": 1},
        {"kind": ApprovalKind.BOOTSTRAP, "application_id": new_id()},
        {"kind": ApprovalKind.BOOTSTRAP, "rule_version": 1},
    ],
)
def test_an_approval_says_who_gave_it_and_for_which_application(
    session: Session, now: datetime, wrong: dict[str, Any]
) -> None:
    session.add(MemberApproval(approved_at=now, **wrong))

    with pytest.raises(IntegrityError):
        session.flush()
