"""Sign text the way HiPKI's program does: CMS (RFC 5652) with the certificate inside."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7HashTypes,
    PKCS7Options,
    PKCS7SignatureBuilder,
)

from tests.certificates.pki import Leaf

ATTACHED = (PKCS7Options.Binary, PKCS7Options.NoCapabilities)
DETACHED = (*ATTACHED, PKCS7Options.DetachedSignature)


def of(leaf: Leaf) -> tuple[bytes, rsa.RSAPrivateKey]:
    """Return a signer: the certificate (DER) and its key."""
    assert isinstance(leaf.key, rsa.RSAPrivateKey)
    return leaf.der(), leaf.key


def cms(
    content: bytes,
    *signers: tuple[bytes, rsa.RSAPrivateKey],
    options: Sequence[PKCS7Options] = ATTACHED,
    hashed: PKCS7HashTypes | None = None,
    chain: Sequence[bytes] = (),
) -> bytes:
    """Return the message that these sign; `chain` goes along."""
    builder = PKCS7SignatureBuilder().set_data(content)
    for der, key in signers:
        certificate = x509.load_der_x509_certificate(der)
        builder = builder.add_signer(certificate, key, hashed or SHA256())
    for each in chain:
        builder = builder.add_certificate(x509.load_der_x509_certificate(each))
    return builder.sign(Encoding.DER, options)
