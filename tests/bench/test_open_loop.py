"""People arrive by a schedule; what became of each is told apart by where it was that it failed."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.city import City
from bench.open_loop import Became, Offer, meet

TURNED_AWAY = b"HTTP/1.1 503 Busy\r\nRetry-After: 5\r\n\r\n"
CODE = b"HTTP/1.1 303 See Other\r\nLocation: http://localhost/?code=c\r\n\r\n"
TOKENS = b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps({"access_token": "t"}).encode()
CLAIMS = b'HTTP/1.1 200 OK\r\n\r\n{"name": ""}'


class Served:
    """A port that answers, by the address asked for, what it was given; others it does not know."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        known = (said for path, said in self._answers.items() if b" " + path in asked)
        writer.write(next(known, b"HTTP/1.1 404 Not Found\r\n\r\n"))
        writer.close()


async def _met(people: dict[bytes, bytes], programs: dict[bytes, bytes]) -> Became:
    pages, calls = await Served(people).start(), await Served(programs).start()
    async with pages, calls:
        port, other = (each.sockets[0].getsockname()[1] for each in (pages, calls))
        city = City("secret", ("cookie",), ())
        offer = Offer(
            host="127.0.0.1", port=port, programs=other, seconds=0.1, sign_ins=30, city=city
        )
        return await meet(Offer.of(offer.line()), ready=int)


def became_of(people: dict[bytes, bytes], programs: dict[bytes, bytes]) -> Became:
    with ThreadPoolExecutor(max_workers=1) as beside:  # a browser's loop may run in this thread
        return Became.of(beside.submit(asyncio.run, _met(people, programs)).result().line())


@pytest.mark.parametrize(
    ("answers", "became"),
    [
        ({b"/authorize": CODE, b"/token": TOKENS, b"/userinfo": CLAIMS}, "signed in"),
        ({b"/authorize": TURNED_AWAY}, "turned away"),
        ({b"/authorize": CODE, b"/token": TURNED_AWAY}, "error: token: turned away after the door"),
        ({b"/authorize": b"HTTP/1.1 500 Bug\r\n\r\n"}, "error: authorize: 500"),
    ],
)
def test_each_arrival_is_told_by_what_became_of_it(
    answers: dict[bytes, bytes], became: str
) -> None:
    told = became_of(answers, answers)

    assert told.sign_ins[became] == 3


def test_tokens_and_claims_are_asked_for_where_programs_call() -> None:
    pages, calls = {b"/authorize": CODE}, {b"/token": TOKENS, b"/userinfo": CLAIMS}

    assert became_of(pages, calls).claims_read == 3
    assert became_of(calls, pages).claims_read == 0
