"""Say for whom the visitor acts: by law as a guardian, by a letter as a proxy; never as them.

An act asks for the link or the power by its id and holds it until the act is written.
"""

from uuid import UUID

from clients.models import OrganisationKind
from consent.acting import Acting
from consent.models import ApprovalRequest
from kernel.errors import NotFound
from members import guardians, proxies, register
from members.models import GuardianLink, Relation, Standing
from members.proxy_models import Matter, PowerOfAttorney
from web import scope


def by_law(link: GuardianLink) -> Acting:
    """Return a guardian's link as what it lets them do."""
    return Acting(
        id=link.id,
        member_id=link.ward_id,
        by=link.guardian_id,
        relation=link.relation,
        until=link.ends_at,
    )


def by_letter(power: PowerOfAttorney) -> Acting:
    """Return a power of attorney as what it lets the proxy do."""
    return Acting(
        id=power.id,
        member_id=power.principal_id,
        by=power.proxy_id,
        relation=Relation.PROXY,
        until=power.ends_at,
        matters=frozenset(map(Matter, power.matters)),
    )


def everyone() -> list[Acting]:
    """Return for whom the visitor acts now, the law before letters."""
    session, me, now = scope.db(), scope.member_id(), scope.now()
    return [
        *map(by_law, guardians.wards_of(session, me, now=now)),
        *map(by_letter, proxies.held_by(session, me, now=now)),
    ]


def get(acting_id: UUID) -> Acting:
    """Return one of them, held until this request is done. Raises NotFound."""
    session, me, now = scope.db(), scope.member_id(), scope.now()
    link = guardians.find(session, acting_id, guardian_id=me, now=now)
    power = None if link else proxies.find(session, acting_id, proxy_id=me, now=now)
    found = by_law(link) if link else by_letter(power) if power else None
    if found is None or register.read(session, found.member_id).standing is not Standing.ACTIVE:
        raise NotFound("guardian.not_linked")
    return found


def answering(row: ApprovalRequest, kind: OrganisationKind) -> Acting:
    """Return by what the visitor may answer this question. Raises NotFound."""
    may = (
        each
        for each in everyone()
        if each.member_id == row.member_id and each.may_answer(row.voice, kind)
    )
    found = next(may, None)
    if found is None:
        raise NotFound("guardian.not_linked")
    return get(found.id)
