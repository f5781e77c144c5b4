"""Consents run out in batches: never more in one transaction than was asked for."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from clients.directory import view_of
from consent import endings, ledger
from consent.ledger import Answer
from kernel.wording import CHINESE
from tests import make
from tests.make import NOON

YEAR = NOON.replace(year=NOON.year + 1)
ANSWER = Answer(
    given=frozenset({"sub", "name"}),
    refused=frozenset({"birthdate"}),
    duration="90d",
    language=CHINESE,
    text="您同意…",
    acr="urn:taipei-id:acr:1",
)
ASKS_AGAIN_FOR_EACH_ROW = [  # as PostgreSQL does where it expects few
    text(f"SET LOCAL enable_{way} = off")
    for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material")
]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_batch_is_no_larger_than_asked_for_however_the_database_goes_about_it(
    session: Session,
) -> None:
    library, member_id = view_of(make.a_client(session)), make.a_member(session).id
    ledger.record(session, library, library.purposes[0], ANSWER, member_id=member_id, now=NOON)
    for each in ASKS_AGAIN_FOR_EACH_ROW:
        session.execute(each)

    counts = [endings.expire(session, most=1, now=YEAR).count for _ in range(4)]

    assert counts == [1, 1, 1, 0]
