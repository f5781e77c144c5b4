"""Decide who may speak to the program: pages of exactly the listed origins, from this computer.

A page of another site, a name that was pointed at this computer (DNS rebinding) and a form are
refused before anything is read; another person's program is, where the system tells (`peers`). What
cannot be kept out is another program of the same person; therefore the PIN's window shows the
origin, and a card signs nothing without the PIN.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

MOST_BYTES = 16 * 1024
OWN_HOSTS = ("127.0.0.1", "localhost")
JSON = "application/json"


class NotAdmitted(Exception):  # a decision, not a mistake
    """The request is not for us to answer."""

    def __init__(self, status: HTTPStatus, code: str) -> None:
        """Keep the status and a word for it."""
        super().__init__(code)
        self.status, self.code = status, code


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Who is let in: `origins` is an exact list, `port` is where this program listens."""

    origins: frozenset[str]
    port: int

    @property
    def own(self) -> frozenset[str]:
        """Return the origins of the program's own window."""
        return frozenset(f"http://{host}:{self.port}" for host in OWN_HOSTS)

    def require_host(self, headers: Mapping[str, str]) -> None:
        """Let only requests pass that name this computer (against DNS rebinding)."""
        if headers.get("host") not in {f"{host}:{self.port}" for host in OWN_HOSTS}:
            raise NotAdmitted(HTTPStatus.MISDIRECTED_REQUEST, "wrong_host")

    def require_origin(self, headers: Mapping[str, str]) -> str:
        """Return the origin of the page that asks, one of the list or our own window's."""
        origin = headers.get("origin", "")
        if origin not in self.origins | self.own:
            raise NotAdmitted(HTTPStatus.FORBIDDEN, "origin_not_allowed")
        return origin

    def require_body(self, headers: Mapping[str, str]) -> int:
        """Return how many bytes of JSON follow: a form, which needs nobody's leave, is refused."""
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise NotAdmitted(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json")
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise NotAdmitted(HTTPStatus.LENGTH_REQUIRED, "no_length")
        if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
            raise NotAdmitted(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_long")
        return int(length)


def is_origin(text: str) -> bool:
    """Say whether `text` may stand on the list: https, or this computer for the demo."""
    parts = urlsplit(text)
    if f"{parts.scheme}://{parts.netloc}" != text or not parts.hostname or "*" in text:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in OWN_HOSTS)
