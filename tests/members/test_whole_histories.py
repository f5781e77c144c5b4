"""What was ever entered about somebody is found by an index, also what is over: for an archive."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from clients import officers
from kernel.ids import new_id
from members import capacities, guardians, leaving, proxies

Ask = Callable[[Session, UUID], object]


@pytest.mark.parametrize(
    "ask", [capacities.all_of, guardians.all_of, leaving.all_of, officers.all_of, proxies.all_of]
)
def test_a_whole_history_is_found_without_reading_everybodys(
    postgres_engine: Engine, ask: Ask
) -> None:
    asked: list[tuple[str, Any]] = []

    def remember(_c: object, _cursor: object, statement: str, given: object, *_m: object) -> None:
        asked.append((statement, given))

    event.listen(postgres_engine, "before_cursor_execute", remember)
    try:
        with Session(postgres_engine) as session:
            ask(session, new_id())
    finally:
        event.remove(postgres_engine, "before_cursor_execute", remember)

    (statement, given) = asked[-1]
    with postgres_engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # or few rows are read so
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars().all()
    assert [each for each in plan if "Filter:" in each] == []  # or every row is looked at
