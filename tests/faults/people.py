"""People who sign in again and again while something breaks, and what they were promised."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

import requests

from tests.flows.provider import VERIFIER
from tests.live.server import Provider
from tests.live.test_serving import CALLBACK, request_to
from tests.live.visitor import Visitor

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.02


@dataclass
class Promised:
    """What one person was told, and how often nothing was told."""

    attempts: int = 0
    codes_spent: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    claims_read: int = 0
    unanswered: int = 0


class Somebody:
    """One member at one client, signed in and agreed; then silent sign-ins, one after another."""

    def __init__(self, provider: Provider, name: str) -> None:
        """Enrol, register a client, sign in and agree once."""
        self.provider, self.client_id, self.promised = provider, f"{name}-client", Promised()
        provider.register(self.client_id, auth_method="none", sector=f"{name}.invalid")
        self._visitor = Visitor(CALLBACK)
        self._visitor.open(request_to(provider, self.client_id))
        self._visitor.log_in(provider.enrol(name)).consent()
        self._visitor.answer()
        self.cookies = self._visitor.cookies()

    def keep_on(self, stop: Event) -> None:
        """Sign in silently until told to stop; whatever is not answered is tried anew."""
        while not stop.is_set():
            self.sign_in()

    def sign_in(self) -> None:
        """Sign in silently, get a token and read the claims; keep what was told."""
        self.promised.attempts += 1
        try:
            self._once()
        except requests.RequestException:
            self.promised.unanswered += 1

    def _once(self) -> None:
        with requests.Session() as http:
            http.trust_env = False
            code = self._code(http)
            if not code:
                self.promised.unanswered += 1
                return
            told = http.post(
                f"{self.provider.issuer}/token", data=self.form(code), timeout=PATIENCE_SECONDS
            )
            if not told.ok:
                self.promised.unanswered += 1
                return
            self.promised.codes_spent.append(code)
            token = str(told.json()["access_token"])
            self.promised.tokens.append(token)
            bearer = {"Authorization": f"Bearer {token}"}
            claims = http.get(
                f"{self.provider.issuer}/userinfo", headers=bearer, timeout=PATIENCE_SECONDS
            )
            self.promised.claims_read += claims.ok
            self.promised.unanswered += not claims.ok

    def code(self) -> str:
        """Get a code and keep it; empty if there was none."""
        with requests.Session() as http:
            http.trust_env = False
            return self._code(http)

    def _code(self, http: requests.Session) -> str:
        sent = self._asked(http)
        if sent.status_code != requests.codes.see_other:
            return ""
        return parse_qs(urlsplit(sent.headers.get("Location", "")).query).get("code", [""])[0]

    def asked(self) -> requests.Response:
        """Return what the browser is told when it comes back for a silent sign-in."""
        with requests.Session() as http:
            http.trust_env = False
            return self._asked(http)

    def _asked(self, http: requests.Session) -> requests.Response:
        return http.get(
            request_to(self.provider, self.client_id),
            cookies=self.cookies,
            allow_redirects=False,
            timeout=PATIENCE_SECONDS,
        )

    def form(self, code: str) -> dict[str, str]:
        """Return what exchanges a code."""
        return {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }


@contextmanager
def signing_in(people: list[Somebody]) -> Iterator[None]:
    """Let people sign in as long as the block runs."""
    stop = Event()
    threads = [Thread(target=each.keep_on, args=(stop,)) for each in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_for(people: list[Somebody], more: int) -> None:
    """Wait for sign-ins, not for time."""
    enough = signed_in(people) + more
    while signed_in(people) < enough:
        time.sleep(LOOK_SECONDS)


def signed_in(people: list[Somebody]) -> int:
    """Count the tokens that people were given."""
    return sum(len(each.promised.tokens) for each in people)
