"""Say whose certificate it is without saying who: a keyed hash of the authority and the number.

The number in the subject's name stays when a certificate is renewed, by a new generation of the
authority too, so the binding stays. Without the key nobody can try all numbers.
"""

import unicodedata

from adapters.certificate.checks import Checked
from adapters.certificate.profiles import LAST_FOUR
from kernel.keyring import keyed_hash


def fingerprint_of(checked: Checked, key: bytes) -> str:
    """Return by what the holder is known, 64 hexadecimal digits."""
    profile = checked.profile
    told = [checked.attributes[each] for each in profile.identified_by]
    names = told or [checked.named.serial_number]
    return keyed_hash(key, "certificate holder", profile.family, *names).hex()


def is_named(checked: Checked, *, name: str, last_four: str) -> bool:
    """Say whether the certificate is made out to this name, with these last four characters.

    Spaces and full-width forms do not count; nothing else is forgiven.
    """
    made_out_to = _plain(checked.named.common_name), _plain(checked.attributes[LAST_FOUR])
    return made_out_to == (_plain(name), _plain(last_four))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
