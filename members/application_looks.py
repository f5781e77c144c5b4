"""Tell applicants who of the city looked at what they filled in (regulation 9, PDPA 10).

That somebody looked is on the trail, under the application's id. Whoever holds the receipt reads it
there; once there is a member, it stands in the footprint.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import footprint, views
from audit.models import TrailEntry
from kernel.clock import TAIPEI
from kernel.wording import Bilingual
from members.application_models import Application

AT_ONCE = 500  # applications named in one statement
VIEWED = views.APPLICATION
CLERK = (Bilingual("申辦窗口", "Service counter"), Bilingual("承辦人", "Clerk"))
REVIEWER = (
    Bilingual("資訊局", "Department of Information Technology"),
    Bilingual("審核人員", "Reviewer"),
)


@dataclass(frozen=True)
class Look:
    """One look: when, by whom of which office; never the officer's name."""

    at: datetime
    office: Bilingual
    role: Bilingual


def listed(session: Session, application_id: UUID) -> list[Look]:
    """Return who looked, in order."""
    entries = session.scalars(
        select(TrailEntry)
        .where(TrailEntry.subject == application_id, TrailEntry.event == VIEWED)
        .order_by(TrailEntry.id)
    )
    # Reviewers act in a post, clerks at a counter.
    return [Look(each.at, *(REVIEWER if "post" in each.detail else CLERK)) for each in entries]


def hand_over(
    session: Session, application: Application, member_id: UUID, *, now: datetime
) -> None:
    """Write the looks so far into the footprint of the member the application made."""
    for each in listed(session, application.id):
        footprint.record_view(
            session,
            member_id=member_id,
            claims=(),
            office=each.office,
            role=each.role,
            viewer="",
            case=application.number,
            reason=f"{each.at.astimezone(TAIPEI):%Y-%m-%d %H:%M}",
            now=now,
        )


def made(session: Session, application_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return the members that these applications made, by application."""
    found: dict[UUID, UUID] = {}
    named = sorted(application_ids)
    for start in range(0, len(named), AT_ONCE):
        rows = session.execute(
            select(Application.id, Application.member_id).where(
                Application.id.in_(named[start : start + AT_ONCE])
            )
        )
        found |= {row.id: row.member_id for row in rows if row.member_id is not None}
    return found
