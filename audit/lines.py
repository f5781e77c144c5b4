"""Say what a line of the ledger is, and turn it into the bytes that are hashed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.db import Json

VERSION = "taipei-id/ledger/1"
FIRST = bytes(32)  # what the first line of a member follows


class Kind(StrEnum):
    """What can stand in a footprint; a new kind is a new word here, no change of the tables."""

    LOGGED_IN = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    HANDED_OVER = "handover.approved"
    HANDOVER_STOPPED = "handover.stopped"
    SIGNED_IN = "client.signed_in"
    DEVICE_STOPPED = "device.stopped"
    SESSION_ENDED = "session.ended"
    SESSIONS_ENDED = "session.all_ended"
    ACCOUNT_OPENED = "account.opened"  # name and password chosen, by the invitation
    PASSWORD_CHANGED = "password.changed"  # noqa: S105  # the word for an event
    RECOVERY_ASKED = "recovery.asked"  # by somebody who knew the account name, or the number
    ACCOUNT_TOLD = "recovery.account_told"
    PASSWORD_RESET = "password.reset"  # noqa: S105  # the word for an event
    NUMBER_ENTERED = "number.entered"  # by the city, from a document
    CONSENT_GIVEN = "consent.given"
    CONSENT_APPROVED = "consent.approved"  # by a guardian, in the member's stead
    APPROVAL_REFUSED = "approval.refused"
    GUARDIAN_ASKED = "guardian.asked"
    APPLICATION_DISOWNED = "application.disowned"  # it named the member's number
    APPLICATION_AGREED = "application.agreed"  # to a child's becoming a member
    GUARDIAN_APPROVED = "guardian.approved"  # for a ward
    GUARDIAN_REFUSED = "guardian.refused"
    PROXY_ASKED = "proxy.asked"
    PROXY_APPROVED = "proxy.approved"  # for a principal
    PROXY_REFUSED = "proxy.refused"
    PROXY_WITHDREW = "proxy.withdrew"
    PROXY_READ = "proxy.read"  # the principal's footprint
    PROXY_REQUESTED = "proxy.requested"  # something about the principal's data
    PROXY_REPLIED = "proxy.replied"  # to a question about such a request
    FOOTPRINT_READ = "footprint.read"  # by the member's proxy
    SLIP_PRINTED = "recovery.slip_printed"  # at a counter
    SLIP_GIVEN = "recovery.slip_given"  # to the member's guardian
    GUARDIAN_GAVE_SLIP = "guardian.gave_slip"
    GUARDIAN_WITHDREW = "guardian.withdrew"
    POWER_GIVEN = "power.given"
    POWER_TAKEN = "power.taken"  # a letter that lets the member act for another
    POWER_ENDED = "power.ended"
    LAW_NOTED = "law.noted"  # a declaration, or who acts by law, was entered or ended by command
    CONSENT_REFUSED = "consent.refused"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_EXPIRED = "consent.expired"
    CONSENT_OVERRULED = "consent.overruled"  # it never was theirs alone to give
    CONSENT_CLIENT_ENDED = "consent.client_ended"  # whom it was given to is no more
    RELEASED = "claims.released"
    TILL_ANSWERED = "till.answered"
    CARD_USED = "card.used"
    CARD_ORDERED = "card.ordered"
    CARD_READY = "card.ready"  # at the counter, or in the mail
    CARD_HANDED = "card.handed"
    CARD_DESTROYED = "card.destroyed"  # nobody came for it
    CARRIER_BOUND = "carrier.bound"
    CARRIER_RENAMED = "carrier.renamed"
    CARRIER_LOST = "carrier.lost"
    CARRIERS_REPORTED = "carrier.all_reported"  # by somebody who was not signed in
    CARRIER_FOUND = "carrier.found"
    CARRIER_COPIED = "carrier.copied"
    CARRIER_REVOKED = "carrier.revoked"
    DEVICE_CERTIFIED = "device.certified"
    CARRIER_REMOVED = "carrier.removed"
    NOTE_DISPUTED = "note.disputed"
    NOTE_CONSOLIDATED = "note.consolidated"  # by an agency's file
    NOTE_CONFLICT = "note.conflict"  # such a file contradicts a note
    NOTE_WITHDRAWN = "note.withdrawn"  # such a file was taken back
    NOTE_SETTLED = "note.settled"  # officers looked into a conflict
    SERVICE_SUSPENDED = "service.suspended"  # one service, by its agency, upon a finding
    SERVICE_RESTORED = "service.restored"
    PETITION_FILED = "petition.filed"  # against that
    PETITION_MOVED = "petition.moved"
    SANCTION_REPORTED = "sanction.reported"  # misuse, to be heard
    SANCTION_ANSWERED = "sanction.answered"  # by the member
    SANCTION_DETERMINED = "sanction.determined"
    SANCTION_ENDED = "sanction.ended"  # lifted, or dropped
    SERVICE_ASKED = "service.asked"
    SERVICE_WITHDRAWN = "service.withdrawn"
    SERVICE_DECIDED = "service.decided"
    SERVICE_OVER = "service.over"  # it closed before what was applied for was decided
    VIEWED = "record.viewed"
    RECORD_CHANGED = "record.changed"  # by the member
    RECORD_CORRECTED = "record.corrected"
    EXPORTED = "footprint.exported"
    ARCHIVE_ASKED = "archive.asked"
    ARCHIVE_TAKEN = "archive.taken"
    REQUEST_MADE = "request.made"
    REQUEST_ANSWERED = "request.answered"  # by the member's proxy
    REQUEST_WITHDRAWN = "request.withdrawn"
    CHANGE_ASKED = "change.asked"  # of what only a document can show
    CHANGE_WITHDRAWN = "change.withdrawn"
    CHANGE_MOVED = "change.moved"  # documents seen, or decided
    REQUEST_MOVED = "request.moved"
    CASE_OPENED = "case.opened"  # at a counter
    CASE_MOVED = "case.moved"
    PAUSED = "account.paused"
    RESUMED = "account.resumed"
    DELETION_ASKED = "deletion.asked"
    DELETION_CANCELLED = "deletion.cancelled"
    DELETED = "account.deleted"
    SUSPENDED = "account.suspended"  # by the Bureau, as a whole
    REINSTATED = "account.reinstated"
    DECEASED = "account.deceased"
    DISOWNED = "activity.disowned"
    INCIDENT_TOLD = "incident.told"  # that the member's data were touched


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as it was written. `claims` are names; `detail` holds no datum of the member."""

    id: UUID
    at: datetime
    member_id: UUID
    kind: str
    client_id: UUID | None = None
    purpose_id: UUID | None = None
    claims: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)  # codes, counts, ids

    @classmethod
    def of(cls, row: Any) -> "Line":  # a Row or a model: both have these names
        """Return the line a row of the ledger holds."""
        return cls(
            id=row.id,
            at=row.at,
            member_id=row.member_id,
            kind=row.kind,
            client_id=row.client_id,
            purpose_id=row.purpose_id,
            claims=tuple(row.claims),
            basis=tuple(row.basis),
            detail=dict(row.detail),
        )

    def form(self) -> Json:
        """Return the line as JSON: what is hashed, and what an export holds."""
        return {
            "id": str(self.id),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "member_id": str(self.member_id),
            "kind": self.kind,
            "client_id": _text(self.client_id),
            "purpose_id": _text(self.purpose_id),
            "claims": list(self.claims),
            "basis": list(self.basis),
            "detail": dict(self.detail),
        }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def link(previous: bytes, form: Json, *, version: str = VERSION) -> bytes:
    """Return the hash of a line that follows the one hashed `previous` (SHA-256).

    `form` is `Line.form()`, written with sorted keys and no spaces: the same bytes everywhere.
    `version` says which chain it is a link of.
    """
    written = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(version.encode() + b"\n" + previous + written.encode()).digest()
