"""Take a matter in that lacks nothing: who it is about, the letter, the case, and who is told."""

from uuid import UUID

from audit import footprint, trail
from audit.lines import Kind
from counters import cases, dealing, eligibility, letters, seen, synthetic, turned_away
from counters.case_models import Case, CaseMatter
from counters.cases import Clerk, Intake
from counters.documents import Situation
from counters.letters import Letter
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.refusals import refusal
from members import application_intake, application_steps, numbering, numbers
from members.application_models import Channel
from members.application_steps import get as application_of
from members.numbers import IdentityNumber
from web import (
    case_endings,
    case_mails,
    clerks,
    desk_annex,
    desk_applicants,
    desk_forms,
    desk_people,
    desk_seats,
    pages,
    scope,
)
from web.desk_forms import Filled, Mistyped

CLAIMS = ("name",)  # what a clerk sees of who was found by their number


def take_in(filled: Filled, situation: Situation) -> Case:
    """Take it in; return the case.

    Raises Mistyped, and Refused for what the person can cure: a faulty letter, an age, an account
    that exists; and `case.self_dealing`.
    """
    if situation.matter is CaseMatter.JOIN and desk_seats.duty().is_training:
        raise Refused("counter.training_only")  # nobody becomes a member by practice
    if situation.matter is CaseMatter.JOIN and situation.by_proxy and not filled.said("email"):
        raise Mistyped(("email", pages.say("由人代辦時要有本人的電子郵件，才通知得到本人")))
    number = _number(filled.said("idno"), "idno")
    letter = _letter(filled) if situation.by_proxy else None
    if letter is not None:
        letters.check(letter, matter=situation.matter, now=scope.now())
    member_id = None if situation.matter is CaseMatter.JOIN else _member(number)
    _require_no_self_dealing(filled, member_id, number, letter)
    if member_id is not None:
        _require_fit(filled, situation.matter, member_id)
    application_id = None
    if situation.matter is CaseMatter.JOIN:
        application_id = _apply(filled, situation)
    case = _open(filled, situation, member_id, application_id, is_proxy=letter is not None)
    if letter is not None:
        _enter(letter, case)
    _tell(case)
    desk_annex.hand_on(case)
    if filled.slip:
        turned_away.resume(scope.db(), filled.slip, now=scope.now())
    return case


def _require_fit(filled: Filled, matter: CaseMatter, member_id: UUID) -> None:
    """Ask the record whether they may have this, and whether somebody must come along."""
    session, now = scope.db(), scope.now()
    if matter is CaseMatter.RECOVERY:
        desk_people.require_guardian(member_id, [each.whose for each in filled.documents])
    if matter is CaseMatter.ACTIVATION:
        eligibility.require(scope.rooms().may_have, session, filled.service, member_id, now=now)


def _number(typed: str, field: str) -> IdentityNumber:
    try:
        return numbers.read(typed, today=taipei_day(scope.now()))
    except Refused as refused:
        raise Mistyped((field, refusal(refused.code).title.text(pages.language()))) from None


def _member(number: IdentityNumber) -> UUID:
    found = synthetic.person(
        scope.db(),
        number,
        is_training=desk_seats.duty().is_training,
        keyring=scope.rooms().keyring,
    )
    if found is None:
        raise Mistyped(("idno", pages.say("沒有這個證號的會員；要先申辦會員")))
    return found


def _letter(filled: Filled) -> Letter:
    return Letter(
        matters=filled.letter_matters,
        signed_on=desk_forms.day(filled.said("signed_on"), "signed_on"),
        ends_on=desk_forms.day(filled.said("ends_on"), "ends_on"),
        named=_number(filled.said("proxy_named"), "proxy_named"),
        present=_number(filled.said("proxy_present"), "proxy_present"),
    )


def _require_no_self_dealing(
    filled: Filled, member_id: UUID | None, number: IdentityNumber, letter: Letter | None
) -> None:
    """Find who takes part, as far as they are members."""
    session, keyring = scope.db(), scope.rooms().keyring
    others = [number] + ([letter.present] if letter is not None else [])
    if filled.said("guardian_idno"):
        others.append(_number(filled.said("guardian_idno"), "guardian_idno"))
    found = [member_id, *(numbering.find(session, each, keyring=keyring) for each in others)]
    parties = frozenset(each for each in found if each is not None)
    dealing.require_none(session, scope.member_id(), parties=parties, now=scope.now())


def _apply(filled: Filled, situation: Situation) -> UUID:
    duty = desk_seats.duty()
    receipt = application_intake.submit(
        scope.db(),
        desk_applicants.form(filled, situation),
        channel=Channel.COUNTER,
        keyring=scope.rooms().keyring,
        now=scope.now(),
        counter_id=duty.counter_id,
        clerk_id=duty.member_id,
    )
    case_endings.stop(
        scope.db(),
        receipt.replaced,
        why=case_endings.REPLACED,
        actor=scope.member_id(),
        now=scope.now(),
    )
    return receipt.application_id


def _open(
    filled: Filled,
    situation: Situation,
    member_id: UUID | None,
    application_id: UUID | None,
    *,
    is_proxy: bool,
) -> Case:
    session, duty, now = scope.db(), desk_seats.duty(), scope.now()
    intake = Intake(
        matter=situation.matter,
        person_kind=situation.kind.value,
        counter_id=duty.counter_id,
        clerk_id=duty.member_id,
        language=filled.said("language") or pages.language(),
        member_id=member_id,
        application_id=application_id,
        service=filled.service if situation.matter is CaseMatter.ACTIVATION else "",
        held_until=letters.held_until(situation.matter, now=now) if is_proxy else None,
    )
    case = cases.take_in(session, intake, key=scope.rooms().slip_key, now=now)
    documents = filled.documents
    seen.record(
        session,
        case.id,
        documents,
        clerk_id=duty.member_id,
        keyring=scope.rooms().keyring,
        now=now,
    )
    clerk = Clerk(session=session, member_id=duty.member_id, counter_id=duty.counter_id, now=now)
    if filled.collected_for is not None:
        clerk.collect(case)
        clerk.forward(case, desk_seats.other(filled.collected_for))
    else:
        clerk.accept(case)
        clerk.take_up(case)
    return case


def _enter(letter: Letter, case: Case) -> None:
    """Keep the letter and tell the principal, with a link that stops it."""
    session, now, keyring = scope.db(), scope.now(), scope.rooms().keyring
    kept = letters.enter(
        session, letter, case_id=case.id, principal_id=case.member_id, keyring=keyring, now=now
    )
    case_mails.warn(case, kept.id)
    if case.application_id is not None:
        application = application_of(session, case.application_id)
        application_steps.tell(session, application, now=now, letter=str(kept.id))
    many = letters.count_like(session, kept)
    if many >= letters.MANY:
        trail.record(
            session,
            "proxy.many_principals",
            actor=scope.member_id(),
            subject=case.id,
            now=now,
            count=many,
        )


def _tell(case: Case) -> None:
    session, now = scope.db(), scope.now()
    trail.record(
        session,
        "case.opened",
        actor=scope.member_id(),
        subject=case.id,
        now=now,
        matter=case.matter.value,
        state=case.state.value,
    )
    if case.member_id is None:
        return
    footprint.record(
        session,
        Kind.CASE_OPENED,
        member_id=case.member_id,
        now=now,
        reference=case.number,
        matter=case.matter.value,
    )
    clerks.look(case.member_id, case=case.number, claims=CLAIMS)
