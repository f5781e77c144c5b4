"""A card and its holder, made of software: it signs origin and nonce as a card program has it."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509 import ocsp
from sqlalchemy.orm import Session

from adapters import signed_over
from adapters.certificate import enrolment
from adapters.certificate.adapter import CertificateAdapter
from adapters.certificate.ocsp import Fetch
from adapters.certificate.pinning import Pinned
from adapters.contract import Challenge, Context
from carriers.models import Binding
from idp import acr
from idp.acr import ACR
from tests import make
from tests.certificates import pki
from tests.certificates.pki import Leaf, Private
from tests.certificates.responder import Answering
from tests.flows.provider import City

ORIGIN = "https://id.invalid"
HERE = Context(origin=ORIGIN)
KEY = bytes(range(32))
NAME, LAST_FOUR = "合成會員一", "0001"  # what `Leaf` says of its holder


def sign(key: Private, message: bytes, algorithm: str) -> bytes:
    """Sign as `algorithm` of RFC 7518 says."""
    hash_ = signed_over.HASHES[algorithm[2:]]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hash_)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    if algorithm.startswith("RS"):
        return key.sign(message, padding.PKCS1v15(), hash_)
    return key.sign(message, padding.PSS(padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH), hash_)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody with a certificate and its key."""

    leaf: Leaf = field(default_factory=lambda: Leaf(serial=77))
    algorithm: str = "RS256"
    origin: str = ORIGIN

    @property
    def der(self) -> bytes:
        return self.leaf.der()

    def but(self, **changes: Any) -> "Holder":  # fields of a certificate, of several types
        return replace(self, leaf=self.leaf.but(**changes))

    def renewed(self) -> "Holder":
        """Return the same holder with a new key and certificate of the next generation."""
        leaf = self.leaf.but(
            by=pki.generation(3), key=pki.rsa_key("renewed"), serial=177, start=make.NOON
        )
        return replace(self, leaf=leaf)

    def token(self, nonce: str, *, origin: str | None = None, **changes: str) -> str:
        """Answer a challenge."""
        message = signed_over.message(origin or self.origin, nonce, self.algorithm)
        form = {
            "format": "web-eid:1.0",
            "appVersion": "https://id.example/agent/1.0",
            "algorithm": self.algorithm,
            "unverifiedCertificate": base64.b64encode(self.der).decode(),
            "signature": base64.b64encode(sign(self.leaf.key, message, self.algorithm)).decode(),
        }
        return json.dumps({**form, **changes})


def answering(how: Callable[..., bytes] | None = None) -> Fetch:
    """Return a responder that answers about whatever certificate it is asked of."""
    answer = how or Answering()

    def fetch(_url: str, body: bytes) -> bytes | None:
        request = ocsp.load_der_ocsp_request(body)
        return answer(Leaf(serial=request.serial_number).sign(), request)

    return fetch


def silent(_url: str, _body: bytes) -> bytes | None:
    return None


def an_adapter(fetch: Fetch | None = None, *, pinned: Pinned | None = None) -> CertificateAdapter:
    """Return the adapter with the synthetic authority pinned and a responder that says good."""
    return CertificateAdapter(
        pinned=pinned or Pinned(profiles=(pki.citizens(),)), key=KEY, fetch=fetch or answering()
    )


def bound(session: Session, holder: Holder, *, member_id: UUID, **changes: Any) -> Binding:
    # what a member sends and the record says, of several types
    """Bind the holder's certificate to a member of the same name."""
    adapter = changes.pop("adapter", None) or an_adapter()
    now = changes.get("now", make.NOON)
    asked: Challenge = adapter.begin(HERE, now=now)
    shown = enrolment.shown(adapter, HERE, asked, {"token": holder.token(asked.nonce)}, now=now)
    values: dict[str, Any] = {
        "member_name": NAME,
        "last_four": LAST_FOUR,
        "on_record": {LAST_FOUR},
        "name": "我的憑證",
        "acr": ACR[0],
        "now": now,
    }
    return enrolment.finish(
        session, adapter, shown.certificate, member_id=member_id, **{**values, **changes}
    )


def serial_of(der: bytes) -> int:
    return x509.load_der_x509_certificate(der).serial_number


def install(city: City, adapter: CertificateAdapter) -> None:
    """Offer the adapter in a running provider."""
    rooms = city.app.extensions["taipei_id"]
    adapters = {**rooms.adapters, adapter.name: adapter}
    reachable = acr.reachable(each.capabilities for each in adapters.values())
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters, reachable=reachable)
