"""Who drafts, who submits and who decides, for tests of what is published."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.wording import Bilingual
from services import attachments, content, forms, inventory, plans, publishing, waivers
from services.content import Text
from services.forms import Form, FormField
from services.inventory_models import IdentitySystem, PlanVersion, SystemKind, Waiver
from services.models import Service
from services.plans import Milestone, Plan
from services.publication_models import ContentItem, ContentKind, ContentVersion, FormVersion
from services.publishing import Publication
from tests.make import NOON
from tests.services import files_made

OFFICER, REVIEWER = UUID(int=1), UUID(int=2)
TODAY = date(2026, 11, 23)
NUMBER = "北市測字第 7 號"
DAY = timedelta(days=1)
PHOTO = FormField(
    key="f1",
    label_zh="持證姓名",
    label_en="Name on the card",
    kind=forms.FieldKind.TEXT,
    necessity_zh="印在證上",
    necessity_en="It is printed on the card",
    legal_basis="圖書館法第 9 條",
    is_mandatory=True,
)
BRANCH = PHOTO.model_copy(
    update={
        "key": "f2",
        "label_zh": "取證分館",
        "label_en": "Branch",
        "kind": forms.FieldKind.CHOICE,
        "options": ("總館", "稻香"),
        "is_mandatory": False,
    }
)
FORM = Form(title_zh="借閱證附表", title_en="Library card annex", fields=(PHOTO, BRANCH))
WORDS = Text(
    title=Bilingual("借閱證", "Library card"),
    body=Bilingual("滿 7 歲就能辦。", "From seven years on."),
)


def a_form(
    session: Session, service: Service, form: Form = FORM, *, wanted_on: date | None = None
) -> FormVersion:
    """Submit a version of a service's form."""
    row = forms.save(session, service, form, wanted_on=wanted_on, by=OFFICER, now=NOON)
    forms.submit(session, row, document_number=NUMBER, by=OFFICER, now=NOON)
    return row


def an_item(session: Session, organisation_id: UUID, slug: str = "library-card") -> ContentItem:
    """Begin a public notice."""
    return content.open_item(
        session, slug, ContentKind.NOTICE, organisation_id=organisation_id, now=NOON
    )


def a_text(
    session: Session, item: ContentItem, text: Text = WORDS, *, now: datetime = NOON
) -> ContentVersion:
    """Submit a version of a public text."""
    row = content.save(session, item, text, by=OFFICER, now=now)
    publishing.submit(session, row, document_number=NUMBER, by=OFFICER, now=now)
    return row


def a_text_with_a_file(session: Session, item: ContentItem, name: Bilingual) -> ContentVersion:
    """Submit a version that has a file."""
    row = content.save(session, item, WORDS, by=OFFICER, now=NOON)
    attachments.add(session, row, name, files_made.picture(), by=OFFICER, now=NOON)
    publishing.submit(session, row, document_number=NUMBER, by=OFFICER, now=NOON)
    return row


def confirmed(session: Session, row: Publication, *, now: datetime = NOON) -> None:
    """Let DoIT confirm it."""
    publishing.approve(session, row, by=REVIEWER, now=now)


# What identifies people

PLAN = Plan(
    process=Bilingual("分批歸戶", "Consolidated in parts"),
    replacement=Bilingual("單一識別", "Taipei ID"),
    holders=Bilingual("資格不變", "What they hold stays"),
    milestones=(Milestone(on=TODAY + DAY, what=Bilingual("通知", "Tell them")),),
    sunset_on=TODAY + 30 * DAY,
)


def a_system(session: Session, agency: UUID, *, days: int = 10) -> IdentitySystem:
    """Put a card on the inventory."""
    return inventory.enter(
        session,
        agency,
        SystemKind.CARD,
        Bilingual("舊借閱證", "Old library card"),
        deadline=TODAY + days * DAY,
        now=NOON,
    )


def asked(session: Session, system: IdentitySystem, *, days: int = 20) -> Waiver:
    """Ask to be excused."""
    return waivers.request(
        session,
        system,
        reason="讀卡設備明年汰換",
        document_number=NUMBER,
        until=TODAY + days * DAY,
        by=OFFICER,
        now=NOON,
    )


def granted(session: Session, system: IdentitySystem, *, days: int = 20) -> Waiver:
    """Excuse it."""
    waiver = asked(session, system, days=days)
    waivers.grant(session, waiver, until=TODAY + days * DAY, by=REVIEWER, now=NOON)
    return waiver


def a_plan(session: Session, system: IdentitySystem, plan: Plan = PLAN) -> PlanVersion:
    """Submit the plan of its end."""
    row = plans.save(session, system, plan, by=OFFICER, now=NOON)
    publishing.submit(session, row, document_number=NUMBER, by=OFFICER, now=NOON)
    return row
