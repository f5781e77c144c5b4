"""What follows when a member's data change: a line, a notice, and word to who had them (2(8)5)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from kernel.ids import new_reference
from kernel.keyring import Keyring
from members import changes, register
from members.change_models import Channel, DatumChange
from members.changes import Source
from web import corrections_told, notices
from web.mails import Mail


@dataclass(frozen=True, kw_only=True)
class Writing:
    """Whose record is written, from where, in which language the member is told."""

    session: Session
    member_id: UUID
    source: Source
    language: str
    keyring: Keyring
    now: datetime

    def write(
        self,
        values: Mapping[str, Any],  # claims are JSON
        *,
        verified: AbstractSet[str] = frozenset(),
        reason: str = "",
    ) -> list[str]:
        """Write values and let follow what must, in this transaction; return what changed.

        Raises what `members.changes.write` raises.
        """
        before = register.claims_of(
            register.get(self.session, self.member_id), keyring=self.keyring
        )
        rows = changes.write(
            self.session,
            self.member_id,
            values,
            self.source,
            verified=verified,
            keyring=self.keyring,
            now=self.now,
        )
        if rows:
            self._follow([each.claim for each in rows], reason)
        if before.get("email_verified") is True:
            self._tell_former(rows)
        return [each.claim for each in rows]

    def _follow(self, claims: list[str], reason: str) -> None:
        reference = self.source.case_reference or new_reference()
        is_own = self.source.channel is Channel.MEMBER
        footprint.record(
            self.session,
            Kind.RECORD_CHANGED if is_own else Kind.RECORD_CORRECTED,
            member_id=self.member_id,
            now=self.now,
            claims=claims,
            reference=reference,
            channel=self.source.channel.value,
            reason=reason,
        )
        trail.record(
            self.session,
            "record.changed",
            actor=self.source.actor_id,
            subject=self.member_id,
            now=self.now,
            claims=claims,
            reference=reference,
            channel=self.source.channel.value,
        )
        words = Mail.RECORD_CHANGED if is_own else Mail.RECORD_CORRECTED
        self._mail(words)
        corrections_told.tell(
            self.session, claims, member_id=self.member_id, reference=reference, now=self.now
        )

    def _tell_former(self, rows: list[DatumChange]) -> None:
        """Tell the mailbox that gives way: a thief would have changed it first."""
        for each in rows:
            if each.claim == "email" and each.old_sealed is not None:
                self._mail(Mail.CONTACT_MOVED, change=each.id)

    def _mail(self, words: Mail, **about: UUID) -> None:
        notices.mail(
            self.session,
            words,
            member_id=self.member_id,
            language=self.language,
            now=self.now,
            **about,
        )
