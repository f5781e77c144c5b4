"""Settle the city's counters: the library's own staff, a person, and one not yet published.

Two clerks work at the library's: one is trained, the other has the course still to take. An
officer of the library looks after both, and signs in with a chip card as the trained clerk does.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from clients import officers, registry
from clients.officer_models import Role
from counters import delegations, hours, readers, register, staff, synthetic, training
from counters.delegations import Citation, Terms
from counters.models import Counter, District, Ground, Holder, Matter, ReaderKind
from counters.register import Description
from demo.notes import LIBRARY, WELFARE_SERVICE
from kernel.clock import taipei_day
from kernel.errors import NotFound
from kernel.keyring import Keyring
from kernel.wording import Bilingual
from members import register as people
from services import activations, working_days

TRAINED, UNTRAINED, CHIEF, OFFICER = "ji.wu", "sayun", "fu.wu", "guilai.cai"
DAYS = {"library_card": 3, "senior_card": 7, "disability_card": 10}
WEEKDAYS = dict.fromkeys(hours.DAYS[:5], ("08:30-17:30",))
EVENINGS = dict.fromkeys(("tue", "thu"), ("18:00-20:30",)) | {"sat": ("09:00-12:00",)}
COURSE = Bilingual("申辦窗口政策與操作（示範）", "Counters: policy and operation (demo)")
AT_THE_LIBRARY = Description(
    name=Bilingual("圖書館總館申辦窗口（示範）", "Main Library counter (demo)"),
    district=District.DAAN,
    address=Bilingual("臺北市大安區範例路 1 號 1 樓", "1F, 1 Example Rd., Da’an Dist., Taipei"),
    phone="02-0000-0001",
    hours=hours.read({**WEEKDAYS, "sat": ("09:00-17:00",)}),
    mails_cards=True,
)
AT_THE_CHIEFS = Description(
    name=Bilingual("範例里里長服務處（示範）", "Example Village chief (demo)"),
    district=District.WENSHAN,
    address=Bilingual("臺北市文山區範例路 65 號", "65 Example Rd., Wenshan Dist., Taipei"),
    phone="02-0000-0065",
    hours=hours.read(EVENINGS),
)
AT_THE_WELFARE = Description(
    name=Bilingual(
        "社會局委託窗口（示範，尚未公告）", "Social Welfare counter (demo, unpublished)"
    ),
    district=District.XINYI,
    address=Bilingual("臺北市信義區範例路 3 號", "3 Example Rd., Xinyi Dist., Taipei"),
    hours=hours.read(WEEKDAYS),
)

FOR_PRACTICE = Description(
    name=Bilingual("練習窗口（示範）", "Training counter (demo)"),
    district=District.DAAN,
    address=Bilingual("臺北市大安區範例路 1 號 2 樓", "2F, 1 Example Rd., Da’an Dist., Taipei"),
    hours=hours.read(WEEKDAYS),
)


def settle(session: Session, keyring: Keyring, *, now: datetime) -> None:
    """Add the counters once; what was changed, closed or ended since stays so."""
    with suppress(NotFound):
        register.get(session, "main-library")
        return
    library = registry.get(session, LIBRARY).organisation_id
    welfare = activations.get_service(session, WELFARE_SERVICE).organisation_id
    for code, days in DAYS.items():
        owner = activations.get_service(session, code).organisation_id
        working_days.set_days(session, code, days, organisation_id=owner)
    course = training.release(
        session, 1, COURSE, valid_days=730, grace_days=14, pass_score=70, refresh_by=None, now=now
    )
    for login in (TRAINED, CHIEF):
        if member_id := _member(session, login):
            on = taipei_day(now)
            training.passed(session, course, member_id=member_id, on=on, score=90, now=now)
    if officer := _member(session, OFFICER):
        officers.appoint(
            session,
            member_id=officer,
            organisation_id=library,
            role=Role.OFFICER,
            by=None,
            until=now + timedelta(days=365),
            now=now,
        )
    _library(session, library, now=now)
    _chief(session, library, now=now)
    _welfare(session, welfare, now=now)
    _practice(session, library, keyring=keyring, now=now)


def _library(session: Session, agency: UUID, *, now: datetime) -> None:
    """Open a counter of the agency's own staff."""
    counter = register.register(
        session, agency, "main-library", Holder.STAFF, AT_THE_LIBRARY, now=now
    )
    _delegate(session, counter, Ground.OWN_STAFF, "1150000011", services={"library_card"}, now=now)
    _equip(session, counter, (TRAINED, UNTRAINED), now=now)


def _chief(session: Session, agency: UUID, *, now: datetime) -> None:
    """Open a counter that is one person, who takes applications and binds cards."""
    counter = register.register(
        session, agency, "village-chief", Holder.PERSON, AT_THE_CHIEFS, now=now
    )
    _delegate(
        session,
        counter,
        Ground.PRIVATE,
        "1150000012",
        matters={Matter.ACCEPT, Matter.CARDS},
        services={"library_card"},
        citation=Citation(notice_on=taipei_day(now), gazette="臺北市政府公報（合成）第 1 期"),
        now=now,
    )
    _equip(session, counter, (CHIEF,), now=now)


def _welfare(session: Session, agency: UUID, *, now: datetime) -> None:
    """Register a counter whose delegation was signed and not published: nobody may work there."""
    counter = register.register(session, agency, "welfare", Holder.BODY, AT_THE_WELFARE, now=now)
    _delegate(
        session, counter, Ground.COMMISSIONED, "1150000013", services={WELFARE_SERVICE}, now=now
    )


def _practice(session: Session, agency: UUID, *, keyring: Keyring, now: datetime) -> None:
    """Open a training counter, with synthetic people to practise on."""
    synthetic.seed(session, keyring=keyring, now=now)
    counter = register.register(
        session, agency, "practice", Holder.STAFF, FOR_PRACTICE, is_training=True, now=now
    )
    _equip(session, counter, (TRAINED, UNTRAINED), now=now)


def _delegate(
    session: Session,
    counter: Counter,
    ground: Ground,
    number: str,
    *,
    services: set[str],
    matters: set[Matter] | frozenset[Matter] = frozenset(Matter),
    citation: Citation | None = None,
    now: datetime,
) -> None:
    today = taipei_day(now)
    terms = Terms(
        ground=ground,
        provision="本要點第 4 點；行政程序法第 15 條、第 16 條（示範）",
        document_number=f"合成字第 {number} 號",
        matters=frozenset(matters),
        services=frozenset(services),
        cost="由委託機關負擔",
        starts_on=today,
        ends_on=date(today.year + 2, 12, 31),
    )
    row = delegations.draft(session, counter, terms, now=now)
    delegations.sign(session, row, now=now)
    if citation is not None:
        delegations.publish(session, row, citation, now=now)


def _equip(session: Session, counter: Counter, logins: tuple[str, ...], *, now: datetime) -> None:
    desk_id = staff.add_desk(session, counter, "1 號櫃檯", now=now)
    for login in logins:
        if member_id := _member(session, login):
            staff.appoint(session, counter, member_id, desk_id=desk_id, now=now)
    made = readers.Make(
        serial=f"DEMO-{counter.code}", kind=ReaderKind.BOTH, model="Demo reader", firmware="1.0"
    )
    readers.add(session, counter, made, now=now)
    register.open_(session, counter, now=now)


def _member(session: Session, login: str) -> UUID | None:
    member = people.find_by_login(session, login)
    return None if member is None else member.id
