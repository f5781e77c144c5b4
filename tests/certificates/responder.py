"""A responder that answers about certificates, rightly or in every way an answer can be wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA224, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certificates import pki
from tests.certificates.pki import Authority, Leaf
from tests.make import NOON

GOOD, REVOKED, UNKNOWN = (
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN,
)


@cache
def delegate(
    *,
    signing: bool = True,
    expired: bool = False,
    elliptic: bool = False,
    by: Authority | None = None,
) -> Authority:
    """Return somebody the authority made for answering; or did not."""
    key = pki.ec_key("responder") if elliptic else pki.rsa_key("responder")
    purpose = ExtendedKeyUsageOID.OCSP_SIGNING
    leaf = Leaf(
        by=by or pki.generation(2),
        key=key,
        subject=pki.name("Synthetic responder"),
        end=NOON - timedelta(days=1) if expired else NOON + timedelta(days=30),
        purposes=(purpose if signing else ExtendedKeyUsageOID.CLIENT_AUTH,),
    )
    return Authority(certificate=leaf.sign(), key=key)


@dataclass(frozen=True, kw_only=True)
class Answering:
    """How the responder behaves."""

    status: ocsp.OCSPCertStatus = GOOD
    about: x509.Certificate | None = None  # another certificate than the one asked about
    of: Authority | None = None  # another issuer than the one asked about
    signer: Callable[[], Authority] = delegate
    shown: Callable[[], x509.Certificate] | None = lambda: delegate().certificate
    nonce: bytes | None = None  # another nonce; empty for none
    made_at: datetime = NOON
    until: datetime | None = NOON + timedelta(minutes=10)
    algorithm: HashAlgorithm = field(default_factory=SHA256)

    def __call__(self, certificate: x509.Certificate, request: ocsp.OCSPRequest) -> bytes:
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=self.about or certificate,
            issuer=(self.of or pki.generation(2)).certificate,
            algorithm=SHA256(),
            cert_status=self.status,
            this_update=self.made_at,
            next_update=self.until,
            revocation_time=self.made_at if self.status is REVOKED else None,
            revocation_reason=None,
        )
        signer = self.signer()
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        if self.shown:
            builder = builder.certificates([self.shown()])
        nonce = _nonce(request) if self.nonce is None else self.nonce
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(signer.key, self.algorithm).public_bytes(Encoding.DER)


def _nonce(request: ocsp.OCSPRequest) -> bytes:
    return request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce


def refusing(status: ocsp.OCSPResponseStatus) -> bytes:
    """Return an answer that says nothing but that there is none."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


WEAK = SHA224()
