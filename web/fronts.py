"""Believe what a proxy of ours says of a certificate, and nobody else (docs/decisions/0046, 0068).

Whoever reaches us can send a header. It counts in a request to a front's own host that carries the
proxy's secret. The proxy has proved possession of the key, and nothing else.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.wsgi import get_host

from idp.possession import NOTHING, Shown
from idp.provider import Provider
from kernel.unreadable import UNREADABLE

CERTIFICATE = "X-Client-Certificate"  # set by the proxy at a front, taken away everywhere else
SECRET = "X-Client-Certificate-Secret"  # noqa: S105  # the name of a header
LONGEST = 32 * 1024  # characters of a certificate as the proxy writes it
_CERTIFICATE, _SECRET = (f"HTTP_{each.upper().replace('-', '_')}" for each in (CERTIFICATE, SECRET))
Environ = Mapping[str, Any]  # PEP 3333


class Front:
    """A host at which a proxy of ours asks whoever comes for a certificate; without address, none.

    A star in the address stands for twenty random digits (`web.certificate_front`).
    """

    def __init__(self, address: str, secret: str) -> None:
        """Stand at `address`; the proxy there says `secret`."""
        self.address = address
        host = re.escape(urlsplit(address).netloc).replace(r"\*", "[0-9a-f]{20}")
        self._host = re.compile(host)
        self._secret = secret.encode()

    def is_passed(self, environ: Environ) -> bool:
        """Say whether the proxy at this front sent the request."""
        told = str(environ.get(_SECRET, "")).encode("utf-8", "replace")
        is_secret = hmac.compare_digest(told, self._secret)
        if not (self.address and self._secret and is_secret):
            return False
        return self._host.fullmatch(get_host(dict(environ))) is not None


def certificate(environ: Environ) -> bytes | None:
    """Return what was presented, in DER. Only for requests that passed a front."""
    text = str(environ.get(_CERTIFICATE, ""))
    if not text or len(text) > LONGEST:
        return None
    try:
        found = x509.load_pem_x509_certificate(unquote(text).encode("ascii", "replace"))
    except UNREADABLE:
        return None
    return found.public_bytes(Encoding.DER)


def shown(environ: Environ, *, provider: Provider, front: Front) -> Shown:
    """Return what a client's program shows beside its words: a proof, a certificate or neither."""
    proof = environ.get("HTTP_DPOP")
    if proof is None and _SECRET not in environ:
        return NOTHING
    is_passed = front.is_passed(environ)
    return Shown(
        environ["REQUEST_METHOD"],
        (front.address if is_passed else provider.issuer) + environ["PATH_INFO"],
        proof,
        certificate(environ) if is_passed else None,
        provider.nonces,
    )


def fresh_nonce(environ: Environ, provider: Provider, *, now: datetime) -> list[tuple[str, str]]:
    """Return the header with the next proof's nonce, for whoever sends proofs (RFC 9449 8.2)."""
    if provider.nonces is None or "HTTP_DPOP" not in environ:
        return []
    return [("DPoP-Nonce", provider.nonces.at(now))]
