"""Be the city at its peak: people arrive by a schedule, however long those before them wait.

A process of its own, as `bench.generator` is; but that one sends the next when the last has ended,
and so never offers more than is served. Here a job is read, and once it is told to go arrivals
begin, and what became of each is printed; all in JSON.
"""

import asyncio
import base64
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from bench.city import CLIENT, PASSWORD, REDIRECT_URI, City
from bench.flows import CONSENT, MOST_STEPS, QUERY, VERIFIER, hidden
from bench.generator import READY
from bench.wire import Answer, Unexpected, parse, written

PATIENCE_SECONDS = 60  # of a browser and of a client's back end
TURNED_AWAY = "turned away"
FOR_PROGRAMS = ("/token", "/userinfo")  # of what is asked here; deploy/nginx-pools.conf has all
GUESSERS = 50  # login pages that guesses are sent from


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What arrives: so many a second of each, for so long."""

    host: str
    port: int
    programs: int  # the port where tokens and claims are asked for
    seconds: float
    sign_ins: float = 0
    newcomers: float = 0
    refreshes: float = 0
    guesses: float = 0
    city: City

    def line(self) -> str:
        """Return the offer as one line."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, line: str) -> Self:
        """Read what `line` wrote."""
        values = json.loads(line)
        return cls(**{**values, "city": City(**values["city"])})


@dataclass(kw_only=True)
class Became:
    """What became of those who arrived; waits in milliseconds from when each was due."""

    sign_ins: Counter[str] = field(default_factory=Counter)
    newcomers: Counter[str] = field(default_factory=Counter)
    refreshes: Counter[str] = field(default_factory=Counter)
    guesses: Counter[str] = field(default_factory=Counter)
    waits_ms: list[float] = field(default_factory=list)  # of whole sign-ins
    newcomer_ms: list[float] = field(default_factory=list)
    refresh_ms: list[float] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)  # each at the place of its token
    tokens: list[str] = field(default_factory=list)
    agreed: int = 0  # and were told so
    unheard: int = 0  # agreed, and were not
    claims_read: int = 0

    def line(self) -> str:
        """Return it as one line."""
        return json.dumps(vars(self))  # `asdict` makes counters of pairs

    @classmethod
    def of(cls, line: str) -> Self:
        """Read what this process printed."""
        values: dict[str, Any] = json.loads(line)
        for key in ("sign_ins", "newcomers", "refreshes", "guesses"):
            values[key] = Counter(values[key])
        return cls(**values)


class TurnedAway(Exception):
    """Somebody was told, in good order, to come again later: 503 with Retry-After."""


class Peak:
    """One run: who asks, and what became of them."""

    def __init__(self, offer: Offer) -> None:
        """Prepare for an offer."""
        self._offer, self.became = offer, Became()
        self._cookies = itertools.cycle(offer.city.cookies)
        self._names = itertools.cycle(offer.city.newcomers or ("nobody",))
        self._fresh = iter(offer.city.newcomers)  # nobody is new twice
        pair = f"{quote(CLIENT)}:{quote(offer.city.secret)}".encode()
        self._client = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        self._pages: list[tuple[str, str, dict[str, str]]] = []

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], form: Mapping[str, str]
    ) -> Answer:
        """Send one request. Raises TurnedAway, Unexpected for other errors, OSError."""
        port = self._offer.programs if target in FOR_PROGRAMS else self._offer.port
        host = f"{self._offer.host}:{port}"
        body = urlencode(form).encode()
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(self._offer.host, port)
            try:
                writer.write(written(host, method, target, headers, body))
                answer = parse(await reader.read())
            finally:
                writer.close()
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and answer.header("retry-after"):
            raise TurnedAway
        return answer

    async def sign_in(self, due: float) -> str:
        """Sign in silently; return the last thing that went well."""
        cookie = {"Cookie": f"taipei-id-session={next(self._cookies)}"}
        answer = await self.ask("GET", f"/authorize?{QUERY}", cookie, {})
        if answer.status != HTTPStatus.SEE_OTHER:
            raise Unexpected(f"authorize: {answer.status}")
        await self._served(answer.header("location"))
        self.became.waits_ms.append((time.perf_counter() - due) * 1000)
        return "signed in"

    async def newcomer(self, due: float) -> str:
        """Sign in with a password and agree; return the last thing that went well."""
        jar = dict[str, str]()
        door = await self.ask("GET", f"/authorize?{QUERY}", {}, {})
        target, page = await self._followed(jar, door)
        form = {**hidden(page), "login_id": next(self._fresh), "password": PASSWORD}
        sent = await self.ask("POST", target, {"Cookie": _jar(jar)}, form)
        target, page = await _later("consent page", self._followed(jar, sent))
        if page.status != HTTPStatus.OK:
            raise Unexpected(f"login: {page.status}")
        form = {**hidden(page), **CONSENT}
        self.became.unheard += 1
        sent = await _later("consent", self.ask("POST", target, {"Cookie": _jar(jar)}, form))
        target, page = await _later("code", self._followed(jar, sent))
        if not target.startswith(REDIRECT_URI):
            raise Unexpected(f"consent: {page.status}")
        self.became.unheard -= 1
        self.became.agreed += 1
        await self._served(target)
        self.became.newcomer_ms.append((time.perf_counter() - due) * 1000)
        return "signed in"

    async def _served(self, location: str) -> None:
        """Get tokens for the code and read the claims, as the client does."""
        tokens = await _later("token", self._redeemed(location))
        self.became.codes.append(_code_in(location))
        self.became.tokens.append(str(tokens["access_token"]))
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        claims = await _later("claims", self.ask("GET", "/userinfo", bearer, {}))
        if b'"name"' not in claims.body:
            raise Unexpected(f"claims: {claims.status}")
        self.became.claims_read += 1

    async def _redeemed(self, location: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code_verifier": VERIFIER}
        form |= {"code": _code_in(location), "redirect_uri": REDIRECT_URI}
        return await self._tokens(form)

    async def _tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        answer = await self.ask("POST", "/token", self._client, form)
        if answer.status != HTTPStatus.OK:
            raise Unexpected(f"token: {answer.status}")
        return dict(json.loads(answer.body))

    async def refresher(self) -> Callable[[float], Awaitable[str]]:
        """Sign in once; return what asks for tokens again, each time with the last one given."""
        cookie = {"Cookie": f"taipei-id-session={next(self._cookies)}"}
        answer = await self.ask("GET", f"/authorize?{QUERY}", cookie, {})
        held = await self._redeemed(answer.header("location"))
        alone = asyncio.Lock()

        async def refresh(due: float) -> str:
            async with alone:
                began = max(due, time.perf_counter())
                token = str(held["refresh_token"])
                form = {"grant_type": "refresh_token", "refresh_token": token}
                held.update(await self._tokens(form))
            self.became.refresh_ms.append((time.perf_counter() - began) * 1000)
            return "refreshed"

        return refresh

    async def open_page(self) -> None:
        """Open a login page to guess from."""
        jar = dict[str, str]()
        door = await self.ask("GET", f"/authorize?{QUERY}", {}, {})
        target, page = await self._followed(jar, door)
        self._pages.append((target, _jar(jar), hidden(page)))

    async def _followed(self, jar: dict[str, str], answer: Answer) -> tuple[str, Answer]:
        """Follow redirects to a page or out to the client; return where that is and the answer."""
        target = ""
        for _ in range(MOST_STEPS):
            jar |= _cookies_of(answer)
            if answer.status != HTTPStatus.SEE_OTHER:
                break
            target = answer.header("location")
            if target.startswith(REDIRECT_URI):
                break
            answer = await self.ask("GET", target, {"Cookie": _jar(jar)}, {})
        return target, answer

    async def guess(self, number: int) -> str:
        """Try a password that is not the one."""
        target, cookie, fields = self._pages[number % len(self._pages)]
        form = {**fields, "login_id": next(self._names), "password": f"guess {number}"}
        return str((await self.ask("POST", target, {"Cookie": cookie}, form)).status)


async def _later(what: str, asked: Awaitable[Any]) -> Any:  # whatever it returns
    """Name what went wrong after a code was given: such a failure is not one at the door."""
    try:
        return await asked
    except TurnedAway:
        raise Unexpected(f"{what}: turned away after the door") from None
    except (OSError, TimeoutError) as error:
        raise Unexpected(f"{what}: {type(error).__name__}") from None


def _code_in(location: str) -> str:
    code = parse_qs(urlsplit(location).query).get("code")
    if not code:
        raise Unexpected("authorize: no code")
    return code[0]


def _cookies_of(answer: Answer) -> dict[str, str]:
    pairs = (value.partition(";")[0] for name, value in answer.headers if name == "set-cookie")
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def _jar(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{key}={value}" for key, value in cookies.items())


async def _arrive(
    per_second: float,
    seconds: float,
    do: Callable[[int, float], Awaitable[str]],
    told: Counter[str],
) -> None:
    async def one(number: int, due: float) -> None:
        try:
            told[await do(number, due)] += 1
        except TurnedAway:
            told[TURNED_AWAY] += 1
        except Unexpected as problem:
            told[f"error: {problem}"] += 1
        except (OSError, TimeoutError) as problem:
            told[f"error: door: {type(problem).__name__}"] += 1

    began, running = time.perf_counter(), list[asyncio.Task[None]]()
    for number in range(int(per_second * seconds)):
        due = began + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        running.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*running)


async def meet(offer: Offer, *, ready: Callable[[], object]) -> Became:
    """Prepare, say so, let them all arrive; return what became of them once all have answers."""
    peak = Peak(offer)
    for _ in range(GUESSERS if offer.guesses else 0):
        await peak.open_page()
    refreshers = [await peak.refresher() for _ in range(20 if offer.refreshes else 0)]
    ready()
    became, seconds = peak.became, offer.seconds
    await asyncio.gather(
        _arrive(offer.sign_ins, seconds, lambda _n, due: peak.sign_in(due), became.sign_ins),
        _arrive(offer.newcomers, seconds, lambda _n, due: peak.newcomer(due), became.newcomers),
        _arrive(
            offer.refreshes,
            seconds,
            lambda n, due: refreshers[n % len(refreshers)](due),
            became.refreshes,
        ),
        _arrive(offer.guesses, seconds, lambda n, _due: peak.guess(n), became.guesses),
    )
    return became


def main() -> None:
    """Do what stands on standard input."""
    offer = Offer.of(sys.stdin.readline())
    print(asyncio.run(meet(offer, ready=_until_told)).line(), flush=True)


def _until_told() -> None:
    print(READY, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
