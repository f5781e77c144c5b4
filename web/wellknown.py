"""Publish the keys, and the metadata as prebuilt bytes sent before Flask is even asked."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from web import headers, scope

bp = Blueprint("wellknown", __name__)
PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
KEEP_METADATA = "public, max-age=3600"
KEEP_KEYS = "public, max-age=300"


class Metadata:
    """A WSGI application that answers for the metadata document and passes everything else on."""

    def __init__(self, application: Any, document: Mapping[str, Any]) -> None:  # WSGI is untyped
        """Serialise `document` once, in front of `application`."""
        self._application = application
        self._body = json.dumps(document, ensure_ascii=False).encode()
        self._etag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"'
        self._headers = [
            ("Cache-Control", KEEP_METADATA),
            ("ETag", self._etag),
            ("Access-Control-Allow-Origin", "*"),
            ("X-Content-Type-Options", "nosniff"),
            *headers.over_https(secure=document["issuer"].startswith("https://")),
        ]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ["PATH_INFO"] not in PATHS or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            passed_on: Iterable[bytes] = self._application(environ, start_response)
            return passed_on
        if self._etag in environ.get("HTTP_IF_NONE_MATCH", ""):  # weakly, maybe one of many
            start_response("304 Not Modified", self._headers)
            return []
        length = ("Content-Length", str(len(self._body)))
        start_response("200 OK", [("Content-Type", "application/json"), length, *self._headers])
        return [self._body] if environ["REQUEST_METHOD"] == "GET" else []


@bp.get("/jwks.json")
def jwks() -> Response:
    """Publish every key a signature may have been or may soon be made with."""
    signer = scope.rooms().provider.keys.signer(scope.db(), now=scope.now())
    response = jsonify(signer.jwks)
    response.headers["Cache-Control"] = KEEP_KEYS
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
