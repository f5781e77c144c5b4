"""A browser for tests: it keeps cookies, follows redirects and fills in our forms."""

import re
from html import unescape
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from werkzeug.test import TestResponse

from tests import make
from tests.flows.provider import CALLBACK, ISSUER, City, challenge

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
MOST_STEPS = 12
MOST_PAGES = 3
Changes: TypeAlias = dict[str, Any]  # parameters by name, None for one to leave out


def authorization(client_id: str | None = "library", **changes: str | None) -> dict[str, str]:
    """Return the parameters of a sound request; None takes one away."""
    parameters: dict[str, str | None] = {
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**parameters, **changes}.items() if value is not None}


def is_at_client(response: TestResponse) -> bool:
    """Say whether the response sends the browser to another site."""
    return response.status_code == 303 and bool(urlsplit(response.location).netloc)


def answer(response: TestResponse, callback: str = CALLBACK) -> dict[str, str]:
    """Return what the client was told; fails unless the browser was sent to `callback`."""
    assert response.status_code == 303, response.text
    address, *told = re.split(r"[?#]", response.location, maxsplit=1)
    assert address == callback, response.location
    return dict(parse_qsl("".join(told), keep_blank_values=True, strict_parsing=True))


class Browser:
    """One person's browser."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.http = city.app.test_client()

    def get(self, url: str, query: Any = None, **more: Any) -> TestResponse:  # werkzeug's options
        return self.http.get(url, base_url=ISSUER, query_string=query, **more)

    def post(self, url: str, form: Any = None, **more: Any) -> TestResponse:  # same
        return self.http.post(url, base_url=ISSUER, data=form, **more)

    def follow(self, response: TestResponse) -> TestResponse:
        """Follow redirects until there is a page, or the client."""
        for _ in range(MOST_STEPS):
            if response.status_code not in {302, 303} or is_at_client(response):
                return response
            response = self.get(response.location)
        raise AssertionError(f"redirected in circles at {response.location}")

    def authorize(self, client_id: str = "library", **changes: str | None) -> TestResponse:
        """Come from a client with its request, and go as far as it goes without doing anything."""
        return self.follow(self.get("/authorize", authorization(client_id, **changes)))

    def submit(self, page: TestResponse, **fields: str) -> TestResponse:
        """Send the form of a page to the page's own address."""
        return self.post(page.request.path, {**hidden(page), **fields})

    def log_in(
        self, page: TestResponse, login: str = "mei.chen", password: str = make.PASSWORD
    ) -> TestResponse:
        return self.follow(self.submit(page, login_id=login, password=password))

    def consent(
        self, page: TestResponse, *share: str, duration: str = "90d", decision: str = "allow"
    ) -> TestResponse:
        shared = {f"claim.{name}": "share" for name in share}
        more = {"more": "yes"} if share else {}  # to a merchant's second page, where there is one
        return self.follow(
            self.submit(page, decision=decision, duration=duration, **shared, **more)
        )

    def consents(self, page: TestResponse, *share: str, duration: str = "90d") -> TestResponse:
        """Answer page after page: a merchant asks on up to three."""
        for _ in range(MOST_PAGES):
            if page.status_code != 200 or 'id="consent_allow"' not in page.text:
                break
            refuses = is_about_marketing(page) and "marketing_allowed" not in share
            decision = "deny" if refuses else "allow"
            page = self.consent(page, *share, duration=duration, decision=decision)
        return page

    def sign_in(
        self,
        client_id: str = "library",
        *,
        login: str = "mei.chen",
        share: tuple[str, ...] = ("birthdate",),
        duration: str = "90d",
        **changes: str | None,
    ) -> TestResponse:
        """Walk through every page there is, as a willing member, until back at the client."""
        page = self.authorize(client_id, **changes)
        if page.request.path.endswith("/login"):
            page = self.log_in(page, login)
        return self.consents(page, *share, duration=duration)

    def code(self, client_id: str = "library", **changes: Any) -> str:
        return answer(self.sign_in(client_id, **changes))["code"]

    def tokens(self, client_id: str = "library", **changes: Any) -> dict[str, Any]:
        response = self.city.exchange(self.code(client_id, **changes), client_id)
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.get_json()
        return tokens


def is_about_marketing(page: TestResponse) -> bool:
    """Say whether a consent page asks the one question of PDPA 20."""
    return '<input type="hidden" name="part" value="marketing">' in page.text


def hidden(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of a page, the form token among them."""
    fields = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    assert CSRF.search(page.text), page.text
    fields.pop("next", None)  # the language form's
    return fields
