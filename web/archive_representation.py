"""Who acts for the member and for whom the member acts, as it goes into the archive (4.17, 7(2)).

Of the other person there is what the member's own pages show: the name, while it lasts.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import names
from consent import approvals
from consent.models import ApprovalState
from kernel.db import transaction
from kernel.wording import Bilingual
from members import capacities, guardians, proxies
from members.models import GuardianLink, Member, Relation, Standing
from members.proxy_models import Matter, PowerOfAttorney
from web import archive_consents, desk_words, footprint_words
from web.archive_parts import PARTS, Whose, iso, local, sheet
from web.guardians import name_of
from web.sheets import Sheet

HEADS = {
    "side": Bilingual("誰代理誰", "Who acts for whom"),
    "relation": Bilingual("關係", "Relation"),
    "name": Bilingual("對方", "The other person"),
    "matters": Bilingual("可以辦的事", "Matters"),
    "letter": Bilingual("委託書", "Letter"),
    "starts_at": Bilingual("從", "From"),
    "ends_at": Bilingual("到", "Until"),
    "ended_at": Bilingual("結束於", "Ended"),
}
FOR_ME = Bilingual("代理我的人", "Acts for me")
BY_ME = Bilingual("我代理的人", "Whom I act for")
RELATIONS: Mapping[Relation, Bilingual] = {
    Relation.PARENT: Bilingual("父母與子女", "Parent and child"),
    Relation.GUARDIAN: Bilingual("監護人", "Guardian"),
    Relation.ASSISTANT: Bilingual("輔助人", "Assistant"),
    Relation.PROXY: Bilingual("受託人", "Proxy"),
}
MATTERS: Mapping[Matter, Bilingual] = {
    Matter.SERVICES: Bilingual("對市府機關的同意", "Consents to city agencies"),
    Matter.MERCHANTS: Bilingual("對特約商店的同意", "Consents to merchants"),
    Matter.FOOTPRINT: Bilingual("查看足跡", "Reading the footprint"),
    Matter.REQUESTS: Bilingual("提出和追蹤個資請求", "Make and follow data requests"),
}
DECLARATIONS = Bilingual("監護與輔助宣告", "Guardianship and assistance")
ASKED = Bilingual("請別人同意的事", "What others were asked to agree to")
ANSWERS: Mapping[ApprovalState, Bilingual] = {
    ApprovalState.WAITING: Bilingual("等待", "Waits"),
    ApprovalState.APPROVED: Bilingual("同意", "Agreed"),
    ApprovalState.REFUSED: Bilingual("不同意", "Refused"),
    ApprovalState.TAKEN_BACK: Bilingual("撤回", "Taken back"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return links by law and powers of attorney of either side, those that are over included."""
    with transaction(whose.make) as session:
        rows = [*_by_law(session, whose), *_by_letter(session, whose)]
    return sheet(whose, PARTS["representation"], HEADS, rows)


def _by_law(session: Session, whose: Whose) -> Iterator[list[str]]:
    for link in guardians.all_of(session, whose.member_id):
        mine = link.guardian_id == whose.member_id
        yield [
            whose.text(BY_ME if mine else FOR_ME),
            whose.text(RELATIONS[link.relation]),
            _name(session, link, link.ward_id if mine else link.guardian_id, whose),
            "",
            "",
            local(link.started_at),
            local(link.ends_at),
            local(link.ended_at),
        ]


def _by_letter(session: Session, whose: Whose) -> Iterator[list[str]]:
    for power in proxies.all_of(session, whose.member_id):
        mine = power.proxy_id == whose.member_id
        yield [
            whose.text(BY_ME if mine else FOR_ME),
            whose.text(RELATIONS[Relation.PROXY]),
            _name(session, power, power.principal_id if mine else power.proxy_id, whose),
            ", ".join(whose.text(MATTERS[Matter(each)]) for each in power.matters),
            power.reference,
            local(power.starts_at),
            local(power.ends_at),
            local(power.ended_at),
        ]


def _name(
    session: Session, tie: GuardianLink | PowerOfAttorney, other_id: UUID, whose: Whose
) -> str:
    is_over = tie.ended_at is not None or (tie.ends_at is not None and tie.ends_at <= whose.at)
    if is_over or not _is_here(session, other_id):
        return ""
    return name_of(session, other_id, keyring=whose.rooms.keyring)


def _is_here(session: Session, member_id: UUID) -> bool:
    """Say whether somebody neither left nor died: their data may be kept a while yet."""
    standing = session.scalar(select(Member.standing).where(Member.id == member_id))
    return standing not in {None, Standing.CLOSED}


def declarations(whose: Whose) -> Sheet:
    """Return what courts declared about the member (Civil Code 14, 15-1)."""
    heads = {
        "capacity": Bilingual("宣告", "Declaration"),
        "source": Bilingual("裁定", "Decree"),
        "declared_on": Bilingual("裁定日", "Of"),
        "noted_at": Bilingual("登記於", "Entered"),
        "lifted_at": Bilingual("撤銷於", "Lifted"),
    }
    with transaction(whose.make) as session:
        rows = [
            [
                whose.text(desk_words.CAPACITIES[each.capacity]),
                each.source,
                iso(each.declared_on),
                local(each.noted_at),
                local(each.lifted_at),
            ]
            for each in capacities.all_of(session, whose.member_id)
        ]
    return sheet(whose, DECLARATIONS, heads, rows)


def asked(whose: Whose) -> Sheet:
    """Return what a guardian or proxy was asked to agree to in the member's stead."""
    heads = {
        "asked_at": Bilingual("詢問於", "Asked"),
        "client": archive_consents.WITH_WHOM,
        "claims": Bilingual("資料", "Data"),
        "answer": Bilingual("答覆", "Answer"),
        "decided_at": Bilingual("答覆於", "Answered"),
    }
    with transaction(whose.make) as session:
        found = approvals.of_member(session, whose.member_id)
        clients = names.of_clients(session, {each.client_id for each in found})
        rows = [
            [
                local(each.asked_at),
                archive_consents.name(clients, each.client_id, whose),
                footprint_words.claims(each.given, whose.language),
                whose.text(ANSWERS[each.state]),
                local(each.decided_at),
            ]
            for each in found
        ]
    return sheet(whose, ASKED, heads, rows)
