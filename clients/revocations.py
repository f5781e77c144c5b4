"""Know which clients' certificates were revoked: lists in a file that the operator keeps fresh.

In doubt a certificate does not count: a list that is missing, over or not its authority's own says
nothing for it (RFC 5280 6.3).
"""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from threading import Lock

from cryptography import x509

from kernel.strong_keys import is_strong
from kernel.unreadable import UNREADABLE

_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
Lists = tuple[x509.CertificateRevocationList, ...]


class RevocationLists:
    """The lists of one file, read anew when it is replaced."""

    def __init__(self, path: Path) -> None:
        """Read `path`, in PEM, when first asked."""
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._lists: Lists = ()
        self._lock = Lock()

    def clear(
        self, certificate: x509.Certificate, issuers: Iterable[x509.Certificate], *, now: datetime
    ) -> bool:
        """Say whether a list in force, of one of the issuers, does not name the certificate."""
        found = [
            each
            for each in self._current()
            if each.issuer == certificate.issuer
            and _is_in_force(each, now)
            and any(_is_of(each, issuer) for issuer in issuers)
        ]
        return bool(found) and not any(
            each.get_revoked_certificate_by_serial_number(certificate.serial_number)
            for each in found
        )

    def _current(self) -> Lists:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            with self._lock:
                if stamp != self._stamp:
                    self._lists, self._stamp = _read(self._path), stamp
                return self._lists
        except (OSError, *UNREADABLE):
            return ()


def _read(path: Path) -> Lists:
    return tuple(x509.load_pem_x509_crl(each) for each in _LIST.findall(path.read_bytes()))


def _is_in_force(each: x509.CertificateRevocationList, now: datetime) -> bool:
    until = each.next_update_utc
    return until is not None and each.last_update_utc <= now < until


def _is_of(each: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if issuer.subject != each.issuer or not is_strong(key):
        return False
    try:
        return each.is_signature_valid(key)  # type: ignore[arg-type]  # an issuer's key signs
    except UNREADABLE:
        return False
