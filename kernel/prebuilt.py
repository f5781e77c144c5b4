"""Build hot statements once: written with SQLAlchemy, compiled once a dialect, run on the driver.

    _FIND = Prebuilt(select(Member.id).where(Member.login == bindparam("login")))
    _FIND.one_or_none(session, {"login": "mei.chen"})

The statement is checked, named and typed like any other; only the way it runs is short
(docs/decisions/0019).
"""

import json
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import JSON, Dialect, SelectBase
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ReturnsRows
from sqlalchemy.types import NullType

from kernel.driver import Line, Ready, Rows, line_of, told
from kernel.work import WorkSession

Given = Mapping[str, Any]  # the values of the bound parameters, of many types
Row = Any  # a named tuple of the statement's columns
Convert = Callable[[Any], Any]  # between a value of ours and one of the driver's
# libpq wants numbered parameters; a cursor of psycopg would have put the numbers in.
NUMBERED: Dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # no types


class Parameter(NamedTuple):
    """One place in the text where a value goes: a fixed one, or the caller's under this name."""

    name: str
    fixed: Any  # as the driver takes it
    given: bool
    convert: Convert | None


class Shape(NamedTuple):
    """How neighbouring columns of the driver's rows become a row of ours."""

    place: slice
    converts: tuple[Convert | None, ...]
    row: Callable[..., Row]

    def read(self, raw: tuple[Any, ...]) -> Row:
        """Return what stands in the columns."""
        pairs = zip(self.converts, raw[self.place], strict=True)
        return self.row(*[value if convert is None else convert(value) for convert, value in pairs])


class Built(NamedTuple):
    """A statement in one dialect: its text, and how its values go in and come out."""

    sql: str
    parameters: tuple[Parameter, ...]
    one: Shape
    many: Shape

    def values(self, given: Given) -> list[Any]:
        """Return the values in the order of the text, as the driver takes them."""
        return [
            fixed if not wanted else given[name] if convert is None else convert(given[name])
            for name, fixed, wanted, convert in self.parameters
        ]


class Gathered(NamedTuple):
    """One write that waits for the end of its request."""

    statement: "Prebuilt"
    given: Given

    def ready(self, line: Line) -> Ready:
        """Return what the driver takes."""
        return self.statement.ready(line, self.given)


class Prebuilt:
    """One hot statement, a module constant."""

    def __init__(
        self,
        statement: ReturnsRows,
        *,
        given: Sequence[str] = (),
        many: int = 0,
        locks: bool = False,
    ) -> None:
        """Keep `statement`.

        `given` names the columns of an INSERT that has no values yet. The last `many` columns are
        those of an outer join, for `nested`. A SELECT that `locks` rows does so until the commit.
        """
        self._statement = statement
        self._given = list(given) or None
        self._many = many
        self._looks = isinstance(statement, SelectBase) and not locks
        self._built: dict[str, Built] = {}

    def all(self, session: Session, given: Given) -> list[Row]:
        """Run it now and return its rows."""
        line = self._line(session)
        rows, _ = self._run(line, given)
        read = self._for(line.engine.dialect).one.read
        return [read(row) for row in rows]

    def one_or_none(self, session: Session, given: Given) -> Row | None:
        """Run it now and return its only row, if there is one."""
        rows = self.all(session, given)
        return rows[0] if rows else None

    def nested(self, session: Session, given: Given) -> tuple[Row, list[Row]] | None:
        """Run it now; return its one row with those joined to it, or None."""
        line = self._line(session)
        rows, _ = self._run(line, given)
        if not rows:
            return None
        built = self._for(line.engine.dialect)
        joined = [row for row in rows if row[-self._many] is not None]
        return built.one.read(rows[0]), [built.many.read(row) for row in joined]

    def run(self, session: Session, given: Given) -> int:
        """Run it now and return how many rows it changed."""
        return self._run(self._line(session), given)[1]

    def write(self, session: Session, given: Given, *, is_seen: bool = True) -> None:
        """Run it with the other writes of its request, at the latest when they are committed.

        What no look-up of the request asks for need not be `is_seen`, and lets them go first.
        """
        if isinstance(session, WorkSession):
            session.later(Gathered(self, given), is_seen=is_seen)
        else:
            self.run(session, given)

    def _line(self, session: Session) -> Line:
        if not isinstance(session, WorkSession):
            return line_of(session.connection())
        return session.looking() if self._looks else session.changing()

    def _run(self, line: Line, given: Given) -> tuple[Rows, int]:
        sql, values = self.ready(line, given)
        dialect = line.engine.dialect
        try:
            return line.driver.run(sql, values)
        except dialect.loaded_dbapi.Error as error:
            raise told(error, sql, dialect) from error

    def ready(self, line: Line, given: Given) -> Ready:
        """Return what the driver takes, and let whoever listens to the engine hear it."""
        built = self._for(line.engine.dialect)
        values = built.values(given)
        for hear in line.engine.dispatch.before_cursor_execute:
            hear(None, None, built.sql, values, None, False)  # noqa: FBT003  # its signature
        return built.sql, values

    def _for(self, dialect: Dialect) -> Built:
        built = self._built.get(dialect.name)
        if built is None:
            built = _build(self._statement, self._given, dialect, many=self._many)
            self._built[dialect.name] = built
        return built


def _build(
    statement: ReturnsRows, given: list[str] | None, dialect: Dialect, *, many: int
) -> Built:
    writer = NUMBERED if dialect.name == "postgresql" else dialect
    compiled = statement.compile(dialect=writer, column_keys=given)
    if getattr(compiled, "insert_prefetch", ()):  # SQLAlchemy would have asked the model
        raise ValueError(f"an INSERT without {compiled.insert_prefetch}")
    columns = list(statement.exported_columns)
    ones = len(columns) - many
    return Built(
        sql=compiled.string,
        parameters=tuple(
            _parameter(compiled.binds[name], name, compiled.params[name], dialect)
            for name in compiled.positiontup or ()
        ),
        one=_shape(columns[:ones], slice(ones), dialect),
        many=_shape(columns[ones:], slice(ones, None), dialect),
    )


def _parameter(bound: Any, name: str, value: Any, dialect: Dialect) -> Parameter:
    if isinstance(bound.type, NullType):  # of a foreign key whose table was not imported yet
        raise TypeError(f"the type of {name} is not known: import what it refers to first")
    convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
    if bound.required:
        return Parameter(name, None, given=True, convert=convert)
    fixed = value if convert is None else convert(value)
    return Parameter(name, fixed, given=False, convert=None)


def _shape(columns: Sequence[Any], place: slice, dialect: Dialect) -> Shape:
    names = [column.name for column in columns]
    # Its columns are known only now, so it cannot be written as a class.
    row = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024
    return Shape(place, tuple(_out_of(column.type, dialect) for column in columns), row)


def _out_of(kind: Any, dialect: Dialect) -> Convert | None:
    if isinstance(kind, JSON) and dialect.name == "postgresql":
        return _parsed  # psycopg would do it in each row; `kernel.driver` leaves it as text
    convert: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert


def _parsed(text: str | None) -> Any:  # JSON is of many shapes
    return None if text is None else json.loads(text)
