"""Read which certificates an installation believes: a TOML file, each issuer pinned by its digest.

Nothing an issuer's certificate or a person's says is trusted to name another: what is not written
in the operator's file does not count. docs/certificates.md shows one.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.certificate import reading
from adapters.certificate.profiles import Issuer, Profile
from adapters.certificate.reading import Unreadable
from kernel.settings import SettingsInvalid
from kernel.strong_keys import NONE_KNOWN, KnownWeak
from kernel.wording import Bilingual

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """The certificates that count here."""

    profiles: tuple[Profile, ...] = field(repr=False)
    known_weak: KnownWeak = field(default=NONE_KNOWN, repr=False)

    @property
    def issuers(self) -> tuple[Issuer, ...]:
        """Return every pinned issuer once, in the order of the file."""
        every = {each.key_id: each for profile in self.profiles for each in profile.issuers}
        return tuple(every.values())


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Label(_Table):
    zh: str
    en: str


class _Issuer(_Table):
    file: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    ocsp_url: str = Field(default="", pattern="^(https?://.+)?$")
    crl_url: str = Field(default="", pattern="^(https?://.+)?$")


class _Profile(_Table):
    name: str = Field(pattern="^[a-z][a-z-]{1,31}$")
    label: _Label
    family: str = Field(min_length=1, max_length=64)
    policies: tuple[str, ...] = Field(min_length=1)
    attributes: tuple[str, ...] = ()
    identified_by: tuple[str, ...] = ()
    hardware: bool
    holder_verified: bool
    issuers: tuple[_Issuer, ...] = Field(min_length=1)


class _Weak(_Table):
    moduli: str = ""
    primes: str = ""


class _File(_Table):
    profiles: tuple[_Profile, ...] = Field(min_length=1)
    weak: _Weak = _Weak()


def read(path: Path) -> Pinned:
    """Return what the file at `path` pins. Raises SettingsInvalid, saying what to do."""
    try:
        found = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise SettingsInvalid(f"certificates: {path} cannot be read: {broken}") from None
    except ValidationError as invalid:
        wrong = invalid.errors(include_url=False, include_input=False)
        places = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in wrong)
        raise SettingsInvalid(f"certificates: {path}: {'; '.join(places)}") from None
    folder = path.parent
    return Pinned(
        profiles=tuple(_profile(each, folder) for each in found.profiles),
        known_weak=_known_weak(found.weak, folder),
    )


def _profile(found: _Profile, folder: Path) -> Profile:
    return Profile(
        name=found.name,
        label=Bilingual(found.label.zh, found.label.en),
        family=found.family,
        issuers=tuple(_issuer(each, folder) for each in found.issuers),
        policies=frozenset(found.policies),
        attributes=frozenset(found.attributes) | frozenset(found.identified_by),
        identified_by=found.identified_by,
        hardware=found.hardware,
        holder_verified=found.holder_verified,
    )


def _issuer(found: _Issuer, folder: Path) -> Issuer:
    path = folder / found.file
    try:
        certificate = reading.read(_der(path.read_bytes()))
    except (OSError, ValueError, Unreadable):
        raise SettingsInvalid(f"certificates: {path} holds no certificate") from None
    digest = sha256(certificate.public_bytes(reading.DER)).hexdigest()
    if digest != found.sha256:
        raise SettingsInvalid(
            f"certificates: {path} is not the certificate pinned: its sha256 is {digest}; "
            "compare it with what the authority publishes"
        )
    _require_key_id(certificate, path)
    return Issuer(certificate=certificate, ocsp_url=found.ocsp_url, crl_url=found.crl_url)


def _der(body: bytes) -> bytes:
    if not body.lstrip().startswith(b"-----BEGIN"):
        return body
    return x509.load_pem_x509_certificate(body).public_bytes(reading.DER)


def _require_key_id(certificate: x509.Certificate, path: Path) -> None:
    try:
        certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        raise SettingsInvalid(
            f"certificates: {path} has no subject key identifier, by which issuers are found"
        ) from None


def _known_weak(found: _Weak, folder: Path) -> KnownWeak:
    return KnownWeak(
        moduli=_lines(found.moduli, folder, bytes.fromhex),
        primes=_lines(found.primes, folder, lambda line: int(line, 16)),
    )


def _lines(name: str, folder: Path, read_one: Callable[[str], Read]) -> list[Read]:
    """Return the hexadecimal numbers of a file, one a line; none without a file."""
    if not name:
        return []
    try:
        return [read_one(line) for line in (folder / name).read_text("ascii").split()]
    except (OSError, ValueError):
        raise SettingsInvalid(
            f"certificates: {folder / name} must hold one hexadecimal number a line"
        ) from None
