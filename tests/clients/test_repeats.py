"""One key, one deed: whoever repeats is answered alike, and whoever comes too early is told so."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from clients.repeats import AT_WORK, KEPT, Answer, Turn
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from tests import make

KEY = "one-application"


def turn(
    client_id: UUID, asked: bytes = b"POST /a\n{}", key: str = KEY, *, now: datetime = make.NOON
) -> Turn:
    return Turn(client_id=client_id, key=key, asked=asked, keyring=make.KEYRING, now=now)


@pytest.fixture
def client_id(session: Session) -> UUID:
    return make.a_client(session).id


def test_the_answer_comes_back_with_its_status_and_stands_nowhere_to_be_read(
    session: Session, client_id: UUID
) -> None:
    first = turn(client_id)
    assert first.take(session) is None
    first.keep(session, Answer(201, b'{"secret": "7GK2"}'))

    later = turn(client_id, now=make.NOON + timedelta(hours=23))

    assert later.take(session) == Answer(201, b'{"secret": "7GK2"}')


def test_after_a_day_the_key_is_free(session: Session, client_id: UUID) -> None:
    first = turn(client_id)
    first.take(session)
    first.keep(session, Answer(201, b"{}"))

    assert turn(client_id, b"another", now=make.NOON + KEPT).take(session) is None


@pytest.mark.refusal("program.key_in_use")
def test_while_the_first_is_at_work_nobody_else_has_the_key(
    session: Session, client_id: UUID
) -> None:
    turn(client_id).take(session)

    with pytest.raises(Refused, match=r"program\.key_in_use"):
        turn(client_id, now=make.NOON + timedelta(seconds=1)).take(session)
    with pytest.raises(Refused, match=r"program\.key_reused"):
        turn(client_id, b"another").take(session)


def test_who_was_so_slow_that_another_took_over_may_keep_nothing(
    session: Session, client_id: UUID
) -> None:
    slow, quick = turn(client_id), turn(client_id, now=make.NOON + AT_WORK)
    slow.take(session)
    assert quick.take(session) is None

    with pytest.raises(Refused, match=r"program\.key_in_use"):
        slow.keep(session, Answer(201, b"{}"))
    slow.give_back(session)  # what is not its own any more
    quick.keep(session, Answer(201, b"quick"))

    assert turn(client_id).take(session) == Answer(201, b"quick")


def test_what_was_given_back_may_be_taken_again(session: Session, client_id: UUID) -> None:
    first = turn(client_id)
    first.take(session)
    first.give_back(session)

    assert turn(client_id, b"put right").take(session) is None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_connections_one_has_the_key_and_the_other_waits_for_the_answer(
    sessions: Sessions,
) -> None:
    with transaction(sessions) as setup:
        client_id = make.a_client(setup).id
    together = Barrier(2)

    def take(_number: int) -> Answer | str | None:
        together.wait()
        try:
            with transaction(sessions) as own:
                return turn(client_id).take(own)
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(2) as both:
        taken = set(both.map(take, range(2)))
        with transaction(sessions) as working:
            turn(client_id).keep(working, Answer(201, b"{}"))
            later = both.submit(take, 2)
            together.wait()  # it asks while the work is not committed yet

        assert taken == {None, "program.key_in_use"}
        assert later.result() == Answer(201, b"{}")
