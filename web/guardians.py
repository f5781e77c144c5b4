"""Say who acts for whom by name, and what waits for the visitor's word (4.17; Civil Code 77-79)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from audit.lines import Line
from consent import approvals
from consent.acting import Acting
from consent.models import ApprovalRequest
from consent.receipts import Represented, Written
from kernel.errors import NotFound
from kernel.keyring import Keyring
from members import register
from web import acting, scope

SIDES = ("by", "whom")  # who acted, and for whom, in the detail of a line


@dataclass(frozen=True)
class Waiting:
    """A member's question that waits for the visitor's word."""

    member_id: UUID
    name: str
    url: str


def waiting() -> list[Waiting]:
    """Return the questions that wait for the visitor, the oldest first."""
    session, now, keyring = scope.db(), scope.now(), scope.rooms().keyring
    mine = acting.everyone()
    people = [each.member_id for each in mine]
    return [
        Waiting(
            each.member_id,
            name_of(session, each.member_id, keyring=keyring),
            url_for("guardians.one", request_id=each.id),
        )
        for each in (approvals.waiting(session, people, now=now) if people else ())
        if _is_for(mine, each)
    ]


def _is_for(mine: Iterable[Acting], row: ApprovalRequest) -> bool:
    directory = scope.rooms().provider.directory
    client = directory.find_by_id(scope.db(), row.client_id, now=scope.now())
    return client is not None and any(
        each.member_id == row.member_id and each.may_answer(row.voice, client.kind) for each in mine
    )


def name_of(session: Session, member_id: UUID, *, keyring: Keyring) -> str:
    """Return the full name of a member; empty for who left and was erased."""
    try:
        member = register.read(session, member_id)
    except NotFound:
        return ""
    if not member.data_key_sealed:
        return ""
    return str(register.claims_of(member, keyring=keyring).get("name", ""))


def names_of(
    session: Session, member_ids: Iterable[UUID], *, keyring: Keyring
) -> Mapping[UUID, str]:
    """Return the full names of a few members."""
    return {each: name_of(session, each, keyring=keyring) for each in set(member_ids)}


def people_in(session: Session, lines: Iterable[Line], *, keyring: Keyring) -> Mapping[str, str]:
    """Return the names of who acted and of for whom, by the ids in lines of a footprint."""
    ids = {UUID(line.detail[side]) for line in lines for side in SIDES if side in line.detail}
    return {str(key): name for key, name in names_of(session, ids, keyring=keyring).items()}


def represented(session: Session, written: Written, *, keyring: Keyring) -> Represented | None:
    """Return the people of a receipt on which, or at whose end, another acted for the member."""
    others = {written.receipt.approver_id, *(each.ended_by for each in written.consents)} - {None}
    if not others:
        return None
    known = [each for each in others if each is not None]
    return Represented(
        member=name_of(session, written.receipt.member_id, keyring=keyring),
        others=names_of(session, known, keyring=keyring),
    )
