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


async def _met(answers: dict[bytes, bytes]) -> Became:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(next(said for path, said in answers.items() if b" " + path in asked))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        city = City("secret", ("cookie",), ())
        offer = Offer(host="127.0.0.1", port=port, seconds=0.1, sign_ins=30, city=city)
        return await meet(Offer.of(offer.line()))


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
    with ThreadPoolExecutor(max_workers=1) as beside:  # a browser's loop may run in this thread
        told = Became.of(beside.submit(asyncio.run, _met(answers)).result().line())

    assert told.sign_ins[became] == 3
