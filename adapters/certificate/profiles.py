"""Say which certificates count: a profile is data, and adding one needs no new code.

A profile pins the certificates of its issuers. All generations of an authority may bear one name
(MOICA's do), so an issuer is known by its key identifier, never by its name.
"""

from dataclasses import dataclass, field

from cryptography import x509

from kernel.wording import Bilingual

LAST_FOUR = "2.16.886.1.100.2.51"  # of the national number, on a citizen's certificate
SUBJECT_TYPE = "2.16.886.1.100.2.1"
BUSINESS_NUMBER = "2.16.886.1.100.2.101"
ORGANISATION_OID = "2.16.886.1.100.2.102"


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """One pinned authority, and where it answers for what it issued."""

    certificate: x509.Certificate = field(repr=False)
    ocsp_url: str = ""  # configured, never taken from a certificate an attacker may have made
    crl_url: str = ""

    @property
    def key_id(self) -> bytes:
        """Return the subject key identifier, by which certificates name their issuer."""
        extension = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return extension.value.digest


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One kind of certificate: its issuers, its policies, what it must say of its holder.

    `family` names the authority over all its generations: a renewed certificate, even by a new
    generation, belongs to the same binding.
    """

    name: str
    label: Bilingual
    family: str
    issuers: tuple[Issuer, ...]
    policies: frozenset[str]  # one of these must be asserted
    attributes: frozenset[str]  # each of these must be there
    # Which attributes tell two holders apart; without any, the number in the subject's name.
    identified_by: tuple[str, ...] = ()
    hardware: bool  # is the key on a card that does not give it away
    holder_verified: bool  # does the card sign only after its PIN

    @property
    def is_personal(self) -> bool:
        """Say whether it names a natural person, as their own account may bind online."""
        return LAST_FOUR in self.attributes

    def find_issuer(self, certificate: x509.Certificate) -> Issuer | None:
        """Return the pinned issuer the certificate names by key identifier, or None."""
        try:
            named = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
        except x509.ExtensionNotFound:
            return None
        key_id = named.value.key_identifier
        return next((each for each in self.issuers if each.key_id == key_id), None)
