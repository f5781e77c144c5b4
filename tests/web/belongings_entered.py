"""Give a member one row of each thing that is decided, entered or done about them by others."""

from sqlalchemy import select

from clients import registry
from clients.models import Purpose
from clients.officer_models import OfficerPost, Role
from consent.models import ApprovalRequest, ApprovalState, Voice
from counters import training
from counters.case_models import (
    Case,
    CaseEvent,
    CaseLetter,
    CaseMatter,
    CaseState,
    DocumentSeen,
)
from counters.documents import Paper, Whose
from counters.models import Clerk
from kernel.ids import digest, new_id, new_reference
from members import (
    guardians,
    letters,
    proxies,
    standings,
)
from members.letters import Author
from members.models import (
    Capacity,
    CapacityNote,
    Evidence,
    Relation,
)
from members.proxy_models import Letter, Matter
from members.standing_models import OrderKind
from members.standings import Proposal
from services import petitions, sanctions
from services.eligibility_models import FactCode, Finding, FindingState
from services.petition_models import Way
from services.petitions import Plea
from services.sanctions import Charge
from tests import make
from tests.counters import town
from tests.make import KEYRING
from tests.services import city as services
from tests.web.giving import DAY, ONE, OTHER, Giver, Traces


def decisions(to: Giver) -> Traces:
    """Give a suspension, a petition, a charge and an order that was lifted."""
    session, member, now = to.session, to.member, to.now
    finding_id = new_id()
    decision = letters.letter(Author.CITY, "decision", f"{to.mark}已遷出", now=now)
    finding = Finding(
        id=finding_id,
        reference=new_reference(),
        run_id=to.ground.run.id,
        member_id=member.id,
        case=to.mark,
        fact=FactCode.MOVED_AWAY,
        state=FindingState.CONFIRMED,
        found_by=ONE,
        found_at=now,
        decided_by=OTHER,
        decided_at=now,
        evidence="E-1",
        reason_sealed=letters.seal_letters(
            [decision], member, keyring=KEYRING, place=f"eligibility_finding/{finding_id}"
        ),
    )
    to.add(finding)
    plea = Plea(words=f"{to.mark}還住在這裡", way=Way.ONLINE, language="zh-Hant-TW")
    petitions.file(session, finding, plea, keyring=KEYRING, now=now)
    charge = Charge(
        clause="6(1)",
        evidence="E-2",
        facts=f"{to.mark}把卡借人",
        services=["senior_card"],
        hear_by=services.TODAY + sanctions.HEARING + DAY,
    )
    house = to.ground.agency.organisation_id
    held = sanctions.report(
        session, member.id, charge, organisation_id=house, by=ONE, keyring=KEYRING, now=now
    )
    proposal = Proposal(
        kind=OrderKind.PROTECTION,
        clause="6(1)",
        evidence="E-3",
        reason=f"{to.mark}可能被冒用",
    )
    order = standings.propose(
        session, proposal, member_id=member.id, by=ONE, keyring=KEYRING, now=now
    )
    standings.end(session, order, f"{to.mark}來過", by=ONE, keyring=KEYRING, now=now)
    yield "eligibility_finding", f"{to.mark}已遷出"
    yield "petition", f"{to.mark}還住在這裡"
    yield "sanction", held.reference
    yield "sanction_service", "senior_card"
    yield "standing_order", f"{to.mark}來過"


def people(to: Giver) -> Traces:
    """Give one who acts for them, one they acted for, a declaration and a question."""
    session, mine, now = to.session, to.member.id, to.now
    kin = make.a_member(session, f"kin.of.{to.member.login}", name=f"{to.mark}的媽媽")
    former = make.a_member(session, f"former.of.{to.member.login}", name=f"{to.mark}的舊友")
    guardians.link(
        session,
        ward_id=mine,
        guardian_id=kin.id,
        relation=Relation.PARENT,
        evidence=Evidence.HOUSEHOLD_REGISTER,
        until=now + 9 * DAY,
        now=now,
    )
    power_id = proxies.enter(
        session,
        principal_id=former.id,
        proxy_id=mine,
        matters=[Matter.REQUESTS],
        letter=Letter.PAPER,
        reference=f"{to.mark}-P",
        starts_at=now,
        ends_at=now + DAY,
        now=now,
    )
    proxies.of(session, power_id).ended_at = now
    note = CapacityNote(
        member_id=mine,
        capacity=Capacity.ASSISTED,
        source=f"{to.mark}-C",
        declared_on=services.TODAY,
        noted_at=now,
        lifted_at=now,
    )
    to.add(note)
    client = registry.get(session, "library")
    purpose = session.scalars(select(Purpose).where(Purpose.client_id == client.id)).first()
    assert purpose is not None
    to.add(
        ApprovalRequest(
            member_id=mine,
            client_id=client.id,
            purpose_id=purpose.id,
            voice=Voice.GUARDIAN_APPROVES,
            given=["name"],
            refused=[],
            duration="90d",
            language="zh-Hant-TW",
            text="",
            text_version=1,
            acr="",
            state=ApprovalState.REFUSED,
            asked_at=now,
            expires_at=now + DAY,
            decided_at=now,
            decided_by=kin.id,
        )
    )
    yield "guardian_link", f"{to.mark}的媽媽"
    yield "power_of_attorney", f"{to.mark}-P"
    yield "capacity_note", note.source
    yield "approval_request", to.at


def cases(to: Giver) -> Traces:
    """Give a case that somebody ran for them."""
    case = Case(
        number=new_reference(),
        secret_hash=digest(to.mark),
        matter=CaseMatter.LOSS,
        state=CaseState.STOPPED,
        person_kind="national",
        member_id=to.member.id,
        service="",
        working_days=1,
        counter_id=to.ground.counter.id,
        clerk_id=ONE,
        language="zh-Hant-TW",
        opened_at=to.now,
        pauses=[],
        reason="",
        closed_at=to.now,
    )
    to.add(case)
    to.add(CaseEvent(case_id=case.id, at=to.now, state=CaseState.STOPPED, reason="", clause="7(2)"))
    to.add(
        DocumentSeen(
            case_id=case.id,
            whose=Whose.APPLICANT,
            paper=Paper.PASSPORT,
            clerk_id=ONE,
            seen_at=to.now,
        )
    )
    to.add(
        CaseLetter(
            case_id=case.id,
            principal_id=to.member.id,
            proxy_hash=digest("proxy"),
            matters=[CaseMatter.LOSS.value],
            signed_on=services.TODAY,
            ends_on=services.TODAY,
            secret_hash=digest(f"letter {to.mark}"),
            entered_at=to.now,
            link_ends_at=to.now,
        )
    )
    yield "counter_case", case.number
    yield "document_seen", "護照"
    yield "case_letter", services.TODAY.isoformat()


def duties(to: Giver) -> Traces:
    """Give posts that are over, and training."""
    session, mine = to.session, to.member.id
    to.add(
        OfficerPost(
            member_id=mine,
            organisation_id=None,
            role=Role.AUDITOR,
            appointed_at=to.now,
            ends_at=to.now,
            ended_at=to.now,
        )
    )
    to.add(
        Clerk(
            counter_id=to.ground.counter.id,
            member_id=mine,
            is_alone=False,
            appointed_at=to.now,
            ended_at=to.now,
        )
    )
    course = town.a_course(session, version=len(training.courses(session)) + 1)
    town.trained(session, mine, course=course)
    yield "officer_post", to.at
    yield "clerk", to.at
    yield "training", course.title_zh
