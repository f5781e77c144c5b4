"""Know a mail address for the member's own once a letter to it came back with them.

The letter with the invitation carries a word that only its reader has; a code in print has none.
"""

from hmac import compare_digest
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.ids import CODE_BYTES, readable, typed_code
from kernel.keyring import Keyring, keyed_hash
from members import register
from members.profile import reseal


def sent_to(address: str, invitation_id: UUID, *, keyring: Keyring) -> str:
    """Return the word that goes into a letter to this address."""
    key = keyring.derive("mail-proof/v1")
    return readable(keyed_hash(key, str(invitation_id), address)[:CODE_BYTES])


def confirm_mail(
    session: Session, member_id: UUID, invitation_id: UUID, word: str, *, keyring: Keyring
) -> bool:
    """Note that the member's address is theirs, if they bring the word that was sent there."""
    member = register.get(session, member_id)
    held = register.claims_of(member, keyring=keyring)
    address = held.get("email")
    if address is None:
        return False
    sent = sent_to(address, invitation_id, keyring=keyring)
    if not compare_digest(sent, typed_code(word)):
        return False
    member.profile_sealed = reseal(member, {**held, "email_verified": True}, keyring=keyring)
    session.flush()
    return True
