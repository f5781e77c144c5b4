"""Answer what pages may ask of the program, as plain values: the protocol, version 1."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import TypeAlias

from adapters.agent.gates import Gates, NotAdmitted
from adapters.agent.page_prompt import PagePrompt
from adapters.agent.pairing import Pairing
from adapters.agent.readers import Readers, Seen, changed
from adapters.agent.relaying import Relaying
from adapters.agent.signing import Signing
from adapters.agent.troubles import Trouble

Answer: TypeAlias = Mapping[str, object]
WAIT_SECONDS = 20.0
LONGEST_NAME = 256


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that passed the gates."""

    origin: str  # the browser's word, not the page's
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a field of text, empty if it is not there. Raises Trouble `bad_request`."""
        value = self.fields.get(name, "")
        if not isinstance(value, str) or len(value) > LONGEST_NAME * 4:
            raise Trouble("bad_request")
        return value


@dataclass(kw_only=True)
class Program:
    """What one start of the program is made of."""

    gates: Gates
    readers: Readers
    signing: Signing
    page_prompt: PagePrompt | None = None
    wait_seconds: float = WAIT_SECONDS
    pairing: Pairing = field(default_factory=Pairing)

    def __post_init__(self) -> None:
        self.relaying = Relaying(self.readers, self.pairing)

    def answer(self, path: str, asked: Asked) -> Answer:
        """Return the answer. Raises NotAdmitted, or Trouble."""
        action = ACTIONS.get(path)
        if action is None:
            raise NotAdmitted(HTTPStatus.NOT_FOUND, "not_found")
        if action is not pair:
            self.pairing.require(asked.text("key"), asked.origin)
        return action(self, asked)


def pair(program: Program, asked: Asked) -> Answer:
    """Give the page a key of its own: what was paired before the program started is forgotten."""
    where = "window" if program.page_prompt is None else "page"
    return {"version": 1, "key": program.pairing.key_for(asked.origin), "prompt": where}


def status(program: Program, asked: Asked) -> Answer:
    """Say what the readers hold; with `since`, once that is something else."""
    since = asked.text("since")
    seen = program.readers.seen()
    if since == _mark(seen):
        seen = changed(program.readers, seen, seconds=program.wait_seconds)
    readers = [
        {"name": each.name, "state": each.state.value, "atr": each.atr.hex()} for each in seen
    ]
    return {"readers": readers, "mark": _mark(seen)}


def _mark(seen: tuple[Seen, ...]) -> str:
    return sha256(repr(seen).encode()).hexdigest()


def authenticate(program: Program, asked: Asked) -> Answer:
    """Have the card sign the page's origin and nonce, after its PIN."""
    origin = _page_of(program, asked)
    nonce = asked.text("nonce")
    with program.pairing.alone():
        program.relaying.end_if_stale()
        program.pairing.spend(nonce)
        return {
            "token": program.signing.token(origin=origin, nonce=nonce, reader=asked.text("reader"))
        }


def _page_of(program: Program, asked: Asked) -> str:
    """Return who asks: our own window speaks for the page that opened it, whose origin it saw."""
    if asked.origin not in program.gates.own:
        return asked.origin
    origin = asked.text("origin")
    if origin not in program.gates.origins:
        raise NotAdmitted(HTTPStatus.FORBIDDEN, "origin_not_allowed")
    return origin


def relay(program: Program, asked: Asked) -> Answer:
    """Pass one harmless command on to the card."""
    try:
        command = bytes.fromhex(asked.text("command"))
    except ValueError:
        raise Trouble("bad_request") from None
    with program.pairing.alone():
        answer = program.relaying.relay(
            asked.text("nonce"),
            command,
            reader=asked.text("reader"),
            is_last=asked.fields.get("last") is True,
        )
    return {"answer": answer.hex()}


def pending(program: Program, asked: Asked) -> Answer:
    """Tell our own window which PIN to ask for."""
    request = _own_prompt(program, asked).pending(seconds=program.wait_seconds)
    if request is None:
        return {"pending": None}
    shown = {"origin": request.origin, "reader": request.reader, "tries_left": request.tries_left}
    return {"pending": shown}


def pin(program: Program, asked: Asked) -> Answer:
    """Take the PIN that was typed in our own window."""
    _own_prompt(program, asked).answer(asked.text("pin") or None)
    return {}


def _own_prompt(program: Program, asked: Asked) -> PagePrompt:
    if program.page_prompt is None or asked.origin not in program.gates.own:
        raise NotAdmitted(HTTPStatus.FORBIDDEN, "origin_not_allowed")
    return program.page_prompt


ACTIONS: Mapping[str, Callable[[Program, Asked], Answer]] = {
    "/v1/pair": pair,
    "/v1/status": status,
    "/v1/authenticate": authenticate,
    "/v1/relay": relay,
    "/v1/pending": pending,
    "/v1/pin": pin,
}
