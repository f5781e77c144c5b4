"""The server's clock is an hour ahead for a while: nothing is good twice, lost, or out of order."""

from datetime import timedelta

import pytest
import requests

from idp import checkpoints
from idp.keys import Keys
from kernel import clock, throttle
from kernel.db import sessions
from tests.faults.accounts import settle
from tests.faults.moving import Movable
from tests.faults.people import Somebody, signing_in, wait_for
from tests.live.server import KEYRING, Provider

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


def test_a_clock_that_jumps_and_comes_back_makes_nothing_good_twice(movable: Movable) -> None:
    provider = movable.provider
    somebody = Somebody(provider, "moved")
    early = somebody.code()

    with movable.clock.ahead(HOUR):
        expired = _redeemed(provider, somebody, early)
        with signing_in([somebody]):
            wait_for([somebody], 3)
        ahead = somebody.code()
        _seal_as_the_worker_would(provider)
    first, second = (_redeemed(provider, somebody, ahead) for _ in range(2))
    with signing_in([somebody]):
        wait_for([somebody], 3)

    assert expired.json()["error"] == "invalid_grant"
    assert (first.status_code, second.status_code) == (200, 400)
    somebody.promised.unanswered += 1  # a token of a code shown twice is none any more
    settle(provider, [somebody])


def test_who_was_locked_out_by_a_clock_that_is_ahead_stays_so_when_it_is_back(
    movable: Movable,
) -> None:
    key = throttle.ACCOUNT.key("locked.out", secret=KEYRING.derive("throttle/v1"))
    for _ in range(throttle.ACCOUNT.limit):
        with movable.provider.database() as session:
            throttle.ACCOUNT.hit(session, key, now=clock.now() + HOUR)

    with movable.provider.database() as session:
        assert not throttle.ACCOUNT.hit(session, key, now=clock.now()).allowed


def _redeemed(provider: Provider, somebody: Somebody, code: str) -> requests.Response:
    return provider.call("/token", somebody.form(code))


def _seal_as_the_worker_would(provider: Provider) -> None:
    make, keys = sessions(provider.engine), Keys(KEYRING)
    checkpoints.seal(make, keys, issuer=provider.issuer, now=clock.now() + HOUR)
