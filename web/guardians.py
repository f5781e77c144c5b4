"""Put a minor's answer before the guardians, and say who they are (4.17; Civil Code 77-79)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from consent import approvals, representation
from consent.ledger import Answer
from consent.models import ApprovalState, Receipt
from consent.receipts import Represented
from consent.representation import Voice
from idp.requests import AuthorizationRequest
from kernel.errors import NotFound, Refused
from kernel.keyring import Keyring
from members import guardians, register
from members.models import GuardianLink
from web import notices, pages, scope
from web.mails import Mail


@dataclass(frozen=True)
class Waiting:
    """A minor's question that waits for the visitor's word."""

    name: str
    url: str


def must_approve(asked: AuthorizationRequest, given: frozenset[str]) -> bool:
    """Say whether this answer of the visitor counts only once a guardian agrees.

    The record is opened only where it matters: most sign-ins are none of a guardian's business.
    """
    kind = asked.client.kind
    if representation.for_a_minor(kind, given) is Voice.ALONE:
        return False
    born = _birthdate(scope.member_id())
    voice = representation.voice_of(born, kind, given, now=scope.now())
    return voice is Voice.GUARDIAN_APPROVES


def _birthdate(member_id: UUID) -> object:
    member = register.read(scope.db(), member_id)
    return register.claims_of(member, keyring=scope.rooms().keyring).get("birthdate")


def ask(asked: AuthorizationRequest, answer: Answer) -> None:
    """Ask every guardian of the visitor. Raises Refused `member.guardian_required` without one."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    links = guardians.guardians_of(session, member_id, now=now)
    if not links:
        raise Refused("member.guardian_required")
    is_new = approvals.ask(
        session,
        asked.client,
        asked.purpose,
        answer,
        member_id=member_id,
        until=min(each.ends_at for each in links),
        now=now,
    )
    if is_new:
        footprint.record(
            session,
            Kind.GUARDIAN_ASKED,
            member_id=member_id,
            now=now,
            client_id=asked.client.id,
            purpose_id=asked.purpose.id,
            claims=answer.given,
        )
        tell(links, Mail.APPROVAL_WANTED)


def tell(links: Iterable[GuardianLink], words: Mail, *, but: UUID | None = None) -> None:
    """Write to the guardians, but for the one who knows already."""
    for each in links:
        if each.guardian_id != but:
            notices.mail(
                scope.db(),
                words,
                member_id=each.guardian_id,
                language=pages.language(),
                now=scope.now(),
            )


def state(asked: AuthorizationRequest, *, since: datetime) -> ApprovalState | None:
    """Return how the visitor's question to the guardians stands; None if none was put."""
    everything = asked.claims & asked.purpose.approved
    if representation.for_a_minor(asked.client.kind, everything) is Voice.ALONE:
        return None
    found = approvals.state_of(
        scope.db(), asked.purpose, member_id=scope.member_id(), since=since, now=scope.now()
    )
    return None if found is ApprovalState.TAKEN_BACK else found


def waiting() -> list[Waiting]:
    """Return the questions that wait for the visitor, the oldest first."""
    session, now, keyring = scope.db(), scope.now(), scope.rooms().keyring
    wards = [each.ward_id for each in guardians.wards_of(session, scope.member_id(), now=now)]
    return [
        Waiting(
            name_of(session, each.member_id, keyring=keyring),
            url_for("guardians.one", request_id=each.id),
        )
        for each in (approvals.waiting(session, wards, now=now) if wards else ())
    ]


def name_of(session: Session, member_id: UUID, *, keyring: Keyring) -> str:
    """Return the full name of a member; empty for who left and was erased."""
    try:
        member = register.read(session, member_id)
    except NotFound:
        return ""
    if not member.data_key_sealed:
        return ""
    return str(register.claims_of(member, keyring=keyring).get("name", ""))


def represented(session: Session, receipt: Receipt, *, keyring: Keyring) -> Represented | None:
    """Return both people of a receipt that a guardian approved."""
    if receipt.approver_id is None:
        return None
    return Represented(
        member=name_of(session, receipt.member_id, keyring=keyring),
        approver=name_of(session, receipt.approver_id, keyring=keyring),
    )
