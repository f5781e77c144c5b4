"""The one chance to choose account name and password: once, in time, for nobody else (2(8)1)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import Refused
from members import approvals, invitations, register
from members.invitations import LASTS, Activation
from tests import make

NOW = make.NOON


def invite(session: Session, now: datetime = NOW) -> Activation:
    approval_id = approvals.by_bootstrap(session, now=now)
    member = register.admit(session, approval_id, make.a_profile(), keyring=make.KEYRING, now=now)
    return invitations.issue(session, member.id, keyring=make.KEYRING, now=now)


def accept(session: Session, activation: Activation, login: str = "first.name") -> None:
    invitations.accept(session, activation.id, login, now=NOW)


@pytest.mark.clause("2(8)1")
def test_a_new_member_chooses_the_account_name(session: Session) -> None:
    activation = invite(session)

    accept(session, activation, " Ｍei.Lin ")

    member = register.find_by_login(session, "mei.lin")
    assert member is not None
    assert member.id == activation.member_id
    session.refresh(member)
    assert not invitations.is_awaited(member)


@pytest.mark.refusal("activation.used")
def test_an_invitation_is_good_once_and_in_time(session: Session) -> None:
    activation = invite(session)
    late = NOW + LASTS

    assert invitations.find(session, activation.secret, now=NOW) is not None
    assert invitations.find(session, activation.secret, now=late) is None
    with pytest.raises(Refused, match=r"activation\.used"):
        invitations.accept(session, activation.id, "first.name", now=late)
    accept(session, activation)
    with pytest.raises(Refused, match=r"activation\.used"):
        accept(session, activation, "second.name")
    assert invitations.find(session, activation.secret, now=NOW) is None


def test_a_new_invitation_ends_the_one_before(session: Session) -> None:
    first = invite(session)

    second = invitations.issue(session, first.member_id, keyring=make.KEYRING, now=NOW)

    assert invitations.find(session, first.secret, now=NOW) is None
    found = invitations.find(session, second.secret.lower().replace("-", ""), now=NOW)
    assert found is not None
    assert found == invitations.live(session, first.member_id, now=NOW)
    assert invitations.secret_of(second.id, keyring=make.KEYRING) == second.secret
    assert second.secret not in repr(second)


@pytest.mark.refusal("activation.used")
def test_a_code_that_was_issued_while_the_name_was_chosen_does_not_change_it(
    session: Session,
) -> None:
    first = invite(session)
    accept(session, first)

    late = invitations.issue(session, first.member_id, keyring=make.KEYRING, now=NOW)

    with pytest.raises(Refused, match=r"activation\.used"):
        accept(session, late, "second.name")
    assert register.find_by_login(session, "first.name") is not None


@pytest.mark.parametrize("login", ["", "abc", "/new/x", "two words", "a\u0000bcd", "中 文 名"])
@pytest.mark.refusal("member.login_format")
def test_an_account_name_can_be_typed_and_told(session: Session, login: str) -> None:
    with pytest.raises(Refused, match=r"member\.login_format"):
        accept(session, invite(session), login)


@pytest.mark.refusal("member.login_taken")
def test_an_account_name_belongs_to_one_member(session: Session) -> None:
    make.a_member(session, "mei.lin")

    with pytest.raises(Refused, match=r"member\.login_taken"):
        accept(session, invite(session), "MEI.LIN")


def test_of_two_who_choose_one_name_at_once_one_gets_it(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        both = [invite(session) for _ in range(2)]
    start = Barrier(2)

    def choose(activation: Activation) -> str:
        try:
            with transaction(sessions) as session:
                start.wait()
                accept(session, activation)
        except Refused as refused:
            return refused.code
        return "chosen"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [future.result() for future in [pool.submit(choose, each) for each in both]]

    assert sorted(outcomes) == ["chosen", "member.login_taken"]
    with transaction(sessions) as session:
        (loser,) = (each for each, said in zip(both, outcomes, strict=True) if said != "chosen")
        assert invitations.find(session, loser.secret, now=NOW + timedelta(hours=1)) is not None
