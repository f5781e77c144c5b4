"""Walk the flows that are measured, as a browser and a client's back end would."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from bench import signing
from bench.city import AGENCY, CLIENT, KIND, PASSWORD, REDIRECT_URI, SERVICE
from bench.wire import Answer, Send, Unexpected

VERIFIER = "bench-" + "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
REQUEST = {
    "client_id": CLIENT,
    "redirect_uri": REDIRECT_URI,
    "response_type": "code",
    "scope": "openid profile email",
    "state": "af0ifjsldkj",
    "nonce": "n-0S6_WzA2Mj",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}
QUERY = urlencode(REQUEST)
CONSENT = {"decision": "allow", "duration": "90d", "claim.birthdate": "share"}
MOST_STEPS = 8
OK = frozenset({200})
MADE = frozenset({200, 201})
PAGE_OR_REDIRECT = frozenset({200, 303})
METADATA = "/.well-known/openid-configuration"
_HIDDEN = re.compile(rb'name="(csrf_token|text)" value="([^"]+)"')


@dataclass
class Visitor:
    """One of the concurrent users: what it sends over, whom it plays, what it holds."""

    send: Send
    secret: str
    cookies: Iterator[str]  # of members who are signed in; endless
    newcomers: Iterator[str]  # each name once
    taps: Iterator[tuple[str, str]] = field(default_factory=lambda: iter(()))  # reader and card
    tokens: dict[str, Any] = field(default_factory=dict)  # the token response, JSON
    jar: dict[str, str] = field(default_factory=dict)
    issuer: str = ""

    def ask(self, method: str, target: str, **form: str) -> Answer:
        """Send a request as the browser. Raises Unexpected unless a page or a redirect comes."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items())}
        body = urlencode(form).encode()
        answer = _checked(self.send(method, target, headers, body), target, PAGE_OR_REDIRECT)
        for name, value in answer.headers:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                self.jar[key] = rest.partition(";")[0]
        return answer

    def call(self, path: str, **form: str) -> dict[str, Any]:
        """Send a form as the client's back end and return the JSON answer."""
        pair = f"{quote(CLIENT)}:{quote(self.secret)}".encode()
        headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        answer = self.send("POST", path, headers, urlencode(form).encode())
        return dict(json.loads(_checked(answer, path).body))

    def prove(self, path: str, **form: str) -> dict[str, Any]:
        """Send a form as the back end of a FAPI client, with a signed proof; return the answer."""
        headers = {"DPoP": signing.proof("POST", self.issuer + path)}
        body = urlencode({**form, **signing.assertion(self.issuer)}).encode()
        answer = self.send("POST", path, headers, body)
        return dict(json.loads(_checked(answer, path, MADE).body))

    def get(self, path: str) -> Answer:
        """Ask for something public."""
        return _checked(self.send("GET", path, {}, b""), path)


def _checked(answer: Answer, target: str, expected: frozenset[int] = OK) -> Answer:
    if answer.status not in expected:
        path = target.partition("?")[0]
        text = answer.body[:300].decode(errors="replace")
        raise Unexpected(f"{path}: status {answer.status}: {text}")
    return answer


def _redeem(visitor: Visitor, location: str) -> None:
    """Take the code out of the redirect, fetch tokens with it, then the claims."""
    visitor.tokens = visitor.call(
        "/token",
        grant_type="authorization_code",
        code=_code_in(location),
        redirect_uri=REDIRECT_URI,
        code_verifier=VERIFIER,
    )
    userinfo(visitor)


def _code_in(location: str) -> str:
    code = parse_qs(urlsplit(location).query).get("code")
    if not code:
        raise Unexpected("the authorization response holds no code")
    return code[0]


def sso(visitor: Visitor) -> None:
    """Sign in silently: authorize → token → userinfo, with a session and a stored consent."""
    visitor.jar = {"taipei-id-session": next(visitor.cookies)}
    _redeem(visitor, visitor.ask("GET", f"/authorize?{QUERY}").header("location"))


def fapi(visitor: Visitor) -> None:
    """Sign in silently by FAPI 2.0: push → authorize → token → userinfo, signed by ES256."""
    visitor.jar = {"taipei-id-session": next(visitor.cookies)}
    pushed = visitor.prove("/par", **{**REQUEST, "client_id": AGENCY})
    query = urlencode({"client_id": AGENCY, "request_uri": pushed["request_uri"]})
    location = visitor.ask("GET", f"/authorize?{query}").header("location")
    tokens = visitor.prove(
        "/token",
        grant_type="authorization_code",
        code=_code_in(location),
        redirect_uri=REDIRECT_URI,
        code_verifier=VERIFIER,
    )
    token = str(tokens["access_token"])
    proof = signing.proof("GET", f"{visitor.issuer}/userinfo", token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    _checked(visitor.send("GET", "/userinfo", headers, b""), "/userinfo")


def know_issuer(visitor: Visitor) -> None:
    """Learn the issuer from the metadata, as a client does once."""
    visitor.issuer = str(json.loads(visitor.get(METADATA).body)["issuer"])


def refresh(visitor: Visitor) -> None:
    """Rotate the refresh token."""
    token = visitor.tokens["refresh_token"]
    visitor.tokens = visitor.call("/token", grant_type="refresh_token", refresh_token=token)


def userinfo(visitor: Visitor) -> None:
    """Ask for the claims. Raises Unexpected if the consent released none."""
    headers = {"Authorization": f"Bearer {visitor.tokens['access_token']}"}
    answer = _checked(visitor.send("GET", "/userinfo", headers, b""), "/userinfo")
    if b'"name"' not in answer.body:
        raise Unexpected("userinfo released no name")


def introspect(visitor: Visitor) -> None:
    """Ask what the access token is worth."""
    if not visitor.call("/introspect", token=visitor.tokens["access_token"])["active"]:
        raise Unexpected("the access token is not active")


def discovery(visitor: Visitor) -> None:
    """Fetch the metadata document and the keys."""
    visitor.get(METADATA)
    visitor.get("/jwks.json")


def tap(visitor: Visitor) -> None:
    """Put a card on a desk's reader. Raises Unexpected if it is not good."""
    reader, number = next(visitor.taps)
    told = visitor.call("/api/verify", terminal=reader, service=SERVICE, kind=KIND, number=number)
    if not told["valid"]:
        raise Unexpected("the card is not good")


def login(visitor: Visitor) -> None:
    """Sign a newcomer in: login page, password, consent page, decision, code, tokens, claims."""
    visitor.jar = {}
    target, answer = _follow(visitor, visitor.ask("GET", f"/authorize?{QUERY}"))
    for fields in ({"login_id": next(visitor.newcomers), "password": PASSWORD}, CONSENT):
        sent = visitor.ask("POST", target, **hidden(answer), **fields)
        target, answer = _follow(visitor, sent)
    _redeem(visitor, target)


def hidden(answer: Answer) -> dict[str, str]:
    """Return the hidden fields of a page. Raises Unexpected if it has no form."""
    found = {name.decode(): value.decode() for name, value in _HIDDEN.findall(answer.body)}
    if not found:
        raise Unexpected("a page without a form")
    return found


def _follow(visitor: Visitor, answer: Answer) -> tuple[str, Answer]:
    """Follow redirects to a page or out to the client; return where that is and the answer."""
    target = ""
    for _ in range(MOST_STEPS):
        if answer.status != HTTPStatus.SEE_OTHER:
            return target, answer
        target = answer.header("location")
        if target.startswith(REDIRECT_URI):
            return target, answer
        answer = visitor.ask("GET", target)
    raise Unexpected(f"{target}: redirected without end")


def footprint(visitor: Visitor) -> None:
    """Read the newest lines of one's own footprint."""
    visitor.jar = {"taipei-id-session": next(visitor.cookies)}
    if visitor.ask("GET", "/account/footprint").status != HTTPStatus.OK:
        raise Unexpected("no footprint was shown")


def floor(visitor: Visitor) -> None:
    """Ask the probe for nothing in particular."""
    visitor.get("/")


def password(visitor: Visitor) -> None:
    """Let the probe verify a password, and do nothing with the answer."""
    visitor.get("/password")


PROBES = frozenset({"floor", "password"})  # asked of the probe, not of the provider


@dataclass(frozen=True)
class Operation:
    """Something worth a row in the table."""

    name: str
    run: Callable[[Visitor], None]
    prepare: Callable[[Visitor], None]  # not measured
    per_second: float = 0  # so many in all, however long each takes; 0: as many as are answered


def _nothing(visitor: Visitor) -> None: ...


OPERATIONS = {
    each.name: each
    for each in (
        Operation("sso", sso, _nothing),
        Operation("fapi", fapi, know_issuer),
        Operation("refresh", refresh, sso),
        Operation("userinfo", userinfo, sso),
        Operation("introspect", introspect, sso),
        Operation("discovery+jwks", discovery, _nothing),
        Operation("tap", tap, _nothing),
        Operation("tap@50", tap, _nothing, per_second=50),
        Operation("footprint", footprint, _nothing),
        Operation("login", login, _nothing),
        Operation("password", password, _nothing),
        Operation("floor", floor, _nothing),
    )
}
