"""Settle what the demo's website shows, once: a text with a file, a form, a card that ends."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from clients import registry
from demo import letter
from demo.notes import LIBRARY
from kernel import clock
from kernel.wording import Bilingual
from members import register
from services import (
    activations,
    attachments,
    content,
    forms,
    inventory,
    milestones,
    plans,
    publishing,
)
from services.content import Text
from services.forms import FieldKind, Form, FormField
from services.inventory_models import SystemKind
from services.milestones import Done
from services.plans import Milestone, Plan
from services.publication_models import ContentItem, ContentKind

SERVICE, NUMBER = "library_card", "示範字第 1150000001 號"
DRAFTER, REVIEWER = "ji.wu", "guilai.cai"
DAY = timedelta(days=1)
TEXT = Text(
    title=Bilingual("怎麼辦圖書借閱證", "How to get a library card"),
    body=Bilingual(
        "滿 7 歲就能辦，不收費。\n\n- 線上：登入圖書館網站，同意提供姓名\n"
        "- 臨櫃：帶身分證件到任一申辦窗口\n\n[看看附近的窗口](/counters)",
        "From seven years on, free of charge.\n\n- Online: sign in at the library's site\n"
        "- In person: bring an identity document\n\n[Counters near you](/counters)",
    ),
)
LETTER = Bilingual("代領委託書", "Letter to fetch a card for another")
FORM = Form(
    title_zh="圖書借閱證附表",
    title_en="Annex: library card",
    fields=(
        FormField(
            key="f1",
            label_zh="取證的分館",
            label_en="Branch to collect it from",
            kind=FieldKind.CHOICE,
            options=("示範總館", "示範分館"),
            necessity_zh="把證送到您選的分館",
            necessity_en="The card is sent to the branch you choose",
            legal_basis="示範圖書館借閱規定第 1 點",
            is_mandatory=True,
        ),
    ),
)


def settle(session: Session, *, now: datetime) -> None:
    """Publish them, unless something was published before."""
    drafter, reviewer = _member(session, DRAFTER), _member(session, REVIEWER)
    if session.scalar(select(exists().where(ContentItem.id.is_not(None)))):
        return
    if drafter is None or reviewer is None:
        return
    agency = registry.get(session, LIBRARY).organisation_id
    item = content.open_item(
        session,
        "library-card",
        ContentKind.SERVICE,
        organisation_id=agency,
        service_code=SERVICE,
        now=now,
    )
    text = content.save(session, item, TEXT, by=drafter, now=now)
    attachments.add(session, text, LETTER, letter.written(), by=drafter, now=now)
    form = forms.save(session, activations.get_service(session, SERVICE), FORM, by=drafter, now=now)
    today = clock.taipei_day(now)
    card = inventory.enter(
        session,
        agency,
        SystemKind.CARD,
        Bilingual("舊式借閱證", "Library cards of paper"),
        deadline=today + 90 * DAY,
        now=now,
    )
    counted = Milestone(on=today, what=Bilingual("盤點舊證", "Old cards are counted"))
    told = Milestone(on=today + 30 * DAY, what=Bilingual("通知持證人", "Holders are told"))
    plan = Plan(
        process=Bilingual("分批歸戶，每批先試跑再確認。", "In parts, each tried out first."),
        replacement=Bilingual("臺北市單一識別", "Taipei ID"),
        holders=Bilingual("借閱資格不變，不必重新申請。", "What they may borrow stays as it is."),
        milestones=(counted, told),
        sunset_on=today + 180 * DAY,
    )
    ending = plans.save(session, card, plan, by=drafter, now=now)
    for row in (text, form, ending):
        publishing.submit(session, row, document_number=NUMBER, by=drafter, now=now)
        publishing.approve(session, row, by=reviewer, now=now)
    done = Done(on=today, evidence="示範盤點紀錄第 1 號")
    milestones.mark(session, card, milestones.key(counted), done, by=drafter, now=now)


def _member(session: Session, login: str) -> UUID | None:
    member = register.find_by_login(session, login)
    return None if member is None else member.id
