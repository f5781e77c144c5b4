import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from members import identity_checks
from members.models import CheckKind, IdentityCheck
from tests import make

HELD = make.a_profile().claims()


def check(session: Session, *names: str) -> frozenset[str]:
    member = make.a_member(session)
    return identity_checks.record(
        session,
        member.id,
        kind=CheckKind.DOCUMENT,
        of_type="idcard",
        method="vpip",
        office="松山區健康服務中心",
        names=names,
        held=HELD,
        keyring=make.KEYRING,
        now=make.NOON,
    )


def borne_out(session: Session, **changes: str) -> list[frozenset[str]]:
    member_id = session.scalars(select(IdentityCheck.member_id)).one()
    found = identity_checks.of_member(
        session, member_id, held={**HELD, **changes}, keyring=make.KEYRING
    )
    return [each.claims for each in found]


def test_a_check_bears_out_what_was_seen(session: Session) -> None:
    assert check(session, "name", "birthdate") == {"name", "birthdate"}

    assert borne_out(session) == [{"name", "birthdate"}]


def test_what_changed_since_is_borne_out_no_more(session: Session) -> None:
    check(session, "name", "address")

    assert borne_out(session, name="陳美惠") == [{"address"}]


def test_what_is_not_held_or_cannot_be_checked_is_not_kept(session: Session) -> None:
    assert check(session, "gender", "email", "national_id") == frozenset()

    assert session.scalars(select(IdentityCheck)).all() == []


def test_no_value_and_no_number_of_a_document_is_kept(session: Session) -> None:
    check(session, "name", "birthdate", "address")

    row = session.scalars(select(IdentityCheck)).one()
    kept = str({column.name: getattr(row, column.name) for column in row.__table__.columns})
    assert all(str(HELD[name]) not in kept for name in ("name", "birthdate", "address"))


@pytest.mark.parametrize("kind", CheckKind)
def test_every_kind_of_check_has_types(kind: CheckKind) -> None:
    assert identity_checks.TYPES[kind]
