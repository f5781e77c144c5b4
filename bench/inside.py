"""Lend the city of the flow tests, in this process, on a database that is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from sqlalchemy import Engine

from idp import keys
from kernel import clock
from kernel.db import sessions
from tests import make
from tests.flows.provider import City, the_settings
from web.app import create_app


@contextmanager
def a_city(engine: Engine) -> Iterator[City]:
    """Lend a city that can sign; while the block runs it is always its own hour."""
    database = sessions(engine)
    city = City(create_app(the_settings(), database=database), database)
    with city.database() as session:
        keys.ensure(session, make.KEYRING, now=city.now)
    with patch.object(clock, "now", lambda: city.now):
        yield city
