"""Keep who is entitled to each service: versions that people can read, its agency's own (6(3)).

What can be worked out is a rule of `services.eligibility`; what cannot is said in words, and a
person checks it. A version that is in force is never changed: a later one follows it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import Json
from kernel.errors import Refused
from kernel.wording import Bilingual
from services import activations, eligibility, known_notes, named
from services.eligibility import Facts
from services.eligibility_models import RuleVersion
from services.models import Service

LONGEST_WORDS, LONGEST_BASIS = 600, 100  # characters


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What an agency lays down: what is worked out, what a person checks, since when, by what."""

    rule: Json | None
    by_hand: Bilingual
    basis: str
    effective_on: date


def adopt(
    session: Session,
    service: Service,
    draft: Draft,
    *,
    organisation_id: UUID,
    by: UUID,
    now: datetime,
) -> RuleVersion:
    """Enter the next version, in force from its day on and never before today.

    Raises Refused `service.not_yours`, `eligibility.rule_invalid` or `eligibility.backdated`.
    """
    if service.organisation_id != organisation_id:
        raise Refused("service.not_yours")
    if draft.effective_on < taipei_day(now):
        raise Refused("eligibility.backdated")
    by_hand = Bilingual(draft.by_hand.zh.strip(), draft.by_hand.en.strip())
    basis = draft.basis.strip()
    if not _is_complete(draft.rule, by_hand, basis):
        raise Refused("eligibility.rule_invalid")
    rule = None if draft.rule is None else _own(session, draft.rule, organisation_id)
    session.get_one(Service, service.id, with_for_update=True)  # versions are counted
    latest = session.scalar(
        select(func.max(RuleVersion.version)).where(RuleVersion.service_id == service.id)
    )
    version = RuleVersion(
        service_id=service.id,
        version=(latest or 0) + 1,
        rule=rule,
        by_hand_zh=by_hand.zh,
        by_hand_en=by_hand.en,
        basis=basis,
        effective_on=draft.effective_on,
        entered_by=by,
        entered_at=now,
    )
    session.add(version)
    session.flush()
    return version


def _is_complete(rule: Json | None, by_hand: Bilingual, basis: str) -> bool:
    if bool(by_hand.zh) != bool(by_hand.en) or max(map(len, by_hand)) > LONGEST_WORDS:
        return False
    return bool(rule is not None or by_hand.zh) and 0 < len(basis) <= LONGEST_BASIS


def _own(session: Session, data: Json, organisation_id: UUID) -> Json:
    """Return the rule as kept, if it asks about no other agency's service (10-I(3))."""
    try:
        rule = eligibility.parse(data)
    except Refused:
        raise Refused("eligibility.rule_invalid") from None
    asked = eligibility.services_of(rule)
    if named.of_organisation(session, organisation_id, asked).keys() != asked:
        raise Refused("eligibility.rule_invalid")
    return eligibility.form(rule)


def rule_in_force(session: Session, service_id: UUID, *, on: date) -> RuleVersion | None:
    """Return the version in force on a day; of two of one day, the later one."""
    return session.scalar(
        select(RuleVersion)
        .where(RuleVersion.service_id == service_id, RuleVersion.effective_on <= on)
        .order_by(RuleVersion.effective_on.desc(), RuleVersion.version.desc())
        .limit(1)
    )


def keeps_out(
    session: Session, code: str, member_id: UUID, *, held: Mapping[str, Any], now: datetime
) -> bool:
    """Say whether the rule in force says no to a member; what is open is no no (10-II)."""
    service = activations.get_service(session, code)
    today = taipei_day(now)
    version = rule_in_force(session, service.id, on=today)
    if version is None or version.rule is None:
        return False
    notes = known_notes.of_member(session, member_id, now=now)
    facts = Facts(held=held, notes=notes, today=today)
    return eligibility.fulfils(eligibility.parse(version.rule), facts) is False


def versions(session: Session, service_ids: Collection[UUID]) -> Sequence[RuleVersion]:
    """Return every version of these services, the newest first."""
    return session.scalars(
        select(RuleVersion)
        .where(RuleVersion.service_id.in_(list(service_ids)))
        .order_by(RuleVersion.service_id, RuleVersion.version.desc())
    ).all()


def in_force(rows: Sequence[RuleVersion], *, on: date) -> dict[UUID, RuleVersion]:
    """Pick from versions, by service, those in force on a day."""
    found: dict[UUID, RuleVersion] = {}
    for row in sorted(rows, key=lambda each: (each.effective_on, each.version)):
        if row.effective_on <= on:
            found[row.service_id] = row
    return found


def words(version: RuleVersion, names: Mapping[str, Bilingual]) -> list[Bilingual]:
    """Say a version so that anybody can read it; `names` are those of the services."""
    said = []
    if version.rule is not None:
        said.append(eligibility.words(eligibility.parse(version.rule), names))
    if version.by_hand_zh:
        said.append(Bilingual(version.by_hand_zh, version.by_hand_en))
    return said


def names_in(session: Session, rows: Sequence[RuleVersion]) -> dict[str, Bilingual]:
    """Return the names of every service these versions ask about."""
    asked = {
        code
        for row in rows
        if row.rule is not None
        for code in eligibility.services_of(eligibility.parse(row.rule))
    }
    found = select(Service.code, Service.name_zh, Service.name_en).where(
        Service.code.in_(sorted(asked))
    )
    return {row.code: Bilingual(row.name_zh, row.name_en) for row in session.execute(found)}
