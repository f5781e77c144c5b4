"""Let a test be the page and the person in front of the card program."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from adapters.agent.gates import Gates
from adapters.agent.program import Program
from adapters.agent.readers import Readers
from adapters.agent.server import Server
from adapters.agent.signing import PinRequest, Prompt, Signing
from adapters.agent.ways import PivWay, Way
from demo.cards.issuing import issue, new_key, piv_card
from demo.cards.piv import PivCard
from tests import make

ORIGIN = "https://id.invalid"
PIN = "246810"
NONCE = "n" * 43
KEY, RSA_KEY = new_key(), new_key(rsa_key=True)
FORM = issue(KEY, pin=PIN, label="Test card", now=make.NOON)
RSA_FORM = issue(RSA_KEY, pin=PIN, label="Test card", now=make.NOON)


def a_card(*, rsa_key: bool = False) -> PivCard:
    return piv_card(**(RSA_FORM if rsa_key else FORM))


@dataclass
class Typist:
    """A person who types the same thing each time, and remembers what was asked."""

    pin: str | None = PIN
    asked: list[PinRequest] = field(default_factory=list)

    def ask(self, request: PinRequest) -> str | None:
        self.asked.append(request)
        return self.pin


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:  # what the program says, of any JSON shape
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


@dataclass
class Caller:
    """A page of an origin, at the program's door."""

    port: int
    origin: str | None = ORIGIN
    key: str = ""

    def send(
        self, method: str, path: str, body: bytes | None = None, **changes: str | None
    ) -> Reply:
        """Send one request; `changes` replace headers (`_` for `-`), None leaves one out."""
        headers: dict[str, str | None] = {"Origin": self.origin}
        if body is not None:
            headers["Content-Type"] = "application/json"
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body, {n: v for n, v in headers.items() if v is not None})
            answer = line.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            line.close()

    def post(self, path: str, **fields: object) -> Reply:
        return self.send("POST", path, json.dumps({"key": self.key, **fields}).encode())

    def pair(self) -> "Caller":
        self.key = self.post("/v1/pair").json["key"]
        return self

    def authenticate(self, nonce: str = NONCE, **fields: object) -> Reply:
        return self.post("/v1/authenticate", nonce=nonce, **fields)


@contextmanager
def served(program_of: Any) -> Iterator[int]:  # a function from port to Program
    """Serve the program that `program_of` makes for a free port."""
    server = Server(0)
    server.program = program_of(server.port)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def agent(
    readers: Readers,
    prompt: Prompt,
    ways: list[Way] | None = None,
    origins: frozenset[str] = frozenset({ORIGIN}),
    **more: Any,  # fields of Program, of several types
) -> Iterator[Caller]:
    """Lend a page that is paired with a program over these readers."""

    def make_program(port: int) -> Program:
        signing = Signing(readers, ways or [PivWay(readers)], prompt)
        gates = Gates(origins=origins, port=port)
        return Program(gates=gates, readers=readers, signing=signing, wait_seconds=0.2, **more)

    with served(make_program) as port:
        yield Caller(port).pair()
