"""A relying party that ends its own sessions when the provider says so, as Spring Security does."""

from collections.abc import Iterator

import pytest
import requests
from sqlalchemy import update

from idp import sign_outs
from kernel import clock, jobs
from kernel.jobs import Job
from tests import proofs
from tests.conformance.rp_logout.test_rp_initiated_logout import leave
from tests.conformance.suite import Client, Suite, call
from tests.live.receiver import EVENT, Receiver, receiving, tell
from tests.live.server import Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver("")) as receiver:
        yield receiver


@pytest.fixture
def suite(provider: Provider, visitor: Visitor, receiver: Receiver) -> Suite:
    """Lend a member who is signed in at the receiver."""
    suite = Suite(provider, visitor, mode="query")
    suite.client = Client(provider, backchannel_logout_uri=receiver.url, id_token_alg="ES256")
    receiver.client_id, receiver.issuer = suite.client.client_id, provider.issuer
    receiver.keys = suite.keys()
    receiver.open_session(suite.sign_in()["claims"])
    return suite


def waiting(provider: Provider) -> list[Job]:
    with provider.database() as session:
        return [each for each in jobs.listed(session, failed_only=False) if is_ours(each)]


def is_ours(job: Job) -> bool:
    return job.kind == sign_outs.KIND


def push(receiver: Receiver, token: str) -> requests.Response:
    return call("POST", receiver.url, data={"logout_token": token})


def test_its_session_ends_with_ours(suite: Suite, receiver: Receiver) -> None:
    receiver.sessions["of-another"] = "somebody"

    leave(suite)
    tell(suite.provider)

    assert receiver.sessions == {"of-another": "somebody"}
    assert not waiting(suite.provider)


def test_a_receiver_that_was_away_is_told_when_it_is_back(suite: Suite, receiver: Receiver) -> None:
    receiver.closed = True
    leave(suite)
    tell(suite.provider)
    (job,) = waiting(suite.provider)
    assert (job.attempts, job.last_error) == (1, "call.status_503")
    receiver.closed = False
    with suite.provider.database() as session:
        session.execute(update(Job).values(run_at=clock.now()))

    tell(suite.provider)

    assert not receiver.sessions
    assert not waiting(suite.provider)


def test_it_believes_nobody_else(suite: Suite, receiver: Receiver) -> None:
    leave(suite)
    tell(suite.provider)
    (said,) = receiver.received
    receiver.sessions["still"] = said["sub"]
    foreign = proofs.signed(proofs.new_key(), {**said, "jti": "new"}, typ="logout+jwt")

    answers = [push(receiver, token) for token in (foreign, "", "a.b.c")]

    assert [each.status_code for each in answers] == [400, 400, 400]
    assert "still" in receiver.sessions
    assert EVENT in said["events"]
