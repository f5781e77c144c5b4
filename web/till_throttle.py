"""Slow down who guesses codes: by client and by address, counting failures only."""

from datetime import datetime, timedelta

from flask import request

from clients.directory import RegisteredClient
from kernel import throttle
from kernel.db import transaction
from kernel.throttle import Policy
from web import scope

# A code is 40 bits and lives a minute: with 100,000 of them shown all the time, a client that
# guesses as fast as this finds one a year. Many shops may share a client, and a mall one address.
CLIENT = Policy(
    name="till-client", limit=100, window=timedelta(minutes=5), lockout=timedelta(minutes=5)
)
ADDRESS = Policy(
    name="till-address", limit=30, window=timedelta(minutes=5), lockout=timedelta(minutes=5)
)


def count(client: RegisteredClient) -> datetime | None:
    """Count an attempt before the work; return until when no more is heard, None if it may go on.

    What was proven so far is kept: a client assertion is spent even if the attempt is not heard.
    """
    scope.keep()
    for policy, key in _counted(client):
        with transaction(scope.rooms().sessions) as session:
            verdict = policy.hit(session, key, now=scope.now())
        if verdict.retry_at is not None:
            return verdict.retry_at
    return None


def forgive(client: RegisteredClient) -> None:
    """Take the attempt back: the code was a real one."""
    for _, key in _counted(client):
        throttle.forgive(scope.db(), key)


def _counted(client: RegisteredClient) -> tuple[tuple[Policy, bytes], ...]:
    secret = scope.rooms().throttle_key
    network = throttle.network_of(request.remote_addr or "")
    return (
        (ADDRESS, ADDRESS.key(network, secret=secret)),
        (CLIENT, CLIENT.key(str(client.id), secret=secret)),
    )
