"""Appoint officers and dismiss them, and say what somebody may do at this moment (REGULATION 9).

A post counts from request to request: whoever is dismissed can do nothing more with the next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from clients.models import Organisation, OrganisationKind
from clients.officer_models import OfficerPost, Role
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id_at
from kernel.prebuilt import Prebuilt

LONGEST = timedelta(days=2 * 366)  # then somebody has to appoint anew
IDLE = timedelta(days=90)
USED_EVERY = timedelta(days=1)  # idle posts are told by it
OF_AGENCIES = frozenset({Role.OFFICER, Role.MANAGER})
OF_ORGANISATIONS = OF_AGENCIES | {Role.MERCHANT}
APPOINTS: Mapping[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: frozenset(
        {Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR, Role.MANAGER, Role.MERCHANT}
    ),
    Role.MANAGER: frozenset({Role.OFFICER}),  # of the manager's own agency
}
# Whoever audits the Bureau's work does none of it, and who runs the machines sees nobody's data.
APART: Mapping[Role, frozenset[Role]] = {
    Role.AUDITOR: frozenset({Role.REVIEWER, Role.ADMINISTRATOR}),
    Role.REVIEWER: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    Role.ADMINISTRATOR: frozenset({Role.AUDITOR, Role.REVIEWER}),
}
_LIVE = Prebuilt(
    select(
        OfficerPost.id,
        OfficerPost.organisation_id,
        OfficerPost.role,
        OfficerPost.used_at,
        Organisation.name_zh,
        Organisation.name_en,
    )
    .outerjoin(Organisation, Organisation.id == OfficerPost.organisation_id)
    .where(
        OfficerPost.member_id == bindparam("member_id"),
        OfficerPost.ended_at.is_(None),
        OfficerPost.ends_at > bindparam("now"),
    )
    .order_by(OfficerPost.id)
)


@dataclass(frozen=True)
class Post:
    """What somebody is, where; `office` is the organisation's name, None for the Bureau."""

    id: UUID
    organisation_id: UUID | None
    role: Role
    office: tuple[str, str] | None = None
    used_at: datetime | None = None


def appoint(
    session: Session,
    *,
    member_id: UUID,
    organisation_id: UUID | None,
    role: Role,
    by: UUID | None,
    until: datetime,
    now: datetime,
) -> Post:
    """Give a member a post until a day; `by` None is the operator at the command line.

    Whoever calls has locked the member (`members.leaving.lock`): of two who appoint at once the
    second finds what the first gave, and nobody is given a post while their account is erased.
    Raises Refused `officer.organisation_wrong`, `.term_invalid`, `.not_yours_to_appoint`,
    `.roles_apart` or `.appointed_already`.
    """
    _require_house(session, role, organisation_id)
    if not now < until <= now + LONGEST:
        raise Refused("officer.term_invalid")
    _require_may(session, by, role, organisation_id, now=now)
    if by == member_id:
        raise Refused("officer.not_yours_to_appoint")
    held = roles_of(session, member_id, now=now)
    if any(each.role in APART.get(role, frozenset()) for each in held):
        raise Refused("officer.roles_apart")
    _end_run_out(session, member_id, now=now)
    post_id = new_id_at(now)  # the oldest post is the first
    values = {
        "id": post_id,
        "member_id": member_id,
        "organisation_id": organisation_id,
        "role": role,
        "appointed_by": by,
        "appointed_at": now,
        "ends_at": until,
    }
    if not insert_once(session, OfficerPost, values):
        raise Refused("officer.appointed_already")
    return Post(post_id, organisation_id, role)


def dismiss(session: Session, post_id: UUID, *, by: UUID | None, now: datetime) -> OfficerPost:
    """End a post. Raises NotFound, or Refused `officer.not_yours_to_appoint`."""
    post = get(session, post_id)
    if by != post.member_id:  # anybody may lay down their own
        _require_may(session, by, post.role, post.organisation_id, now=now)
    ended = session.execute(
        update(OfficerPost)
        .where(OfficerPost.id == post_id, OfficerPost.ended_at.is_(None))
        .values(ended_at=now, ended_by=by)
    )
    if not changed(ended):
        raise NotFound("officer.not_found")
    return post


def get(session: Session, post_id: UUID) -> OfficerPost:
    """Return a post, ended or not. Raises NotFound."""
    post = session.get(OfficerPost, post_id)
    if post is None:
        raise NotFound("officer.not_found")
    return post


def roles_of(session: Session, member_id: UUID, *, now: datetime) -> tuple[Post, ...]:
    """Return the posts a member holds at this moment, the oldest first."""
    rows = _LIVE.all(session, {"member_id": member_id, "now": now})
    return tuple(
        Post(
            row.id,
            row.organisation_id,
            Role(row.role),
            None if row.organisation_id is None else (row.name_zh, row.name_en),
            row.used_at,
        )
        for row in rows
    )


def mark_used(session: Session, post: Post, *, now: datetime) -> None:
    """Note that somebody works in a post, once a day."""
    if post.used_at is None or now - post.used_at > USED_EVERY:
        session.execute(update(OfficerPost).where(OfficerPost.id == post.id).values(used_at=now))


def listed(session: Session, *, now: datetime) -> Sequence[OfficerPost]:
    """Return every live post."""
    live = (OfficerPost.ended_at.is_(None), OfficerPost.ends_at > now)
    return session.scalars(select(OfficerPost).where(*live).order_by(OfficerPost.id)).all()


def all_of(session: Session, member_id: UUID) -> Sequence[OfficerPost]:
    """Return every post the member holds or held, the oldest first."""
    return session.scalars(
        select(OfficerPost).where(OfficerPost.member_id == member_id).order_by(OfficerPost.id)
    ).all()


def given_by(session: Session, giver: Post, *, now: datetime) -> Sequence[OfficerPost]:
    """Return the live posts that are the giver's to give and to take."""
    statement = select(OfficerPost).where(
        OfficerPost.ended_at.is_(None),
        OfficerPost.ends_at > now,
        OfficerPost.role.in_(APPOINTS.get(giver.role, frozenset())),
    )
    if giver.organisation_id is not None:
        statement = statement.where(OfficerPost.organisation_id == giver.organisation_id)
    return session.scalars(statement.order_by(OfficerPost.id)).all()


def holders(
    session: Session,
    *,
    organisation_id: UUID | None = None,
    role: Role | None = None,
    now: datetime,
) -> set[UUID]:
    """Return who holds a post at an agency, or has a role at the Bureau, at this moment."""
    rows = select(OfficerPost.member_id).where(
        OfficerPost.ended_at.is_(None),
        OfficerPost.ends_at > now,
        OfficerPost.organisation_id == organisation_id,
    )
    if role is not None:
        rows = rows.where(OfficerPost.role == role)
    return set(session.scalars(rows))


def is_idle(post: OfficerPost, *, now: datetime) -> bool:
    """Say whether nobody worked in a post for three months; it should be taken back (7.4)."""
    return now - (post.used_at or post.appointed_at) > IDLE


def require_no_post(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Keep an account that a post rests on. Raises Refused `account.deletion_blocked_office`."""
    if roles_of(session, member_id, now=now):
        raise Refused("account.deletion_blocked_office")


def _require_may(
    session: Session, by: UUID | None, role: Role, organisation_id: UUID | None, *, now: datetime
) -> None:
    if by is None:
        return
    for post in roles_of(session, by, now=now):
        own_house = post.organisation_id in {None, organisation_id}
        if own_house and role in APPOINTS.get(post.role, frozenset()):
            return
    raise Refused("officer.not_yours_to_appoint")


def _require_house(session: Session, role: Role, organisation_id: UUID | None) -> None:
    """Keep agencies' posts at agencies, merchants' at merchants, the Bureau's at the Bureau."""
    if (role in OF_ORGANISATIONS) != (organisation_id is not None):
        raise Refused("officer.organisation_wrong")
    if organisation_id is None:
        return
    house = session.get(Organisation, organisation_id)
    kind = OrganisationKind.AGENCY if role in OF_AGENCIES else OrganisationKind.MERCHANT
    if house is None or house.kind is not kind or house.ended_at is not None:
        raise Refused("officer.organisation_wrong")


def end_at(session: Session, organisation_id: UUID, *, now: datetime) -> None:
    """End every post at an organisation that is no more."""
    session.execute(
        update(OfficerPost)
        .where(OfficerPost.organisation_id == organisation_id, OfficerPost.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def _end_run_out(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Close what ended by the clock, so that the same post can be given again."""
    session.execute(
        update(OfficerPost)
        .where(
            OfficerPost.member_id == member_id,
            OfficerPost.ended_at.is_(None),
            OfficerPost.ends_at <= now,
        )
        .values(ended_at=OfficerPost.ends_at)
    )
