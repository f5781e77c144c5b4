"""People arrive by a schedule; what became of each is told apart by where it was that it failed."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench import offered
from bench.city import City
from bench.open_loop import Became, Offer, meet

TURNED_AWAY = b"HTTP/1.1 503 Busy\r\nRetry-After: 5\r\n\r\n"
CODE = b"HTTP/1.1 303 See Other\r\nLocation: http://localhost/?code=c\r\n\r\n"
TOKENS = b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps({"access_token": "t"}).encode()
CLAIMS = b'HTTP/1.1 200 OK\r\n\r\n{"name": ""}'
PAGE = b'HTTP/1.1 200 OK\r\n\r\n<input type="hidden" name="csrf_token" value="c">'
BUG = b"HTTP/1.1 500 Bug\r\n\r\n"


def leading(to: str) -> bytes:
    return f"HTTP/1.1 303 See Other\r\nLocation: {to}\r\n\r\n".encode()


AGREEING = {
    b"/authorize": leading("/login"),
    b"GET /login": PAGE,
    b"POST /login": leading("/consent"),
    b"GET /consent": PAGE,
    b"POST /consent": leading("http://localhost:8601/callback?code=c"),
    b"/token": TOKENS,
    b"/userinfo": CLAIMS,
}


class Served:
    """A port that answers, by the address asked for, what it was given; others it does not know."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        line, _, _ = asked.partition(b"\r\n")
        known = (said for path, said in self._answers.items() if path in line)
        writer.write(next(known, b"HTTP/1.1 404 Not Found\r\n\r\n"))
        writer.close()


async def _met(people: dict[bytes, bytes], programs: dict[bytes, bytes], **kind: float) -> Became:
    pages, calls = await Served(people).start(), await Served(programs).start()
    async with pages, calls:
        port, other = (each.sockets[0].getsockname()[1] for each in (pages, calls))
        city = City("secret", ("cookie",), ("one", "two", "three"))
        offer = Offer(host="127.0.0.1", port=port, programs=other, seconds=0.1, city=city, **kind)
        return await meet(Offer.of(offer.line()), ready=int)


def became_of(people: dict[bytes, bytes], programs: dict[bytes, bytes], **kind: float) -> Became:
    met = _met(people, programs, **(kind or {"sign_ins": 30}))
    with ThreadPoolExecutor(max_workers=1) as beside:  # a browser's loop may run in this thread
        return Became.of(beside.submit(asyncio.run, met).result().line())


@pytest.mark.parametrize(
    ("answers", "became"),
    [
        ({b"/authorize": CODE, b"/token": TOKENS, b"/userinfo": CLAIMS}, "signed in"),
        ({b"/authorize": TURNED_AWAY}, "turned away"),
        ({b"/authorize": CODE, b"/token": TURNED_AWAY}, "error: token: turned away after the door"),
        ({b"/authorize": BUG}, "error: authorize: 500"),
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


@pytest.mark.parametrize(
    ("answers", "became", "agreed", "unheard"),
    [
        ({}, "signed in", 3, 0),
        ({b"/authorize": TURNED_AWAY}, "turned away", 0, 0),
        ({b"POST /login": TURNED_AWAY}, "turned away", 0, 0),
        ({b"GET /consent": TURNED_AWAY}, "error: consent page: turned away after the door", 0, 0),
        ({b"GET /consent": BUG}, "error: login: 500", 0, 0),
        ({b"POST /consent": TURNED_AWAY}, "error: consent: turned away after the door", 0, 3),
        ({b"POST /consent": BUG}, "error: consent: 500", 0, 3),
        ({b"/token": TURNED_AWAY}, "error: token: turned away after the door", 3, 0),
    ],
)
def test_of_who_agrees_for_the_first_time_it_is_told_whether_they_were_heard(
    answers: dict[bytes, bytes], became: str, agreed: int, unheard: int
) -> None:
    told = became_of({**AGREEING, **answers}, {**AGREEING, **answers}, newcomers=30)

    assert told.newcomers[became] == 3
    assert (told.agreed, told.unheard) == (agreed, unheard)


@pytest.mark.slow
def test_what_arrives_at_a_real_provider_agrees_with_its_records() -> None:
    found = offered.peak("sqlite", 25, 2, lambda _: None)  # one of fifty is new

    assert found.disagreement == ""
    assert found.became.newcomers.total() == 1  # let in, or turned away if the machine is busy
