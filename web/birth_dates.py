"""Correct a birth date with everything that hangs on an age: links, powers, consents, who is told.

Whose word counts is worked out whenever it is asked; what was written down under the old date is
worked out anew here, in one transaction (Civil Code 12 to 15, 77 to 79; PDPA 11-V).
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from clients import names
from clients.models import OrganisationKind
from consent import approvals, ledger, reckoning, representation
from consent.representation import Band, Table
from kernel.errors import Refused
from kernel.ids import new_reference
from kernel.keyring import Keyring
from kernel.wording import CHINESE
from members import capacities, corrections, guardians, holding
from members.change_models import Channel
from members.changes import Source
from web import consent_endings, corrections_told, notices, proxy_acts
from web.mails import Mail

BIRTHDATE = "birthdate"
MINORS = (Band.CHILD, Band.YOUTH, Band.GUARDED)
LONGEST = 200  # characters of a reason


@dataclass(frozen=True, kw_only=True)
class Followed:
    """How much followed from it: consents that ended, links and powers that did, clients told."""

    consents: int
    acting: int
    told: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """Whose record is corrected, where, and by which keys and table."""

    session: Session
    member_id: UUID
    keyring: Keyring
    table: Table
    now: datetime
    by: UUID | None = None  # the officer

    def correct(self, born: date, *, reason: str, reference: str = "") -> Followed:
        """Correct it, and everything that follows; `reference` is the request it answers.

        Raises what `members.corrections` raises, or Refused `member.reason_missing`.
        """
        why = reason.strip()[:LONGEST]
        if not why:
            raise Refused("member.reason_missing")
        reference = reference or new_reference()
        holding.hold(self.session, self.member_id)
        source = Source(channel=Channel.CITY, actor_id=self.by, case_reference=reference)
        corrections.birth_date(
            self.session, self.member_id, born, source, keyring=self.keyring, now=self.now
        )
        self._note(reference, why)
        band = self._band(born)
        followed = Followed(
            consents=self._consents(born, band),
            acting=self._acting(band),
            told=corrections_told.tell(
                self.session,
                [BIRTHDATE],
                member_id=self.member_id,
                reference=reference,
                now=self.now,
            ),
        )
        trail.record(
            self.session,
            "member.birthdate_corrected",
            actor=self.by,
            subject=self.member_id,
            now=self.now,
            reason=why,
            reference=reference,
            channel="cli" if self.by is None else "console",
        )
        return followed

    def _note(self, reference: str, why: str) -> None:
        footprint.record(
            self.session,
            Kind.RECORD_CORRECTED,
            member_id=self.member_id,
            now=self.now,
            claims={BIRTHDATE},
            reason=why,
            reference=reference,
        )
        notices.mail(
            self.session,
            Mail.RECORD_CORRECTED,
            member_id=self.member_id,
            language=CHINESE,
            now=self.now,
        )

    def _band(self, born: date) -> Band:
        declared = capacities.find(self.session, self.member_id)
        return representation.band_of(born.isoformat(), declared, now=self.now)

    def _consents(self, born: date, band: Band) -> int:
        """End what was never theirs alone to give, and let the rest last no longer than it may.

        The questions first, as whoever says yes to one does: then neither waits for the other.
        """
        approvals.take_back_all(self.session, member_id=self.member_id, now=self.now)
        of_age = representation.comes_of_age(born.isoformat())
        if of_age is not None and capacities.find(self.session, self.member_id) is None:
            guardians.reckon(self.session, self.member_id, until=of_age)
            reckoning.shorten(self.session, member_id=self.member_id, until=of_age)
        consents = ledger.listed(self.session, member_id=self.member_id)
        clients = names.of_clients(self.session, {each.client_id for each in consents})
        ended = reckoning.overruled(
            consents,
            reckoning.approved_by_law(self.session, self.member_id),
            {key: OrganisationKind(named.kind) for key, named in clients.items()},
            band,
            table=self.table,
        )
        for each in ended:
            consent_endings.overruled(
                self.session,
                self.member_id,
                client_id=each.client_id,
                purpose_id=each.purpose_id,
                now=self.now,
            )
        return len(ended)

    def _acting(self, band: Band) -> int:
        """End what a minor cannot do: act for others, or give a power of attorney."""
        if band not in MINORS:
            return 0
        return proxy_acts.end_all_of(
            self.session, self.member_id, actor=self.by, language=CHINESE, now=self.now
        )
