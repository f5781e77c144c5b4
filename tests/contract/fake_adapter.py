"""A card made of software: the shortest adapter that keeps the contract."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from adapters.contract import (
    Capabilities,
    Challenge,
    Context,
    NotProven,
    Proof,
    ProofKind,
    text_of,
)
from kernel.ids import new_key, new_secret
from kernel.wording import Bilingual


def mac(key: bytes, nonce: str) -> str:
    """Return what a card that holds `key` answers to `nonce`."""
    return hmac.digest(key, nonce.encode(), "sha256").hex()


class FakeAdapter:
    """A card answers a challenge with a key it shares with the adapter."""

    name = "fake"
    capabilities = Capabilities(
        label=Bilingual("測試卡", "Test card"),
        proofs=(ProofKind.SYMMETRIC,),
        holder_verification=False,
        needs_script=True,
        fields=("card", "mac"),
    )

    def __init__(self) -> None:
        self._cards: dict[str, tuple[UUID, bytes]] = {}

    def issue(self, card: str, member_id: UUID) -> bytes:
        """Give the member a card and return its key."""
        key = new_key()
        self._cards[card] = (member_id, key)
        return key

    def begin(self, context: Context, *, now: datetime) -> Challenge:
        nonce = new_secret()
        return Challenge(
            nonce=nonce, expires_at=now + timedelta(minutes=2), public={"nonce": nonce}
        )

    def verify(
        self,
        session: Session,
        context: Context,
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        challenge.require_fresh(now=now)
        member_id, key = self._cards.get(text_of(answer, "card", longest=64), (None, b""))
        given = text_of(answer, "mac", longest=64).encode()
        if member_id is None or not hmac.compare_digest(mac(key, challenge.nonce).encode(), given):
            raise NotProven("card.wrong", member_id=member_id)
        return Proof(
            member_id=member_id,
            kind=ProofKind.SYMMETRIC,
            holder_verified=False,
            hardware=True,
            origin_bound=False,
            at=now,
        )
