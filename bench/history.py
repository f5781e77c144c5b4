"""Give the seeded city a past: every member signs in once, and the database looks at its tables.

An empty table tempts PostgreSQL into plans that read all of it, and a prepared statement keeps its
plan. In a city autovacuum corrects that within a minute; a run lasts seconds.
"""

import itertools

from sqlalchemy import Engine

from bench import crowd, flows
from bench.city import City
from bench.flows import Visitor
from bench.statements import sender
from kernel.db import sessions
from kernel.settings import Settings
from web.app import create_app


def live(engine: Engine, settings: Settings, city: City) -> None:
    """Let each member of `city` sign in, then gather statistics."""
    app = create_app(settings, database=sessions(engine))
    visitor = Visitor(sender(app), city.secret, itertools.cycle(city.cookies), iter(()))
    for _ in city.cookies:
        flows.sso(visitor)
    crowd.settle(engine)
