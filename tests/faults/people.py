"""People who sign in again and again while something breaks, and what they were promised."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

import requests

from tests.faults.minds import Mind
from tests.faults.promises import Promised
from tests.flows.provider import VERIFIER
from tests.live.server import Provider
from tests.live.test_serving import CALLBACK, request_to
from tests.live.visitor import Visitor

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.02
EACH = 3  # sign-ins; then they change their mind, and change it back


class Somebody:
    """One member at one client, signed in and agreed; then silent sign-ins, one after another.

    Each third time they withdraw before it, and agree anew; if `steadfast`, never.
    """

    def __init__(self, provider: Provider, name: str, *, steadfast: bool = False) -> None:
        """Enrol, register a client, sign in and agree once."""
        self._steadfast = steadfast
        self.provider, self.client_id, self.promised = provider, f"{name}-client", Promised()
        provider.register(self.client_id, auth_method="none", sector=f"{name}.invalid")
        visitor, request = Visitor(CALLBACK), request_to(provider, self.client_id)
        visitor.open(request)
        visitor.log_in(provider.enrol(name)).consent()
        visitor.answer()
        self.cookies = visitor.cookies()
        self.mind = Mind(provider.issuer, request, visitor, self.promised)

    def keep_on(self, stop: Event) -> None:
        """Sign in silently until told to stop; whatever is not answered is tried anew."""
        while not stop.is_set():
            self.sign_in()

    def sign_in(self) -> None:
        """Sign in silently, get a token and read the claims; keep what was told."""
        self.promised.attempts += 1
        try:
            if self.promised.attempts % EACH == 0 and not self._steadfast:
                self.mind.change()
            self.mind.require_yes()
            self._once()
        except requests.RequestException:
            self.promised.unanswered += 1

    def _once(self) -> None:
        with requests.Session() as http:
            http.trust_env = False
            code = self._code(http)
            if not code:
                self.mind.doubt()
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
