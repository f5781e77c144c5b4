"""A person's browser without a screen: keeps cookies, follows redirects, fills in forms."""

from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from tests.live.forms import form_with
from tests.live.server import Person

MOST_STEPS = 20
PATIENCE_SECONDS = 60.0
REDIRECTS = {302, 303, 307}


class Visitor:
    """One browser; it stops where an address begins with one of `stops`, as apps intercept it."""

    def __init__(self, *stops: str) -> None:
        self.stops = list(stops)
        self.url = ""
        self.posted: dict[str, str] = {}  # what was sent to the stop, if a form brought us there
        self.page = ""
        self.status = 0
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Accept-Language"] = "zh-TW"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def open(self, url: str) -> Self:
        """Go to an address, and on to wherever it leads."""
        return self._go("GET", url)

    def submit(self, button_id: str, **fields: str) -> Self:
        """Press a button of the page; fields not named are sent as the page filled them in."""
        assert self.page, f"there is no page at {self.url}"
        form = form_with(self.page, button_id)
        sent = {**form.fields, **fields, **form.buttons[button_id]}
        return self._go("POST", urljoin(self.url, form.action), sent)

    def shows(self, button_id: str) -> bool:
        return f'id="{button_id}"' in self.page

    def log_in(self, person: Person) -> Self:
        return self.submit("submit_login", login_id=person.login, password=person.password)

    def consent(self, *share: str) -> Self:
        """Agree to what is required and to the optional claims named."""
        return self.submit("consent_allow", **{f"claim.{name}": "share" for name in share})

    def answer(self) -> dict[str, str]:
        """Return what the address we stopped at says to the client."""
        assert self.has_stopped(), f"{self.url} ({self.status})\n{self.page}"
        parts = urlsplit(self.url)
        assert not (parts.query and parts.fragment), self.url
        return dict(parse_qsl(parts.query or parts.fragment, strict_parsing=True))

    def cookies(self) -> dict[str, str]:
        """Return what the browser keeps."""
        return dict(self._http.cookies)

    def has_stopped(self) -> bool:
        return any(self.url.startswith(stop) for stop in self.stops)

    def _go(self, method: str, url: str, form: dict[str, str] | None = None) -> Self:
        for _ in range(MOST_STEPS):
            self.url = url
            if self.has_stopped():
                self.page, self.status, self.posted = "", 0, form or {}
                return self
            response = self._http.request(
                method, url, data=form, allow_redirects=False, timeout=PATIENCE_SECONDS
            )
            self.page, self.status = response.text, response.status_code
            if response.status_code not in REDIRECTS:
                return self
            url = urljoin(url, response.headers["Location"])
            method, form = "GET", None
        raise AssertionError(f"redirected in circles at {url}")
