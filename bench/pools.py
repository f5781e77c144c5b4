"""Serve one database by one pool of workers, or by two as `deploy/` does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from bench import servers

ISSUER = "http://localhost"
# As CPUWeight 50 is to 200: each step of niceness is 1.25. Everything a bench starts is of one
# session, for Linux weighs sessions against one another first (sched(7), autogroup).
YIELDING = 6


class Ports(NamedTuple):
    """Where people's pages are answered, and where programs' calls."""

    people: int
    programs: int


@contextmanager
def one(url: str) -> Iterator[Ports]:
    """Let the same workers answer people and programs."""
    with servers.provider(url, issuer=ISSUER) as server:
        yield Ports(server.port, server.port)


@contextmanager
def two(url: str) -> Iterator[Ports]:
    """Give programs workers of their own, who go first while processors are short."""
    with (
        servers.provider(url, issuer=ISSUER) as programs,
        servers.provider(url, issuer=ISSUER, niceness=YIELDING) as people,
    ):
        yield Ports(people.port, programs.port)
