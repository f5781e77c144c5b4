"""Let the Bureau's rule decide what is simple, and a person see a sample of it (regulation 2(8)1).

A version is data, adopted under a document number. What it says about an application is kept with
its seed, so that the lot can be drawn again; an application is put to a rule once.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_secret
from kernel.keyring import Keyring
from members import admission, facts, review_checks, reviewing, sealed_forms
from members.application_forms import Form
from members.application_models import Application, Channel, PersonKind, State
from members.review_checks import Verdict
from members.rule_models import ApprovalRule, RuleRun, RuleVerdict

ADULT, OLDEST = 18, 120  # years
THOUSAND = 1000


def adopt(
    session: Session,
    *,
    kinds: Collection[PersonKind],
    channels: Collection[Channel],
    youngest: int,
    sample_per_mille: int,
    document_no: str,
    by: UUID | None,
    now: datetime,
) -> ApprovalRule:
    """Let a new version hold. Raises Refused `rule.incomplete` or `rule.out_of_bounds`."""
    require_sound(kinds, channels, youngest, sample_per_mille, document_no)
    end(session, now=now)
    newest = session.scalar(select(ApprovalRule.version).order_by(ApprovalRule.version.desc()))
    rule = ApprovalRule(
        version=(newest or 0) + 1,
        kinds=sorted(kinds),
        channels=sorted(channels),
        youngest=youngest,
        sample_per_mille=sample_per_mille,
        document_no=document_no.strip()[:64],
        adopted_by=by,
        adopted_at=now,
    )
    session.add(rule)
    session.flush()
    return rule


def require_sound(
    kinds: Collection[PersonKind],
    channels: Collection[Channel],
    youngest: int,
    sample_per_mille: int,
    document_no: str,
) -> None:
    """Refuse a rule that nobody could follow, or that the law does not allow.

    Raises Refused `rule.incomplete` or `rule.out_of_bounds`.
    """
    if not (kinds and channels and document_no.strip()):
        raise Refused("rule.incomplete")
    if not ADULT <= youngest <= OLDEST or not 1 <= sample_per_mille <= THOUSAND:
        raise Refused("rule.out_of_bounds")


def end(session: Session, *, now: datetime) -> bool:
    """Let no rule hold any more: everything is a person's again. False if none held."""
    statement = update(ApprovalRule).where(ApprovalRule.ended_at.is_(None)).values(ended_at=now)
    return changed(session.execute(statement)) > 0


def current(session: Session) -> ApprovalRule | None:
    """Return the version in force."""
    found = select(ApprovalRule).where(ApprovalRule.ended_at.is_(None))
    return session.scalar(found.order_by(ApprovalRule.version.desc()).limit(1))


def get(session: Session, version: int) -> ApprovalRule:
    """Return a version. Raises NotFound."""
    rule = session.get(ApprovalRule, version)
    if rule is None:
        raise NotFound("rule.not_found")
    return rule


def listed(session: Session) -> Sequence[ApprovalRule]:
    """Return every version there was, the newest first."""
    return session.scalars(select(ApprovalRule).order_by(ApprovalRule.version.desc())).all()


def waiting(session: Session, *, most: int) -> Sequence[UUID]:
    """Return applications in the queue that no rule has seen, the oldest first."""
    seen = exists().where(RuleRun.application_id == Application.id)
    return session.scalars(
        select(Application.id)
        .where(Application.state == State.REVIEW, Application.closed_at.is_(None), ~seen)
        .order_by(Application.submitted_at)
        .limit(most)
    ).all()


def apply_to(
    session: Session,
    application_id: UUID,
    rule: ApprovalRule,
    *,
    keyring: Keyring,
    now: datetime,
) -> RuleVerdict | None:
    """Put one application to the rule, and approve it if the rule does; None if it was before."""
    application = session.get_one(Application, application_id)
    form = sealed_forms.read(application, keyring=keyring)
    verdicts = review_checks.run(session, application, form, keyring=keyring, now=now)
    why = objections(rule, application, form, verdicts, today=taipei_day(now))
    seed = new_secret()
    verdict = RuleVerdict.PERSON if why else drawn(seed, application_id, rule.sample_per_mille)
    values = {
        "application_id": application_id,
        "rule_version": rule.version,
        "verdict": verdict,
        "reasons": why,
        "seed": seed,
        "ran_at": now,
    }
    if not insert_once(session, RuleRun, values):
        return None
    if verdict is RuleVerdict.APPROVED:
        reviewing.approve_by_rule(
            session, application_id, version=rule.version, keyring=keyring, now=now
        )
    return verdict


def drawn(seed: str, application_id: UUID, sample_per_mille: int) -> RuleVerdict:
    """Draw the lot: the same seed and application always give the same."""
    lot = hashlib.sha256(f"{seed}/{application_id}".encode()).digest()
    number = int.from_bytes(lot[:8]) * 1000 >> 64
    return RuleVerdict.SAMPLED if number < sample_per_mille else RuleVerdict.APPROVED


def objections(
    rule: ApprovalRule,
    application: Application,
    form: Form,
    verdicts: Iterable[Verdict],
    *,
    today: date,
) -> list[str]:
    """Return why the rule may not decide, in codes; empty if it may."""
    found = {
        "kind": form.kind not in rule.kinds,
        "channel": application.channel not in rule.channels,
        "age": not facts.reached(admission.latest_birth(form), rule.youngest, today=today),
        "represented": form.guardian is not None or form.declared is not None,
        "former_number": form.former_number != "",
    }
    return [why for why, holds in found.items() if holds] + [
        each.code for each in verdicts if each.code is not None
    ]


def run_of(session: Session, application_id: UUID) -> RuleRun | None:
    """Return what a rule said about an application."""
    return session.get(RuleRun, application_id)
