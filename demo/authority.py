"""The demo's authority for citizens' certificates: pinned by the demo's provider, believed nowhere.

Like the cards' keys its own follows from the demo's public master key, so whoever makes a card can
sign its certificate, and every start can say anew what is revoked: nothing.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from demo.cards.piv import tlv

POLICY = "2.16.886.101.0.3.3"
LAST_FOUR = bytes.fromhex("060760867601640233")  # the attribute 2.16.886.1.100.2.51
DIRECTORY_ATTRIBUTES = x509.ObjectIdentifier("2.5.29.9")
SEQUENCE, SET, PRINTABLE = 0x30, 0x31, 0x13
YEAR = timedelta(days=365)
LIST_DAYS = timedelta(days=30)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Demo citizens' certificates")])
FILE, PINS = "demo-authority.cer", "demo-certificates.toml"
PINNED = """# Written by the demo at every start.
[[profiles]]
name = "citizen"
label = {{ zh = "自然人憑證（示範）", en = "Citizen certificate (demo)" }}
family = "demo-citizens"
policies = ["{policy}"]
attributes = ["2.16.886.1.100.2.51"]
hardware = true
holder_verified = true

[[profiles.issuers]]
file = "{file}"
sha256 = "{digest}"
"""


def pin(folder: Path, key: ec.EllipticCurvePrivateKey, *, now: datetime) -> Path:
    """Write the authority's certificate, once, and the file that pins it; return the latter."""
    own = folder / FILE
    if not own.exists():
        own.write_bytes(_own_certificate(key, now=now).public_bytes(Encoding.DER))
    digest = sha256(own.read_bytes()).hexdigest()
    pins = folder / PINS
    pins.write_text(PINNED.format(policy=POLICY, file=FILE, digest=digest), encoding="utf-8")
    return pins


def _own_certificate(key: ec.EllipticCurvePrivateKey, *, now: datetime) -> x509.Certificate:
    return (
        x509.CertificateBuilder(NAME, NAME, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + 10 * YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def certificate(
    by: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
    *,
    name: str,
    number: str,
    last_four: str,
    serial: int,
    now: datetime,
) -> bytes:
    """Return a citizen's certificate (DER); `number` tells two of one name apart."""
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, name),
            x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, number),
        ]
    )
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    policies = x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(POLICY), None)]
    )
    said = x509.UnrecognizedExtension(DIRECTORY_ATTRIBUTES, _said(last_four))
    return (
        x509.CertificateBuilder(NAME, subject, public, serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + YEAR)
        .add_extension(issuer_key, critical=False)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(policies, critical=False)
        .add_extension(said, critical=False)
        .sign(by, SHA256())
        .public_bytes(Encoding.DER)
    )


def _said(last_four: str) -> bytes:
    values = tlv(SET, tlv(PRINTABLE, last_four.encode("ascii")))
    return tlv(SEQUENCE, tlv(SEQUENCE, LAST_FOUR + values))


def nothing_revoked(key: ec.EllipticCurvePrivateKey, *, now: datetime) -> bytes:
    """Return a list (DER) on which nothing stands; its number grows with time."""
    return (
        x509.CertificateRevocationListBuilder(NAME, now - timedelta(hours=1), now + LIST_DAYS)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )
