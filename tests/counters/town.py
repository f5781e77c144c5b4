"""A counter with everything it needs, or without what the test takes away."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from clients.models import Client
from counters import delegations, hours, readers, register, staff, training
from counters.delegations import Citation, Terms
from counters.models import Counter, Delegation, District, Ground, Holder, Matter, ReaderKind
from counters.register import Description
from counters.training_models import Course
from kernel.wording import Bilingual
from tests import make
from tests.make import NOON

TODAY = date(2026, 11, 23)
NEW_YEAR = date(2027, 1, 1)
LAST_DAY = date(2026, 12, 31)
WEEK = hours.read(dict.fromkeys(hours.DAYS[:5], ("09:00-12:00", "13:30-17:30")))
CITED = Citation(notice_on=date(2026, 10, 1), gazette="臺北市政府公報 115 年秋字第 1 期")
GROUND = {
    Holder.PERSON: Ground.PRIVATE,
    Holder.BODY: Ground.COMMISSIONED,
    Holder.STAFF: Ground.OWN_STAFF,
}


def a_description(**changes: Any) -> Description:  # fields of several types
    fields: dict[str, Any] = {
        "name": Bilingual("大安測試窗口", "Daan Test Counter"),
        "district": District.DAAN,
        "address": Bilingual("臺北市大安區測試路 1 號", "1 Test Rd., Daan Dist., Taipei"),
        "phone": "02-0000-0000",
        "hours": WEEK,
    }
    return Description(**{**fields, **changes})


def terms(ground: Ground = Ground.COMMISSIONED, **changes: Any) -> Terms:  # several types
    fields: dict[str, Any] = {
        "ground": ground,
        "provision": "行政程序法第 15 條",
        "document_number": "北市測字第 1 號",
        "matters": frozenset(Matter),
        "cost": "由機關負擔",
        "starts_on": date(2026, 10, 1),
        "ends_on": LAST_DAY,
    }
    return Terms(**{**fields, **changes})


def a_counter(
    session: Session,
    agency: Client,
    code: str = "daan",
    holder: Holder = Holder.BODY,
    *,
    is_training: bool = False,
    **changes: Any,  # fields of the description
) -> Counter:
    """Register a counter with nothing in it."""
    described = a_description(**changes)
    agency_id = agency.organisation_id
    return register.register(
        session, agency_id, code, holder, described, is_training=is_training, now=NOON
    )


def delegated(
    session: Session, counter: Counter, *, is_published: bool = True, **changes: Any
) -> Delegation:
    """Delegate to a counter, in the way that fits its holder."""
    chosen = changes.pop("ground", GROUND[counter.holder])
    row = delegations.draft(session, counter, terms(chosen, **changes), now=NOON)
    delegations.sign(session, row, now=NOON)
    if is_published and chosen is not Ground.OWN_STAFF:
        delegations.publish(session, row, CITED, now=NOON)
    return row


def a_course(session: Session, version: int = 1, **changes: Any) -> Course:
    fields = {"valid_days": 365, "grace_days": 0, "pass_score": 70, "refresh_by": None, **changes}
    title = Bilingual(f"窗口訓練 {version}", f"Clerks' course {version}")
    return training.release(session, version, title, now=NOON, **fields)


def trained(
    session: Session, member_id: UUID, *, on: date = TODAY, course: Course | None = None
) -> None:
    """Let a member have passed the course, the first version unless another is given."""
    if course is None:
        known = training.courses(session)
        course = known[-1] if known else a_course(session)
    training.passed(session, course, member_id=member_id, on=on, score=90, now=NOON)


def a_clerk(session: Session, counter: Counter, login: str = "clerk") -> UUID:
    """Appoint a new member, untrained, and return the member's id."""
    member_id = make.a_member(session, login).id
    staff.appoint(session, counter, member_id, now=NOON)
    return member_id


def a_reader(session: Session, counter: Counter, serial: str = "R-1") -> UUID:
    made = readers.Make(serial=serial, kind=ReaderKind.BOTH, model="測試型", firmware="1.0")
    return readers.add(session, counter, made, now=NOON)


@dataclass(frozen=True)
class Town:
    """An open counter of an agency, its trained clerk and its reader."""

    agency: Client
    counter: Counter
    clerk: UUID  # the member's id
    reader: UUID
    delegation: Delegation


def a_town(
    session: Session,
    holder: Holder = Holder.BODY,
    *,
    agency: Client | None = None,
    now: datetime = NOON,
    **changes: Any,  # of the delegation
) -> Town:
    """Open a counter of an agency with everything it needs."""
    agency = agency or make.a_client(session)
    counter = a_counter(session, agency, holder=holder)
    delegation = delegated(session, counter, **changes)
    staff.add_desk(session, counter, "1 號櫃檯", now=now)
    clerk = a_clerk(session, counter)
    trained(session, clerk)
    reader = a_reader(session, counter)
    register.open_(session, counter, now=now)
    return Town(agency, counter, clerk, reader, delegation)
