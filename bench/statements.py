"""Count what one operation asks of the database, once, in this process."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.city import City
from bench.flows import OPERATIONS, PROBES, Visitor
from bench.wire import FORM, Answer, Send
from kernel.db import open_engine, sessions
from kernel.settings import Settings
from web.app import create_app


@dataclass
class Count:
    """How many statements were run in how many transactions."""

    statements: int = 0
    transactions: int = 0


def count(settings: Settings, city: City) -> dict[str, Count]:
    """Return the counts of every operation, with the caches of a process at work."""
    engine = open_engine(settings.database_url)
    app = create_app(settings, database=sessions(engine))
    cookies = itertools.cycle(city.cookies)
    taps = itertools.cycle([(city.readers[0], city.cards[0])])
    visitor = Visitor(sender(app), city.secret, cookies, iter(city.newcomers), taps)
    counts = {}
    for name, operation in OPERATIONS.items():
        if name in PROBES:
            counts[name] = Count()  # they have no database
            continue
        operation.prepare(visitor)
        operation.run(visitor)  # the client and the keys are known for the next second
        with _counted(engine) as counts[name]:
            operation.run(visitor)
    engine.dispose()
    return counts


@contextmanager
def _counted(engine: Engine) -> Iterator[Count]:
    counted = Count()

    def statement(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        counted.statements += not sql.startswith("BEGIN")

    def transaction(_connection: object) -> None:
        counted.transactions += 1

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", transaction)
    event.listen(engine, "rollback", transaction)
    yield counted
    event.remove(engine, "before_cursor_execute", statement)
    event.remove(engine, "commit", transaction)
    event.remove(engine, "rollback", transaction)


def sender(app: Any) -> Send:  # a WSGI application has no type of its own
    """Return a sender that calls `app` in this process."""

    def send(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path, _, query = target.partition("?")
        builder = EnvironBuilder(
            path=path,
            query_string=query,
            method=method,
            headers=list(headers.items()),
            data=body or None,
            content_type=FORM if body else None,
        )
        chunks, status, sent = run_wsgi_app(app, builder.get_environ(), buffered=True)
        pairs = tuple((name.lower(), value) for name, value in sent.items())
        return Answer(int(status.split(" ", 1)[0]), pairs, b"".join(chunks))

    return send
