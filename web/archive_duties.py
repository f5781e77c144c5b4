"""The member's posts and training as staff, as they go into the archive (5(3))."""

from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from clients import officers
from clients.models import Organisation
from clients.officer_models import OfficerPost
from counters import staff, training
from counters.models import Clerk
from counters.training_models import Training
from kernel.db import transaction
from kernel.wording import Bilingual
from web import consoles
from web.archive_parts import PARTS, Whose, iso, local, sheet
from web.sheets import Sheet

PART = "duties"
HEADS = {
    "post": Bilingual("職務", "Post"),
    "where": Bilingual("單位", "Where"),
    "since": Bilingual("開始", "From"),
    "until": Bilingual("到期", "Until"),
    "ended_at": Bilingual("結束於", "Ended"),
}
CLERK = Bilingual("窗口承辦人", "Clerk at a counter")
TRAINING = Bilingual("訓練", "Training")


def has_any(session: Session, member_id: UUID) -> bool:
    """Say whether the member has or had a post or training: by one question, whoever asks."""
    post, seat, passed = (
        exists().where(table.member_id == member_id) for table in (OfficerPost, Clerk, Training)
    )
    return bool(session.scalar(select(or_(post, seat, passed))))


def sheet_of(whose: Whose) -> Sheet:
    """Return every post the member holds or held."""
    with transaction(whose.make) as session:
        rows = [
            [
                whose.text(consoles.ROLES[post.role]),
                whose.text(_house(session, post)),
                local(post.appointed_at),
                local(post.ends_at),
                local(post.ended_at),
            ]
            for post in officers.all_of(session, whose.member_id)
        ]
        rows += [
            [
                whose.text(CLERK),
                whose.text(Bilingual(counter.name_zh, counter.name_en)),
                local(clerk.appointed_at),
                "",
                local(clerk.ended_at),
            ]
            for clerk, counter in staff.all_of(session, whose.member_id)
        ]
    return sheet(whose, PARTS[PART], HEADS, rows)


def _house(session: Session, post: OfficerPost) -> Bilingual:
    if post.organisation_id is None:
        return consoles.BUREAU
    row = session.get_one(Organisation, post.organisation_id)
    return Bilingual(row.name_zh, row.name_en)


def trained(whose: Whose) -> Sheet:
    """Return the courses that the member passed."""
    heads = {
        "course": Bilingual("課程", "Course"),
        "trained_on": Bilingual("日期", "Passed on"),
        "valid_until": Bilingual("有效到", "Valid until"),
        "score": Bilingual("分數", "Score"),
    }
    with transaction(whose.make) as session:
        rows = [
            [
                whose.text(Bilingual(course.title_zh, course.title_en)),
                iso(passed.trained_on),
                iso(passed.valid_until),
                str(passed.score),
            ]
            for passed, course in training.of_member(session, whose.member_id)
        ]
    return sheet(whose, TRAINING, heads, rows)
