"""Look for the member who forgot something, when the answer has long been given (7(8))."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from consent import representation
from consent.representation import Band
from kernel.db import transaction
from kernel.errors import Refused
from kernel.jobs import Work
from kernel.throttle import Policy
from members import capacities, guardians, mailboxes, numbering, numbers, recovery, register
from members.models import Member
from members.recovery_models import Recovery, Wanted
from web import notices
from web.mails import Mail
from web.rooms import Rooms

DAY = timedelta(days=1)
MAILS = Policy(name="recover-mail", limit=3, window=DAY, lockout=DAY)  # nobody's mailbox is filled
BY_GUARDIAN = frozenset({Band.CHILD, Band.YOUTH, Band.GUARDED})


class Finder:
    """The handler of requests: it writes to whom it finds, if the mailbox can be relied on."""

    def __init__(self, rooms: Rooms) -> None:
        """Look in the database of these rooms."""
        self._rooms = rooms

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Send a code or send none; why none is on the trail, without a name."""
        with transaction(self._rooms.sessions) as session:
            taken = recovery.take(
                session, UUID(work.payload["recovery"]), keyring=self._rooms.keyring
            )
            if taken is None:
                return
            row, typed = taken
            try:
                self._answer(session, row, typed, now=now)
            except Refused as refused:
                trail.record(
                    session,
                    "recovery.unanswered",
                    actor=None,
                    subject=row.id,
                    now=now,
                    reason=refused.code,
                )

    def _answer(
        self, session: Session, row: Recovery, typed: Mapping[str, str], *, now: datetime
    ) -> None:
        member = self._find(session, row.wanted, typed)
        recovery.require_standing(member.standing)
        claims = register.claims_of(member, keyring=self._rooms.keyring)
        if row.wanted is Wanted.ACCOUNT and claims.get("birthdate") != typed["birthdate"]:
            raise Refused("recovery.identity_unproven")
        others = self._guardians(session, row, member, claims, now=now)
        if not others:
            mailboxes.require_fresh(session, member, claims, now=now)
        self._count(session, member.id, now=now)
        footprint.record(
            session, Kind.RECOVERY_ASKED, member_id=member.id, now=now, wanted=row.wanted.value
        )
        if others:
            for each in others:
                words = Mail.WARD_FORGOT
                notices.mail(session, words, member_id=each, language=row.language, now=now)
            return
        row.member_id = member.id
        notices.mail(
            session,
            Mail.RECOVERY_CODE,
            member_id=member.id,
            language=row.language,
            now=now,
            recovery=row.id,
        )

    def _find(self, session: Session, wanted: Wanted, typed: Mapping[str, str]) -> Member:
        if wanted is Wanted.PASSWORD:
            member = register.find_by_login(session, typed["login"])
        else:
            number = numbers.recognise(typed["number"])
            member_id = numbering.find(session, number, keyring=self._rooms.keyring)
            member = None if member_id is None else register.get(session, member_id)
        if member is None or not member.data_key_sealed:
            raise Refused("recovery.identity_unproven")
        return member

    def _guardians(
        self,
        session: Session,
        row: Recovery,
        member: Member,
        claims: Mapping[str, object],
        *,
        now: datetime,
    ) -> list[UUID]:
        """Return who is asked instead of a minor; a minor without a guardian goes to a counter.

        Raises Refused `recovery.channel_unverified`.
        """
        declared = capacities.find(session, member.id)
        band = representation.band_of(claims.get("birthdate"), declared, now=now)
        if row.wanted is Wanted.ACCOUNT or band not in BY_GUARDIAN:
            return []
        links = guardians.guardians_of(session, member.id, now=now)
        if not links:
            raise Refused("recovery.channel_unverified")
        return [each.guardian_id for each in links]

    def _count(self, session: Session, member_id: UUID, *, now: datetime) -> None:
        key = MAILS.key(str(member_id), secret=self._rooms.throttle_key)
        if not MAILS.hit(session, key, now=now).allowed:
            raise Refused("recovery.rate_limited")
