"""Call clients' servers as the settings allow it: through the one guarded client, and no other."""

from functools import partial

from clients.fetching import Call
from kernel import outgoing
from kernel.settings import Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})  # where the demo's sites are


def caller(settings: Settings) -> Call:
    """Return the call that knows which private hosts and which authorities are allowed."""
    hosts = frozenset(settings.private_hosts) | (LOOPBACK if settings.demo else set())
    return partial(outgoing.call, private_hosts=hosts, authorities=settings.authorities)
