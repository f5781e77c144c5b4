"""Know a client by one name on its certificate, for which an authority vouches (RFC 8705 2.1)."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Annotated, Any

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, model_validator

_Text = Annotated[str | None, Field(min_length=1, max_length=1000)]


class CertificateName(BaseModel):
    """The name as registered: exactly one of these (RFC 8705 2.1.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject_dn: _Text = None  # RFC 4514
    san_dns: _Text = None
    san_uri: _Text = None
    san_ip: _Text = None
    san_email: _Text = None

    @model_validator(mode="after")
    def _is_one_and_readable(self) -> "CertificateName":
        told = self.told()
        if len(told) != 1:
            raise ValueError("a certificate is known by exactly one name")
        if self.subject_dn is not None and not list(_subject(self.subject_dn)):
            raise ValueError("subject_dn names nobody")
        if self.san_ip is not None:
            ip_address(self.san_ip)
        return self

    def told(self) -> dict[str, str]:
        """Return the name by its kind."""
        return self.model_dump(exclude_none=True)


def is_on(certificate: x509.Certificate, name: Mapping[str, str]) -> bool:
    """Say whether a certificate bears the registered name. Raises ValueError for odd encodings."""
    ((kind, value),) = name.items()
    return COMPARED[kind](certificate, value)


def _subject(text: str) -> x509.Name:
    return x509.Name.from_rfc4514_string(text)


def _alternatives(certificate: x509.Certificate, kind: Any) -> list[Any]:  # values by kind
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return list(found.value.get_values_for_type(kind))


def _has_dns(certificate: x509.Certificate, value: str) -> bool:
    return value.lower() in {each.lower() for each in _alternatives(certificate, x509.DNSName)}


COMPARED: dict[str, Callable[[x509.Certificate, str], bool]] = {
    "subject_dn": lambda certificate, value: certificate.subject == _subject(value),
    "san_dns": _has_dns,
    "san_uri": lambda certificate, value: (
        value in _alternatives(certificate, x509.UniformResourceIdentifier)
    ),
    "san_ip": lambda certificate, value: (
        ip_address(value) in _alternatives(certificate, x509.IPAddress)
    ),
    "san_email": lambda certificate, value: value in _alternatives(certificate, x509.RFC822Name),
}
