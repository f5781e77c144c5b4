"""Publish the keys and the metadata as bytes from memory, sent before Flask is even asked."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from idp.signing import LocalSigner
from kernel import clock
from kernel.work import WorkSession
from web import headers
from web.rooms import Rooms

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
KEEP_METADATA = "public, max-age=3600"
KEEP_KEYS = "public, max-age=300"
KEYS = "/jwks.json"
READS = frozenset({"GET", "HEAD"})
LATER = (("Retry-After", "5"), ("Content-Length", "0"), ("Cache-Control", "no-store"))


class Document:
    """JSON for everybody, as bytes, and the headers it is sent with."""

    def __init__(self, told: Mapping[str, Any], *, keep: str, secure: bool) -> None:
        """Write `told` down once."""
        self._body = json.dumps(told, ensure_ascii=False).encode()
        self._etag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"'
        self._headers = [
            ("Cache-Control", keep),
            ("ETag", self._etag),
            ("Access-Control-Allow-Origin", "*"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            ("X-Content-Type-Options", "nosniff"),
            *headers.over_https(secure=secure),
        ]

    def answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if self._etag in environ.get("HTTP_IF_NONE_MATCH", ""):  # weakly, maybe one of many
            start_response("304 Not Modified", self._headers)
            return []
        length = ("Content-Length", str(len(self._body)))
        start_response("200 OK", [("Content-Type", "application/json"), length, *self._headers])
        return [self._body] if environ["REQUEST_METHOD"] == "GET" else []


class Metadata:
    """A WSGI application that answers for the metadata document and passes everything else on."""

    def __init__(self, application: Any, document: Mapping[str, Any]) -> None:  # WSGI is untyped
        """Serialise `document` once, in front of `application`."""
        self._application = application
        secure = document["issuer"].startswith("https://")
        self._document = Document(document, keep=KEEP_METADATA, secure=secure)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ["PATH_INFO"] not in PATHS or environ["REQUEST_METHOD"] not in READS:
            passed_on: Iterable[bytes] = self._application(environ, start_response)
            return passed_on
        return self._document.answer(environ, start_response)


class KeySet:
    """A WSGI application that answers for the published keys and passes everything else on.

    They are asked for once a second at most, and written down anew when they changed. While the
    database is away they are those of before.
    """

    def __init__(self, application: Any, rooms: Callable[[], Rooms]) -> None:  # WSGI is untyped
        """Stand in front of `application`; `rooms` are those of this process."""
        self._application = application
        self._rooms = rooms
        self._written: tuple[LocalSigner | None, Document | None] = (None, None)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ["PATH_INFO"] != KEYS or environ["REQUEST_METHOD"] not in READS:
            passed_on: Iterable[bytes] = self._application(environ, start_response)
            return passed_on
        document = self._now_or_before()
        if document is None:
            start_response("503 Service Unavailable", list(LATER))
            return []
        return document.answer(environ, start_response)

    def _now_or_before(self) -> Document | None:
        try:
            return self._document()
        except OperationalError as away:
            structlog.get_logger().error("store.away", error=type(away.orig).__name__)
            return self._written[1]  # nobody else signs meanwhile

    def _document(self) -> Document:
        """Return the keys as they are now. Raises OperationalError while nobody can be asked."""
        rooms = self._rooms()
        session = WorkSession(rooms.sessions)
        try:
            signer = rooms.provider.keys.signer(session, now=clock.now())
        finally:
            session.close()
        known, document = self._written
        if document is None or known is not signer:
            secure = rooms.provider.issuer.startswith("https://")
            document = Document(signer.jwks, keep=KEEP_KEYS, secure=secure)
            self._written = (signer, document)
        return document
