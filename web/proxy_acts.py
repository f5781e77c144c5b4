"""Write down and tell what one member did for another: in both footprints, to both at once.

The principal of a power gets a link in each letter; it ends the power without signing in.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from consent.acting import Acting
from consent.models import ApprovalRequest
from kernel.errors import NotFound
from members import guardians, proxies
from members.models import Relation
from members.proxy_models import PowerEnd, PowerOfAttorney
from web import case_letters, notices, pages, scope
from web.mails import Mail

FOR_MEMBER = {  # by whether it was a yes
    True: Kind.CONSENT_APPROVED,
    False: Kind.APPROVAL_REFUSED,
}
OWN = {  # by whether a proxy did it, and whether it was a yes
    (True, True): Kind.PROXY_APPROVED,
    (True, False): Kind.PROXY_REFUSED,
    (False, True): Kind.GUARDIAN_APPROVED,
    (False, False): Kind.GUARDIAN_REFUSED,
}


def answered(
    by: Acting, row: ApprovalRequest, given: frozenset[str], receipt_id: UUID | None
) -> None:
    """Note an answer and tell the member, the other guardians, and a principal how to object."""
    agreed = receipt_id is not None
    basis = [] if receipt_id is None else [str(receipt_id)]
    about = {"client_id": row.client_id, "purpose_id": row.purpose_id}
    note(FOR_MEMBER[agreed], OWN[by.is_proxy, agreed], by, claims=given, basis=basis, **about)
    tell(by, Mail.APPROVAL_DECIDED, language=row.language)


def withdrew(by: Acting, *, client_id: UUID, purpose_id: UUID) -> None:
    """Note a withdrawal in the actor's own footprint, and tell both; the member's line stands."""
    own = Kind.PROXY_WITHDREW if by.is_proxy else Kind.GUARDIAN_WITHDREW
    _write(own, by.by, by, client_id=client_id, purpose_id=purpose_id)
    tell(by, Mail.CONSENT_WITHDRAWN_FOR_YOU, language=pages.language())


def note(
    kind: Kind,
    own: Kind,
    by: Acting,
    *,
    claims: frozenset[str] = frozenset(),
    basis: Iterable[str] = (),
    client_id: UUID | None = None,
    purpose_id: UUID | None = None,
) -> None:
    """Write the line of the member, and that of who acted."""
    _write(
        kind, by.member_id, by, claims=claims, basis=basis, client_id=client_id,
        purpose_id=purpose_id,
    )  # fmt: skip
    _write(own, by.by, by, claims=claims, client_id=client_id, purpose_id=purpose_id)


def _write(
    kind: Kind,
    member_id: UUID,
    by: Acting,
    *,
    claims: frozenset[str] = frozenset(),
    basis: Iterable[str] = (),
    client_id: UUID | None = None,
    purpose_id: UUID | None = None,
) -> None:
    footprint.record(
        scope.db(),
        kind,
        member_id=member_id,
        now=scope.now(),
        client_id=client_id,
        purpose_id=purpose_id,
        claims=claims,
        basis=basis,
        **by.detail(),
    )


def tell(by: Acting, words: Mail, *, language: str) -> None:
    """Write to the member and to who else acts by law; a principal's letter can end the power."""
    session, now = scope.db(), scope.now()
    if by.is_proxy:
        warn(session, by.id, by.member_id, Mail.PROXY_ACTED, language=language, now=now)
        return
    others = [each.guardian_id for each in guardians.guardians_of(session, by.member_id, now=now)]
    for each in (by.member_id, *others):
        if each != by.by:
            notices.mail(session, words, member_id=each, language=language, now=now)


def warn(
    session: Session,
    power_id: UUID,
    principal_id: UUID,
    words: Mail,
    *,
    language: str,
    now: datetime,
    key: bytes | None = None,
) -> None:
    """Write to a principal, with a link that ends the power."""
    key = scope.rooms().not_me_key if key is None else key
    notice_id = proxies.announce(session, power_id, key=key, now=now)
    notices.mail(
        session, words, member_id=principal_id, language=language, now=now, notice=notice_id
    )


# Ending a power


def end_by_party(power_id: UUID) -> None:
    """End a power of which the visitor is a party. Raises NotFound."""
    session, me = scope.db(), scope.member_id()
    power = proxies.of(session, power_id)
    why = {power.principal_id: PowerEnd.REVOKED, power.proxy_id: PowerEnd.RESIGNED}.get(me)
    if why is None or not end(session, power, why, language=pages.language(), now=scope.now()):
        raise NotFound("poa.not_found")
    if why is PowerEnd.REVOKED:
        case_letters.stop_all_by(power.proxy_id, principal_id=me)


def end_all_of(
    session: Session, member_id: UUID, *, actor: UUID | None = None, language: str, now: datetime
) -> int:
    """End all by which somebody, or somebody for them, acts who cannot any more; return how many.

    A minor, or who a court put under guardianship (Civil Code 550): the powers they gave and hold,
    and by law those for whom they are the guardian. Whoever loses somebody who acts is told.
    """
    ended = [
        end(session, each, PowerEnd.COUNTER, language=language, now=now)
        for each in proxies.not_over(session, member_id, now=now)
    ]
    for link in guardians.wards_of(session, member_id, now=now):
        trail.record(
            session,
            "guardian.unlinked",
            actor=actor,
            subject=link.ward_id,
            now=now,
            guardian=str(member_id),
        )
        footprint.record(session, Kind.LAW_NOTED, member_id=link.ward_id, now=now)
        notices.mail(session, Mail.LAW_NOTED, member_id=link.ward_id, language=notices.OWN, now=now)
    return sum(ended) + guardians.end_all_of(session, member_id, now=now)


def end(
    session: Session, power: PowerOfAttorney, why: PowerEnd, *, language: str, now: datetime
) -> bool:
    """End a power at once, put it in both footprints and tell both; False if it was over."""
    if not proxies.end(session, power.id, why, now=now):
        return False
    for each in (power.principal_id, power.proxy_id):
        footprint.record(
            session,
            Kind.POWER_ENDED,
            member_id=each,
            now=now,
            by=str(power.proxy_id),
            whom=str(power.principal_id),
            relation=Relation.PROXY.value,
            why=why.value,
        )
        notices.mail(session, Mail.POWER_ENDED, member_id=each, language=language, now=now)
    trail.record(session, "power.ended", actor=None, subject=power.id, now=now, why=why.value)
    return True
