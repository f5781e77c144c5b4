"""An operator's file that pins authorities, and lists as long as the real ones."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificates.pki import Authority, rsa_key
from tests.make import NOON

PROFILE = """
[[profiles]]
name = "citizen"
label = { zh = "自然人憑證", en = "Citizen digital certificate" }
family = "synthetic-citizens"
policies = ["2.16.886.101.0.3.3"]
attributes = ["2.16.886.1.100.2.51"]
hardware = true
holder_verified = true
"""
ISSUER = """
[[profiles.issuers]]
file = "{number}.cer"
sha256 = "{digest}"
ocsp_url = "{ocsp_url}"
crl_url = "{crl_url}"
"""
_RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")


def pinned(
    folder: Path,
    *authorities: Authority,
    ocsp_url: str = "http://ocsp{number}.example/",
    crl_url: str = "",
    more: str = "",
    encoding: Encoding = Encoding.DER,
) -> Path:
    """Write a file that pins the authorities, `{number}` being the place of each."""
    lines = [PROFILE]
    for number, each in enumerate(authorities):
        (folder / f"{number}.cer").write_bytes(each.certificate.public_bytes(encoding))
        digest = sha256(each.der).hexdigest()
        urls = {"ocsp_url": ocsp_url, "crl_url": crl_url}
        named = {name: url.format(number=number) for name, url in urls.items()}
        lines.append(ISSUER.format(number=number, digest=digest, **named))
    path = folder / "certificates.toml"
    path.write_text("\n".join([*lines, more]), "utf-8")
    return path


def long_list(by: Authority, serials: Iterable[int], *, number: int = 1) -> bytes:
    """Return a signed list written octet by octet: the library takes minutes for a long one."""
    made, until = _time(NOON - timedelta(hours=1)), _time(NOON + timedelta(days=1))
    entries = b"".join(_tlv(0x30, _integer(each) + made) for each in serials)
    crl_number = _tlv(0x30, bytes.fromhex("0603551d14") + _tlv(0x04, _integer(number)))
    body = _tlv(
        0x30,
        b"\x02\x01\x01"
        + _RSA_SHA256
        + by.certificate.subject.public_bytes()
        + made
        + until
        + _tlv(0x30, entries)
        + _tlv(0xA0, _tlv(0x30, crl_number)),
    )
    key = by.key
    assert isinstance(key, type(rsa_key("any")))
    signature = key.sign(body, padding.PKCS1v15(), SHA256())
    return _tlv(0x30, body + _RSA_SHA256 + _tlv(0x03, b"\0" + signature))


def _time(moment: datetime) -> bytes:
    return _tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _tlv(tag: int, body: bytes) -> bytes:
    length = len(body)
    if length < 0x80:
        return bytes([tag, length]) + body
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body
