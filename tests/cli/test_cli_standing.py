"""`taipei-id member suspend|reinstate`."""

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from members import register
from members.models import Member, Standing
from tests import make
from tests.cli.conftest import Taipei

GROUNDS = ("--clause", "6(1)", "--file", "115-001", "--reason", "冒用")


def standing(prepared: Engine) -> Standing:
    with transaction(sessions(prepared)) as session:
        return session.scalars(select(Member.standing)).one()


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("standing.not_found")
def test_an_account_is_protected_and_given_back(
    prepared: Engine, taipei_id: Taipei, keyring: Keyring
) -> None:
    with transaction(sessions(prepared)) as session:
        register.add(session, "mei", make.a_profile(), keyring=keyring, now=make.NOON)

    suspended = taipei_id("member", "suspend", "mei", *GROUNDS)
    during = standing(prepared)
    again = taipei_id("member", "suspend", "mei", *GROUNDS)
    reinstated = taipei_id("member", "reinstate", "mei", "--reason", "本人到場")

    assert (suspended.exit_code, again.exit_code, reinstated.exit_code) == (0, 1, 0)
    with transaction(sessions(prepared)) as session:
        of_orders = select(TrailEntry.detail).where(TrailEntry.event.startswith("standing."))
        assert {each["channel"] for each in session.scalars(of_orders)} == {"cli"}
    assert (during, standing(prepared)) == (Standing.SUSPENDED, Standing.ACTIVE)
    assert taipei_id("member", "reinstate", "mei", "--reason", "又一次").exit_code == 1
