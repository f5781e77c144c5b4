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
from tests.live.server import KEYRING, Person, Provider
from tests.live.visitor import Visitor

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
    provider = movable.provider
    person = provider.enrol("locked.out")

    with movable.clock.ahead(HOUR):
        wrong = [_tried(provider, person.login, "a guess") for _ in range(throttle.ACCOUNT.limit)]
        locked = _tried(provider, person.login, person.password)
    back = _tried(provider, person.login, person.password)
    provider.forget_attempts()

    assert wrong == ["again"] * throttle.ACCOUNT.limit
    assert (locked, back) == ("locked", "locked")
    assert _tried(provider, person.login, person.password) == "in"


def _tried(provider: Provider, login: str, password: str) -> str:
    with Visitor() as visitor:
        visitor.open(f"{provider.issuer}/account/login").log_in(Person(login, password))
        if visitor.status == requests.codes.too_many_requests:
            return "locked"
        return "again" if visitor.shows("submit_login") else "in"


def _redeemed(provider: Provider, somebody: Somebody, code: str) -> requests.Response:
    return provider.call("/token", somebody.form(code))


def _seal_as_the_worker_would(provider: Provider) -> None:
    make, keys = sessions(provider.engine), Keys(KEYRING)
    checkpoints.seal(make, keys, issuer=provider.issuer, now=clock.now() + HOUR)
