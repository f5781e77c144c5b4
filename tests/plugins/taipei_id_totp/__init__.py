"""Sign in with the six digits an authenticator app shows (RFC 6238), beside the password."""

import hmac
import unicodedata
from base64 import b32encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Column, MetaData, Table, Uuid, exists, insert, select, update
from sqlalchemy.orm import Session

from adapters.contract import Capabilities, Challenge, Context, NotProven, Proof, ProofKind, text_of
from kernel.db import changed
from kernel.ids import new_secret
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual
from members.logins import normalise
from members.models import Member

STEP = 30  # seconds a code is shown for
DRIFT = (-1, 0, 1)  # steps a phone's clock may be off (RFC 6238 5.2)

# Its own metadata: the house's migrations know nothing of this table.
KEY = Column("member_id", Uuid, primary_key=True)
APP = Table("totp_app", MetaData(), KEY, Column("last_step", BigInteger, nullable=False))


def code_at(secret: bytes, step: int) -> bytes:
    """Return the six digits of a time step (RFC 4226 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0xF
    return b"%06d" % ((int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF) % 10**6)


class TotpAdapter:
    """A code proves that its app was there; it adds to a password and is none of its own."""

    name = "totp"
    capabilities = Capabilities(
        label=Bilingual("驗證碼", "One-time code"),
        proofs=(ProofKind.ONE_TIME,),
        holder_verification=False,
        needs_script=False,
        fields=("login", "code"),
        labels={"code": Bilingual("驗證 App 上的 6 位數字", "The 6 digits in your app")},
    )

    def __init__(self, key: bytes) -> None:
        self._key = key

    def begin(self, context: Context, *, now: datetime) -> Challenge:
        """Return a question that stays open as long as a code is shown."""
        return Challenge(nonce=new_secret(), expires_at=now + timedelta(seconds=STEP))

    def verify(
        self,
        session: Session,
        context: Context,
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        """Return proof of the app. Raises NotProven, also for a code that was used before."""
        challenge.require_fresh(now=now)
        login = normalise(text_of(answer, "login", longest=512))
        typed = unicodedata.normalize("NFKC", text_of(answer, "code", longest=16)).strip().encode()
        found = select(Member.id).join(APP, APP.c.member_id == Member.id)
        member_id = session.scalar(found.where(Member.login == login))
        secret = self.secret_of(member_id or UUID(int=0))
        steps = [int(now.timestamp()) // STEP + drift for drift in DRIFT]
        step = next((s for s in steps if hmac.compare_digest(code_at(secret, s), typed)), 0)
        # Only a later step than the last: no code is good twice (RFC 6238 5.2), whoever races.
        use = update(APP).where(APP.c.member_id == member_id, APP.c.last_step < step)
        if not changed(session.execute(use.values(last_step=step))) or member_id is None:
            raise NotProven("totp.wrong", member_id=member_id)
        return Proof(member_id=member_id, kind=ProofKind.ONE_TIME, at=now)

    def is_held_by(self, session: Session, member_id: UUID) -> bool:
        """Say whether the member has set up an app."""
        return bool(session.scalar(select(exists().where(APP.c.member_id == member_id))))

    def secret_of(self, member_id: UUID) -> bytes:
        """Return what the member's app shares with us: derived, so kept nowhere (RFC 4226 7.5)."""
        return hmac.digest(self._key, member_id.bytes, "sha256")[:20]

    def enrol(self, session: Session, member_id: UUID) -> str:
        """Set the app up and return what its QR picture says."""
        session.execute(insert(APP).values(member_id=member_id, last_step=0))
        return f"otpauth://totp/Taipei%20ID?secret={b32encode(self.secret_of(member_id)).decode()}"


def create(settings: Mapping[str, object]) -> TotpAdapter:
    """Make the adapter with the key that is this adapter's alone."""
    if not isinstance(key := settings.get("key"), bytes):
        raise SettingsInvalid("totp: there is no key")
    return TotpAdapter(key)
